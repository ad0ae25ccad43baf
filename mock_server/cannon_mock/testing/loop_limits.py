"""Limits of time around asynchronous code that strike as soon as the clock of a test has passed them (floor 5).

Code that sleeps by the clock takes no real time, so the timers of the event loop would never end it: a loop that waits
for a request that is stuck, within ``asyncio.timeout(600)``, would run for ever.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Timeout
from asyncio import sleep as real_sleep
from asyncio import timeout as real_timeout
from asyncio import wait_for as real_wait_for
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class _Limit:
    """A limit that code is within, with the time of the clock when it was set."""

    timeout: Timeout
    loop: AbstractEventLoop
    when_s: float | None
    set_ms: int


class LoopLimits:
    """What takes the place of ``asyncio.timeout`` and ``asyncio.wait_for``: they also strike by the clock."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._limits: list[_Limit] = []

    @asynccontextmanager
    async def timeout(self, delay: float | None) -> AsyncIterator[Timeout]:
        """Limit a block as ``asyncio.timeout`` does."""
        async with real_timeout(delay) as timeout:
            limit = _Limit(timeout, asyncio.get_running_loop(), timeout.when(), self._now_ms())
            self._limits.append(limit)
            try:
                yield timeout
            finally:
                self._limits.remove(limit)

    async def wait_for(self, fut: Awaitable[Any], timeout: float | None) -> Any:
        """Wait as ``asyncio.wait_for`` does."""
        if timeout is None or timeout <= 0:
            return await real_wait_for(fut, timeout)
        async with self.timeout(timeout):
            return await fut

    def note_changes(self) -> None:
        """Count from now on for limits that code has set anew. Call it before the clock moves."""
        for limit in list(self._limits):
            if limit.when_s != limit.timeout.when():
                limit.when_s, limit.set_ms = limit.timeout.when(), self._now_ms()

    async def strike(self) -> None:
        """End the blocks of this event loop whose limit the clock has passed."""
        is_one_due = False
        for limit in list(self._limits):
            if self._is_due(limit):
                limit.timeout.reschedule(limit.loop.time())
                is_one_due = True
        if is_one_due:
            await real_sleep(0)  # the loop now cancels what is within them

    def _is_due(self, limit: _Limit) -> bool:
        if limit.when_s is None or limit.timeout.expired() or limit.loop is not asyncio.get_running_loop():
            return False
        return limit.when_s <= limit.loop.time() + (self._now_ms() - limit.set_ms) / 1000
