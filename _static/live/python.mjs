// Python, as the page sees it: started when it is needed, run cell by cell, stopped, ended.

import { isolateNextPages, isolateNoMore } from "./isolation.mjs";

const SCRIPT = new URL("worker.mjs", import.meta.url);
const PATIENCE = 3000; // milliseconds that a KeyboardInterrupt may take
const INTERRUPT = 2; // the number of the signal that Ctrl-C sends

export class Python {
  constructor(bytes, bar) {
    Object.assign(this, { bytes, bar });
  }

  start() {
    if (this.worker) return;
    this.isReady = false;
    const isIsolated = globalThis.crossOriginIsolated;
    this.worker = new Worker(isIsolated ? withHeadersOfThisPage(SCRIPT) : SCRIPT, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.hear(data));
    this.worker.addEventListener("error", (event) => this.breakDown(event.message));
    // Memory that the page shares with its worker: with it, Ctrl-C works.
    if (isIsolated) {
      this.flag = new Uint8Array(new SharedArrayBuffer(1));
      this.worker.postMessage({ flag: this.flag });
    }
    isolateNextPages();
  }

  // Run a cell; return the promise of how it ended: done, failed, stopped, broken, or
  // unloaded: there was no Python to run it.
  run(cell, show) {
    this.start();
    if (this.flag) this.flag[0] = 0;
    this.cell = cell;
    this.show = show;
    this.began = performance.now();
    this.worker.postMessage({ number: cell.number, source: cell.source });
    return new Promise((resolve) => { this.resolve = resolve; });
  }

  hear({ say, ...message }) {
    if (say === "loading") this.tellProgress(message);
    else if (say === "ready") this.tellReady(message);
    else if (say === "begin") this.tellBegin();
    else if (say === "output") this.show?.(JSON.parse(message.output));
    else if (say === "end") this.settle(this.isStopping ? "stopped" : message.outcome);
    else if (say === "broken") this.breakDown(message.text);
  }

  tellProgress({ bytes }) {
    const megabytes = (count) => (count / 1e6).toFixed(0);
    const part = bytes / this.bytes;
    if (part < 1) {
      this.bar.load("Loading Python.", part, `${megabytes(bytes)} of ${megabytes(this.bytes)} MB`);
    } else {
      this.bar.load("Python is loaded, and starts.", 1);
    }
  }

  tellReady(times) {
    this.isReady = true;
    this.bar.load("Python is ready.");
    document.documentElement.dataset.liveTimes = JSON.stringify(times); // for the tests
  }

  tellBegin() {
    this.began = performance.now();
    this.bar.busy(this.cell);
  }

  settle(outcome, isNewPython = false) {
    clearTimeout(this.timer);
    const resolve = this.resolve;
    const seconds = (performance.now() - this.began) / 1000;
    this.resolve = this.show = this.timer = undefined;
    this.isStopping = false;
    resolve?.({ outcome, seconds, isNewPython });
  }

  // With shared memory all names stay. Without it, or if Python does not listen, it is ended.
  stop() {
    if (!this.flag || !this.isReady) return this.end("stopped");
    this.isStopping = true;
    this.flag[0] = INTERRUPT;
    this.timer = setTimeout(() => this.end("stopped"), PATIENCE);
  }

  end(outcome = "stopped") {
    this.worker?.terminate();
    this.worker = this.flag = undefined;
    this.isReady = false;
    this.settle(outcome, true);
  }

  breakDown(text) {
    if (!this.isReady) {
      console.error(`Python could not be loaded: ${text}`);
      isolateNoMore(); // in case it is to blame
      return this.end("unloaded");
    }
    this.show?.({
      output_type: "error",
      traceback: [`Python in this page broke down: ${text}\nThe next press starts a new one.\n`],
    });
    this.end("broken");
  }
}

// An isolated page takes a script of a worker only with these headers. One that it makes itself has
// them, and may import any.
function withHeadersOfThisPage(script) {
  const text = `import ${JSON.stringify(script)};`;
  return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}
