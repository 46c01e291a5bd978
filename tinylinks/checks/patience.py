"""Stop code that does not end, and leave Python alive.

Two ways, for no one works everywhere. Where the system has a timer signal, and this is the main
thread, the timer interrupts, again and again, so that an ``except:`` in the loop does not help it.
On Windows, in a thread and in a browser there is no such timer. There `sys.settrace` has a look at
the clock at each step of the answer and at each call. This is slower, and Python drops the tracing
when it has interrupted once. What neither can stop is one endless call of compiled code.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["TooSlow", "limit"]

#: Of the library, the chapters and what is installed, only the calls are looked at.
_LIBRARY = str(Path(__file__).resolve().parents[1])


class TooSlow(BaseException):
    """Raised inside the code that does not end. No ``except Exception`` stops it."""


@contextmanager
def limit(seconds: float, use_signal: bool = True) -> Iterator[None]:
    """Raise `TooSlow` in the block when it takes longer than `seconds`.

    Parameters
    ----------
    seconds : float
        How long it may take.
    use_signal : bool
        False traces also where the system has a timer.

    Examples
    --------
    >>> try:
    ...     with limit(0.1):
    ...         while True:
    ...             pass
    ... except TooSlow:
    ...     print("stopped")
    stopped
    """
    main = threading.current_thread() is threading.main_thread()
    if use_signal and main and hasattr(signal, "setitimer"):
        with _timer(seconds):
            yield
    else:
        with _tracing(seconds):
            yield


@contextmanager
def _timer(seconds: float) -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        if running:
            raise TooSlow

    running = True
    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        running = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@contextmanager
def _tracing(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds

    def look(frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        if time.monotonic() > end:
            raise TooSlow
        if _is_library(frame.f_code.co_filename):
            return None
        frame.f_trace_opcodes = True  # a loop in one line has no line events
        return look

    old = sys.gettrace()
    sys.settrace(look)
    try:
        yield
    finally:
        sys.settrace(old)


def _is_library(filename: str) -> bool:
    ours = (_LIBRARY, "<chapter", "<frozen")
    return filename.startswith(ours) or "site-packages" in filename
