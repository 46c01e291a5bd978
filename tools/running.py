"""Make the running editions: the book's notebooks as plain Jupyter shows them, ready to be run.

    python tools/running.py folder      write all of them into `folder`, and the library too

A page of the book is read with its outputs, and Sphinx understands its directives, ``{answer}``,
and its roles, ``{term}``. JupyterLab, VS Code, Colab and GitHub do not. So a running edition has
no outputs, for there the reader runs the cells; boxes are quotations; what is folded on the page
is folded in ``<details>``; and a first cell gets the library where it is missing. Cells keep their
ids, tags and formulas. The same book makes the same bytes.

A sheet of exercises becomes the notebook of a student: where the page has a solution, it has room.
Of each main chapter there is a second edition, in ``blank/``, in which the reader writes the code:
its blank twin, see `blank.py`.

Where the site's address is set (``baseurl`` in ``_config.yml``), words of the glossary and sources
are links to its pages. A notebook that was downloaded alone has no page beside it, so without an
address they are links to a cell at its own end, which says what they mean.
"""

import base64
import functools
import hashlib
import itertools
import json
import posixpath
import re
import sys
import zipfile
from pathlib import Path

import blank
import library_wheel
import nbformat
import yaml
from pybtex import plugin
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
ZIP = "tinylinks-notebooks.zip"
BLANK = "blank"  # the folder of the blank twins; there is a wheel in it, too

FENCE = re.compile(r" *(?P<fence>`{3,}|:{3,})(?:\{(?P<name>[\w:-]+)\})?(?P<argument>[^`]*)")
OPTION = re.compile(r":(\w+):(.*)")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^():#]+)\.(?:md|ipynb)(#[^)]*)?\)")
FORMULA = re.compile(r"(\$\$?)[^$]+\1")
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$", re.DOTALL | re.MULTILINE)

BOXES = ["admonition", "note", "tip", "important", "warning", "caution", "seealso"]
FOLDS = ["answer", "hint", "dropdown"]
SUMMARIES = {"Answer": "Show the answer", "Hint": "Show a hint"}

WORDS = "Words and sources"

HOW_TO_RUN = "Run the cells one after the other, with Shift+Enter."
HOW_TO_ANSWER = """
Where it says *Write your code here*, replace the line below it by your own, run the cell, and then
the cell below, which checks it."""
HOW_TO_PREDICT = """
Where it says **Predict**, decide first, then run the cell below: what it shows is the answer."""

FIRST_CELL = """\
# This notebook needs the library tinylinks, and matplotlib for the pictures.
# What is missing is installed here. Where both are there, nothing happens.
from importlib.util import find_spec
from pathlib import Path

if not find_spec("matplotlib"):
    %pip install --quiet matplotlib
if not find_spec("tinylinks") and Path("{wheel}").exists():
    %pip install --quiet {wheel}
{from_site}
assert find_spec("matplotlib"), "matplotlib is missing. Run: %pip install matplotlib"
assert find_spec("tinylinks"), (
    "tinylinks is missing. Download {where}, "
    "put it beside the notebook, and run: %pip install {wheel}"
)

import tinylinks

if tinylinks.__version__ != "{version}":
    print(
        "This notebook is for tinylinks {version}, and you have another one: if a cell fails, run "
        "%pip install --force-reinstall --no-deps {source} and restart the kernel."
    )"""

FROM_SITE = """\
if not find_spec("tinylinks"):
    %pip install --quiet {source}
"""


def site_address(config=ROOT / "_config.yml"):
    """Return the address of the published book, with a slash at its end, or ""."""
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))
    address = settings["html"].get("baseurl") or ""
    return address.rstrip("/") + "/" if address else ""


