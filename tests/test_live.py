"""Python for the pages: what is fetched, what a page knows, and the chapters run in it by Node."""

import importlib.util
import json
import sys
import zipfile

import live
import live_bundle
import live_page
import pytest
from notebooks import ROOT, code, error, notebook_paths, picture, result, sheet_paths, stdout

QUICK = ["chapters/05_meet_a_diamond.ipynb", "chapters/11_build_linear.ipynb"]
COMPANION = "chapters/in_full/01_measure_a_slope.ipynb"
QUICK.append(COMPANION)
SHEETS = [path.relative_to(ROOT).as_posix() for path in sheet_paths().values()]
QUICK += SHEETS[:1]
PATHS = {path.relative_to(ROOT).as_posix(): path for path in notebook_paths()}


def check(name):
    if live.why_not():
        pytest.skip(f"NO CHAPTER RUN IN THE PYTHON OF THE PAGE: {live.why_not()}")
    assert live.differences(PATHS[name], live.run(PATHS[name])) == []


@pytest.mark.parametrize("name", QUICK)
def test_a_chapter_shows_in_the_page_what_is_stored(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PATHS if name not in QUICK])
def test_every_chapter_shows_in_the_page_what_is_stored(name):
    check(name)


# The comparison


@pytest.mark.parametrize(
    "stored, shown",
    [
        ([stdout("1\n")], [stdout("2\n")]),
        ([stdout("1\n")], []),
        ([], [stdout("1\n")]),
        ([result("3")], [result("4")]),
        ([error("ValueError", "no")], [error("ValueError", "yes")]),
        ([error("ValueError", "no")], [error("TypeError", "no")]),
        ([picture()], []),
        ([picture()], [picture(), picture()]),
    ],
)
def test_the_comparison_sees_a_difference(stored, shown):
    cell = code("x", *stored)
    report = {"done": True, "outputs": shown}
    assert "stored" in live.difference(cell, report)
    assert live.difference(cell, {"done": True, "outputs": stored}) is None


def test_the_comparison_sees_how_a_cell_ends():
    failed = {"done": False, "outputs": []}
    assert live.difference(code("x"), failed) == "failed"
    assert live.difference(code("x", tags=["raises-exception"]), failed) is None
    ended = {"done": True, "outputs": []}
    assert live.difference(code("x", tags=["raises-exception"]), ended) == "ended well"
    assert "stack" in live.difference(code("x"), failed | {"broken": "stack"})


def test_the_comparison_sees_what_the_table_says_wrongly():
    need = live.wrong_need
    quick, slow = {"seconds": 1, "megabytes": 65}, {"seconds": 40, "megabytes": 65}
    assert need({}, quick) is None and need({"seconds": 30}, slow) is None
    assert need({"seconds": 30}, quick) == "took 1 seconds, not 30; correct tools/live.toml"
    assert need({"megabytes": 510}, quick).startswith("took 65 megabytes, not 510")
    assert need({}, slow) == "took 40 seconds; say so in tools/live.toml"
    assert need({}, quick | {"megabytes": 700}).startswith("took 700 megabytes; say so")


def test_cells_after_a_breakdown_count_as_wrong(monkeypatch):
    path = PATHS[QUICK[0]]
    assert "not run" in live.differences(path, [])[0]


# What a page knows of its cells


def test_the_table_names_cells_that_are_there():
    assert live_page.TABLE.keys() <= PATHS.keys(), "tools/live.toml"
    for name, cells in live_page.TABLE.items():
        ids = live_page.cells(PATHS[name]).keys()
        assert cells.keys() <= ids, f"tools/live.toml: cells that {name} has no more"
        for known in cells.values():
            assert known.keys() <= {"seconds", "megabytes", "breaks", "differs"}


def test_cells_for_a_gpu_say_why_they_are_not_run():
    assert live_page.why_not(code("x", tags=["gpu"])) == {"not": "it needs a GPU"}
    assert "processes" in live_page.why_not(code("x", tags=["build", "no-live"]))["not"]
    assert live_page.why_not(code("x", tags=["build"])) == {}


def test_a_cell_may_be_open_for_editing_from_the_start():
    assert live_page.is_open(code("x", tags=["open-editor"])) == {"open": True}
    assert live_page.is_open(code("x", tags=["build"])) == {}


def test_a_sheet_has_room_where_the_book_has_a_solution():
    solved = "def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
    assert "return x" not in live_page.room(code(solved))["room"]
    assert live_page.room(code("f(1)")) == {}


