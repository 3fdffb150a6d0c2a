// node run.mjs SITE REPOSITORY PROGRAM JSON: runs a Python program in Pyodide. PROGRAM finds the JSON in `GIVEN`, and its
// `await main()` gives what is printed as the last line.
import { pathToFileURL } from "node:url";
import fs from "node:fs";
import path from "node:path";

const [site, repository, program, given] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.join(site, "node_modules/pyodide/pyodide.mjs")));
const python = await loadPyodide();
for (const [at, folder] of [["/site", path.join(site, "site")], ["/packages", path.join(repository, "packages")]]) {
  python.FS.mkdirTree(at);
  python.mountNodeFS(at, folder);
}
globalThis.GIVEN = given;
python.runPython(`
import pathlib, sys
sys.path[:0] = ["/site", *(str(src) for src in pathlib.Path("/packages").glob("*/src"))]
sys.dont_write_bytecode = True
`);
await python.runPythonAsync(fs.readFileSync(program, "utf8"));
console.log(await python.runPythonAsync("await main()"));
process.exit(0);
