"""JupyterLite: what is fetched, what is written, and the notebooks in it."""

import ast
import importlib.util
import json
import subprocess
import types
from pathlib import Path

import lite_bundle
import live_bundle
import pytest
import running
from notebooks import ROOT, code, notebook, source, tags

NAMES = list(running.sources())
FAILING = "raises-exception"


@pytest.fixture(scope="module")
def editions():
    return running.editions()


# The notebooks


def cells(text):
    return {cell["id"]: cell for cell in json.loads(text)["cells"]}


def test_a_cell_that_fails_says_so_and_the_next_one_runs(capsys):
    text = json.dumps(notebook(code("x = 1\nx / 0", tags=[FAILING]), code("x + 1", id="next")))
    first, last = json.loads(lite_bundle.to_the_end(text))["cells"]
    names = {}
    exec(first["source"], names)
    assert capsys.readouterr().out == "ZeroDivisionError: division by zero\n"
    assert names["x"] == 1 and last["source"] == "x + 1"


@pytest.mark.parametrize("tag, why", [("gpu", "it needs a GPU"), ("no-live", "it needs processes")])
def test_a_cell_that_cannot_run_says_why(tag, why):
    text = json.dumps(notebook(code("a = 1\n\nb = 2", tags=[tag, FAILING])))
    [cell] = json.loads(lite_bundle.to_the_end(text))["cells"]
    assert why in cell["source"] and "# a = 1\n" in cell["source"]
    assert ast.parse(cell["source"]).body == []


def test_only_cells_that_stop_run_all_are_changed(editions):
    wrapped = 0
    for name, text in editions.items():
        before, after = cells(text), cells(lite_bundle.to_the_end(text))
        assert before.keys() == after.keys()
        for id, cell in before.items():
            if FAILING not in tags(cell):
                if not {"gpu", "no-live"} & {*tags(cell)}:
                    assert source(cell) == source(after[id]), name
                continue
            wrapped += 1
            [tried] = ast.parse(source(after[id])).body
            # The code is what it was, with text over several lines too.
            assert ast.dump(ast.Module(tried.body, [])) == ast.dump(
                ast.Module(ast.parse(source(cell)).body, [])
            ), name
    assert wrapped > 30


def test_the_name_of_the_wrapping_is_free(editions):
    """An `except ... as name` would take the name away from the reader."""
    users = [name for name, text in editions.items() if "what_happened" in text]
    assert users == [] and "as what_happened" in lite_bundle.TRIED


