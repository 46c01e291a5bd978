// A small editor for the code of a cell: a text field over its own coloured copy.

import { make } from "./make.mjs";

const TOKEN = new RegExp([
  /(?<c1>#.*)/, // comment
  /(?<s2>[rbfRBF]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  /(?<k>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|True|False|None)\b)/,
  /(?<mi>\b\d[\d_.]*(?:[eE][+-]?\d+)?\b)/,
].map((part) => part.source).join("|"), "g");

export class Editor {
  constructor(text, label, changed) {
    this.element = make("div", { class: "live-editor highlight" });
    this.copy = make("pre", { "aria-hidden": "true" }, this.element);
    this.field = make("textarea", { rows: 1, spellcheck: "false" }, this.element);
    for (const off of ["autocapitalize", "autocomplete", "autocorrect"]) {
      this.field.setAttribute(off, "off");
    }
    this.field.setAttribute("aria-label", label);
    this.field.setAttribute(
      "aria-description", "Shift and Enter runs the cell. Escape, then Tab, leaves the field.");
    this.field.value = text;
    this.field.addEventListener("input", () => {
      this.colour();
      changed();
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("blur", () => { this.isLeaving = false; });
    this.colour();
  }

  get text() {
    return this.field.value;
  }

  focus() {
    this.field.focus();
  }

  // The copy has the words in colour, and gives the field its height.
  colour() {
    const parts = [];
    let end = 0;
    for (const token of this.text.matchAll(TOKEN)) {
      const [kind] = Object.entries(token.groups).find(([, text]) => text !== undefined);
      const word = make("span", { class: kind });
      word.textContent = token[0];
      parts.push(this.text.slice(end, token.index), word);
      end = token.index + token[0].length;
    }
    this.copy.replaceChildren(...parts, this.text.slice(end), "\n");
  }

  key(event) {
    if (event.key === "Escape") {
      this.isLeaving = true; // the next Tab goes on to what follows
    } else if (event.key === "Tab" && !this.isLeaving) {
      event.preventDefault();
      this.indent(event.shiftKey);
    } else if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.breakLine();
    } else if (event.key !== "Tab" && event.key !== "Shift") {
      this.isLeaving = false;
    }
  }

  // Put text in place of what is selected. The old command is the only way that can be undone.
  insert(text) {
    document.execCommand("insertText", false, text);
  }

  // Begin a line as deep as the one before, and deeper after a colon.
  breakLine() {
    const line = this.text.slice(0, this.field.selectionStart).split("\n").at(-1);
    const deeper = /:\s*(#.*)?$/.test(line) ? "    " : "";
    this.insert("\n" + line.match(/^ */)[0] + deeper);
  }

  // Move the lines of the selection by four spaces; without a selection, Tab fills up to four.
  indent(isLess) {
    const { selectionStart: start, selectionEnd: end } = this.field;
    const first = this.text.lastIndexOf("\n", start - 1) + 1;
    if (start === end && !isLess) {
      this.insert(" ".repeat(4 - ((start - first) % 4)));
      return;
    }
    const lines = this.text.slice(first, end).split("\n");
    const moved = lines.map((line) => (isLess ? line.replace(/^ {1,4}/, "") : "    " + line));
    this.field.setSelectionRange(first, end);
    this.insert(moved.join("\n"));
    if (start === end) {
      const back = lines[0].length - moved[0].length;
      this.field.setSelectionRange(Math.max(first, start - back), Math.max(first, start - back));
    } else {
      this.field.setSelectionRange(first, first + moved.join("\n").length);
    }
  }
}
