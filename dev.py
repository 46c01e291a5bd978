"""The commands of this project, the same on Linux, macOS and Windows.

python dev.py book           build the book
python dev.py serve          show the built book on this machine
python dev.py play           open the chapters as notebooks in JupyterLab, to run and to change
python dev.py test           run the tests, under five minutes
python dev.py test-all       run the tests, then the slow ones: browser, all mutants
python dev.py test-browser   open and use the built pages in Chromium and Firefox
python dev.py test-gpu       run the tests on CuPy arrays, where there is a GPU
python dev.py bench          measure the speed
python dev.py mutants        plant faults in the core and see that a test catches each
python dev.py refresh        execute the chapters again and store their outputs
python dev.py lint           check style and types

What a command needs is installed into .venv beside this file, and nowhere else; what runs Python
in the pages of the book is kept in .cache.
"""

# Written so that an old Python can still read it and say which one is needed.

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.sha256"
PIP_INSTALL = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
INSTALL_FILES = ["requirements.txt", "constraints.txt", "pyproject.toml", "setup.py"]

BUILD = ROOT / "_build"
HTML = BUILD / "html"
PLAY = ROOT / "play"
PLAY_STAMP = VENV / "play.sha256"
PLAY_SETTINGS = VENV / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
# JupyterLab would look for news and for newer versions of itself, and ask first.
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}
RESULTS = BUILD / "test-results"
STEP_SECONDS = 3600  # no step of a test run may hang longer


def stop(message):
    """End with a sentence that says what went wrong and what to do."""
    sys.exit(f"dev.py: {message}")


# The environment in .venv


