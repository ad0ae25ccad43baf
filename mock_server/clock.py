"""The mock's one clock (floor 3): everything that depends on time asks it, and it never runs backwards."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Epoch milliseconds."""

    def now_ms(self) -> int:
        """The time now; never less than it was before."""


class SystemClock:
    """Real time: the wall clock at the start, carried on by one that cannot be set back."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ms(self) -> int:
        """The time now."""
        return (time.monotonic_ns() + self._offset_ns) // 1_000_000


class ManualClock:
    """A clock that stands still until it is advanced, for tests."""

    def __init__(self, now_ms: int = 1_762_479_300_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """The time it was last advanced to."""
        return self._now_ms

    def advance(self, ms: int) -> None:
        """Move on by ``ms`` milliseconds. Raises ValueError for a negative number."""
        if ms < 0:
            raise ValueError(f"a clock never runs backwards: {ms} ms")
        self._now_ms += ms
