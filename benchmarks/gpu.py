"""Measure training steps on a CPU and on a GPU, for the figures of chapter 20.

    python benchmarks/gpu.py         measures, and writes gpu.json beside this file

The network is 784-width-width-10 with relu, the batch has 1,024 rows, the optimizer is SGD. Every
time is the median of several turns, each from an idle machine to an idle machine, divided by the
steps in it. NumPy may use all cores.
"""

import json
import os
import platform
import statistics
import time
from pathlib import Path

import numpy as np
from bench import cpu_model, step
from contenders import MLPTask, Tinylinks

RECORD = Path(__file__).with_name("gpu.json")
WIDTHS = [16, 64, 256, 1024, 4096]
BATCH = 1024
TURNS = 15


def look(worker):
    """A step that asks for the loss, as a progress line does."""
    return step(worker).item()


def take_turn(one_step, worker, steps, wait):
    """Return two times in milliseconds: until the work of a step is given, until it is done."""
    wait()
    start = time.perf_counter()
    for _ in range(steps):
        one_step(worker)
    given = time.perf_counter()
    wait()
    return 1000 * (given - start) / steps, 1000 * (time.perf_counter() - start) / steps


def medians(turns):
    """Return the medians of several turns, but for the first one, which warms up."""
    return [round(statistics.median(times), 3) for times in zip(*turns[1:])]


def move_milliseconds(to, array, wait):
    """Return the median time of a move between the two memories."""
    return medians([take_turn(to, array, 1, wait) for _ in range(TURNS)])[1]


def main():
    import cupy

    wait = cupy.cuda.runtime.deviceSynchronize
    gpu = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    record = {
        "machine": f"{cpu_model()}, {os.cpu_count()} cores; {gpu}",
        "software": f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"CuPy {cupy.__version__}",
        "network": f"784-width-width-10, batch {BATCH}, SGD, float32",
        "width": WIDTHS,
    }
    rows = []
    for width in WIDTHS:
        task = MLPTask([784, width, width, 10], BATCH)
        on_cpu, on_gpu = Tinylinks().mlp(task), Tinylinks(cupy).mlp(task)
        turns = []
        for _ in range(TURNS):  # in turns, so that all meet the machine in the same mood
            _, cpu = take_turn(step, on_cpu, 2, wait)
            given, done = take_turn(step, on_gpu, 20, wait)
            _, looked = take_turn(look, on_gpu, 20, wait)
            turns.append((cpu, given, done, looked))
        rows.append(medians(turns))
    for name, column in zip(["cpu", "gpu_given", "gpu", "gpu_with_a_look"], zip(*rows)):
        record[f"{name}_ms"] = column
    batch = np.ones((BATCH, 784), np.float32)
    record["batch_to_gpu_ms"] = move_milliseconds(cupy.asarray, batch, wait)
    record["loss_to_cpu_ms"] = move_milliseconds(cupy.asnumpy, cupy.ones(()), wait)
    text = json.dumps(record, indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
