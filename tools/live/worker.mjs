// The worker in which the code of a page runs. It is asked to run one block after the other, and tells what they print.
import { answerRequests } from "./network.mjs";

const tell = (kind, text = "") => postMessage({ kind, text });

async function start() {
  const settings = await (await fetch(new URL("settings.json", import.meta.url))).json();
  const pyodide = new URL(settings.pyodide, import.meta.url).href;
  tell("state", "loading Python …");
  const [{ loadPyodide }, packages, program] = await Promise.all([
    import(`${pyodide}pyodide.mjs`),
    loaded("packages.zip").then((response) => response.arrayBuffer()),
    loaded("runner.py").then((response) => response.text()),
  ]);
  const python = await loadPyodide({ indexURL: pyodide });
  python.unpackArchive(new Uint8Array(packages), "zip", { extractDir: "/" });
  python.FS.writeFile("/packages/runner.py", program);
  python.runPython("import sys; sys.path.insert(0, '/packages'); sys.dont_write_bytecode = True");
  tell("state", "loading the packages …");
  const runner = python.pyimport("runner");
  answerRequests(runner.respond);
  return runner.Page(python.toPy(settings.environment));
}

async function loaded(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  return response;
}

let page = null;
onmessage = async ({ data: { name, code, server } }) => {
  try {
    page ??= await start();
    tell("state", "running …");
    page.answer_as(server);
    const fault = await page.run(name, code, (text) => tell("out", text), (text) => tell("error", text));
    if (fault) tell("error", fault);
    tell(fault ? "failed" : "done");
  } catch (error) {
    page = null;
    tell("error", `Python could not be started: ${error}\n`);
    tell("failed");
  }
};
