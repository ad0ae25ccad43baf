"""The mock's one clock (floor 3): everything that depends on time asks it, and it never runs backwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock, RLock
from typing import Protocol

from cannon_mock.model.course import ClockSettings

_FARTHEST_MS = 221_845_392_000_000  # the year 9000: dates stay printable


class ClockState(Protocol):
    """Where a clock's course is kept: in this object, or where other processes see it."""

    def now_ms(self) -> int:
        """Real time."""

    def settings(self) -> ClockSettings:
        """The course."""

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """Replace the course; nobody else replaces it in between."""


class LocalClockState:
    """A course in the memory of this process; real time that cannot be set back."""

    def __init__(self, at_ms: int | None, scale: float) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self._lock = Lock()
        real_ms = self.now_ms()
        self._course = ClockSettings(real_ms if at_ms is None else at_ms, real_ms, scale)

    def now_ms(self) -> int:
        """See Place."""
        return (time.monotonic_ns() + self._offset_ns) // 1_000_000

    def settings(self) -> ClockSettings:
        """See Place."""
        return self._course

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """See Place."""
        with self._lock:
            self._course = step(self._course)
            return self._course


class Clock:
    """Time in epoch milliseconds that can be moved forward, stopped and sped up.

    What is due on the way is done in order by those in ``movers``: each is called with the time to be reached, and
    moves the clock from one due time to the next with ``move_to``.
    """

    def __init__(self, place: ClockState) -> None:
        self._place = place
        self._latest_ms = 0
        self._moves = RLock()  # one move after the other; a receiver of a webhook may move on within one
        self.move_handlers: list[Callable[[int], None]] = []

    def now_ms(self) -> int:
        """The time now; never less than it was before."""
        now_ms = min(self._place.settings().now_ms(self._place.now_ms()), _FARTHEST_MS)
        if now_ms > self._latest_ms:  # the wall clock behind a shared course can be set back
            self._latest_ms = now_ms
        return self._latest_ms

    @property
    def scale(self) -> float:
        """How many times as fast as real time it goes; 0 where it stands still."""
        return self._place.settings().scale

    def advance(
        self, ms: float = 0, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> int:
        """Move on by the sum of what is given; the time then. Raises ValueError for a negative one."""
        step_ms = round(ms + 1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days))))
        if step_ms < 0:
            raise ValueError(f"a clock never runs backwards: {step_ms} ms")
        with self._moves:
            return self.set(self.now_ms() + step_ms)

    def set(self, to_ms: int) -> int:
        """Move on to ``to_ms``; the time then. Raises ValueError for a time that has passed, or is far off."""
        now_ms = self.now_ms()
        if to_ms < now_ms:
            raise ValueError(f"a clock never runs backwards: it is {now_ms} ms, not yet {to_ms}")
        if to_ms > _FARTHEST_MS:
            raise ValueError(f"{to_ms} ms is beyond the year 9000")
        with self._moves:
            for mover in tuple(self.move_handlers):
                mover(to_ms)
            return self.move_to(to_ms)

    def move_to(self, to_ms: int) -> int:
        """Be at ``to_ms`` at least, with nothing done on the way; the time then."""
        self._place.change(lambda course: course.move_to(self._place.now_ms(), to_ms))
        return self.now_ms()

    def freeze(self) -> None:
        """Stand still from now on."""
        self.run(0)

    def run(self, scale: float = 1) -> None:
        """Go on, ``scale`` times as fast as real time. Raises ValueError for one that is not from 0 to 1,000,000."""
        if not 0 <= scale <= 1_000_000:
            raise ValueError(f"scale {scale}: from 0 to 1000000 times as fast as real time")
        self._place.change(lambda course: course.change_scale(self._place.now_ms(), scale))

    def sleep_ms(self, ms: int) -> None:
        """Let ``ms`` milliseconds of real time pass."""
        time.sleep(ms / 1000)


class SystemClock(Clock):
    """A clock that starts at real time and goes with it."""

    def __init__(self) -> None:
        super().__init__(LocalClockState(None, 1))


class ManualClock(Clock):
    """A clock that stands still until it is moved, for tests. To sleep moves it, and takes no time."""

    def __init__(self, now_ms: int = 1_762_479_300_000) -> None:
        super().__init__(LocalClockState(now_ms, 0))

    def sleep_ms(self, ms: int) -> None:
        """Move on by ``ms`` milliseconds."""
        self.advance(ms)

    def sleep(self, seconds: float) -> None:
        """Move on by ``seconds``: stands in for ``time.sleep`` in code under test."""
        self.advance(seconds=seconds)
