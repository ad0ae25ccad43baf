"""Attempts to deliver that are under way in this process, and which receivers hang (floor 4)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cannon_mock.real_time import read_monotonic_s

GRACE_S = 1
"""A receiver that takes longer hangs: nobody waits for it who can go on without it."""

_GRACE_IN_LOOP_S = 0.1
"""The same for who runs an event loop: a receiver in that loop cannot answer before the loop goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class RunningAttempt:
    """One attempt: how it ends, and the host and port of its receiver, empty for one within this process."""

    future: Future[None]
    receiver: str = ""
    started_s: float = field(default_factory=read_monotonic_s)

    @property
    def is_slow(self) -> bool:
        """Whether it has taken so long that its receiver hangs."""
        return not self.future.done() and read_monotonic_s() - self.started_s > GRACE_S


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in the line for one receiver: behind an ``earlier`` attempt, but no longer than until the line ends."""

    earlier: Future[None] | None
    line_ends_s: float

    async def wait(self) -> None:
        """Wait until the earlier attempt has ended, or the line has."""
        if self.earlier is not None:
            most_s = max(0, self.line_ends_s - read_monotonic_s())
            await asyncio.wait({asyncio.wrap_future(self.earlier)}, timeout=most_s)


class Patience:
    """How long to wait for attempts of others: until for ``most_s`` none of them has ended."""

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self.restart()

    def restart(self) -> None:
        """Start to wait anew."""
        self._ends_s = read_monotonic_s() + self._most_s
        self._smallest_count = math.inf

    def lasts(self, count: int) -> bool:
        """Whether to go on waiting, while ``count`` attempts are under way."""
        if count < self._smallest_count:  # not at each change: new ones may start for ever
            self._ends_s, self._smallest_count = read_monotonic_s() + self._most_s, count
        return read_monotonic_s() < self._ends_s


class RunningAttempts:
    """The attempts that are under way, whoever started them."""

    def __init__(self) -> None:
        self._attempts: set[RunningAttempt] = set()

    def __len__(self) -> int:
        return len(self._attempts)

    def add(self, attempt: RunningAttempt) -> None:
        """Keep an attempt until it has ended."""
        self._attempts.add(attempt)
        attempt.future.add_done_callback(lambda _: self._attempts.discard(attempt))

    def wait_for_quick(self, attempts: Iterable[RunningAttempt]) -> None:
        """Wait until those have ended whose receiver does not hang, which shows after a grace."""
        hanging_receivers = {attempt.receiver for attempt in tuple(self._attempts) if attempt.is_slow}
        wait([attempt.future for attempt in attempts if attempt.receiver not in hanging_receivers], find_grace_s())


def find_grace_s() -> float:
    """How long the caller waits for a receiver before it goes on."""
    return _GRACE_IN_LOOP_S if is_in_event_loop() else GRACE_S


def is_in_event_loop() -> bool:
    """Whether the caller's thread runs an event loop of asyncio, which stands still while the caller waits."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def find_receiver_address(url: str) -> str:
    """The host and port in an address, by which receivers are told apart."""
    try:
        return urlsplit(url).netloc
    except ValueError:  # an address that cannot be called
        return url


def wait_for_one(attempts: Iterable[RunningAttempt], most_s: float) -> None:
    """Wait until one of the attempts has ended, or for the time that is given; for that time where there is none."""
    # A test may have replaced time.sleep by one that moves the clock, which is what waits here.
    futures = [attempt.future for attempt in attempts] or [Future()]
    wait(futures, most_s, FIRST_COMPLETED)


def build_ended_attempt() -> RunningAttempt:
    """An attempt that has ended already."""
    future: Future[None] = Future()
    future.set_result(None)
    return RunningAttempt(future)
