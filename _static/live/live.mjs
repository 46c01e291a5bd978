// Run and Edit under every code cell of a page, in a Python that runs in the browser.
//
// The page is complete without this: its outputs were stored when the book was made. Nothing is
// loaded before the first press. Then the cells before the one pressed run too, as far as they have
// not run yet, so that all names are there. `_ext/live.py` puts this on the pages.

import { Bar, ask } from "./bar.mjs";
import { Cell } from "./cell.mjs";
import { Python } from "./python.mjs";

const about = JSON.parse(document.getElementById("live-cells").textContent);
const elements = [...document.querySelectorAll("article div.cell:not(.answer_output)")];
const cells = elements.map((element, index) => new Cell(element, index + 1, about.cells[index]));
const bar = new Bar({ stop, restart, clear });
const python = new Python(about.bytes, bar);
let queue = []; // cells that wait for their turn
let running; // the cell that runs now
let working = Promise.resolve(); // settled when nothing runs
let lastWord; // what is said when nothing runs any more, if it is not of the last cell

// Running

async function run(target) {
  const before = cells.slice(0, target.number - 1).filter((cell) => cell.isNeeded());
  const all = [...before, target].filter((cell) => cell !== running && !queue.includes(cell));
  if (!(await mayRun(all, target))) return;
  const chain = all.filter((cell) => !cell.wasStopped || cell === target);
  for (const cell of chain) cell.wait();
  queue.push(...chain);
  target.isAskedFor = true;
  if (!running) working = work();
}

// Ask before what takes long, what was stopped, and what might bring Python down.
async function mayRun(chain, target) {
  const reasons = chain.map((cell) => cell.reasonToAsk(target)).filter(Boolean);
  if (!reasons.length) return true;
  const goOn = await ask([...reasons, `Run ${target.name.toLowerCase()}?`], "Run", "Leave it");
  if (!goOn) bar.say(`${target.name} was not run.`);
  return goOn;
}

async function work() {
  while (queue.length) {
    running = queue.shift();
    running.begin();
    bar.busy(running);
    const end = await python.run(running, (output) => running.output.show(output));
    const { isAskedFor } = running;
    running.finish(end);
    bar.say(running.told() + (running.about.check ? tally() : ""));
    if (isAskedFor) bringIntoSight(running);
    if (end.outcome !== "done") giveUpWaiting(running);
    const cell = running;
    running = undefined;
    if (end.isNewPython) runAgain(cell);
  }
  bar.rest();
  if (lastWord) bar.say(lastWord);
  lastWord = undefined;
}

// In a sheet of exercises: how far the reader has come.
function tally() {
  const checks = cells.filter((cell) => cell.about.check);
  return ` Solved: ${checks.filter((cell) => cell.isSolved).length} of ${checks.length} tasks.`;
}

// What a cell shows may lie below the window or the bar: scroll, but keep its first line in sight.
function bringIntoSight({ element, output }) {
  const { top } = element.getBoundingClientRect();
  const bottom = Math.max(...[element, output.element].map((e) => e.getBoundingClientRect().bottom));
  const hidden = bottom - bar.element.getBoundingClientRect().top;
  if (top > 0 && top < innerHeight && hidden > 0) scrollBy({ top: Math.min(hidden + 8, top - 80) });
}

// What waits behind a cell that failed would only fail too: say so, and leave it.
function giveUpWaiting(cell) {
  if (cell.hasFailedAsItShould) return;
  for (const waiting of queue) waiting.giveUp(`Not run: ${cell.told().toLowerCase()}`);
  queue = [];
}

// Python was ended with all its names: let the cells run again that had run, in a new one.
function runAgain(stopped) {
  const again = cells.filter((cell) => cell.isDone);
  for (const cell of cells) cell.forget();
  if (stopped.outcome === "unloaded") return;
  if (stopped.outcome !== "stopped" || again.some((cell) => cell.reasonToAsk())) {
    bar.say(`${stopped.told()} Its names are gone: the cells above run again at the next press.`);
    return;
  }
  for (const cell of again) cell.wait();
  queue = again;
  if (again.length) lastWord = `${stopped.told()} Python began anew, and earlier cells ran again.`;
}

function stop() {
  for (const cell of queue) cell.giveUp("Not run: stopped before its turn.");
  queue = [];
  if (running) python.stop();
}

async function restart() {
  queue = [];
  for (const cell of cells) cell.forget();
  python.end();
  await working;
  for (const cell of cells) cell.showStored();
  bar.say("Python was put away, with all names. The outputs are those of the book again.");
}

async function clear() {
  const changed = cells.filter((cell) => cell.isChanged);
  const which = changed.length === 1 ? "1 cell" : `${changed.length} cells`;
  const sentence = `This takes back what you wrote in ${which} of this page.`;
  if (!(await ask([sentence], "Clear", "Keep it"))) return;
  for (const cell of changed) cell.reset();
  bar.say("Your changes are gone.");
}

// What a change of a cell means for the others

function changed(cell) {
  for (const later of cells.slice(cell.number)) later.outdate(cell);
  bar.tellChanges(cells.filter((other) => other.isChanged).length);
}

for (const cell of cells) cell.offer({ run, changed });
bar.tellChanges(cells.filter((cell) => cell.isChanged).length);
