"""The mock's clock (floor 3): everything that depends on time uses it. Once it is in use it never runs backwards."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from numbers import Real
from reprlib import repr as show_start
from threading import Lock
from types import coroutine
from typing import Any, Protocol, TypeVar

from cannon_mock.model.clock_settings import ClockSettings
from cannon_mock.real_time import read_monotonic_ns, read_time_ns

T = TypeVar("T", int, float)

_ROUNDED_MS = 0.5
"""A difference of times that code computes may be a little less than 0."""

_SMALLEST_SCALE, _LARGEST_SCALE = 0.001, 1_000_000
"""A clock that goes slower, a second in a quarter of an hour and more, looks as one that is stopped, and is not."""

_FARTHEST_MS = 221_845_392_000_000  # the year 9000: dates stay printable


class ClockState(Protocol):
    """Where the settings of a clock are kept: in this process, or where other processes see them."""

    def now_ms(self) -> int:
        """Real time."""

    def settings(self) -> ClockSettings:
        """The settings now."""

    def read(self) -> tuple[ClockSettings, int]:
        """The settings and real time."""

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """Replace the settings by what ``step`` makes of them; no other process changes them meanwhile."""


class LocalClockState:
    """Settings in the memory of this process, with a real time that cannot be set back."""

    def __init__(self, at_ms: int | None, scale: float) -> None:
        # Monotonic time, so that setting the machine's clock back does not turn the mock's clock back.
        self._offset_ns = read_time_ns() - read_monotonic_ns()
        self._lock = Lock()
        real_ms = self.now_ms()
        self._settings = ClockSettings(real_ms if at_ms is None else at_ms, real_ms, scale)

    def now_ms(self) -> int:
        """See ClockState."""
        return (read_monotonic_ns() + self._offset_ns) // 1_000_000

    def settings(self) -> ClockSettings:
        """See ClockState."""
        return self._settings

    def read(self) -> tuple[ClockSettings, int]:
        """See ClockState."""
        return self._settings, self.now_ms()

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """See ClockState."""
        with self._lock:
            self._settings = step(self._settings)
            return self._settings


class Clock:
    """Time in epoch milliseconds that can be moved forward, stopped and sped up.

    Moving it first runs everything that becomes due, in order: each of ``move_handlers`` is called with the time to be
    reached, and moves the clock from one due time to the next with ``move_to``.
    """

    def __init__(self, state: ClockState) -> None:
        self._state = state
        self._latest_ms = 0
        self._move_lock = Lock()  # one move at a time
        self.move_handlers: list[Callable[[int], None]] = []

    def now_ms(self) -> int:
        """The time now; never less than it was before."""
        settings, real_ms = self._state.read()
        now_ms = min(settings.now_ms(real_ms), _FARTHEST_MS)
        if now_ms > self._latest_ms:  # the machine's clock behind shared settings can be set back
            self._latest_ms = now_ms
        return self._latest_ms

    def note_request(self) -> None:
        """Note that a mock with this clock was called."""

    @property
    def scale(self) -> float:
        """How many times as fast as real time the clock goes; 0 where it is stopped."""
        return self._state.settings().scale

    def advance(
        self,
        ms: float | timedelta = 0,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> int:
        """Move the clock forward by the sum of the arguments and return the new time.

        Raises TypeError for what is no number, and ValueError where the sum is negative, or no clock shows the time.
        """
        first_ms = ms / timedelta(milliseconds=1) if isinstance(ms, timedelta) else ms
        _check_numbers(ms=first_ms, seconds=seconds, minutes=minutes, hours=hours, days=days)
        step_ms = first_ms + 1000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)))
        if step_ms < -_ROUNDED_MS:
            raise ValueError(f"a clock never runs backwards: {show_start(step_ms)} ms; advance it by 0 or more")
        whole_ms = 0 if step_ms < 0 else round(_check_moment(step_ms))
        with self._move_lock:
            return self._move(self.now_ms() + whole_ms)

    def set(self, to: int | datetime) -> int:
        """Move the clock forward to a time, in epoch milliseconds or with a time zone, and return the new time.

        Raises TypeError for what is no time, and ValueError for one that has passed, has no time zone, or lies before
        the year 1970 or beyond the year 9000.
        """
        to_ms, now_ms = _read_moment(to), self.now_ms()
        if to_ms < now_ms:
            return self._set_back(to_ms)
        with self._move_lock:
            return self._move(to_ms)

    def _move(self, to_ms: int) -> int:
        _check_moment(to_ms)
        for handler in tuple(self.move_handlers):
            handler(to_ms)
        return self.move_to(to_ms)

    @contextmanager
    def let_others_move(self) -> Iterator[None]:
        """Let any thread move the clock while the context lasts. Only a move handler may use it.

        What it waits for, as the receiver of a webhook, may itself move the clock, in whatever thread or process.
        """
        self._move_lock.release()
        try:
            yield
        finally:
            self._move_lock.acquire()

    def _set_back(self, to_ms: int) -> int:
        raise ValueError(_describe_past(self.now_ms(), to_ms, "set a later time"))

    def move_to(self, to_ms: int) -> int:
        """Move the clock forward to ``to_ms`` without running what is due on the way, and return the new time."""
        self._state.change(lambda settings: settings.move_to(self._state.now_ms(), to_ms))
        return self.now_ms()

    def freeze(self) -> None:
        """Stop the clock."""
        self.run(0)

    def run(self, scale: float = 1) -> None:
        """Let the clock go ``scale`` times as fast as real time.

        Raises TypeError for what is no number, ValueError for a scale that is neither 0 nor from 0.001 to 1,000,000.
        """
        _check_numbers(scale=scale)
        if scale != 0 and not _SMALLEST_SCALE <= scale <= _LARGEST_SCALE:
            legal = f"0, which stops the clock, or from {_SMALLEST_SCALE} to {_LARGEST_SCALE}"
            raise ValueError(f"scale {show_start(scale)}: choose {legal} times as fast as real time")
        self._state.change(lambda settings: settings.change_scale(self._state.now_ms(), scale))

    def read_client_time_s(self) -> float:
        """The time that a client of the mock reads, in seconds since 1970: that of the machine."""
        return time.time()

    def sleep_ms(self, ms: int) -> None:
        """Wait ``ms`` milliseconds of real time."""
        time.sleep(ms / 1000)


class SystemClock(Clock):
    """A clock that starts at real time and follows it."""

    def __init__(self) -> None:
        super().__init__(LocalClockState(None, 1))


class ManualClock(Clock):
    """A stopped clock for tests: only the test moves it. Sleeping moves it, and takes no time.

    It starts at ``now_ms``, at real time for None. Before the first request to its mock it can be set back.
    """

    def __init__(self, now_ms: int | None = 1_762_479_300_000) -> None:
        super().__init__(LocalClockState(now_ms, 0))
        self.is_in_use = False

    def note_request(self) -> None:
        """See Clock."""
        self.is_in_use = True

    def _set_back(self, to_ms: int) -> int:
        if self.is_in_use:
            advice = "set an earlier time before the first request to the mock, or start the clock there"
            raise ValueError(_describe_past(self.now_ms(), to_ms, advice))
        self._state.change(lambda settings: replace(settings, at_ms=to_ms, real_ms=self._state.now_ms()))
        self._latest_ms = to_ms
        return to_ms

    def sleep_ms(self, ms: int) -> None:
        """Move forward by ``ms`` milliseconds."""
        self.advance(ms)

    def sleep(self, seconds: float) -> None:
        """Move forward by ``seconds``: takes the place of ``time.sleep`` in code under test."""
        self.advance(seconds=seconds)

    async def asleep(self, delay: float, result: Any = None) -> Any:
        """Let other tasks run and move forward by ``delay`` seconds: takes the place of ``asyncio.sleep``.

        Tasks that sleep at the same time move the clock by the longest of their delays, not by the sum.
        """
        start_ms = self.now_ms()
        await let_others_run()
        self.advance(max(0, delay * 1000 - (self.now_ms() - start_ms)))
        return result


async def let_others_run() -> None:
    """Let the other tasks of the event loop run, that of asyncio or of trio."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        await trio.lowlevel.checkpoint()
    else:
        await _pause()


