// Small repairs of the theme, so that the pages can be used by keyboard and screen reader.

// The title in the side bar stands outside of every landmark.
function nameBookTitle() {
  const brand = document.querySelector(".sidebar-primary-item:has(> .navbar-brand)");
  if (!brand) return;
  brand.setAttribute("role", "region");
  brand.setAttribute("aria-label", "Book title");
}

// Some buttons have an aria-label that lacks the words they show.
function nameButtons() {
  for (const button of document.querySelectorAll(".search-button-field[aria-label]")) {
    const shown = button.innerText.replace(/\s+/g, " ").trim();
    if (shown) button.setAttribute("aria-label", shown);
  }
  for (const icon of document.querySelectorAll(".theme-switch-button svg")) {
    icon.querySelector("title")?.remove();
    icon.setAttribute("aria-hidden", "true");
  }
}

// In the side bar, what unfolds a chapter is an icon without words.
function nameToggles() {
  for (const summary of document.querySelectorAll("nav details > summary")) {
    const page = summary.closest("li")?.querySelector("a")?.innerText.trim();
    summary.setAttribute("aria-label", `More on ${page}`);
  }
}

// On paper all answers stand in their place.
function openAnswers() {
  for (const answer of document.querySelectorAll("details.answer")) answer.open = true;
}

// What scrolls sideways must be reachable by keyboard.
function makeScrollable() {
  const wide = ".MathJax[display], .math.notranslate, .pst-scrollable-table-container, pre";
  for (const box of document.querySelectorAll(wide)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else if (box.tagName !== "PRE") box.removeAttribute("tabindex");
  }
}

window.addEventListener("load", async () => {
  nameBookTitle();
  nameButtons();
  nameToggles();
  window.addEventListener("beforeprint", openAnswers);
  new MutationObserver(nameButtons).observe(document.body, { childList: true, subtree: true });
  makeScrollable();
  window.addEventListener("resize", makeScrollable);
  await window.MathJax?.startup?.promise;
  makeScrollable();
});
