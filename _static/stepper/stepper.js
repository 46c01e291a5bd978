// A player for the list of visits that `tinylinks.steps` shows: one visit at a time.
//
// Without this script, and on paper, the whole list is there. A list that Python in the page shows
// later becomes a player, too.

(() => {
  const SMALLEST = 0.7; // a picture that would be smaller on the page scrolls sideways

  function make(tag, attributes, parent) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    parent.append(element);
    return element;
  }

  // The line of the table that belongs to a visit, for whoever hears it.
  function words(frame) {
    const rows = [...frame.querySelectorAll("dt")];
    return rows.map((name) => `${name.textContent} ${name.nextElementSibling.textContent}`).join("; ");
  }

  class Player {
    constructor(list) {
      this.list = list;
      this.frames = [...list.children];
      this.box = document.createElement("div");
      this.box.className = "stepper";
      list.replaceWith(this.box);
      const tools = make("div", { class: "stepper-tools d-print-none" }, this.box);
      this.back = this.button("Previous", -1, tools);
      this.on = this.button("Next", 1, tools);
      this.told = make("span", { role: "status" }, tools);
      const label = "The walk back. The arrow keys lead from visit to visit.";
      this.view = make("div", { class: "stepper-view", role: "group", "aria-label": label }, this.box);
      this.view.tabIndex = 0;
      this.view.append(list);
      list.classList.add("is-player");
      for (const frame of this.frames) {
        const picture = frame.querySelector("svg");
        picture.style.minWidth = `${SMALLEST * picture.getAttribute("width")}px`;
      }
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.show(0);
    }

    button(text, step, parent) {
      const button = make("button", { type: "button", class: "live-button" }, parent);
      button.textContent = text;
      button.addEventListener("click", () => this.show(this.index + step));
      return button;
    }

    show(index) {
      if (!this.frames[index]) return;
      this.index = index;
      this.frames.forEach((frame, i) => frame.classList.toggle("is-shown", i === index));
      // A button that is disabled would lose the focus.
      this.back.setAttribute("aria-disabled", index === 0);
      this.on.setAttribute("aria-disabled", index === this.frames.length - 1);
      const [number, last] = [index, this.frames.length - 1].map((i) => this.list.start + i);
      this.told.textContent = `Visit ${number} of ${last}`;
      const line = make("span", { class: "visually-hidden" }, this.told);
      line.textContent = `: ${words(this.frames[index])}`;
      this.follow(this.frames[index].querySelector('rect[stroke-width="3"]'));
    }

    // Scroll a wide picture to what is visited.
    follow(visited) {
      const [box, view] = [visited, this.view].map((element) => element.getBoundingClientRect());
      this.view.scrollLeft += box.left + box.width / 2 - view.left - view.width / 2;
    }

    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const last = this.frames.length - 1;
      const targets = { ArrowLeft: this.index - 1, ArrowRight: this.index + 1, Home: 0, End: last };
      if (!(event.key in targets)) return;
      event.preventDefault();
      this.show(targets[event.key]);
    }
  }

  function makePlayers() {
    for (const list of document.querySelectorAll("ol.tinylinks-steps:not(.is-player)")) {
      new Player(list);
    }
  }

  addEventListener("DOMContentLoaded", () => {
    makePlayers();
    new MutationObserver(makePlayers).observe(document.body, { childList: true, subtree: true });
  });
})();