@coroutine
def _pause() -> Generator[None, None, None]:
    """Do what ``asyncio.sleep(0)`` does, also where a test has put a clock in the place of that."""
    yield


def _read_moment(moment: int | datetime) -> int:
    if not isinstance(moment, datetime):
        if not _is_number(moment):
            raise TypeError(f"{show_start(moment)} is no time; set epoch milliseconds, or a datetime with a time zone")
        return int(_check_moment(moment))  # int after it: nan has none
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone; set one that has, as datetime.now(UTC) returns it")
    return _check_moment(round(moment.timestamp() * 1000))


def _check_moment(at_ms: T) -> T:
    if not 0 <= at_ms <= _FARTHEST_MS:  # nan too
        what = "before the year 1970; set a later" if at_ms < 0 else "beyond the year 9000; set an earlier"
        raise ValueError(f"{show_start(at_ms)} ms is {what} time")
    return at_ms


def _check_numbers(**numbers: object) -> None:
    """Raise TypeError for what is no number, as a text or a bool."""
    for name, number in numbers.items():
        if not _is_number(number):
            raise TypeError(f"{name}={show_start(number)} is no number; give one, as in {name}=1")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _describe_past(now_ms: int, to_ms: int, advice: str) -> str:
    return f"a clock never runs backwards: it is {_show_moment(now_ms)}, later than {_show_moment(to_ms)}; {advice}"


def _show_moment(at_ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec='milliseconds')} ({at_ms} ms)"
    except (ValueError, OverflowError, OSError):  # before the year 1
        return f"{show_start(at_ms)} ms"
