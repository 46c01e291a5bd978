"""The notebooks that people run: nothing of Sphinx is left in them, and they run anywhere."""

import base64
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import types
import zipfile
from importlib.util import find_spec
from pathlib import Path

import fresh
import library_wheel
import nbformat
import notebooks
import pytest
import running
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from notebooks import ROOT, code_cells, markdown, read, source

SITE = "https://book.example/"
NAMES = list(running.sources())
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HTML = ROOT / "_build" / "html"
NEW_CELLS = {"how-to-run", "get-ready", "words-and-sources"}


def edition(name, site=""):
    return json.loads(running.edition(running.sources()[name], site))


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=["", SITE], ids=["no site", "site"])
def site(request):
    return request.param


class Page(html.parser.HTMLParser):
    """What a reader sees of Markdown: the text in sight, the text folded away, links, pictures."""

    def __init__(self, text):
        super().__init__()
        self.text, self.folded, self.links, self.tags = "", "", [], []
        self.depth, self.inside = 0, []
        self.html = MARKDOWN.render(text)
        self.feed(self.html)
        assert self.depth == 0

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.depth += tag == "details"
        self.links += [value for key, value in attributes if key in ("href", "src")]
        if tag in ("summary", "code"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        self.depth -= tag == "details"
        if tag in ("summary", "code"):
            self.inside.pop()

    def handle_data(self, data):
        if self.depth and "summary" not in self.inside:
            self.folded += data
        else:
            self.text += data


def pages(notebook):
    return [Page(source(cell)) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]


# What the generator makes of the book


def test_all_notebooks_of_the_book_have_one_and_names_differ():
    assert sorted(running.sources().values()) == notebooks.notebook_paths()


def test_a_companion_has_a_name_of_its_own(tmp_path):
    notebooks.write(tmp_path, "05_a.ipynb", markdown("# A"))
    notebooks.write(tmp_path / "in_full", "05_a.ipynb", markdown("# 5 in full: A"))
    found = running.sources(tmp_path)
    assert list(found) == ["05_a.ipynb", "05_in_full_a.ipynb"]
    assert found["05_in_full_a.ipynb"].parent.name == "in_full"


def test_cells_keep_what_they_are_and_lose_their_outputs(name, site):
    before, after = read(running.sources()[name]), edition(name, site)
    nbformat.validate(nbformat.from_dict(after))
    kept = [cell for cell in after["cells"] if cell["id"] not in NEW_CELLS]
    assert [cell["id"] for cell in kept] == [cell["id"] for cell in before["cells"]]
    assert [cell["metadata"] for cell in kept] == [cell["metadata"] for cell in before["cells"]]
    code = [running.without_solution(source(cell)) for cell in code_cells(before)]
    assert list(map(source, code_cells({"cells": kept}))) == code
    assert all(cell["outputs"] == [] for cell in code_cells(after))
    assert all(cell["execution_count"] is None for cell in code_cells(after))
    assert after["metadata"] == before["metadata"]
    assert [cell["id"] for cell in after["cells"][1:3]] == ["how-to-run", "get-ready"]


def left_of_sphinx(page):
    """Return what rendered Markdown shows of directives, their options and roles."""
    return re.findall(r'"language-\{.*?"|\{[\w:-]+\}<code>|:::|```|>:\w+:|^:\w+:', page.html, re.M)


@pytest.mark.parametrize(
    "text", ["```{note}\n:class: tip\na\n```", ":::{note}\na\n:::", "a {term}`leaf`", ":class: tip"]
)
def test_what_is_left_of_sphinx_is_seen(text):
    assert left_of_sphinx(Page(text))


def test_nothing_of_sphinx_is_left_in_sight(name, site):
    assert not [found for page in pages(edition(name, site)) if (found := left_of_sphinx(page))]


def test_formulas_and_tables_stay_what_they_are(name):
    before = "\n".join(source(c) for c in read(running.sources()[name])["cells"])
    after = "\n".join(source(c) for c in edition(name)["cells"] if c["id"] not in NEW_CELLS)
    formulas = [re.findall(r"\$\$?[^$]+\$\$?", re.sub(r"[>\s]", "", t)) for t in (before, after)]
    assert formulas[0] == formulas[1]
    for cell in edition(name)["cells"]:
        rows = re.findall(r"^(?:> )?\|.*\|$", source(cell), re.MULTILINE)
        if cell["cell_type"] == "markdown" and rows:
            assert Page(source(cell)).tags.count("tr") == len(rows) - source(cell).count("\n|--")


ANSWER = re.compile(
    r"```\{(?:answer\}|dropdown\} [^\n]+|admonition\} Answer\n:class: dropdown)\n(.*?)\n```",
    re.DOTALL,
)


def words(text):
    """Return the plain words of a text, whatever marks are between them."""
    return re.findall(r"[a-z]{3,}", re.sub(r"\{\w+\}|<[^>]*>|\]\([^)]*\)", "", text.lower()))


def test_answers_are_folded(name, site):
    for cell in read(running.sources()[name])["cells"]:
        if cell["cell_type"] != "markdown":
            continue
        answers = ANSWER.findall(source(cell))
        path = running.sources()[name].relative_to(ROOT)
        links = running.Links(path.with_suffix("").as_posix(), site)
        page = Page(running.plain_markdown(source(cell), links))
        assert page.tags.count("details") == len(answers)
        for answer in answers:
            first = " ".join(words(answer)[:8])
            assert first in " ".join(words(page.folded))
            assert first not in " ".join(words(page.text))


def test_predictions_and_questions_keep_their_name(name):
    before = "\n".join(source(cell) for cell in read(running.sources()[name])["cells"])
    text = "".join(page.text for page in pages(edition(name)))
    for word in ("Predict", "Question"):
        asked = before.count(f"{{admonition}} {word}\n")
        assert len(re.findall(rf"^{word}$", text, re.MULTILINE)) == asked


def test_links_lead_somewhere(name, site):
    notebook = edition(name, site)
    links = [link for page in pages(notebook) for link in page.links]
    if not site:  # only to the words at the end, and out of the book
        assert all(link == "#Words-and-sources" or "://" in link for link in links)
        assert ("#Words-and-sources" in links) == ("words-and-sources" in str(notebook["cells"]))
    else:
        assert "words-and-sources" not in str(notebook["cells"])
        assert all("://" in link for link in links)


def test_what_is_linked_is_explained(name):
    """Each linked word of the page is in the last cell, and nothing else is."""
    text = "\n".join(source(cell) for cell in read(running.sources()[name])["cells"])
    terms = {re.sub(r".*<(.*)>", r"\1", term) for term in re.findall(r"\{term\}`([^`]+)`", text)}
    works = {key for keys in re.findall(r"\{cite\}`([^`]+)`", text) for key in keys.split(",")}
    last = edition(name)["cells"][-1]
    lines = source(last).split("\n")[2:] if last["id"] == "words-and-sources" else []
    assert {match[1] for line in lines if (match := re.match(r"\* \*\*(.+?)\*\*: ", line))} == terms
    assert len(lines) == len(terms) + len(works)


def test_links_to_the_site_are_places_of_the_built_book():
    if not (HTML / "chapters" / "glossary.html").exists():
        pytest.skip("no book: run `python dev.py book` first")
    for name in NAMES:
        for link in [link for page in pages(edition(name, SITE)) for link in page.links]:
            if link.startswith(SITE):
                path, _, anchor = link.removeprefix(SITE).partition("#")
                text = (HTML / path).read_text(encoding="utf-8")
                assert not anchor or f'id="{anchor}"' in text, link


def test_predictions_are_explained_where_there_are_any():
    chapter, dictionary = edition(THREE[0]), edition("dictionary.ipynb")
    assert "**Predict**, decide first" in source(chapter["cells"][1])
    assert "Predict" not in source(dictionary["cells"][1])


def test_a_chapter_has_its_number_in_the_title():
    assert source(edition("05_meet_a_diamond.ipynb")["cells"][0]).startswith("# 5. ")


# What the generator makes of each thing that a page may hold


class NoLinks(running.Links):
    def __init__(self):
        super().__init__("chapters/05_a", "")


def plain(text):
    return running.plain_markdown(text, NoLinks())


def test_a_box_is_a_quotation():
    text = "```{admonition} Predict\n:class: tip\nWhat is `x`?\n\n* a\n* b\n```\nafter"
    assert plain(text) == "> **Predict**\n>\n> What is `x`?\n>\n> * a\n> * b\nafter"


@pytest.mark.parametrize("fence", ["```", "````", ":::"])
@pytest.mark.parametrize(
    "head, summary",
    [
        ("{answer}", "Show the answer"),
        ("{hint}", "Show a hint"),
        ("{dropdown} More", "More"),
        ("{admonition} Answer\n:class: dropdown", "Show the answer"),
        ("{note}\n:class: dropdown", "Note"),
    ],
)
def test_what_is_folded_on_the_page_is_folded(fence, head, summary):
    page = Page(plain(f"a\n\n{fence}{head}\n*It* is $2$.\n{fence}\n\nb"))
    assert page.text.split() == ["a", *summary.split(), "b"]
    assert page.folded.strip() == "It is $2$."


def test_an_answer_may_hold_code_and_boxes():
    text = "````{answer}\nYes:\n\n```python\nx = {term}\n```\n\n:::{note}\nNo.\n:::\n````"
    page = Page(plain(text))
    assert page.text.strip() == "Show the answer"
    assert page.folded.split() == ["Yes:", "x", "=", "{term}", "Note", "No."]


def test_code_is_left_alone():
    text = "```python\n{term}`leaf`\n```{answer}\n```"
    assert plain(text) == text


def test_code_between_three_marks_in_a_line_is_no_fence():
    assert plain("```x = 1``` is code\n{doc}`rules <rules>`") == "```x = 1``` is code\n*rules*"


def test_a_formula_in_a_box_is_one_line():
    text = "```{note}\n$$\na\n= b\n$$\nand $c\n+ d$\n```"
    assert plain(text) == "> **Note**\n>\n> $$ a = b $$\n> and $c + d$"


@pytest.mark.parametrize(
    "text, message",
    [
        ("```{figure} a.png\n```", "one of the directives .*, got figure"),
        ("{eq}`a`", "one of the roles term, cite, doc, got eq"),
        ("{term}`no such word`", "a word of the glossary, got no such word"),
        ("{cite}`nobody1900`", "a key in references.bib, got nobody1900"),
    ],
)
def test_what_is_not_known_is_named_with_its_cell(text, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        plain(text)
    path = notebooks.write(tmp_path / "chapters", "01_a.ipynb", markdown(text, id="here"))
    for needed in ("references.bib", "chapters/glossary.md"):
        shutil.copy(ROOT / needed, tmp_path / needed)
    with pytest.raises(ValueError, match=r"in cell here of 01_a\.ipynb"):
        running.edition(path, root=tmp_path)


def test_pages_are_links_where_there_is_a_site():
    text = "{doc}`rules <rules>`, {doc}`../glossary`, [same](same_pattern.md#a), [x](https://y)"
    links = running.Links("chapters/in_full/05_a", SITE)
    assert running.plain_markdown(text.replace("<", "<../").replace("(s", "(../s"), links) == (
        f"[rules]({SITE}chapters/rules.html), [Glossary]({SITE}chapters/glossary.html), "
        f"[same]({SITE}chapters/same_pattern.html#a), [x](https://y)"
    )
    chapter = running.Links("chapters/05_a", "")
    assert running.plain_markdown(text.replace("../", ""), chapter) == (
        "*rules*, *Glossary*, *same*, [x](https://y)"
    )


def test_a_picture_that_needs_a_gpu_is_kept(tmp_path):
    picture = notebooks.picture()
    alt = {"image": {"alt": "Two curves."}}
    on_gpu = notebooks.code("plot()", picture, id="plot", tags=["gpu"], mystnb=alt)
    path = notebooks.write(tmp_path, "01_a.ipynb", markdown("# A"), on_gpu)
    cells = json.loads(running.edition(path, root=tmp_path))["cells"]
    assert [cell["id"] for cell in cells[3:]] == ["plot", "plot-recorded"]
    assert cells[3]["outputs"] == []
    assert "![Two curves.](attachment:plot-0.png)" in source(cells[4])
    kept = cells[4]["attachments"]["plot-0.png"]["image/png"]
    assert base64.b64decode("".join(kept)) == base64.b64decode(picture["data"]["image/png"])


# The first cell, with a pip that only notes what it is asked for


class Pip:
    """Stands for IPython: `%pip install` makes modules appear, if it can."""

    def __init__(self, monkeypatch, missing, works):
        self.monkeypatch, self.works, self.installed = monkeypatch, works, []
        for name in missing:
            monkeypatch.setitem(sys.modules, name, None)

    def run_line_magic(self, magic, line):
        assert magic == "pip"
        self.installed.append(line.removeprefix("install --quiet "))
        if self.works:
            name = "tinylinks" if ".whl" in line else "matplotlib"
            module = types.ModuleType(name)
            module.__spec__ = find_spec("json")
            module.__version__ = library_wheel.version()
            self.monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def first_cell(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(site="", missing=(), works=True):
        pip = Pip(monkeypatch, missing, works)
        python = TransformerManager().transform_cell(running.first_cell(site))
        exec(compile(python, "first cell", "exec"), {"get_ipython": lambda: pip})
        return pip.installed

    return run


WHEEL = library_wheel.name()


def test_where_all_is_there_the_first_cell_does_and_says_nothing(first_cell, site, capsys):
    assert first_cell(site) == []
    assert capsys.readouterr() == ("", "")


def test_it_gets_what_is_missing(first_cell):
    assert first_cell(missing=["matplotlib"]) == ["matplotlib"]
    assert first_cell(SITE, missing=["tinylinks"]) == [SITE + WHEEL]
    assert first_cell(SITE, missing=["tinylinks", "matplotlib"]) == ["matplotlib", SITE + WHEEL]


def test_a_wheel_beside_the_notebook_comes_first(first_cell, site):
    Path(WHEEL).touch()
    assert first_cell(site, missing=["tinylinks"]) == [WHEEL]


def test_where_it_cannot_get_something_a_sentence_says_how(first_cell):
    with pytest.raises(AssertionError, match=r"matplotlib.*%pip install matplotlib$"):
        first_cell(missing=["matplotlib"], works=False)
    with pytest.raises(AssertionError, match=rf"{WHEEL} from the page .*%pip install {WHEEL}$"):
        first_cell(missing=["tinylinks"])
    with pytest.raises(AssertionError, match=rf"Download {SITE}{WHEEL}, .*%pip install {WHEEL}$"):
        first_cell(SITE, missing=["tinylinks"], works=False)


def test_another_version_is_named(first_cell, monkeypatch, capsys):
    monkeypatch.setattr("tinylinks.__version__", "0.0.1")
    first_cell()
    said = capsys.readouterr().out
    assert f"for tinylinks {library_wheel.version()}, and you have another" in said
    assert f"%pip install --force-reinstall --no-deps {WHEEL}" in said
    assert said.count("\n") == 1


# The files


def test_two_runs_write_the_same_bytes(tmp_path):
    found = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        program = (
            "import pathlib, sys; sys.path.insert(0, 'tools'); import running, library_wheel; "
            "out = pathlib.Path(sys.argv[1]); out.mkdir(); running.write(out); "
            "running.write_zip(out / 'all.zip'); library_wheel.build_into(out)"
        )
        env = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", program, folder], cwd=ROOT, env=env, check=True)
        files = [path for path in folder.rglob("*") if path.is_file()]
        found.append({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})
    assert found[0] == found[1]
    assert {*NAMES, *running.blanks(), "all.zip", WHEEL} <= set(found[0])


def test_the_zip_holds_the_notebooks_and_the_library(tmp_path):
    running.write_zip(tmp_path / "a.zip", SITE)
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        names = [*NAMES, WHEEL, *running.blanks(), f"blank/{WHEEL}"]
        assert sorted(file.namelist()) == sorted(f"a/{name}" for name in names)
        notebook = file.read(f"a/{NAMES[0]}").decode()
    assert notebook == running.edition(running.sources()[NAMES[0]], SITE)


def test_the_built_book_has_wheel_zip_and_notebooks():
    if not (HTML / "index.html").exists():
        pytest.skip("no book: run `python dev.py book` first")
    assert [path.name for path in HTML.glob("*.whl")] == [WHEEL]
    assert (HTML / running.ZIP).exists()
    site = running.site_address()
    for name, path in running.sources().items():
        built = (HTML / "notebooks" / name).read_text(encoding="utf-8")
        assert built == running.edition(path, site)
        page = HTML / path.relative_to(ROOT).with_suffix(".html")
        text = page.read_text(encoding="utf-8")
        content = re.search(
            r'href="data:application/x-ipynb\+json;base64,([^"]+)" download="(.+?)"', text
        )
        assert base64.b64decode(content[1]).decode() == built
        assert content[2] == name
        section = text[text.index('<section id="run-this-page"') :]
        twin = f"{running.BLANK}/{name}"
        twins = [f"notebooks/{twin}"] if twin in running.blanks() else []
        assert ("blank twin" in section) == bool(twins)
        for file in (WHEEL, running.ZIP, *twins):
            address = re.search(rf'href="([^"]*{re.escape(file)})"', section)[1]
            assert (page.parent / address).resolve() == HTML / file
    for twin in running.blanks():
        assert (HTML / "notebooks" / twin).exists()


def test_the_blank_twins_have_a_folder_of_their_own_with_the_library_in_it(tmp_path):
    running.main([str(tmp_path)])
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("blank/*")}
    assert there == {*running.blanks(), f"blank/{WHEEL}"}


def test_what_a_reader_has_changed_is_left_alone(tmp_path):
    assert running.write(tmp_path) == []
    assert running.write(tmp_path) == []
    mine, old, gone = (tmp_path / name for name in NAMES[:3])
    mine.write_text("mine", encoding="utf-8")
    gone.unlink()
    record = json.loads((tmp_path / ".written.json").read_text(encoding="utf-8"))
    old.write_text("as the last version of the book had it", encoding="utf-8")
    record[old.name] = running.fingerprint(old.read_bytes())
    (tmp_path / ".written.json").write_text(json.dumps(record), encoding="utf-8")
    assert running.write(tmp_path) == [mine.name]
    assert mine.read_text(encoding="utf-8") == "mine"
    for path in (old, gone):
        expected = running.edition(running.sources()[path.name])
        assert path.read_text(encoding="utf-8") == expected


def test_the_address_of_the_site_is_read_from_the_configuration(tmp_path):
    config = tmp_path / "_config.yml"
    for value, address in [
        ('""', ""),
        ("https://a.b/c", "https://a.b/c/"),
        ("https://a/", "https://a/"),
    ]:
        config.write_text(f"html:\n  baseurl: {value}\n", encoding="utf-8")
        assert running.site_address(config) == address


# In a fresh environment, with the wheel, matplotlib and ipykernel

OLDEST_NUMPY = {(3, 11): "2.0.0", (3, 12): "2.0.0", (3, 13): "2.1.0", (3, 14): "2.3.2"}
NEWEST = ["-c", ROOT / "constraints.txt", "numpy"]
OLDEST = [f"numpy=={OLDEST_NUMPY[sys.version_info[:2]]}"]
THREE = ["01_measure_a_slope.ipynb", "05_meet_a_diamond.ipynb", "11_build_linear.ipynb"]


def differences(ran, name):
    """Return the cells whose text differs from that of the page."""
    stored = {cell["id"]: cell["outputs"] for cell in code_cells(read(running.sources()[name]))}
    shown = {id: fresh.texts(outputs) for id, outputs in ran.items()}
    return [(name, id, shown[id]) for id in stored if shown[id] != fresh.texts(stored[id])]


def all_differences(python, names, folder):
    found = []
    for name in names:
        ran = fresh.run(python, running.edition(running.sources()[name]), name, folder / name)
        assert ran["get-ready"] == []
        found += differences(ran, name)
    return found


def test_alone_in_a_fresh_environment_a_notebook_shows_what_the_page_shows(tmp_path):
    wheel = library_wheel.build()
    python = fresh.make_offline(tmp_path / "venv", wheel, "numpy", "matplotlib", "ipykernel")
    assert all_differences(python, THREE, tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("numpy", [NEWEST, OLDEST], ids=["newest NumPy", "oldest NumPy"])
def test_all_notebooks_show_it_where_pip_installed_what_they_need(numpy, tmp_path):
    python = fresh.make(tmp_path / "venv", library_wheel.build(), "matplotlib", "ipykernel", *numpy)
    if python is None:
        pytest.skip("NO FRESH ENVIRONMENT: pip finds no packages here (no network?)")
    names = [name for name in NAMES if "_exercises_" not in name]  # those wait for answers
    assert all_differences(python, names, tmp_path) == []


def test_the_oldest_numpy_is_that_of_pyproject():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"numpy>={min(OLDEST_NUMPY.values())[:3]}"' in text


def test_a_cell_that_differs_is_found(tmp_path):
    """The comparison sees text, streams and errors."""
    different = [
        ([notebooks.stdout("1\n")], [notebooks.stdout("2\n")]),
        ([notebooks.stdout("1")], [notebooks.result("1")]),
        ([notebooks.result("1")], []),
        ([notebooks.error("ValueError", "a")], [notebooks.error("ValueError", "b")]),
    ]
    for one, other in different:
        assert fresh.texts(one) != fresh.texts(other)
    cut = [notebooks.stdout("1\n"), notebooks.stdout("2\n")]
    assert fresh.texts(cut) == fresh.texts([notebooks.stdout("1\n2\n")])


@pytest.mark.slow
def test_the_first_cell_really_installs(tmp_path):
    """In a kernel with pip and nothing else, the library comes from the address of the site."""
    python = fresh.make(tmp_path / "venv", "pip", "ipykernel", "-c", ROOT / "constraints.txt")
    if python is None:
        pytest.skip("NO FRESH ENVIRONMENT: pip finds no packages here (no network?)")
    name, site = THREE[2], library_wheel.build().parent.as_uri() + "/"
    text = running.edition(running.sources()[name], site)
    ran = fresh.run(python, text, name, tmp_path / "run")
    assert differences(ran, name) == []
