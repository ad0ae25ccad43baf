"""Attempts to deliver that are under way in this process, and which receivers hang (floor 4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from urllib.parse import urlsplit

GRACE_S = 1
"""A receiver that takes longer hangs: nobody waits for it who can go on without it."""


@dataclass(frozen=True, slots=True, eq=False)
class RunningAttempt:
    """One attempt: how it ends, and the host and port of its receiver, empty for one within this process."""

    future: Future[None]
    receiver: str = ""
    started_s: float = field(default_factory=time.monotonic)

    @property
    def is_slow(self) -> bool:
        """Whether it has taken so long that its receiver hangs."""
        return not self.future.done() and time.monotonic() - self.started_s > GRACE_S


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in the line for one receiver: behind an ``earlier`` attempt, but no longer than until the line ends."""

    earlier: Future[None] | None
    line_ends_s: float

    async def wait(self) -> None:
        """Wait until the earlier attempt has ended, or the line has."""
        if self.earlier is not None:
            most_s = max(0, self.line_ends_s - time.monotonic())
            await asyncio.wait({asyncio.wrap_future(self.earlier)}, timeout=most_s)


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
        """Wait until those have ended whose receiver does not hang, which shows after GRACE_S."""
        hanging_receivers = {attempt.receiver for attempt in tuple(self._attempts) if attempt.is_slow}
        wait([attempt.future for attempt in attempts if attempt.receiver not in hanging_receivers], GRACE_S)


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
