// node live.mjs LIVE PYODIDE PAGES RESULTS: runs the blocks of pages as the site does. LIVE is the folder `live` of a site,
// PYODIDE the folder of pyodide.mjs, PAGES a JSON file, RESULTS the file for what came of each block.
import { pathToFileURL } from "node:url";
import fs from "node:fs";
import path from "node:path";

const [live, pyodide, given, written] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.join(pyodide, "pyodide.mjs")));
const { answerRequests } = await import(pathToFileURL(path.join(live, "network.mjs")));
const python = await loadPyodide();
python.unpackArchive(new Uint8Array(fs.readFileSync(path.join(live, "packages.zip"))), "zip", { extractDir: "/" });
python.FS.writeFile("/packages/runner.py", fs.readFileSync(path.join(live, "runner.py"), "utf8"));
python.runPython("import sys; sys.path.insert(0, '/packages'); sys.dont_write_bytecode = True");
const runner = python.pyimport("runner");
answerRequests(runner.respond);
const { environment } = JSON.parse(fs.readFileSync(path.join(live, "settings.json"), "utf8"));
const results = {};
for (const [name, blocks] of Object.entries(JSON.parse(fs.readFileSync(given, "utf8")))) {
  const page = runner.Page(python.toPy(environment));
  for (const { line, code, server } of blocks) {
    let printed = "";
    page.answer_as(server);
    const fault = await page.run(`${name}:${line}`, code, (text) => { printed += text; }, () => {});
    results[`${name}:${line}`] = { printed, fault };
  }
  page.destroy();
}
fs.writeFileSync(written, JSON.stringify(results));
process.exit(0);