def sources(chapters=CHAPTERS):
    """Return {name of the running edition: notebook that it is made from}.

    All lie in one folder, so the names of companions and sheets say what they are:
    05_in_full_meet_a_diamond.ipynb, 05_exercises_meet_a_diamond.ipynb.
    """
    pages = {path.name: path for path in chapters.glob("*.ipynb")}
    for path in chapters.glob("in_full/[0-9][0-9]_*.ipynb"):
        pages[f"{path.name[:2]}_in_full{path.name[2:]}"] = path
    for path in chapters.glob("exercises/*/[0-9][0-9]_*.ipynb"):
        pages[f"{path.name[:2]}_exercises{path.name[2:]}"] = path
    return dict(sorted(pages.items()))


def edition(path, site="", root=ROOT, solutions=False):
    """Return the text of the running edition of the notebook at `path`.

    Only with `solutions` a sheet keeps those that it has, for teachers.
    """
    notebook = json.loads(path.read_text(encoding="utf-8"))
    page = path.relative_to(root).with_suffix("").as_posix()
    links = Links(page, site, root)
    cells = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if not cells and re.match(r"chapters/\d\d_", page):
            text = text.replace("# ", f"# {int(path.name[:2])}. ", 1)  # as on the page
        if cell["cell_type"] == "markdown":
            try:
                cell["source"] = plain_markdown(text, links)
            except ValueError as error:
                raise ValueError(f"{error} It is in cell {cell['id']} of {path.name}.") from None
            cells.append(cell)
        else:
            source = text if solutions else without_solution(text)
            cells.append({**cell, "source": source, "execution_count": None, "outputs": []})
            cells += recorded_pictures(cell)
    predicts = any("**Predict**" in cell["source"] for cell in cells)
    how = HOW_TO_RUN + HOW_TO_PREDICT * predicts + HOW_TO_ANSWER * is_sheet(notebook)
    cells[1:1] = [markdown(how, "how-to-run"), code(first_cell(site), "get-ready")]
    if links.explained:
        cells.append(markdown(links.explanations(), "words-and-sources"))
    notebook = nbformat.from_dict({**notebook, "cells": cells})
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def is_sheet(notebook):
    return notebook["metadata"].get("tinylinks", {}).get("sheet", False)


def without_solution(text):
    """Return code in which there is room where the solution was."""
    return SOLUTION.sub(r"\1# Write your code here.\n\1raise NotImplementedError", text)


def first_cell(site=""):
    """Return the code that gets the library where it is missing."""
    name = library_wheel.name()
    source = site + name
    return FIRST_CELL.format(
        wheel=name,
        version=library_wheel.version(),
        source=source,
        from_site=FROM_SITE.format(source=source) if site else "",
        where=source if site else f"{name} from the page with this notebook",
    )


def recorded_pictures(cell):
    """Return a cell with the pictures that only a machine with a GPU can draw."""
    if "gpu" not in cell["metadata"].get("tags", []):
        return []
    data = [output["data"] for output in cell["outputs"] if "data" in output]
    pictures = ["".join(part["image/png"]) for part in data if "image/png" in part]
    if not pictures:
        return []
    alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
    names = [f"{cell['id']}-{number}.png" for number in range(len(pictures))]
    shown = markdown(
        "Recorded on a machine with a GPU:\n\n"
        + "\n\n".join(f"![{alt}](attachment:{name})" for name in names),
        f"{cell['id']}-recorded",
    )
    shown["attachments"] = {
        name: {"image/png": picture} for name, picture in zip(names, pictures, strict=True)
    }
    return [shown]


def markdown(text, id):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def code(text, id):
    return {**markdown(text, id), "cell_type": "code", "execution_count": None, "outputs": []}


# From MyST to Markdown


def plain_markdown(text, links):
    """Return MyST text as Markdown that needs no Sphinx."""
    parts, prose, lines = [], [], iter(text.split("\n"))
    for line in lines:
        opening = FENCE.fullmatch(line)
        if not opening:
            prose.append(line)
            continue
        parts += [roles("\n".join(prose), links)] if prose else []
        prose = []
        inside = take_inside(opening["fence"], lines)
        if opening["name"]:
            parts.append(directive(opening["name"], opening["argument"].strip(), inside, links))
        else:  # code, in which nothing is replaced
            parts.append("\n".join([line, *inside, opening["fence"]]))
    parts += [roles("\n".join(prose), links)] if prose else []
    return "\n".join(parts)


