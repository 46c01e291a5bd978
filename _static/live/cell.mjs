// One code cell of a page: its buttons, its code, its outputs.

import { Editor } from "./editor.mjs";
import { make, makeButton } from "./make.mjs";
import * as store from "./store.mjs";

const LONG = 10; // seconds from which on the page asks first
const CHANGED = "Changed: the output is from before the change.";

export class Cell {
  constructor(element, number, about) {
    Object.assign(this, { element, number, about, name: `Cell ${number}` });
    this.input = element.querySelector(".cell_input");
    this.code = this.input.querySelector(".highlight");
    // In a sheet of exercises the page shows a solution, and the reader has room for another.
    this.original = about.room ?? this.code.querySelector("pre").textContent.replace(/\n$/, "");
    this.isMeantToFail = element.classList.contains("tag_raises-exception");
    this.isDone = false; // its names are there
    this.outcome = undefined; // how it ended the last time
    this.findOutput();
  }

  // The output after a prediction is not in the cell but folded, with the answer, right after it.
  findOutput() {
    const next = this.element.nextElementSibling;
    const folded = next?.matches("details.answer") && next.querySelector(".cell_output");
    this.fold = folded ? next : undefined;
    this.output = folded || this.element.querySelector(":scope > .cell_output");
    if (!this.output) {
      this.output = make("div", { class: "cell_output docutils container" }, this.element);
      this.output.hidden = true;
    }
    this.stored = [...this.output.childNodes];
    this.alternatives = [...this.output.querySelectorAll("img")].map((image) => image.alt);
  }