def restart_with_newer_python():
    """Run this file again under a Python that is new enough, or say that there is none."""
    versions = [(3, minor) for minor in range(14, OLDEST[1] - 1, -1)]
    candidates = [[f"python{major}.{minor}"] for major, minor in versions]
    if os.name == "nt":
        candidates = [["py", f"-{major}.{minor}"] for major, minor in versions]
    for command in candidates:
        works = shutil.which(command[0]) and not subprocess.call(
            [*command, "-c", "import venv"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if works:
            sys.exit(subprocess.call([*command, *sys.argv]))
    stop(
        f"this is Python {sys.version.split()[0]}, and the project needs 3.11 or newer: "
        "install one (python.org, or your system's packages) and try again."
    )


def installed_state():
    """Return a fingerprint of all that decides what .venv must hold."""
    state = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}".encode())
    for name in INSTALL_FILES:
        state.update((ROOT / name).read_bytes())
    return state.hexdigest()


def make_environment():
    """Create .venv and install what is pinned; done in no time when nothing changed."""
    state = installed_state()
    if STAMP.exists() and STAMP.read_text() == state and PYTHON.exists():
        return
    if not PYTHON.exists():
        print("Making the environment .venv", flush=True)
        if subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
            shutil.rmtree(VENV, ignore_errors=True)
            stop("could not make .venv. On Debian and Ubuntu install python3-venv, then try again.")
    print("Installing what requirements.txt names into .venv (minutes, only once)", flush=True)
    pinned = ["-r", "requirements.txt", "-c", "constraints.txt"]
    this_package = ["--no-build-isolation", "--no-deps", "--editable", "."]
    for what in (pinned, this_package):
        if run([*PIP_INSTALL, *what]):
            stop("pip could not install the packages (see above). Is there a network connection?")
    STAMP.write_text(state)


def environment():
    """Return the variables for a child process: nobody's own settings may change an output."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env["PYTHONNOUSERSITE"] = "1"
    env["PYTHONUTF8"] = "1"
    env["IPYTHONDIR"] = str(VENV / "ipython")
    env["JUPYTER_CONFIG_DIR"] = str(VENV / "jupyter")
    env["JUPYTER_RUNTIME_DIR"] = str(VENV / "jupyter-runtime")
    env["MPLCONFIGDIR"] = str(VENV / "matplotlib")
    for library in ("OMP", "OPENBLAS", "MKL"):
        env.setdefault(f"{library}_NUM_THREADS", "1")
    return env


def run(arguments, stdout=None):
    """Run the Python of .venv at the top of the checkout; return its exit code."""
    try:
        return subprocess.run(
            [str(PYTHON), *arguments],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            timeout=STEP_SECONDS,
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"stopped after {STEP_SECONDS} seconds", flush=True)
        return 124


# The book


def jupyter_book(*options):
    """Run jupyter-book; only its warnings and errors are shown."""
    program = ["-c", "from jupyter_book.cli.main import main; main()"]
    return run([*program, "build", ".", "--quiet", *options], stdout=subprocess.DEVNULL)


def build_clean():
    """Build the book from nothing, where every warning and unknown reference is an error."""
    # Sphinx repeats no warning about a page that it does not build again.
    for folder in (HTML, BUILD / ".doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    return jupyter_book("-W", "--keep-going", "-n")


def live_bundle():
    """Fetch what runs Python in the pages and JupyterLite, once.

    Without a network the book is built all the same, and its pages have no buttons for them.
    """
    return run(["tools/live_bundle.py"]) or run(["tools/lite_bundle.py"])


def book():
    """Build the book from the stored outputs; nothing is executed."""
    live_bundle()
    print("Building the book", flush=True)
    # Sphinx copies _static only when it writes pages: where a file differs, have all written.
    files = [path for path in (ROOT / "_static").rglob("*") if path.is_file()]
    copies = [(path, HTML / path.relative_to(ROOT)) for path in files]
    stale = any(copy.exists() and copy.read_bytes() != path.read_bytes() for path, copy in copies)
    if jupyter_book(*(["--all"] if stale else [])):
        stop("the book was not built; the reason stands above.")
    print(f"The book is here: {HTML / 'index.html'}")
    print("`python dev.py serve` shows it in a browser with search.")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and does not log every request."""

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",  # not every system knows these two
        ".wasm": "application/wasm",
    }

    def log_message(self, format, *args):
        """Say nothing."""

    def end_headers(self):
        """Let a page share memory with the Python it runs: Stop then keeps all names."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


def serve():
    """Show the built book on this machine until Ctrl-C."""
    if not (HTML / "index.html").exists():
        stop("there is no book yet: run `python dev.py book` first.")
    handler = functools.partial(QuietHandler, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(f"The book is at http://127.0.0.1:{server.server_port}/  (Ctrl-C ends)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def install_jupyterlab():
    """Install JupyterLab into .venv, once."""
    files = ["requirements-play.txt", "constraints.txt"]
    state = hashlib.sha256(STAMP.read_bytes())
    for name in files:
        state.update((ROOT / name).read_bytes())
    if PLAY_STAMP.exists() and PLAY_STAMP.read_text() == state.hexdigest():
        return
    print("Installing JupyterLab into .venv (a minute, only once)", flush=True)
    if run([*PIP_INSTALL, "-r", files[0], "-c", files[1]]):
        stop("pip could not install JupyterLab (see above). Is there a network connection?")
    PLAY_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    settings = {"@jupyterlab/apputils-extension:notification": NO_NEWS}
    PLAY_SETTINGS.write_text(json.dumps(settings))
    PLAY_STAMP.write_text(state.hexdigest())


def play():
    """Open the chapters in JupyterLab: notebooks in play/, which are the reader's own."""
    install_jupyterlab()
    if run(["tools/running.py", str(PLAY)]):
        stop("the notebooks were not written; the reason stands above.")
    print(
        f"The notebooks are in {PLAY}. JupyterLab opens in your browser (Ctrl-C ends).", flush=True
    )
    command = [str(PYTHON), "-m", "jupyterlab", str(PLAY)]
    command += ["--ServerApp.answer_yes=True", "--log-level=WARN"]
    if os.name != "nt" and os.geteuid() == 0:
        command.append("--allow-root")
    env = {**environment(), "JUPYTER_DATA_DIR": str(VENV / "jupyter-data")}
    lab = subprocess.Popen([*command, *sys.argv[2:]], cwd=ROOT, env=env)
    while lab.poll() is None:
        try:
            lab.wait()
        except KeyboardInterrupt:  # JupyterLab has got it too, and ends
            print()


# The tests


def pytest(name, *arguments):
    """Return a step that runs pytest and leaves its counts in a file."""
    results = RESULTS / f"{name}.xml"
    return name, ["-m", "pytest", "-q", f"--junitxml={results}", *arguments]


