// One code cell of a page: its buttons, its code, and where it is between waiting and done.

import { Editor } from "./editor.mjs";
import { make, makeButton } from "./make.mjs";
import { Output } from "./output.mjs";
import * as store from "./store.mjs";

const LONG = 10; // seconds from which on the page asks first

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
    this.output = new Output(element, Boolean(about.open));
    if (about.check) this.output.forget();
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
    this.element.dataset.cell = this.about.id;
    const press = () => this.isRunning || run(this);
    this.runButton = makeButton("Run", `Run ${this.name.toLowerCase()}`, press, tools);
    this.editButton = makeButton("Edit", `Edit ${this.name.toLowerCase()}`, () => this.edit(), tools);
    this.resetButton = makeButton(
      "Reset", `Reset ${this.name.toLowerCase()}`, () => this.isRunning || this.reset(), tools);
    this.runButton.title = "Run this cell, and those before it that have not run (Shift+Enter)";
    this.resetButton.title = "Back to the code and the output of the book";
    tools.append(this.note);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      press();
    });
    const kept = store.read(this.about.id, this.original);
    if (kept !== undefined || this.staysOpen) this.openEditor(kept ?? this.original);
    this.note.textContent = this.restNote;
    this.tidy();
  }

  get source() {
    return this.editor ? this.editor.text : this.original;
  }

  // A cell that is there to be changed has its editor from the start.
  get staysOpen() {
    return Boolean(this.room || this.about.open);
  }

  get isChanged() {
    return this.source !== this.original;
  }

  get changeNote() {
    const hasOutput = !this.output.element.hidden;
    return hasOutput ? "Changed: the output is from before the change." : "Changed, not run yet.";
  }

  // What is said of a cell that has not run.
  get restNote() {
    if (this.about.check) return "Not checked yet.";
    return this.isChanged && !this.room ? this.changeNote : "";
  }

  get wasStopped() {
    return this.stoppedSource === this.source;
  }

  // Whether it has to run before a later cell can.
  isNeeded() {
    return !this.isDone && !this.about.not && !(this.about.breaks && !this.isChanged);
  }

  // Whether this is the check of an exercise, and all of it has passed.
  get isSolved() {
    return this.isDone && this.output.isSolved;
  }

  reasonToAsk(target) {
    if (this.wasStopped && this !== target) {
      return `${this.name} was stopped while it ran. It is left out.`;
    }
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
    this.note.textContent = this.source === shown ? "" : this.changeNote;
    this.isDone = false;
    this.tellChange();
    this.tidy();
  }

  reset() {
    const wasChanged = this.isChanged;
    const hadFocus = document.activeElement === this.resetButton;
    this.editor?.element.remove();
    this.editor = undefined;
    this.code.hidden = false;
    if (this.staysOpen) this.openEditor(this.original);
    store.forget(this.about.id);
    if (!this.isRunning) this.showStored();
    if (wasChanged) {
      this.isDone = false;
      this.tellChange();
    }
    this.tidy();
    if (hadFocus && this.resetButton.hidden) this.runButton.focus();
  }

  showStored() {
    this.output.restore();
    this.hasRun = false;
    this.state = undefined;
    this.note.textContent = this.restNote;
    this.tidy();
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
    this.note.textContent = "Runs.";
    this.ranSource = this.source;
    this.output.begin(this.name.toLowerCase(), !this.isChanged);
    this.tidy();
  }

  finish({ outcome, seconds }) {
    const isOld = this.output.isOld && !this.output.element.hidden;
    this.output.finish(outcome === "done" || outcome === "failed");
    if (this.isAskedFor) this.output.reveal();
    this.isAskedFor = false;
    this.state = outcome;
    this.outcome = outcome;
    this.hasRun = true;
    const isSame = this.source === this.ranSource; // not changed while it ran
    this.isDone = isSame && (outcome === "done" || this.hasFailedAsItShould);
    this.stoppedSource = ["stopped", "broken"].includes(outcome) ? this.ranSource : undefined;
    this.note.textContent = isSame ? this.end(`${seconds.toFixed(1)} s`) : this.changeNote;
    if (isSame && isOld && outcome === "stopped") this.note.append(" The output is from before.");
    this.tidy();
  }

  get hasFailedAsItShould() {
    return this.outcome === "failed" && this.isMeantToFail;
  }

  end(time) {
    if (this.isDone) return time;
    const ends = { failed: `Failed after ${time}.`, stopped: "Stopped." };
    return ends[this.outcome] ?? this.told();
  }

  told() {
    if (this.hasFailedAsItShould && !this.isChanged) return `${this.name} failed, as it should.`;
    const ends = {
      done: "ran.",
      failed: "failed.",
      stopped: "was stopped.",
      broken: "brought Python down.",
      unloaded: "was not run: Python could not be loaded.",
    };
    return `${this.name} ${ends[this.outcome]}`;
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

  // Let the page show what is: the state for the style sheet, the buttons that have a use.
  tidy() {
    this.element.dataset.live = this.state ?? "stored";
    if (this.editButton) {
      this.editButton.hidden = Boolean(this.editor);
      this.resetButton.hidden = !(this.isChanged || this.hasRun || (this.editor && !this.staysOpen));
      for (const button of [this.runButton, this.resetButton]) {
        button.setAttribute("aria-disabled", this.isRunning); // not disabled: it keeps the focus
      }
    }
  }
}
