"""Get JupyterLite, and put it together: the book's notebooks in Jupyter, without a server.

    python tools/lite_bundle.py            fetch what is missing into .cache

JupyterLite is Jupyter as a web page. Its Python is the Pyodide of the pages, which is not hosted
twice (live_bundle.py), and what a kernel needs beside it: IPython and what IPython imports.
lite.json names each file with the hash that its index gave. They are fetched once and kept outside
git. Of JupyterLite two apps are taken: one notebook, and the list of all.
"""

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import textwrap
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import live_bundle
import live_page
import running

ROOT = Path(__file__).resolve().parent.parent
PINS = json.loads((ROOT / "tools" / "lite.json").read_text(encoding="utf-8"))
KEPT = ROOT / ".cache" / f"jupyterlite-{PINS['version']}"
CORE, KERNEL = PINS["app"]
EXTENSION = "extensions/@jupyterlite/pyodide-kernel-extension"

FETCH_SECONDS = 300
# Only packages without compiled code, for the Python in Pyodide.
PIP_DOWNLOAD = [*live_bundle.PIP_DOWNLOAD, "--python-version=3.14", "--platform=any"]

# Maps for its developers, apps beside the two, copies of fonts for old browsers, and what DISABLED
# would load.
LEFT_OUT = re.compile(
    r".*\.map|(build/)?(consoles|edit|lab|repl)/.*|doc/.*|rspack.*|(build/)?service-worker.js"
    r"|build/fa-.*\.(eot|svg|ttf|woff)"
)
# The service worker would let Python see the reader's files, and each import would look among them.
# The date of a checkpoint says nothing where there are none.
DISABLED = [
    "@jupyterlite/application-extension:service-worker-manager",
    "@jupyter-notebook/notebook-extension:checkpoints",
]
WHEELS = "wheels"
# The kernel brings three small packages of its own.
OWN = [f"{name}-{PINS['version']}-py3-none-any.whl" for name in ("piplite", "pyodide_kernel")]
OWN += ["ipykernel-6.9.2-py3-none-any.whl"]
PYODIDE = "../_static/pyodide"  # seen from JupyterLite's folder

# In the reader's notebook the name is free: no chapter uses it.
TRIED = """\
# This cell is meant to fail. It says what happened, and the notebook goes on.
try:
{source}
except Exception as what_happened:
    print(f"{{type(what_happened).__name__}}: {{what_happened}}")"""
NOT_RUN = """\
# This cell is not run here: {reason}.
"""

WITHOUT = "the book is built without JupyterLite."


def hashes():
    """Return {file: its sha256} of all that is fetched."""
    return PINS["app"] | PINS["packages"]


def missing():
    """Return the names of the files that are not kept yet, or not as they ought to be."""

    def is_kept(name, expected):
        path = KEPT / name
        return path.exists() and live_bundle.sha256(path.read_bytes()) == expected

    return [name for name, expected in hashes().items() if not is_kept(name, expected)]


def is_there():
    """Return whether all is there that JupyterLite needs, the Python of the pages too."""
    return not missing() and not live_bundle.missing()


def fetch():
    """Fetch what is missing with pip; return why it could not be had, or None."""
    wanted = ["==".join(name.split("-")[:2]) for name in missing()]
    if not wanted:
        return None
    with tempfile.TemporaryDirectory() as folder:
        command = [*PIP_DOWNLOAD, "--dest", folder, *wanted]
        try:
            subprocess.run(
                command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=True
            )
        except subprocess.CalledProcessError as error:
            return error.stderr.strip().splitlines()[-1]
        except subprocess.TimeoutExpired:
            return f"no end after {FETCH_SECONDS} seconds"
        KEPT.mkdir(parents=True, exist_ok=True)
        for path in Path(folder).iterdir():
            found = live_bundle.sha256(path.read_bytes())
            if found != hashes().get(path.name):
                return f"{path.name}: expected the sha256 {hashes().get(path.name)}, got {found}"
            shutil.move(path, KEPT / path.name)
    return f"{', '.join(missing())} did not come" if missing() else None


# The application, without notebooks


def app():
    """Return the folder with the application, put together now if it is not there."""
    pins = [ROOT / "tools" / name for name in ("lite.json", "pyodide.json")]
    state = live_bundle.sha256(b"".join(path.read_bytes() for path in [Path(__file__), *pins]))[:16]
    folder = KEPT / f"app-{state}"
    if not folder.exists():
        for old in KEPT.glob("app-*"):
            shutil.rmtree(old)
        part = KEPT / "part"
        shutil.rmtree(part, ignore_errors=True)
        for name, content in {**core(), **kernel(), **packages(), **settings(), **icons()}.items():
            write_file(part / name, content)
        part.rename(folder)
    return folder


def core():
    """Return {name: content} of JupyterLite."""
    with (
        zipfile.ZipFile(KEPT / CORE) as wheel,
        wheel.open(f"jupyterlite_core/jupyterlite-app-{PINS['version']}.tgz") as file,
        tarfile.open(fileobj=file) as archive,
    ):
        members = {member.name.removeprefix("package/"): member for member in archive}
        return {
            name: archive.extractfile(member).read()
            for name, member in members.items()
            if member.isfile() and not LEFT_OUT.fullmatch(name)
        }


