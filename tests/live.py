"""Chapters in the Python of the page, under Node: what they show, beside what is stored.

    python tests/live.py            all notebooks of the book
    python tests/live.py 3 5        chapters 3 and 5, with their companions

Prints cells that show something else, what breaks Python, and the slowest cells. Pictures are
counted, not compared, and of an error only its name and sentence count: as nbval does.
"""

import functools
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from notebooks import ROOT, code_cells, read, tags
from refresh import find

sys.path.append(str(ROOT / "tools"))

import live_bundle
import live_page

BUNDLE = ROOT / "_build" / "pyodide"
RUNNER = ROOT / "_static" / "live" / "live_cells.py"
NODE_SECONDS = 600
LONG = 10  # seconds from which on the page should ask first
LARGE = 100  # megabytes, of which Python itself has 65


def why_not():
    """Return why chapters cannot be run in the Python of the page here, or None."""
    if shutil.which("node") is None:
        return "there is no Node"
    if live_bundle.missing():
        return "Pyodide is not here; `python dev.py book` fetches it where there is a network"
    return None


@functools.cache
def bundle():
    live_bundle.write(BUNDLE)
    return BUNDLE


def run(path):
    """Run a notebook; return a report of each cell that was begun."""
    script = ROOT / "tests" / "live_node.mjs"
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder, "reports")
        command = ["node", *map(str, [script, bundle(), RUNNER, reports, path])]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=NODE_SECONDS, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [json.loads(line) for line in reports.read_text(encoding="utf-8").splitlines()]


def shown(outputs):
    """Return what of the outputs is compared: {kind: all of it}, and how many pictures."""
    found = {}
    for output in outputs:
        if output["output_type"] == "stream":
            parts = {output["name"]: "".join(output["text"])}
        elif output["output_type"] == "error":
            parts = {"error": f"{output['ename']}: {output['evalue']}\n"}
        else:
            parts = {kind: "".join(content) + "\n" for kind, content in output["data"].items()}
            if "image/png" in parts:
                parts["image/png"] = "picture\n"
        for kind, text in parts.items():
            found[kind] = found.get(kind, "") + text
    return found


def differences(path, reports):
    """Return a sentence for each cell that does not show what is stored, or did not come so far.

    What live.toml says of a cell has to be so.
    """
    found = []
    known = live_page.cells(path)
    for number, cell in enumerate(code_cells(read(path)), 1):
        where = f"{path.name}, cell {number} ({cell['id']})"
        if number > len(reports):
            found.append(f"{where}: not run, for Python broke down before")
            break
        wrong = difference(cell, reports[number - 1])
        differs = known[cell["id"]].get("differs")
        if wrong and not differs:
            found.append(f"{where}: {wrong}")
        if differs and not wrong:
            found.append(f"{where}: is as stored; take it out of tools/live.toml")
        if need := wrong_need(known[cell["id"]], reports[number - 1]):
            found.append(f"{where}: {need}")
    return found


def wrong_need(known, report):
    """Return what a cell took, if that is far from what live.toml says of it, or None."""
    for unit, unsaid in {"seconds": LONG, "megabytes": LARGE}.items():
        said, took = known.get(unit), report[unit]
        if took > 3 * (said or unsaid):
            return f"took {took:.0f} {unit}; say so in tools/live.toml"
        if said and took < said / 3:
            return f"took {took:.0f} {unit}, not {said}; correct tools/live.toml"
    return None


def difference(cell, report):
    """Return what is wrong with a cell that was run, or None."""
    expected, got = shown(cell["outputs"]), shown(report["outputs"])
    is_meant_to_fail = "raises-exception" in tags(cell)
    if report.get("broken"):
        return f"broke Python: {report['broken']}"
    if got != expected:
        return f"stored {expected}, shown {got}"
    if report["done"] == is_meant_to_fail:
        return "ended well" if report["done"] else "failed"
    return None


def main(names):
    if why_not():
        sys.exit(f"live: {why_not()}.")
    failed = 0
    for path in map(Path.resolve, find(names)):
        reports = run(path)
        wrong = differences(path, reports)
        failed += bool(wrong)
        slow = sorted(reports, key=lambda report: -report["seconds"])[:3]
        times = ", ".join(f"{report['number']}: {report['seconds']:.1f} s" for report in slow)
        most = max(report["megabytes"] for report in reports)
        total = sum(report["seconds"] for report in reports)
        name = path.relative_to(ROOT / "chapters").as_posix()
        print(
            f"{name}: {len(reports)} cells, {total:.1f} s, {most} MB; slowest {times}", flush=True
        )
        for sentence in wrong:
            print(f"    {sentence[:1000]}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
