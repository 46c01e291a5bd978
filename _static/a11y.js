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
  new MutationObserver(nameButtons).observe(document.body, { childList: true, subtree: true });
  makeScrollable();
  window.addEventListener("resize", makeScrollable);
  await window.MathJax?.startup?.promise;
  makeScrollable();
});
