"""Companions add to the chapters: nobody has to read one, and no later chapter undoes one."""

import ast
import re

import pytest
from chapter_mutants import Page, in_own_process
from notebooks import (
    CHAPTERS,
    build,
    chapter_paths,
    code,
    code_cells,
    is_build,
    pages,
    read,
    source,
    stdout,
    write,
)

from tinylinks import walk

COMPANIONS = {page: path for page, path in pages().items() if isinstance(page, str)}


def methods(path):
    """Return {name: whether it calls super()} of what the build cells of a page define."""
    found = {}
    for cell in filter(is_build, code_cells(read(path))):
        for node in ast.parse(source(cell)).body:
            for inner in node.body if isinstance(node, ast.ClassDef) else [node]:
                if isinstance(inner, ast.FunctionDef):
                    name = f"{node.name}.{inner.name}" if inner is not node else node.name
                    found[name] = "super()." in ast.unparse(inner)
    return found


def undone(folder=CHAPTERS):
    """Name what a companion defines and a later chapter writes again as a whole."""
    found, companions = [], {}
    for page, path in pages(folder).items():
        if isinstance(page, str):
            companions.update(dict.fromkeys(methods(path), page))
            continue
        for name, goes_on in methods(path).items():
            if name in companions and not goes_on:
                found.append(f"chapter {page} undoes {name} of {companions[name]}")
    return found


def other_outputs(page, path, book):
    """Run a chapter in a book without companions; yield the cells that show another thing."""
    walk._find_book = lambda: book
    chapter = Page(page, path)
    chapter.start()
    for number, cell in enumerate(chapter.cells, start=1):
        if not chapter.run(number):
            yield cell["id"]


def copy_of_the_chapters(folder):
    for path in chapter_paths().values():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_no_chapter_undoes_a_companion():
    assert undone() == []


@pytest.mark.slow
@pytest.mark.parametrize("number", chapter_paths())
def test_a_chapter_shows_the_same_where_no_companion_was_read(number, tmp_path):
    book = copy_of_the_chapters(tmp_path)
    assert list(in_own_process(other_outputs(number, chapter_paths()[number], book))) == []


@pytest.mark.parametrize("page", COMPANIONS)
def test_a_companion_belongs_to_its_chapter(page):
    number = int(page.split()[0])
    notebook = read(COMPANIONS[page])
    assert COMPANIONS[page].name == chapter_paths()[number].name
    assert re.match(rf"# {number} in full: \w", source(notebook["cells"][0]))
    assert notebook["metadata"]["tinylinks"] == {"companion": True}
    toc = (CHAPTERS.parent / "_toc.yml").read_text(encoding="utf-8")
    stem = COMPANIONS[page].stem
    chapter, companion = f"- file: chapters/{stem}", f"- file: chapters/in_full/{stem}"
    assert f"{chapter}\n        sections:\n          {companion}\n" in toc


# The checks find what they look for.


def test_a_chapter_that_undoes_a_companion_is_found(tmp_path):
    write(tmp_path, "01_a.ipynb", build("class A:\n    def f(self):\n        return 1"))
    grown = "class A(A):\n    def f(self):\n        return super().f() + 1"
    write(tmp_path / "in_full", "01_a.ipynb", build(grown))
    write(tmp_path, "02_b.ipynb", build(grown))
    assert undone(tmp_path) == []
    write(tmp_path, "03_c.ipynb", build("class A(A):\n    def f(self):\n        return 3"))
    assert undone(tmp_path) == ["chapter 3 undoes A.f of 1 in full"]


def test_a_chapter_that_needs_a_companion_is_found(tmp_path):
    head = "from tinylinks.walk import after\n\nafter(1, globals())"
    write(tmp_path, "01_a.ipynb", build("x = 1"))
    path = write(tmp_path, "02_b.ipynb", code(head), code("print(x)", stdout("2\n"), id="late"))
    assert list(in_own_process(other_outputs(2, path, tmp_path))) == ["late"]
    write(tmp_path / "in_full", "01_a.ipynb", build("x = 2"))
    assert list(in_own_process(other_outputs(2, path, tmp_path))) == []