  offer({ run, changed }) {
    const tools = make("div", { class: "live-tools d-print-none" });
    const folded = this.input.closest("details.above-input");
    if (this.about.room) {
      this.room = make("div", { class: "cell_input docutils container" });
      folded.before(this.room, tools);
    } else {
      (folded ?? this.input).after(tools);
    }
    this.note = make("span", { class: "live-note", id: `live-note-${this.number}` });
    if (this.about.not) {
      this.note.textContent = `Not run in the page: ${this.about.not}.`;
      tools.append(this.note);
      this.tidy();
      return;
    }
    this.tellChange = () => changed(this);
    const press = () => run(this);
    this.runButton = makeButton("Run", `Run ${this.name.toLowerCase()}`, press, tools);
    this.editButton = makeButton("Edit", `Edit ${this.name.toLowerCase()}`, () => this.edit(), tools);
    this.resetButton = makeButton(
      "Reset", `Reset ${this.name.toLowerCase()}`, () => this.reset(), tools);
    this.runButton.title = "Run this cell, and those before it that have not run (Shift+Enter)";
    this.resetButton.title = "Back to the code and the output of the book";
    tools.append(this.note);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      press();
    });
    const kept = store.read(this.about.id, this.original);
    if (kept !== undefined || this.room) this.openEditor(kept ?? this.original);
    if (kept !== undefined && !this.room) this.note.textContent = CHANGED;
    this.tidy();
  }

  get source() {
    return this.editor ? this.editor.text : this.original;
  }

  get isChanged() {
    return this.source !== this.original;
  }

  // Whether it has to run before a later cell can.
  isNeeded() {
    return !this.isDone && !this.about.not && !(this.about.breaks && !this.isChanged);
  }

  reasonToAsk(target) {
    if (this.stoppedSource === this.source && this !== target) return `${this.name} was stopped while it ran.`;
    if (this.isChanged) return undefined; // nobody knows what it does now
    if (this.about.breaks) return `${this.name} ${this.about.breaks}`;
    if (this.about.seconds >= LONG) {
      return `${this.name} takes about ${this.about.seconds} seconds in a browser.`;
    }
    if (this.about.megabytes) return `${this.name} needs ${this.about.megabytes} MB of memory.`;
    return undefined;
  }

  // Editing

  edit() {
    if (!this.editor) this.openEditor(this.original);
    this.input.closest("details.above-input")?.setAttribute("open", "");
    this.editor.focus();
    this.tidy();
  }

  openEditor(text) {
    this.editor = new Editor(text, `Code of ${this.name.toLowerCase()}`, () => this.typed());
    this.code.hidden = !this.room;
    if (this.room) this.room.append(this.editor.element);
    else this.code.after(this.editor.element);
  }

  typed() {
    store.write(this.about.id, this.original, this.source);
    const shown = this.hasRun ? this.ranSource : this.original;
    this.note.textContent = this.source === shown ? "" : CHANGED;
    this.isDone = false;
    this.tellChange();
    this.tidy();
  }

  reset() {
    const wasChanged = this.isChanged;
    this.editor?.element.remove();
    this.editor = undefined;
    this.code.hidden = false;
    if (this.room) this.openEditor(this.original);
    store.forget(this.about.id);
    if (this.isRunning) return;
    this.showStored();
    if (this.hasRun || wasChanged) this.isDone = false;
    if (wasChanged) this.tellChange?.();
    const hadFocus = document.activeElement === this.resetButton;
    this.tidy();
    if (hadFocus && this.resetButton.hidden) this.runButton.focus();
  }

  // An earlier cell was changed: what this one shows was made before that.
  outdate(earlier) {
    if (this.isDone) this.note.textContent = `Out of date: ${earlier.name.toLowerCase()} changed.`;
    this.isDone = false;
  }

  // Running

  wait() {
    this.state = "waiting";
    this.note.textContent = "Waits for its turn.";
    this.tidy();
  }

  begin() {
    this.state = "running";
    this.isFresh = false; // the old output stays until there is a new one, so that nothing jumps
    this.note.textContent = "Runs.";
    this.ranSource = this.source;
    this.tidy();
  }

  finish({ outcome, seconds }) {
    if (!this.isFresh && ["done", "failed"].includes(outcome)) this.clearOutput();
    this.state = outcome;
    this.outcome = outcome;
    this.hasRun = true;
    this.isDone = outcome === "done" || (outcome === "failed" && this.isMeantToFail);
    if (this.ranSource !== this.source) this.isDone = false; // changed while it ran
    this.stoppedSource = ["stopped", "broken"].includes(outcome) ? this.ranSource : undefined;
    const time = `${seconds.toFixed(1)} s`;
    const ends = { done: time, failed: `Failed after ${time}.`, stopped: "Stopped." };
    this.note.textContent = this.isDone ? time : ends[outcome] ?? this.told();
    if (this.ranSource !== this.source) this.note.textContent = CHANGED;
    if (this.fold && this.isAskedFor) this.fold.open = true;
    this.isAskedFor = false;
    for (const pre of this.output.querySelectorAll("pre")) {
      if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0; // else no key can scroll it
    }
    this.tidy();
  }

  told() {
    const ends = {
      done: "ran.",
      failed: "failed.",
      stopped: "was stopped.",
      broken: "brought Python down.",
      unloaded: "was not run: Python could not be loaded.",
    };
    const end = this.outcome === "failed" && this.isMeantToFail ? "failed, as it should." : "";
    return `${this.name} ${end || ends[this.outcome]}`;
  }

  giveUp(reason) {
    this.state = "left";
    this.isAskedFor = false;
    this.note.textContent = reason;
    this.tidy();
  }

  forget() {
    this.isDone = false;
  }

  get isRunning() {
    return this.state === "running" || this.state === "waiting";
  }

  // Outputs

  clearOutput() {
    this.isFresh = true;
    this.output.replaceChildren();
    this.tidy();
  }

  showStored() {
    this.output.replaceChildren(...this.stored);
    this.hasRun = false;
    this.state = undefined;
    this.note.textContent = this.isChanged ? CHANGED : "";
    this.tidy();
  }

  show(output) {
    if (!this.isFresh) this.clearOutput();
    const data = output.data ?? {};
    if (output.output_type === "stream") this.print(output.name, output.text);
    else if (output.output_type === "error") this.box("traceback").append(...output.traceback);
    else if (data["image/png"]) this.picture(data["image/png"]);
    else if (data["text/markdown"]) this.marks(data["text/markdown"]);
    else if (data["text/html"]) this.markup(data["text/html"]);
    else if (data["image/svg+xml"]) this.markup(data["image/svg+xml"]);
    else this.box("text_plain").append(data["text/plain"]);
    this.output.hidden = false;
  }

  print(name, text) {
    const kind = name === "stdout" ? "stream" : "stderr";
    const last = this.output.lastElementChild;
    const pre = last?.classList.contains(kind) ? last.querySelector("pre") : this.box(kind);
    pre.append(text);
  }

  picture(png) {
    const count = this.output.querySelectorAll("img").length;
    const known = this.isChanged ? undefined : this.alternatives[count];
    const image = make("img", { alt: known ?? `Figure drawn by ${this.name.toLowerCase()}` });
    image.src = `data:image/png;base64,${png}`;
    this.output.append(image);
  }

  // What a check of an exercise says in bold, such as **2 of 3**.
  marks(text) {
    const line = make("p", {}, make("div", { class: "output text_markdown" }, this.output));
    make("strong", {}, line).textContent = text.replaceAll("**", "");
    const [, got, of] = text.match(/(\d+) of (\d+)/) ?? [];
    const detail = { id: this.about.id, isSolved: got !== undefined && got === of };
    document.dispatchEvent(new CustomEvent("live-marks", { detail }));
  }

  markup(text) {
    make("div", { class: "output text_html" }, this.output).innerHTML = text;
  }

  box(kind) {
    const box = make("div", { class: `output ${kind} notranslate` }, this.output);
    return make("pre", {}, make("div", { class: "highlight" }, box));
  }

  // Let the page show what is: the state for the style sheet, the buttons that have a use.
  tidy() {
    this.element.dataset.live = this.state ?? "stored";
    if (this.editButton) {
      this.editButton.hidden = Boolean(this.editor);
      this.resetButton.hidden = !(this.isChanged || this.hasRun || (this.editor && !this.room));
      this.resetButton.disabled = this.runButton.disabled = this.isRunning;
    }
    this.output.hidden = this.output.childNodes.length === 0;
  }
}
