"""Ctrl-C and SIGTERM where creates may cost credits: the first one leaves time to read costs back (floor 6)."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handle_signals(on_first: Callable[[], object], on_second: Callable[[], object]) -> Iterator[None]:
    """Within the block the first signal calls ``on_first`` and interrupts, the second only calls ``on_second``.

    Each later one interrupts again. Outside the main thread, where no signals arrive, this does nothing.
    """
    count = 0

    def handle(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            # Many people press Ctrl-C twice. An interrupt now would end the reading of what the creates cost.
            on_second()
            return
        on_first()
        raise KeyboardInterrupt

    try:
        previous_handlers = {each: signal.signal(each, handle) for each in _SIGNALS}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for each, handler in previous_handlers.items():
            signal.signal(each, handler)
