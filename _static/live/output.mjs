// What a cell shows: the stored output of the book, or what Python sends while the cell runs.

import { make } from "./make.mjs";

export class Output {
  constructor(cellElement, isBrief) {
    this.isBrief = isBrief;
    // The output after a prediction is not in the cell but folded, with the answer, right after it.
    const next = cellElement.nextElementSibling;
    const folded = next?.matches("details.answer") && next.querySelector(".cell_output");
    this.fold = folded ? next : undefined;
    this.element = folded || cellElement.querySelector(":scope > .cell_output");
    this.element ??= make("div", { class: "cell_output docutils container" }, cellElement);
    this.stored = [...this.element.childNodes];
    this.alternatives = [...this.element.querySelectorAll("img")].map((image) => image.alt);
    this.hideIfEmpty();
  }

  hideIfEmpty() {
    this.element.hidden = this.element.childNodes.length === 0;
  }

  // In a sheet of exercises the book shows what a check says to its solution, not to the reader's.
  forget() {
    this.stored = [];
    this.restore();
  }

  restore() {
    this.element.replaceChildren(...this.stored);
    this.isSolved = false;
    this.hideIfEmpty();
  }

  // The old output stays until there is a new one, so that nothing on the page jumps.
  begin(name, isOfTheBook) {
    this.isOld = true;
    this.name = name;
    this.isOfTheBook = isOfTheBook;
  }

  clearIfOld() {
    if (!this.isOld) return;
    this.element.replaceChildren();
    this.isOld = this.isSolved = false;
  }

  // Show an output in the form in which notebooks store it.
  show({ output_type: type, data = {}, ...output }) {
    this.clearIfOld();
    if (type === "stream") this.print(output.name, output.text);
    else if (type === "error") this.box("traceback").append(...this.error(output));
    else if (data["image/png"]) this.picture(data["image/png"]);
    else if (data["text/markdown"]) this.marks(data["text/markdown"]);
    else if (data["text/html"]) this.markup(data["text/html"]);
    else if (data["image/svg+xml"]) this.markup(data["image/svg+xml"]);
    else this.box("text_plain").append(data["text/plain"]);
    this.hideIfEmpty();
  }

  finish(hasNew) {
    if (hasNew) this.clearIfOld();
    this.hideIfEmpty();
    for (const pre of this.element.querySelectorAll("pre")) {
      if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0; // else no key can scroll it
    }
  }

  reveal() {
    if (this.fold) this.fold.open = true;
  }

  // The kinds of output

  print(name, text) {
    const kind = name === "stdout" ? "stream" : "stderr";
    const last = this.element.lastElementChild;
    const pre = last?.classList.contains(kind) ? last.querySelector("pre") : this.box(kind);
    pre.append(text);
  }

  // Where a reader writes a few lines, an error is its sentence, and the line that led to it.
  error({ ename, evalue, traceback }) {
    if (!this.isBrief || !ename) return traceback;
    const lines = traceback.join("").matchAll(new RegExp(`"<${this.name}>", line (\\d+)`, "g"));
    const sentence = evalue.replace(/ \(<cell \d+>, line \d+\)$/, ""); // Python's for wrong syntax
    return [`${ename}: ${sentence} (line ${[...lines].at(-1)?.[1]})\n`];
  }

  picture(png) {
    const count = this.element.querySelectorAll("img").length;
    const known = this.isOfTheBook ? this.alternatives[count] : undefined;
    const image = make("img", { alt: known ?? `Figure drawn by ${this.name}` }, this.element);
    image.srcset = `data:image/png;base64,${png} 2x`;
  }

  // What a check of an exercise says in bold, such as **2 of 3**.
  marks(text) {
    const line = make("p", {}, make("div", { class: "output text_markdown" }, this.element));
    make("strong", {}, line).textContent = text.replaceAll("**", "");
    const [, got, of] = text.match(/(\d+) of (\d+)/) ?? [];
    this.isSolved = got !== undefined && got === of;
    const detail = { isSolved: this.isSolved };
    this.element.dispatchEvent(new CustomEvent("live-marks", { detail, bubbles: true }));
  }

  markup(text) {
    make("div", { class: "output text_html" }, this.element).innerHTML = text;
  }

  box(kind) {
    const box = make("div", { class: `output ${kind} notranslate` }, this.element);
    return make("pre", {}, make("div", { class: "highlight" }, box));
  }
}