# What is fetched


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty cache for two small packages."""
    contents = {"a-1.0-py3-none-any.whl": b"a", "b_c-2.0-py3-none-any.whl": b"b"}
    hashes = {name: live_bundle.sha256(content) for name, content in contents.items()}
    monkeypatch.setattr(lite_bundle, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(lite_bundle, "hashes", lambda: hashes)
    return contents


def pip_that_brings(contents):
    def run(command, **options):
        wanted = command[command.index("--dest") + 2 :]
        for name, content in contents.items():
            if "==".join(name.split("-")[:2]) in wanted:
                Path(command[command.index("--dest") + 1], name).write_bytes(content)

    return run


def test_what_is_missing_is_fetched_and_kept(empty, monkeypatch):
    first = list(empty)[0]
    monkeypatch.setattr(lite_bundle.subprocess, "run", pip_that_brings({first: empty[first]}))
    assert lite_bundle.fetch() == "b_c-2.0-py3-none-any.whl did not come"
    assert lite_bundle.missing() == [list(empty)[1]]
    monkeypatch.setattr(lite_bundle.subprocess, "run", pip_that_brings(empty))
    assert lite_bundle.fetch() is None and lite_bundle.missing() == []
    (lite_bundle.KEPT / first).write_bytes(b"spoilt")
    assert lite_bundle.missing() == [first]


@pytest.mark.parametrize("name", ["a-1.0-py3-none-any.whl", "a-1.0-cp314-any.whl"])
def test_a_file_with_another_hash_is_not_kept(empty, monkeypatch, name):
    monkeypatch.setattr(lite_bundle.subprocess, "run", pip_that_brings({name: b"other"}))
    assert "expected the sha256" in lite_bundle.fetch()
    assert list(lite_bundle.KEPT.iterdir()) == []


@pytest.mark.parametrize(
    "error, said",
    [
        (subprocess.CalledProcessError(1, "pip", stderr="a\nERROR: no network\n"), "no network"),
        (subprocess.TimeoutExpired("pip", 1), "no end after 300 seconds"),
    ],
)
def test_without_a_network_the_reason_is_said(empty, monkeypatch, capsys, error, said):
    def run(command, **options):
        raise error

    monkeypatch.setattr(lite_bundle.subprocess, "run", run)
    lite_bundle.main()
    out = capsys.readouterr().out
    assert out.startswith("NO JUPYTERLITE: ") and said in out and out.count("\n") == 1


def test_every_file_is_pinned_by_its_hash():
    assert all(
        len(expected) == 64 and int(expected, 16) for expected in lite_bundle.hashes().values()
    )
    assert all(name.endswith("-none-any.whl") for name in lite_bundle.hashes())


# What is written


@pytest.fixture(scope="module")
def lite(tmp_path_factory, editions):
    """JupyterLite in a folder, beside the Python of the pages, as in the built book."""
    if not lite_bundle.is_there():
        pytest.skip("NO JUPYTERLITE: `python dev.py book` fetches it where there is a network")
    html = tmp_path_factory.mktemp("html")
    live_bundle.write(html / "_static" / "pyodide")
    (html / "lite").mkdir()
    (html / "lite" / "old.txt").write_text("of an earlier version")
    lite_bundle.write(html / "lite", editions)
    return html / "lite"


def config(lite):
    return json.loads((lite / "jupyter-lite.json").read_text())["jupyter-config-data"]


def kernel_settings(lite):
    [settings] = config(lite)["litePluginSettings"].values()
    return settings


def test_python_finds_each_package_it_starts_with(lite):
    options = kernel_settings(lite)["loadPyodideOptions"]
    packages = json.loads((lite / options["lockFileURL"]).read_text())["packages"]
    assert {*options["packages"]} == packages.keys()
    # Without these, the kernel would look for them elsewhere.
    needed = {"micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython"}
    assert {*needed, "numpy", "matplotlib", "tinylinks"} < packages.keys()
    for package in packages.values():
        content = (lite / package["file_name"]).read_bytes()
        assert live_bundle.sha256(content) == package["sha256"]
    assert (lite / kernel_settings(lite)["pyodideUrl"]).is_file()
    assert kernel_settings(lite)["disablePyPIFallback"] is True


def test_the_kernel_is_where_jupyter_looks_for_it(lite):
    [extension] = config(lite)["federated_extensions"]
    assert (lite / "extensions" / extension["name"] / extension["load"]).is_file()


def test_jupyter_lists_all_notebooks(lite, editions):
    listed = set()
    for folder in ("", running.BLANK):
        entries = json.loads((lite / "api" / "contents" / folder / "all.json").read_text())[
            "content"
        ]
        assert all(entry["type"] in ("notebook", "directory") for entry in entries)
        listed |= {entry["path"] for entry in entries if entry["type"] == "notebook"}
    assert listed == editions.keys()
    for name in listed:
        text = (lite / "files" / name).read_text(encoding="utf-8")
        assert text == lite_bundle.to_the_end(editions[name])


def test_only_what_is_needed_is_written(lite):
    paths = [path for path in lite.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in paths) < 28_000_000
    assert not [path for path in paths if path.suffix == ".map"]
    assert not (lite / "old.txt").exists() and not (lite / "service-worker.js").exists()
    assert not list(lite.rglob("pyodide.asm.wasm")), "Pyodide is hosted once"


# The button


@pytest.fixture
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "_ext"))
    spec = importlib.util.spec_from_file_location("lite_extension", ROOT / "_ext" / "lite.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def head_and_body(extension, page, there):
    app = types.SimpleNamespace(srcdir=str(ROOT), env=types.SimpleNamespace(lite_is_there=there))
    up = "../" * page.count("/")
    context = {"header_buttons": [], "body": "", "pathto": lambda name, kind: up}
    extension.offer(app, page, "page.html", context, None)
    return context["header_buttons"], context["body"]


@pytest.mark.parametrize(
    "page, address",
    [
        ("chapters/05_meet_a_diamond", "../lite/notebooks/index.html?path=05_meet_a_diamond.ipynb"),
        (
            "chapters/exercises/05_meet_a_diamond/05_meet_a_diamond",
            "../../../lite/notebooks/index.html?path=05_exercises_meet_a_diamond.ipynb",
        ),
    ],
)
def test_a_page_opens_its_own_notebook(extension, page, address):
    [button], body = head_and_body(extension, page, there=True)
    assert button["url"] == address and f'href="{address}"' in body
    twin = address.replace("path=", "path=blank/")
    assert (f'href="{twin}"' in body) == ("exercises" not in page)


def test_there_is_no_button_without_jupyterlite_and_on_other_pages(extension):
    assert head_and_body(extension, "chapters/05_meet_a_diamond", there=False) == ([], "")
    assert head_and_body(extension, "chapters/glossary", there=True) == ([], "")


def test_pages_are_written_again_when_jupyterlite_comes_or_goes(extension, monkeypatch):
    app, env = types.SimpleNamespace(srcdir=str(ROOT)), types.SimpleNamespace()
    for there, pages in ((True, len(NAMES)), (True, 0), (False, len(NAMES))):
        monkeypatch.setattr(lite_bundle, "is_there", lambda there=there: there)
        assert len(extension.changed_pages(app, env, [], [], [])) == pages


def test_without_jupyterlite_the_book_has_no_folder_of_it(extension, tmp_path, capsys):
    (tmp_path / "lite").mkdir()
    app = types.SimpleNamespace(
        outdir=str(tmp_path),
        builder=types.SimpleNamespace(name="html"),
        env=types.SimpleNamespace(lite_is_there=False),
    )
    extension.write_files(app, None)
    assert not (tmp_path / "lite").exists()
    assert capsys.readouterr().err.startswith("NO JUPYTERLITE: ")
