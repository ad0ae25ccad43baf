"""Ctrl-C where creates may cost credits: the first ends the run, and leaves it time to read back (floor 5)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN = "\nreading back what this run has created; press Ctrl-C again to leave without that\n"


@contextmanager
def heeded(told: Callable[[], object]) -> Iterator[None]:
    """Within the block the first signal calls ``told`` and interrupts, the second only says what a third will do.

    Outside the main thread, where no signals come, nothing is done.
    """
    count = 0

    def heed(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            sys.stderr.write(_AGAIN)
            return
        told()
        raise KeyboardInterrupt

    try:
        before = {each: signal.signal(each, heed) for each in _SIGNALS}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
