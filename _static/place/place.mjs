// Where was I: which pages were read, and where the reader stopped.
//
// Kept by this browser, for this book, and sent to nobody. `_ext/place.py` puts this on the pages;
// the landing page shows what is kept, and gives it away as a file or forgets it.

const KEY = "tinylinks:place";
const about = JSON.parse(document.getElementById("place").textContent);
const nothing = { last: undefined, pages: {} };

function load() {
  try {
    return { ...nothing, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return nothing; // a browser may refuse to keep anything
  }
}

function save(place) {
  try {
    localStorage.setItem(KEY, JSON.stringify(place));
  } catch {
    // Then the reader has to remember.
  }
}

function make(tag, text, parent) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent?.append(element);
  return element;
}

// On a chapter: take note of it

const withoutLink = (heading) => heading.textContent.replace(/#\s*$/, "").trim();

// The last heading that is above the middle of the window.
function section() {
  const headings = [...document.querySelectorAll("article section[id] > :is(h1, h2)")];
  const passed = headings.filter((h) => h.getBoundingClientRect().top < innerHeight / 2);
  return passed.at(-1) ?? headings[0];
}

function note(changes) {
  const place = load();
  const page = { ...place.pages[about.page], ...changes };
  save({ last: about.page, pages: { ...place.pages, [about.page]: page } });
}

function noteSection() {
  const heading = section();
  if (!heading) return;
  const isTitle = heading.tagName === "H1";
  note({
    title: withoutLink(document.querySelector("article h1")),
    anchor: isTitle ? "" : heading.parentElement.id,
    section: isTitle ? "" : withoutLink(heading),
  });
}

function watch() {
  const answers = [...document.querySelectorAll("details.answer")];
  const opened = () => note({ opened: answers.filter((answer) => answer.open).length });
  for (const answer of answers) {
    answer.addEventListener("toggle", () => {
      const before = load().pages[about.page]?.opened ?? 0;
      if (answers.filter((other) => other.open).length > before) opened();
    });
  }
  const foot = document.querySelector("footer.prev-next-footer, #run-this-page");
  const observer = new IntersectionObserver(([end]) => {
    if (!end.isIntersecting) return;
    note({ end: true });
    observer.disconnect();
  });
  if (foot) observer.observe(foot); // not every page has a foot
  document.addEventListener("live-marks", ({ target, detail }) => {
    const id = target.closest("[data-cell]").dataset.cell;
    const before = load().pages[about.page]?.solved ?? [];
    if (detail.isSolved && !before.includes(id)) note({ solved: [...before, id] });
  });
  addEventListener("pagehide", noteSection);
  document.addEventListener("visibilitychange", noteSection);
  noteSection();
}

// On the landing page: show what is kept

function goOn(place) {
  const page = place.pages[place.last];
  const next = page.end && about.chapters[about.chapters.indexOf(place.last) + 1];
  if (next) return [next, about.titles[next], ""];
  return [place.last, page.title, page.section && `, at “${page.section}”`, page.anchor];
}

function show() {
  const place = load();
  const title = document.querySelector("article h1");
  if (!place.last || !title) return;
  const box = make("section", "");
  box.className = "place d-print-none";
  box.setAttribute("aria-label", "Where you were");
  const [page, name, where, anchor] = goOn(place);
  const line = make("p", "Go on with ", box);
  const link = make("a", name + where, line);
  link.href = about.top + page + ".html" + (anchor ? `#${anchor}` : "");
  line.append(".");
  const read = about.chapters.filter((chapter) => place.pages[chapter]?.end).length;
  const pages = Object.values(place.pages);
  const opened = pages.reduce((sum, page) => sum + (page.opened ?? 0), 0);
  const solved = pages.reduce((sum, page) => sum + (page.solved ?? []).length, 0);
  const chapters = `${read} of ${about.chapters.length} chapters read to the end`;
  const answers = `${opened} ${opened === 1 ? "answer" : "answers"} opened`;
  const tasks = `${solved} ${solved === 1 ? "exercise" : "exercises"} solved`;
  const counts = make("p", `${chapters}, ${answers}, ${tasks}. Only this browser knows. `, box);
  const file = make("a", "Save it as a file", counts);
  file.download = "tinylinks-place.json";
  file.href = `data:application/json,${encodeURIComponent(JSON.stringify(place, null, 1))}`;
  counts.append(" ");
  const forget = make("button", "Forget it", counts);
  forget.type = "button";
  forget.addEventListener("click", () => {
    localStorage.removeItem(KEY);
    box.remove();
  });
  title.after(box);
}

if (about.chapters) show();
else watch();
