// Run live_compile.py in Pyodide, which is under Node: node live_compile.mjs FROM TO ARCHIVE...
//
// FROM is a folder with all of Pyodide; the named archives of it are written, compiled, into TO.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [from, to, ...archives] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.resolve(from, "pyodide.mjs")));
const pins = JSON.parse(fs.readFileSync(new URL("pyodide.json", import.meta.url)));
const python = await loadPyodide({
  indexURL: path.resolve(from) + path.sep,
  lockFileContents: { ...pins.lock, packages: {} },
});
python.FS.writeFile("live_compile.py", fs.readFileSync(new URL("live_compile.py", import.meta.url)));
const { compile_archive: compile } = python.pyimport("live_compile");
const bytes = python.globals.get("bytes");
for (const name of archives) {
  const result = compile(bytes(new Uint8Array(fs.readFileSync(path.join(from, name)))), name);
  fs.writeFileSync(path.join(to, name), result.toJs());
}
process.exit(0);
