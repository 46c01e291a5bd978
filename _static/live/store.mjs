// What a reader changed in the cells of a page, kept by this browser and nowhere else.

const PREFIX = `tinylinks:${location.pathname}:`;

// A change of a cell that has another text by now, in a newer edition of the book, is not given back.
export function read(id, original) {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + id));
    return kept?.original === original ? kept.text : undefined;
  } catch {
    return undefined; // a browser may refuse to keep anything
  }
}

export function write(id, original, text) {
  if (text === original) return forget(id);
  try {
    localStorage.setItem(PREFIX + id, JSON.stringify({ original, text }));
  } catch {
    // The change holds until the page is left.
  }
}

export function forget(id) {
  try {
    localStorage.removeItem(PREFIX + id);
  } catch {
    // Nothing was kept.
  }
}
