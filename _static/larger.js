// A button "Larger" below each picture that a narrow page has made smaller.

const SMALLER = 0.9; // of the width that it is to have

function isSmaller(image) {
  const wanted = parseFloat(image.style.width) || image.naturalWidth;
  return image.clientWidth > 0 && image.clientWidth < SMALLER * wanted;
}

function offer(image) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "larger d-print-none";
  const box = image.parentElement;
  const say = (isLarge) => {
    button.textContent = isLarge ? "Smaller" : "Larger";
    button.setAttribute("aria-label", `${button.textContent} picture`);
    if (isLarge) box.tabIndex = 0; // else no key can scroll it
    else box.removeAttribute("tabindex");
  };
  button.addEventListener("click", () => say(image.classList.toggle("is-large")));
  say(false);
  image.after(button);
}

function look() {
  for (const image of document.querySelectorAll("article div.cell_output img")) {
    if (!image.nextElementSibling?.matches("button.larger") && isSmaller(image)) offer(image);
  }
}

window.addEventListener("load", look);
window.addEventListener("resize", look);
document.addEventListener("load", look, true); // a picture came later
document.addEventListener("toggle", look, true); // an answer was opened
