// The bar at the foot of the window: what Python is doing, and what can be done about it.

import { make, makeButton } from "./make.mjs";

export class Bar {
  constructor({ stop, restart, clear }) {
    this.element = make("div", { class: "live-bar d-print-none", role: "region" });
    this.element.setAttribute("aria-label", "Python in this page");
    this.message = make("span", { class: "live-message", role: "status" }, this.element);
    this.detail = make("span", { "aria-hidden": "true" }, this.element); // too much to be read out
    this.progress = make("progress", { "aria-label": "Loading Python" }, this.element);
    this.stopButton = makeButton("Stop", "Stop", stop, this.element);
    this.restartButton = makeButton("Restart", "Restart Python", restart, this.element);
    this.clearButton = makeButton("Clear changes", "Clear changes of this page", clear, this.element);
    this.element.hidden = this.progress.hidden = true;
    this.stopButton.hidden = this.restartButton.hidden = true;
    document.querySelector("article").append(this.element);
  }

  say(text) {
    if (this.message.textContent !== text) this.message.textContent = text;
    this.element.hidden = false;
  }

  // While Python is loaded: what it waits for, and how much of it is here.
  load(text, part, detail = "") {
    this.say(text);
    this.detail.textContent = detail;
    this.progress.hidden = part === undefined;
    if (part !== undefined) this.progress.value = part;
  }

  busy(cell) {
    this.say(`${cell.name} runs.`);
    this.stopButton.hidden = this.restartButton.hidden = false;
  }

  rest() {
    this.detail.textContent = "";
    this.progress.hidden = this.stopButton.hidden = true;
  }

  tellChanges(count) {
    this.clearButton.hidden = !count;
    if (count && !this.message.textContent) {
      const cells = count === 1 ? "1 cell" : `${count} cells`;
      this.say(`Your changes of ${cells} are kept in this browser.`);
    }
  }
}

// Ask a question that must be answered first; return the promise of yes or no.
export function ask(sentences, yes, no) {
  const dialog = make("dialog", { class: "live-dialog", "aria-label": "A question" });
  for (const sentence of sentences) make("p", {}, dialog).textContent = sentence;
  const form = make("form", { method: "dialog" }, dialog);
  for (const text of [yes, no]) {
    make("button", { class: "live-button", value: text }, form).textContent = text;
  }
  document.querySelector("article").append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === yes);
    });
  });
}