def take_inside(fence, lines):
    """Take the lines up to the one that closes the fence: as many of its marks, or more."""
    closing = re.compile(rf" *{fence[0]}{{{len(fence)},}} *")
    return list(itertools.takewhile(lambda line: not closing.fullmatch(line), lines))


def directive(name, argument, lines, links):
    """Return a box of the page as a quotation, and what is folded there as `<details>`."""
    options = dict(map(split_option, itertools.takewhile(OPTION.fullmatch, lines)))
    body = plain_markdown("\n".join(lines[len(options) :]).strip("\n"), links)
    title = roles(argument, links) or {"seealso": "See also"}.get(name, name.capitalize())
    if name in FOLDS or "dropdown" in options.get("class", ""):
        summary = SUMMARIES.get(title, title)
        return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"
    if name not in BOXES:
        known = ", ".join(BOXES + FOLDS)
        raise ValueError(f"running edition: expected one of the directives {known}, got {name}.")
    # Jupyter looks for formulas before it looks for quotations: none may have a > inside.
    body = FORMULA.sub(lambda formula: formula[0].replace("\n", " "), body)
    return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *body.split("\n")])


def split_option(line):
    return OPTION.fullmatch(line).groups()


def roles(text, links):
    """Return text in which words of the glossary, citations and pages are links."""
    text = ROLE.sub(lambda match: links.role(*match.groups()), text)
    return LINK.sub(lambda match: links.page_link(match[1], match[2], match[3] or ""), text)


class Links:
    """The links of one notebook, and what the cell at its end has to explain."""

    def __init__(self, page, site, root=ROOT):
        self.page, self.site, self.root = page, site, root
        self.explained = set()

    def role(self, name, content):
        if name == "term":
            text, term = split_target(content)
            explanation = f"**{term}**: {find(term, glossary(self.root), 'word of the glossary')}"
            return self.to("chapters/glossary.html#" + term_anchor(term), text, explanation)
        if name == "cite":
            works = [self.cite(key.strip()) for key in content.split(",")]
            return f"({', '.join(works)})"
        if name == "doc":
            text, target = split_target(content)
            if "<" not in content:
                text = page_title(self.root / self.path(target))
            return self.page_link(text, target)
        raise ValueError(f"running edition: expected one of the roles term, cite, doc, got {name}.")

    def cite(self, key):
        label, reference = find(key, bibliography(self.root), "key in references.bib")
        return self.to("chapters/bibliography.html", label, reference)

    def to(self, address, text, explanation):
        """Return a link to a page of the site, or to the words at the end of the notebook."""
        if self.site:
            return f"[{text}]({self.site}{address})"
        self.explained.add(explanation)
        return f"[{text}](#{WORDS.replace(' ', '-')})"

    def page_link(self, text, target, anchor=""):
        if self.site:
            return f"[{text}]({self.site}{self.path(target)}.html{anchor})"
        return f"*{text}*"  # no such page beside a notebook that was downloaded

    def path(self, target):
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.page), target))

    def explanations(self):
        """Return what the words mean, in their order, and then the sources."""
        words = sorted(self.explained, key=lambda text: (text[0] != "*", text.lower()))
        return f"## {WORDS}\n\n" + "\n".join(f"* {text}" for text in words)


def split_target(content):
    """Return text and target of `text <target>`, or twice the same."""
    match = re.fullmatch(r"(.+?)\s*<(.+)>", content, re.DOTALL)
    return match.groups() if match else (content, content)


def term_anchor(term):
    """Return the name that Sphinx gives the place of a term in the glossary."""
    return "term-" + re.sub(r"[^a-zA-Z0-9]+", "-", term).strip("-")


