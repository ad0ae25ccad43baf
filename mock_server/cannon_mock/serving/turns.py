"""Turns that calls on an event loop take, so that many at once do not hold what comes after them (floor 5)."""

from __future__ import annotations

import asyncio
from collections import deque

_MOST = 2
"""The calls of one round: with one alone, a round for each, calls are slower by a tenth."""


class Turns:
    """A few turns in each round of the loop, in the order of asking; between two rounds the loop sees what has arrived.

    Without them a loop makes all calls that have arrived before it looks for others.
    """

    def __init__(self) -> None:
        self._count = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a turn. It ends with the round of the loop in which it begins."""
        loop = asyncio.get_running_loop()
        if self._count == _MOST:
            future = loop.create_future()
            self._queue.append(future)
            await future
            return
        if not self._count:
            loop.call_soon(self._begin_round, loop)
        self._count += 1

    def _begin_round(self, loop: asyncio.AbstractEventLoop) -> None:
        self._count = 0
        while self._queue and self._count < _MOST:
            future = self._queue.popleft()
            if not future.done():  # else its task was cancelled
                future.set_result(None)
                self._count += 1
        if self._count:
            loop.call_soon(self._begin_round, loop)
