"""What all tests share."""

import functools
import gc
import importlib
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# The helpers of the tests, such as notebooks.py, are imported by name, and so are the tools.
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "browser"), str(HERE.parent / "tools")]


def pytest_terminal_summary(terminalreporter):
    """Print how much of the core the chapters show, after a run that counted it."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    if any("test_drift.py" in getattr(report, "nodeid", "") for report in reports):
        import drift
        import size

        terminalreporter.section("drift")
        try:
            terminalreporter.write_line(drift.table(drift.count()))
            terminalreporter.write_line(size.table())
        except (OSError, ValueError, SyntaxError) as error:  # the tests say more about it
            terminalreporter.write_line(f"no count: {error}")


# Hypothesis draws the same examples in each run, and keeps none. They are small from the start:
# it need not spend time on making a failing one smaller.
hypothesis.settings.register_profile(
    "tinylinks",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=15,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("tinylinks")


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    """Let the garbage collector pass over what the tests are made of: each look takes 0.3 s."""
    gc.collect()
    gc.freeze()
    return (yield)


@functools.cache
def has_gpu():
    from tinylinks import backend

    return backend.has_gpu()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Skip what needs a GPU where there is none. Raised here, all of it is one line."""
    if item.get_closest_marker("gpu") and not has_gpu():
        pytest.skip("no GPU that CuPy can use (see requirements-gpu.txt)")


@pytest.fixture(
    scope="session", params=["numpy", "strict", pytest.param("cupy", marks=pytest.mark.gpu)]
)
def xp(request):
    """The array module: NumPy, the strict stand-in for CuPy, and CuPy where there is a GPU."""
    from tinylinks import backend

    if request.param == "strict":
        import strict_xp

        backend.register(strict_xp.ndarray, strict_xp)
        return strict_xp
    return importlib.import_module(request.param)


@pytest.fixture(scope="session")
def strict():
    """The strict stand-in for CuPy."""
    import strict_xp

    from tinylinks import backend

    backend.register(strict_xp.ndarray, strict_xp)
    return strict_xp


@pytest.fixture(autouse=True)
def same_start():
    """Seed NumPy's generator, and fail a test that leaves a switch of the library changed."""
    from tinylinks import config

    np.random.seed(0)
    yield
    assert (config.train, config.enable_backprop, config.debug) == (True, True, False)


@pytest.fixture
def no_gc():
    """Free nothing but what reference counts free."""
    gc.collect()
    gc.freeze()  # so that the next look is a short one
    gc.disable()
    yield
    gc.enable()
