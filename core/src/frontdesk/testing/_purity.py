"""Watching a function for what a pure one never does: read a clock, draw lots, do I/O."""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from random import Random
from types import FrameType
from typing import Any, Final

_BY_MODULE: Final = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep"},
    "posix": {"urandom", "open", "listdir", "scandir", "stat", "getrandom"},
    "nt": {"urandom", "open", "listdir", "scandir", "stat"},
    "io": {"open", "open_code"},
    "_io": {"open", "open_code"},
}
_TODAY: Final = {"now", "utcnow", "today"}


@contextmanager
def watched() -> Generator[set[str]]:
    """Collect what code in the block does that depends on more than its arguments.

    C functions are seen as they are called, so it makes no difference how they were imported.
    """
    found: set[str] = set()

    def look(frame: FrameType, event: str, function: Any) -> None:
        del frame
        if event == "c_call" and _impure(function):
            owner = getattr(function, "__self__", None)
            place = owner.__name__ if isinstance(owner, type) else function.__module__
            found.add(f"{place or type(owner).__name__}.{function.__name__}()")

    before, collecting = sys.getprofile(), gc.isenabled()
    # Others' callbacks run whenever the collector does, and may look at a clock.
    gc.disable()
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()


def _impure(function: Any) -> bool:
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if isinstance(owner, type) and issubclass(owner, date):
        return name in _TODAY
    if isinstance(owner, Random | socket.socket):
        return True
    return name in _BY_MODULE.get(str(getattr(function, "__module__", "")), ())
