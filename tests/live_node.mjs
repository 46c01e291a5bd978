// Run notebooks in the Python of the page, without a browser.
//
//     node tests/live_node.mjs BUNDLE RUNNER REPORT NOTEBOOK...
//
// Writes to the file REPORT a line of JSON for each code cell: notebook, number, whether it came to its end, seconds,
// megabytes that Python holds, and the outputs as a notebook stores them. Each notebook gets a
// Python of its own. A Python that breaks down ends its notebook; the last line then says why.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [bundle, runner, reports, ...notebooks] = process.argv.slice(2).map((name) => path.resolve(name));
const { loadPyodide } = await import(pathToFileURL(path.join(bundle, "pyodide.mjs")));
const quiet = { messageCallback() {} };

async function startPython() {
  const python = await loadPyodide({ indexURL: bundle + path.sep, env: { MPLBACKEND: "agg" } });
  await python.loadPackage(["numpy", "matplotlib", "tinylinks"], quiet);
  const folder = python.FS.cwd();
  python.FS.writeFile(`${folder}/live_cells.py`, fs.readFileSync(runner, "utf8"));
  return python;
}

async function runNotebook(file) {
  const { cells } = JSON.parse(fs.readFileSync(file, "utf8"));
  const python = await startPython();
  const broken = new Promise((_, reject) => { python._api.on_fatal = reject; });
  const live = python.pyimport("live_cells");
  let outputs = [];
  live.emit = (output) => outputs.push(JSON.parse(output));
  const names = live.start();
  let number = 0;
  for (const cell of cells.filter((cell) => cell.cell_type === "code")) {
    number += 1;
    outputs = [];
    const start = process.cpuUsage().user;
    const report = { notebook: file, number, done: false };
    try {
      const running = live.run([cell.source].flat().join(""), number, names);
      report.done = await Promise.race([running, broken]);
    } catch (error) {
      report.broken = String(error).split("\n")[0];
    }
    report.seconds = (process.cpuUsage().user - start) / 1e6;
    report.megabytes = Math.round(python._module.HEAPU8.length / 1e6);
    // A file is written at once and whole; a pipe is not.
    fs.appendFileSync(reports, `${JSON.stringify({ ...report, outputs })}\n`);
    if (report.broken) return;
  }
}

for (const file of notebooks) await runNotebook(file);
process.exit(0);
