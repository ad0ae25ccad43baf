"""Ctrl-C where creates may cost credits: the first ends the run, and leaves it time to read back (floor 5)."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handle_signals(first: Callable[[], object], second: Callable[[], object]) -> Iterator[None]:
    """Within the block the first signal calls ``first`` and interrupts, the second calls ``second`` and does no more.

    Outside the main thread, where no signals come, nothing is done.
    """
    count = 0

    def heed(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            second()
            return
        first()
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
