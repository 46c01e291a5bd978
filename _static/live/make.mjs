// The few lines that make elements.

export function make(tag, attributes = {}, parent = undefined) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.append(element);
  return element;
}

// `name` is for screen readers, which meet many buttons of the same words on a page.
export function makeButton(text, name, press, parent) {
  const button = make("button", { type: "button", class: "live-button", "aria-label": name }, parent);
  button.textContent = text;
  button.addEventListener("click", press);
  return button;
}