@functools.cache
def glossary(root=ROOT):
    """Return {term: what it means}."""
    text = (root / "chapters" / "glossary.md").read_text(encoding="utf-8")
    block = text.split("```{glossary}\n")[1].split("\n```")[0]
    entries = re.findall(r"^(\S.*)\n((?: +.*\n?)+)", block, re.MULTILINE)
    plain = {term: " ".join(meaning.split()) for term, meaning in entries}
    return {term: ROLE.sub(lambda role: split_target(role[2])[0], plain[term]) for term in plain}


def find(name, table, what):
    if name not in table:
        raise ValueError(f"running edition: expected a {what}, got {name}.")
    return table[name]


@functools.cache
def bibliography(root=ROOT):
    """Return {key: (authors and year, the whole reference)}."""
    data = parse_file(str(root / "references.bib"))
    style = plugin.find_plugin("pybtex.style.formatting", "plain")()
    backend = plugin.find_plugin("pybtex.backends", "markdown")()
    entries = list(style.format_entries(data.entries.values()))
    texts = {entry.key: " ".join(entry.text.render(backend).split()) for entry in entries}
    # The backend marks more than Markdown needs: \. and \( and \-.
    texts = {key: re.sub(r"\\([.()-])", r"\1", text) for key, text in texts.items()}
    return {key: (label(data.entries[key]), text) for key, text in texts.items()}


def label(work):
    """Return authors and year, as in Robbins and Monro, 1951."""
    people = [person.rich_last_names for person in work.persons["author"]]
    names = ["".join(part.render_as("text") for part in parts) for parts in people]
    authors = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{authors}, {work.fields['year']}"


def page_title(path):
    """Return the title of a page, given without its ending."""
    source = path.with_suffix(".md")
    if source.exists():
        text = source.read_text(encoding="utf-8")
    else:
        cells = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
        text = "".join(cells[0]["source"])
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1]


# All of them


def editions(site=""):
    """Return {name: text} of all running editions, and of the blank twins."""
    found = {name: edition(path, site) for name, path in sources().items()}
    for name, path in blanks().items():
        original = json.loads(path.read_text(encoding="utf-8"))
        found[name] = blank.twin(found[path.name], original)
    return found


def blanks(chapters=CHAPTERS):
    """Return {name of the blank twin: chapter that it is made from}."""
    return {f"{BLANK}/{path.name}": path for path in sorted(chapters.glob("[0-9][0-9]_*.ipynb"))}


def write(folder, site=""):
    """Write all running editions into `folder`; return the names of those left as they were.

    A notebook that was changed since it was written belongs to its reader, and is left alone.
    """
    (folder / BLANK).mkdir(parents=True, exist_ok=True)
    record = folder / ".written.json"  # what we wrote, to tell it from what a reader changed
    written = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    kept = []
    for name, text in editions(site).items():
        path = folder / name
        if path.exists() and fingerprint(path.read_bytes()) != written.get(name):
            kept.append(name)
        else:
            path.write_bytes(text.encode())
            written[name] = fingerprint(text.encode())
    record.write_text(json.dumps(written, indent=1), encoding="utf-8")
    return kept


def fingerprint(content):
    return hashlib.sha256(content).hexdigest()


def write_zip(path, site=""):
    """Write a zip of all running editions, and the library beside them."""
    folder = path.stem
    files = {name: text.encode() for name, text in editions(site).items()}
    for place in ("", f"{BLANK}/"):
        files[place + library_wheel.name()] = library_wheel.build().read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(f"{folder}/{name}"), content, zipfile.ZIP_DEFLATED)


def data_address(text):
    """Return an address that holds the notebook itself.

    A page that was opened from a disk may not offer other files for download, but it may do so
    with what it holds.
    """
    content = base64.b64encode(text.encode()).decode()
    return f"data:application/x-ipynb+json;base64,{content}"


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = Path(arguments[0])
    kept = write(folder, site_address())
    for place in (folder, folder / BLANK):
        library_wheel.write(place)
    if kept:
        print(f"Left as they are, for you have changed them: {', '.join(kept)}.")
        print("To begin one of them again, rename it or delete it, and repeat the command.")


if __name__ == "__main__":
    main(sys.argv[1:])
