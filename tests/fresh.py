"""A fresh environment, and notebooks run in it, each alone in an empty folder."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from packaging.requirements import Requirement

SECONDS_A_CELL = 120
NOT_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MPLBACKEND")


def make(folder, *install):
    """Make an environment with what pip installs by these words; return its Python.

    None means that pip found nothing, as without a network.
    """
    python = empty(folder)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    options = ["--no-input", "--disable-pip-version-check", "--no-compile", "--only-binary=:all:"]
    done = subprocess.run(
        [*pip, *options, *map(str, install)], capture_output=True, text=True, check=False
    )
    if done.returncode and "No matching distribution" not in done.stderr:
        raise RuntimeError(done.stderr)
    return None if done.returncode else python


def make_offline(folder, wheel, *names):
    """Make one with a wheel and these packages, copied from the environment that runs the tests."""
    python = empty(folder)
    site = sysconfig.get_path("purelib", "venv", {"base": str(folder)})
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    for name in with_requirements(names):
        for path in metadata.files(name):
            if ".." not in path.parts:  # not the commands, which lie elsewhere
                target = os.path.join(site, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(path.locate(), target)  # its time too, for the .pyc
    return python


def with_requirements(names):
    """Return these packages and all that they require."""
    found, todo = set(), list(names)
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            required = map(Requirement, metadata.requires(name) or [])
            todo += [r.name for r in required if not r.marker or r.marker.evaluate({"extra": ""})]
    return found


def empty(folder):
    """Make an environment without any package; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(folder):
    """Return variables for a child process that keeps its files in `folder`."""
    ours = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    places = ["IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"]
    places += ["JUPYTER_RUNTIME_DIR"]
    threads = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1")
    return {**ours, **{name: str(folder / name) for name in places}, **threads}


def run(python, text, name, folder):
    """Run a notebook with this Python, alone in a new folder; return {cell id: outputs}."""
    place, own = folder / "notebook", folder / "jupyter"
    for new in (place, own / "fresh"):
        new.mkdir(parents=True)
    (place / name).write_text(text, encoding="utf-8")
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "fresh", "language": "python"}
    (own / "fresh" / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    finder = KernelSpecManager(kernel_dirs=[str(own)], ensure_native_kernel=False)
    notebook = nbformat.reads(text, as_version=4)
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_name="fresh", kernel_spec_manager=finder),
        timeout=SECONDS_A_CELL,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(place)}},
    )
    client.owns_km = True  # it ends what belongs to the kernel when it is done
    client.execute(env={**environment(own), "PYTHONNOUSERSITE": "1"})
    return {cell["id"]: cell["outputs"] for cell in notebook["cells"] if "outputs" in cell}


def texts(outputs):
    """Return what a person reads in outputs: streams, results, and the words of errors."""
    found = []
    for output in outputs:
        if output["output_type"] == "error":
            found.append(("error", f"{output['ename']}: {output['evalue']}"))
            continue
        stream = output.get("name")
        text = "".join(output["text"] if stream else output["data"].get("text/plain", ""))
        if stream and found and found[-1][0] == stream:  # where a print is cut depends on timing
            text = found.pop()[1] + text
        found.append((stream or "result", text))
    return found