def kernel():
    """Return {name: content} of the kernel: the extension that starts Pyodide."""
    with zipfile.ZipFile(KEPT / KERNEL) as wheel:
        found = {name.partition("labextensions/")[2]: name for name in wheel.namelist()}
        # On an isolated page the kernel talks to its worker in another way, which loses what some
        # cells answer: they never end. The plain way works on both.
        return {
            f"extensions/{name}": wheel.read(member).replace(b"crossOriginIsolated", b"false")
            for name, member in found.items()
            if name and not LEFT_OUT.fullmatch(name)
        }


def packages():
    """Return {name: content} of what the kernel imports."""
    return {f"{WHEELS}/{name}": (KEPT / name).read_bytes() for name in PINS["packages"]}


def settings():
    """Return {name: content} of the settings."""
    described = json.loads(kernel()[f"{EXTENSION}/package.json"])
    config = json.loads(core()["jupyter-lite.json"])
    names = [*live_bundle.PINS["lock"]["packages"], "tinylinks", *map(package_name, wheels())]
    config["jupyter-config-data"] |= {
        "appName": "tinylinks",
        "appUrl": "./tree",
        "faviconUrl": "./notebooks/favicon.ico",
        "contentsAllJsonFile": "all.json",
        "federated_extensions": [{"name": described["name"], **described["jupyterlab"]["_build"]}],
        "disabledExtensions": DISABLED,
        "settingsOverrides": {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}},
        "litePluginSettings": {
            f"{described['name']}:kernel": {
                "pyodideUrl": f"./{PYODIDE}/pyodide.mjs",
                "disablePyPIFallback": True,  # %pip asks no other host
                "loadPyodideOptions": {"lockFileURL": live_bundle.LOCK, "packages": names},
            }
        },
    }
    english = {"displayName": "English", "nativeName": "English"}
    found = {
        "jupyter-lite.json": config,
        "build/schemas/all_federated.json": [],
        "api/translations/all.json": {"data": {"en": english}, "message": ""},
        "api/translations/en.json": {"data": {}, "message": ""},
    }
    return {name: json.dumps(content, indent=1).encode() for name, content in found.items()}


def icons():
    """Return {name: content} of the icons of the tab: without the application asks in vain."""
    icon = core()["notebooks/favicon.ico"]
    return {f"static/favicons/favicon-{name}.ico": icon for name in ["notebook", "busy-1"]}


def wheels():
    """Return {file: its place} of the packages that only the kernel needs."""
    own = {name: f"{EXTENSION}/static/pypi/{name}" for name in OWN}
    return own | {name: f"{WHEELS}/{name}" for name in PINS["packages"]}


def package_name(file):
    return file.split("-")[0].replace("_", "-")


def lock():
    """Return Pyodide's list of packages: those of the pages, and those of the kernel."""
    bundle = live_bundle.lock()
    found = {
        name: {**package, "file_name": f"{PYODIDE}/{package['file_name']}"}
        for name, package in bundle["packages"].items()
    }
    for file, place in wheels().items():
        name, version = package_name(file), file.split("-")[1]
        found[name] = {
            "name": name,
            "version": version,
            "file_name": place,
            "sha256": live_bundle.sha256((app() / place).read_bytes()),
            "depends": [],  # all are loaded when Python starts
            "imports": [],
            "install_dir": "site",
            "package_type": "package",
            "unvendored_tests": False,
        }
    return {**bundle, "packages": found}


# The notebooks


def to_the_end(text):
    """Return a notebook in which no cell stops Run All, which knows nothing of tags."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        reason = live_page.why_not(cell).get("not")
        if reason:
            cell["source"] = NOT_RUN.format(reason=reason) + textwrap.indent(source, "# ", bool)
        elif "raises-exception" in cell["metadata"].get("tags", []):
            cell["source"] = TRIED.format(source=textwrap.indent(source, "    "))
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def contents(files):
    """Return {name: content} of the lists of files that JupyterLite asks for."""
    listed = {"": [], running.BLANK: []}
    for path, text in files.items():
        folder, _, name = path.rpartition("/")
        listed[folder].append(entry(path, "notebook", len(text.encode())))
    listed[""].append(entry(running.BLANK, "directory"))
    return {
        f"api/contents/{folder}/all.json".replace("//", "/"): json.dumps(
            {**entry(folder, "directory"), "content": entries, "format": "json"}, indent=1
        )
        for folder, entries in listed.items()
    }


def entry(path, kind, size=None):
    """Return what a list says of a file, in the manner of Jupyter."""
    now = datetime.now(UTC).isoformat()
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "type": kind,
        "size": size,
        "content": None,
        "format": None,
        "mimetype": None,
        "created": now,
        "last_modified": now,
        "writable": True,
    }


def write(folder, editions):
    """Write JupyterLite into `folder` of the built book, with the running editions to open."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(app(), folder)
    files = {name: to_the_end(text) for name, text in editions.items()}
    texts = {f"files/{name}": text for name, text in files.items()} | contents(files)
    texts[live_bundle.LOCK] = json.dumps(lock(), indent=1)
    for name, text in texts.items():
        write_file(folder / name, text.encode())


def write_file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def main():
    why_not = fetch()
    if why_not:
        print(f"NO JUPYTERLITE: {WITHOUT} {why_not}", flush=True)
    else:
        app()


if __name__ == "__main__":
    main()
