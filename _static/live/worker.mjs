// Python itself, in a worker of its own, so that the page stays alive while a cell runs.
//
// The page sends {flag} and {number, source}; what comes back has a word in `say`.

const bundle = new URL("../pyodide/", import.meta.url);
const began = performance.now();
const times = {};
const PACKAGES = ["numpy", "matplotlib", "tinylinks"]; // nearly every page needs all of them
let python, live, names, flag, starting;

const say = (word, message = {}) => postMessage({ say: word, ...message });
const mark = (stage) => { times[stage] = Math.round(performance.now() - began); };
const broken = (error) => say("broken", { text: String(error?.message ?? error).split("\n")[0] });
addEventListener("unhandledrejection", (event) => broken(event.reason));

// Count what arrives, to show progress.
const fetchQuietly = globalThis.fetch;
let bytes = 0;
globalThis.fetch = async (...request) => {
  const answer = await fetchQuietly(...request);
  if (!answer.ok || !answer.body) return answer;
  const counted = answer.body.pipeThrough(new TransformStream({
    transform(chunk, stream) {
      bytes += chunk.length;
      say("loading", { bytes });
      stream.enqueue(chunk);
    },
  }));
  return new Response(counted, { status: answer.status, headers: answer.headers });
};

// Where its core cannot be had, Pyodide only warns, and waits for ever.
const instantiateQuietly = WebAssembly.instantiateStreaming;
WebAssembly.instantiateStreaming = async (...core) => {
  try {
    return await instantiateQuietly(...core);
  } catch (error) {
    broken(error);
    throw error;
  }
};

async function start() {
  say("loading", { bytes: 0 });
  const { loadPyodide } = await import(new URL("pyodide.mjs", bundle));
  python = await loadPyodide({ env: { MPLBACKEND: "agg" }, packages: PACKAGES });
  python._api.on_fatal = broken;
  mark("python");
  const runner = await fetchQuietly(new URL("live_cells.py", import.meta.url));
  python.FS.writeFile("live_cells.py", await runner.text());
  live = python.pyimport("live_cells");
  live.emit = (output) => say("output", { output });
  names = live.start();
  if (flag) python.setInterruptBuffer(flag);
  mark("ready");
  say("ready", times);
}

async function run({ number, source }) {
  starting ??= start();
  await starting;
  say("begin");
  const isDone = await live.run(source, number, names);
  say("end", { outcome: isDone ? "done" : "failed" });
}

let last = Promise.resolve(); // one task after the other
addEventListener("message", ({ data }) => {
  if (data.flag) flag = data.flag;
  else last = last.then(() => run(data)).catch(broken);
});
