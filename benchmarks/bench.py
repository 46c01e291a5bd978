"""Measure tinylinks against hand-written NumPy, and against the peers that can be imported.

    python benchmarks/bench.py                 the table, about two minutes
    python benchmarks/bench.py --only chain    one row of it
    python benchmarks/bench.py --gpu           the row for CuPy

A time alone says little: it changes with the machine and with what else the machine does.  So
the times here are ratios to the same work written by hand in NumPy, in the same process, with one
thread.  A round runs by hand, tinylinks, by hand, the first peer, by hand, and so on; each time is
divided by the mean of the two hand-written times around it.  The table shows the median of these
ratios and, one line below, their quartiles.  The column "by hand" measures the yardstick against
itself: how far it is from 1.00 is the error of the method.
"""

import argparse
import contextlib
import gc
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc

# BLAS reads these once, when NumPy is imported.
for library in ["OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "VECLIB_MAXIMUM"]:
    os.environ[library + "_THREADS"] = "1"

import numpy as np  # noqa: E402
from contenders import PEERS, ByHand, ChainTask, ConvTask, MLPTask, Tinylinks, Torch  # noqa: E402

SECONDS_PER_ROW = 25
FRESH_INTERPRETERS = 15
IMPORT_REACH = 30  # ms

# The processor's time of this process is not disturbed by what else the machine does, and it
# would show a second thread.  Where its clock is coarse (Windows), take the wall clock.
FINE = time.get_clock_info("process_time").resolution <= 1e-6
clock = time.process_time if FINE else time.perf_counter


class Row:
    """One row of times: what to run, how often, and the ratio to reach."""

    def __init__(self, key, title, reach, kind, task, repeats, rounds, not_behind=None):
        self.key = key
        self.title = title
        self.reach = reach
        self.kind = kind  # the contender's method that makes the worker
        self.task = task
        # Steps in one turn. It is worth their median: the first one finds in the cache what
        # another library left there.
        self.repeats = repeats
        self.rounds = rounds  # at most: fewer when the seconds are used up
        self.not_behind = not_behind  # a peer that tinylinks must not be slower than

    def worker(self, contender):
        return getattr(contender, self.kind)(self.task)


SMALL = MLPTask([64, 32, 10], batch=16)
MIDDLE = MLPTask([784, 256, 256, 10], batch=64)
LARGE = MLPTask([784, 1000, 1000, 10], batch=256)
CONV = ConvTask()
HUGE = MLPTask([784, 4096, 4096, 10], batch=1024)

ROWS = [
    Row("small", "MLP 64-32-10, batch 16", 2.5, "mlp", SMALL, 20, 100),
    Row("middle", "MLP 784-256-256-10, batch 64", 1.15, "mlp", MIDDLE, 5, 100),
    Row("large", "MLP 784-1000-1000-10, batch 256", 1.02, "mlp", LARGE, 3, 60),
    Row("adam", "Adam, 784-256-256-10, batch 64", 1.1, "adam", MIDDLE, 5, 100),
    Row("adam-update", "its update alone", 1.1, "adam_update", MIDDLE, 5, 100),
    Row("conv", "LeNet, 28x28, batch 64", 1.3, "conv", CONV, 3, 60),
    Row("chain", "2,000 operations on 4 numbers", 5.5, "chain", ChainTask(), 3, 60, "torch"),
]
GPU_ROW = Row("gpu", "MLP 784-4096-4096-10, batch 1024", 1.1, "mlp", HUGE, 10, 30)

# Peaks of Chainer 7.8.1 in MB, as this file prints them where Chainer is installed:
# of a step that starts without gradients, and of one that starts with those of the step before.
MEMORY_ROWS = [
    ("peak, MLP 784-256-256-10", "mlp", MIDDLE, (2.036, 0.953)),
    ("peak, MLP 784-1000-1000-10", "mlp", LARGE, (13.272, 6.082)),
    ("peak, LeNet", "conv", CONV, (23.690, 21.959)),
]


# ---------------------------------------------------------------- agreement


def to_numpy(array):
    """A NumPy array of a NumPy or CuPy array, of a Variable, or of a tensor of PyTorch."""
    array = getattr(array, "array", array)
    if hasattr(array, "get"):  # of CuPy
        return array.get()
    return np.asarray(array.cpu() if hasattr(array, "cpu") else array)


def check_agreement(row, by_hand, others):
    """Every contender computes the hand-written losses and gradients, or nothing is timed."""
    reference = row.worker(by_hand)
    loss = to_numpy(reference.loss())
    gradients = [to_numpy(g).copy() for g in reference.gradients()]
    reference.update()
    after = to_numpy(reference.loss())
    for contender in others:
        worker = row.worker(contender)
        name = contender.name
        np.testing.assert_allclose(to_numpy(worker.loss()), loss, rtol=1e-4, err_msg=name)
        actual = worker.gradients()
        assert len(actual) == len(gradients), name
        for g, expected in zip(actual, gradients):
            # As a whole: where a value lies within rounding of relu's kink, elements differ.
            error = np.linalg.norm(to_numpy(g) - expected)
            assert error <= 1e-3 * np.linalg.norm(expected), (name, error)
        worker.update()
        np.testing.assert_allclose(to_numpy(worker.loss()), after, rtol=1e-3, err_msg=name)


# ---------------------------------------------------------------- time


def step(worker):
    loss = worker.loss()  # as in a user's loop, the loss (and its graph) lives until the update
    worker.update()
    return loss


def turn(worker, repeats):
    """The median time of ``repeats`` steps, in seconds."""
    times = []
    for _ in range(repeats):
        start = clock()
        step(worker)
        times.append(clock() - start)
    return statistics.median(times)


def measure(row, by_hand, others, take_turn):
    """Return {contender's name: list of ratios} and the hand-written times in seconds."""
    yardstick = row.worker(by_hand)
    workers = {by_hand.name: yardstick, **{c.name: row.worker(c) for c in others}}
    for worker in workers.values():  # warm up
        take_turn(worker, row.repeats)
        take_turn(worker, row.repeats)

    gc.collect()
    gc.freeze()  # so that the peers' modules do not make everybody's collections slower
    ratios = {name: [] for name in workers}
    base = []
    deadline = time.monotonic() + SECONDS_PER_ROW
    for _ in range(row.rounds):
        before = take_turn(yardstick, row.repeats)
        for name, worker in workers.items():
            mine = take_turn(worker, row.repeats)
            after = take_turn(yardstick, row.repeats)
            ratios[name].append(2 * mine / (before + after))
            base.append(after)
            before = after
        if time.monotonic() > deadline:
            break
    gc.unfreeze()
    return ratios, base


# ---------------------------------------------------------------- memory and import


def peaks_of_step(worker):
    """MB that one step needs at its peak, above the level before it.

    The first figure is of a step that starts without gradients, the second of one that starts
    with those of the step before.  (By hand both are the same: there gradients do not outlive
    the step.)
    """
    peaks = []
    tracemalloc.start()
    try:
        step(worker)
        step(worker)
        for clear_first in (True, False):
            if clear_first and hasattr(worker, "model"):
                worker.model.cleargrads()
            gc.collect()
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            step(worker)
            _, peak = tracemalloc.get_traced_memory()
            peaks.append((peak - before) / 1e6)
    finally:
        tracemalloc.stop()
    return peaks


def import_times():
    """Milliseconds that ``import tinylinks`` takes after ``import numpy``, in new interpreters."""
    code = (
        f"import numpy; from time import {clock.__name__} as clock; start = clock(); "
        "import tinylinks; print((clock() - start) * 1000)"
    )
    times = []
    with tempfile.TemporaryDirectory() as folder:
        # Byte code is kept, as on a user's machine, even where this shell forbids it.
        env = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(FRESH_INTERPRETERS + 1):
            run = subprocess.run(
                [sys.executable, "-c", code],
                env=env,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            times.append(float(run.stdout))
    return times[1:]  # the first one had to make the byte code


# ---------------------------------------------------------------- the table


def importable(contenders):
    found = []
    for contender in contenders:
        with contextlib.suppress(ImportError):
            found.append(contender())
    return found


def quartiles(values):
    if len(values) < 2:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def yes_or_no(met):
    return "yes" if met else "NO"


def print_line(title, reach, met, cells):
    cells = "".join(f"{cell:>12}" for cell in cells)
    print(f"{title:<33}{reach:<14}{met:<5}{cells}", flush=True)


def print_head(by_hand, others):
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()}")
    print(f"{cpu_model()}, {os.cpu_count()} cores, one used")
    print("".join(f"{c.name} {c.version}\n" for c in others))
    names = [c.name for c in others]
    print_line("work", "reach", "met", [*names, by_hand.name, ""])


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            models = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
            return models[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def print_times(row, by_hand, others, take_turn=turn):
    able = [contender for contender in others if hasattr(contender, row.kind)]
    check_agreement(row, by_hand, able)
    ratios, base = measure(row, by_hand, able, take_turn)
    names = [c.name for c in others] + [by_hand.name]
    low, middle, high = zip(*(quartiles(ratios.get(name, [math.nan])) for name in names))
    medians = {name: m for name, m in zip(names, middle) if name in ratios}

    reach, limit = f"{row.reach:.2f}", row.reach
    if row.not_behind in medians:
        limit = min(limit, medians[row.not_behind])
        reach += f", {row.not_behind}"
    met = yes_or_no(medians[Tinylinks.name] <= limit) if Tinylinks.name in medians else ""
    by_hand_time = f"{statistics.median(base) * 1e6:,.0f} us"
    cells = [f"{m:.2f}" if name in ratios else "" for name, m in zip(names, middle)]
    print_line(row.title, reach, met, [*cells, by_hand_time])
    spread = [f"{a:.2f}-{b:.2f}" if name in ratios else "" for name, a, b in zip(names, low, high)]
    print_line("", "", "", [*spread, f"{len(base) // len(ratios)} rounds"])


def print_memory(title, kind, task, chainer, by_hand, others):
    peaks = {}
    for contender in [*others, by_hand]:
        # The peers that allocate outside NumPy cannot be traced.
        if contender.name in (Tinylinks.name, "chainer", by_hand.name):
            peaks[contender.name] = peaks_of_step(getattr(contender, kind)(task))
    names = [c.name for c in others] + [by_hand.name]
    for i, when in enumerate(["first step", "later step"]):
        met = ""
        if Tinylinks.name in peaks:
            met = yes_or_no(peaks[Tinylinks.name][i] <= chainer[i])
        cells = [f"{peaks[name][i]:.3f} MB" if name in peaks else "" for name in names]
        print_line(title if i == 0 else "", f"{chainer[i]:.3f} MB", met, [*cells, when])


def print_import():
    low, middle, high = quartiles(import_times())
    met = yes_or_no(middle <= IMPORT_REACH)
    print_line("import, beyond import numpy", f"{IMPORT_REACH} ms", met, [f"{middle:.1f} ms"])
    print_line("", "", "", [f"{low:.1f}-{high:.1f}"])


def main_cpu(only):
    by_hand = ByHand()
    others = importable([Tinylinks, *PEERS])
    print_head(by_hand, others)
    for row in ROWS:
        if only in (None, row.key):
            print_times(row, by_hand, others)
    if only in (None, "memory"):
        for row in MEMORY_ROWS:
            print_memory(*row, by_hand, others)
    if only in (None, "import") and Tinylinks.name in [c.name for c in others]:
        print_import()


# ---------------------------------------------------------------- the row for CuPy


def why_no_gpu():
    """An empty string where CuPy has a GPU to work on, else one line."""
    try:
        import cupy

        if not cupy.cuda.is_available():
            return "CuPy finds no GPU"
        cupy.zeros(1).get()
    except Exception as error:  # (a broken driver raises errors of many kinds)
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


def main_gpu():
    reason = why_no_gpu()
    if reason:
        print(f"bench --gpu: skipped, there is no GPU to measure on ({reason})")
        return
    import cupy

    synchronize = cupy.cuda.runtime.deviceSynchronize

    def turn_on_gpu(worker, repeats):
        # Kernels run in the background: wait for the last one before reading the wall clock.
        synchronize()
        start = time.perf_counter()
        for _ in range(repeats):
            step(worker)
        synchronize()
        return (time.perf_counter() - start) / repeats

    by_hand = ByHand(cupy)
    others = [Tinylinks(cupy)]
    others += [torch for torch in importable([Torch]) if torch.to("cuda")]
    print(f"CuPy {cupy.__version__}, {cupy.cuda.runtime.getDeviceProperties(0)['name'].decode()}")
    print_head(by_hand, others)
    print_times(GPU_ROW, by_hand, others, turn_on_gpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gpu", action="store_true", help="the row for CuPy, not the table")
    keys = [*(row.key for row in ROWS), "memory", "import"]
    parser.add_argument("--only", choices=keys, help="one row of the table")
    args = parser.parse_args()
    if args.gpu:
        main_gpu()
    else:
        main_cpu(args.only)


if __name__ == "__main__":
    main()