@pytest.fixture
def extension():
    spec = importlib.util.spec_from_file_location("live_extension", ROOT / "_ext" / "live.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class App:
    srcdir = str(ROOT)

    def __init__(self, there):
        self.config = type("Config", (), {"live_is_there": there})


def test_a_page_has_its_cells_and_the_script(extension, monkeypatch):
    monkeypatch.setattr(live_bundle, "size", lambda: 5)
    text = extension.script(App(there=True), "chapters/in_full/01_measure_a_slope")
    about = json.loads(text.split(">")[1].split("</script")[0])
    assert about["bytes"] == 5
    assert [cell["id"] for cell in about["cells"]] == list(live_page.cells(PATHS[COMPANION]))
    assert '"../../_static/live/live.mjs"' in text


def test_without_python_a_page_has_no_buttons(extension):
    assert extension.script(App(there=False), "chapters/05_meet_a_diamond") == ""
    assert extension.script(App(there=True), "chapters/glossary") == ""


# The bundle


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty cache for three small files."""
    contents = {"a.whl": b"a", "b.zip": b"bb", "c.mjs": b"ccc"}
    hashes = {name: live_bundle.sha256(content) for name, content in contents.items()}
    monkeypatch.setattr(live_bundle, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(live_bundle, "hashes", lambda: hashes)
    return contents


def test_every_file_is_pinned_by_its_hash():
    hashes = live_bundle.hashes()
    assert {"pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"} < set(hashes)
    assert all(len(expected) == 64 and int(expected, 16) for expected in hashes.values())
    packages = live_bundle.PINS["lock"]["packages"]
    assert all(set(package["depends"]) <= set(packages) for package in packages.values())


def test_a_file_with_another_hash_is_not_kept(empty):
    with pytest.raises(OSError, match="expected the sha256"):
        live_bundle.keep("a.whl", b"other")
    assert set(live_bundle.missing()) == set(empty)
    for name, content in empty.items():
        live_bundle.keep(name, content)
    assert live_bundle.missing() == []
    (live_bundle.KEPT / "a.whl").write_bytes(b"spoilt")
    assert live_bundle.missing() == ["a.whl"]


def test_each_place_is_asked_for_what_is_still_missing(empty, monkeypatch):
    asked = []

    def site():
        asked.append(("site", live_bundle.missing()))
        live_bundle.keep("a.whl", empty["a.whl"])
        raise OSError("gone")

    def carrier():
        asked.append(("carrier", live_bundle.missing()))
        for name in live_bundle.missing():
            live_bundle.keep(name, empty[name])

    monkeypatch.setattr(live_bundle, "fetch_from_site", site)
    monkeypatch.setattr(live_bundle, "fetch_from_carrier", carrier)
    assert live_bundle.fetch() is None
    assert asked == [("site", ["a.whl", "b.zip", "c.mjs"]), ("carrier", ["b.zip", "c.mjs"])]
    assert live_bundle.fetch() is None and len(asked) == 2


def test_without_a_network_the_reasons_are_said(empty, monkeypatch, capsys):
    def nothing():
        raise OSError("no network")

    monkeypatch.setattr(live_bundle, "fetch_from_site", nothing)
    monkeypatch.setattr(live_bundle, "fetch_from_carrier", nothing)
    live_bundle.main([])
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and said.startswith("NO PYTHON FOR THE PAGES")
    assert "no network" in said


def test_the_carrier_is_only_a_carrier(empty, monkeypatch, tmp_path):
    def download(command, **options):
        folder = command[command.index("--dest") + 1]
        with zipfile.ZipFile(f"{folder}/carrier.whl", "w") as file:
            for name, content in {**empty, "b.zip": b"another"}.items():
                file.writestr(live_bundle.CARRIER_FOLDER + name, content)
            file.writestr("setup.py", "raise SystemExit")

    monkeypatch.setattr(live_bundle.subprocess, "run", download)
    with pytest.raises(OSError, match=r"b\.zip: expected the sha256"):
        live_bundle.fetch_from_carrier()
    assert {path.name for path in live_bundle.KEPT.iterdir()} == {"a.whl"}


def test_without_node_the_files_are_taken_as_they_came(empty, monkeypatch):
    monkeypatch.setattr(live_bundle.shutil, "which", lambda name: None)
    assert live_bundle.compiled() == live_bundle.KEPT


def test_the_bundle_is_complete_and_its_list_has_its_hashes(tmp_path):
    if live_bundle.missing():
        pytest.skip("NO BUNDLE: `python dev.py book` fetches Pyodide where there is a network")
    (tmp_path / "tinylinks-0.0.1-py3-none-any.whl").write_bytes(b"of an earlier version")
    live_bundle.write(tmp_path)
    packages = json.loads((tmp_path / "pyodide-lock.json").read_text())["packages"]
    assert {"numpy", "matplotlib", "tinylinks"} < packages.keys()
    for package in packages.values():
        content = (tmp_path / package["file_name"]).read_bytes()
        assert live_bundle.sha256(content) == package["sha256"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 26_000_000
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*live_bundle.files(), "pyodide-lock.json"}


def test_archives_are_compiled_and_keep_what_is_no_code(tmp_path):
    compiler = pytest.importorskip("live_compile")
    source = b'"""Doc."""\ndef f():\n    """Doc of f."""\n    return 7\n'
    files = {"p/__init__.py": source, "p/data.txt": b"1", "p/a.pyi": b"", "p/bad.py": b"x ="}
    path = tmp_path / "p.whl"
    with zipfile.ZipFile(path, "w") as file:
        for name, content in {**files, "numpy/f2py/x.py": b""}.items():
            file.writestr(name, content)
    for name, doc in (("numpy-2.whl", "Doc."), ("p-1.whl", None)):
        result = compiler.compile_archive(path.read_bytes(), name)
        assert result == compiler.compile_archive(path.read_bytes(), name)
        target = tmp_path / name
        target.write_bytes(result)
        with zipfile.ZipFile(target) as file:
            assert file.namelist() == ["p/__init__.pyc", "p/data.txt", "p/bad.py"]
        sys.path.insert(0, str(target))
        try:
            spec = importlib.util.find_spec("p")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(str(target))
            sys.path_importer_cache.clear()
        assert module.f() == 7 and module.__doc__ == doc