TWO_WORKERS = ["-n", "2"] if (os.cpu_count() or 1) > 1 else []
STYLE = [
    ("ruff check", ["-m", "ruff", "check", "."]),
    ("ruff format", ["-m", "ruff", "format", "--check", "."]),
    ("types", ["-m", "mypy"]),
]
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=60"]
FAST = [
    *STYLE,
    ("Python for pages", live_bundle),
    ("book", build_clean),
    pytest(
        "tests",
        *TWO_WORKERS,
        *["-m", "not slow and not gpu", "--doctest-modules", "--doctest-glob=README.md"],
        *["tests", "tinylinks", "README.md"],
    ),
    pytest(
        "chapters",
        *TWO_WORKERS,
        *["--dist", "loadfile"],
        *[*NBVAL, "chapters", "--ignore=chapters/exercises"],
    ),
]
SLOW = [
    pytest("exercises", *TWO_WORKERS, *["--dist", "loadfile"], *NBVAL, "chapters/exercises"),
    pytest("slow tests", *TWO_WORKERS, "-m", "slow and not gpu", "tests"),
    ("mutants, all", ["tests/mutants.py"]),
    ("chapter mutants, all", ["tests/chapter_mutants.py"]),
]
BROWSER = [
    ("Python for pages", live_bundle),
    ("book", build_clean),
    pytest("browser tests", "-m", "browser", "tests/browser"),
]
HAS_GPU = "import cupy; assert cupy.cuda.is_available()"
GPU = [pytest("gpu tests", "-m", "gpu", "tests")]


def read_counts(path):
    """Return how many tests passed, failed and were skipped in a pytest run."""
    suites = ElementTree.parse(path).getroot().iter("testsuite")
    total, failed, skipped = 0, 0, 0
    for suite in suites:
        total += int(suite.get("tests"))
        failed += int(suite.get("failures")) + int(suite.get("errors"))
        skipped += int(suite.get("skipped"))
    return total - failed - skipped, failed, skipped


def run_step(name, step):
    """Run one step; return its line of the summary and its counts."""
    print(f"\n=== {name} ===", flush=True)
    start = time.monotonic()
    code = step() if callable(step) else run(step)
    seconds = time.monotonic() - start
    passed, failed, skipped = 0, 0, 0
    results = RESULTS / f"{name}.xml"
    if results.exists():
        passed, failed, skipped = read_counts(results)
    if code and not failed:  # a step that is no pytest run, or one that broke before its tests
        failed = 1
    state = "FAILED" if code else "ok"
    line = f"{state:6} {name:16} {seconds:6.1f} s"
    if results.exists():
        line += f"   {passed} passed, {failed} failed, {skipped} skipped"
    return line, (passed, failed, skipped)


def run_steps(steps):
    """Run all steps to the end, then say what failed and how many tests there were."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    RESULTS.mkdir(parents=True)
    start = time.monotonic()
    lines, counts = zip(*[run_step(name, step) for name, step in steps])
    passed, failed, skipped = map(sum, zip(*counts))
    print("\n=== summary ===")
    print("\n".join(lines))
    print(f"{time.monotonic() - start:.0f} s in all")
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed else 0)


def test_gpu():
    """Run the GPU tests, or say in one line why not."""
    if subprocess.call([str(PYTHON), "-c", HAS_GPU], stderr=subprocess.DEVNULL):
        print("SKIPPED the GPU tests: no GPU that CuPy can use (see requirements-gpu.txt).")
        return
    run_steps(GPU)


def script(path):
    """Return a command that runs a script with the rest of the command line."""

    def command():
        sys.exit(run([path, *sys.argv[2:]]))

    return command


COMMANDS = {
    "book": book,
    "serve": serve,
    "play": play,
    "test": lambda: run_steps(FAST),
    "test-all": lambda: run_steps(FAST + SLOW),
    "test-browser": lambda: run_steps(BROWSER),
    "test-gpu": test_gpu,
    "bench": script("benchmarks/bench.py"),
    "mutants": script("tests/mutants.py"),
    "refresh": script("tests/refresh.py"),
    "lint": lambda: run_steps(STYLE),
}


def main():
    """Run the command named on the command line."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__.strip())
    if sys.version_info < OLDEST:
        restart_with_newer_python()
    os.chdir(ROOT)
    if sys.argv[1] != "serve":
        make_environment()
    COMMANDS[sys.argv[1]]()


if __name__ == "__main__":
    main()
