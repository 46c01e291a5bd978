// Python itself, in a worker beside the page, so that the page stays alive while a cell runs.
//
// The page sends {flag}, {number, source} and {prepare}; what comes back has a word in `say`.

const bundle = new URL("../pyodide/", import.meta.url);
const began = performance.now();
const times = {};
const loaded = new Set(["numpy", "tinylinks"]);
const quiet = { messageCallback() {} };
let python, live, names, flag, starting;

const say = (word, message = {}) => postMessage({ say: word, ...message });
const mark = (stage) => { times[stage] = Math.round(performance.now() - began); };
const broken = (error) => say("broken", { text: String(error?.message ?? error).split("\n")[0] });
addEventListener("unhandledrejection", (event) => broken(event.reason));

// Count what arrives, to show progress.
const fetchQuietly = globalThis.fetch;
let bytes = 0;
let isSilent = false; // what is loaded ahead is no news
globalThis.fetch = async (...request) => {
  const answer = await fetchQuietly(...request);
  if (!answer.ok || !answer.body) return answer;
  const counted = answer.body.pipeThrough(new TransformStream({
    transform(chunk, stream) {
      bytes += chunk.length;
      if (!isSilent) say("loading", { bytes });
      stream.enqueue(chunk);
    },
  }));
  return new Response(counted, { status: answer.status, headers: answer.headers });
};

// matplotlib is nearly a third of all: it comes when a cell needs it.
function packagesFor(source) {
  return /\b(matplotlib|plt|draw)\b/.test(source) ? ["matplotlib"] : [];
}

async function start(source) {
  say("loading", { bytes: 0 });
  const { loadPyodide } = await import(new URL("pyodide.mjs", bundle));
  const packages = [...loaded, ...packagesFor(source)];
  python = await loadPyodide({ env: { MPLBACKEND: "agg" }, packages, ...quiet });
  python._api.on_fatal = broken;
  packages.forEach((name) => loaded.add(name));
  mark("python");
  say("loading", { text: "Starting Python." });
  const runner = await fetchQuietly(new URL("live_cells.py", import.meta.url));
  python.FS.writeFile("live_cells.py", await runner.text());
  live = python.pyimport("live_cells");
  live.emit = (output) => say("output", { output });
  names = live.start();
  if (flag) python.setInterruptBuffer(flag);
  mark("ready");
  say("ready", times);
}

async function load(source) {
  const packages = packagesFor(source).filter((name) => !loaded.has(name));
  if (!packages.length) return;
  packages.forEach((name) => loaded.add(name));
  await python.loadPackage(packages, quiet);
}

async function run({ number, source }) {
  starting ??= start(source);
  await starting;
  await load(source);
  say("begin");
  const isDone = await live.run(source, number, names);
  say("end", { outcome: isDone ? "done" : "failed" });
}

// Load what later cells need, while nothing runs.
async function prepare(sources) {
  isSilent = true;
  await load(sources.join("\n"));
  isSilent = false;
}

let last = Promise.resolve(); // one task after the other
addEventListener("message", ({ data }) => {
  if (data.flag) flag = data.flag;
  else if (data.prepare) last = last.then(() => prepare(data.prepare)).catch(broken);
  else last = last.then(() => run(data)).catch(broken);
});
