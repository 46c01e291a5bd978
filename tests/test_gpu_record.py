"""Chapter 20 tells what `benchmarks/gpu.py` recorded on a GPU."""

import ast
import json

from notebooks import CHAPTERS, ROOT, code_cells, read, source

RECORD = json.loads((ROOT / "benchmarks" / "gpu.json").read_text(encoding="utf-8"))
CELLS = code_cells(read(CHAPTERS / "20_run_on_a_gpu.ipynb"))


def test_the_times_of_the_chapter_are_the_recorded_ones():
    (cell,) = [cell for cell in CELLS if source(cell).startswith("width = ")]
    lists = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source(cell)).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
    }
    assert lists.pop("width") == RECORD["width"]
    assert lists == {name: RECORD[f"{name}_ms"] for name in ("cpu", "gpu", "gpu_with_a_look")}


def test_the_machine_of_the_chapter_is_the_recorded_one():
    text = "".join(source(c) for c in read(CHAPTERS / "20_run_on_a_gpu.ipynb")["cells"])
    for words in ("NVIDIA H100", "16 cores"):
        assert words in text
        assert words in RECORD["machine"]
