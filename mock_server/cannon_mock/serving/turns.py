"""Turns that calls on an event loop take, so that many at once do not hold what comes after them (floor 5)."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """One turn in each round of the loop, in the order of asking; between two the loop sees what has arrived.

    Without them a loop makes all calls that have arrived before it looks for others.
    """

    def __init__(self) -> None:
        self._is_taken = False
        self._queue: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a turn. It ends with the round of the loop in which it begins."""
        loop = asyncio.get_running_loop()
        if self._is_taken:
            future = loop.create_future()
            self._queue.append(future)
            await future
        self._is_taken = True
        loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        self._is_taken = False
        while self._queue and not self._is_taken:
            future = self._queue.popleft()
            if not future.done():  # else its task was cancelled
                future.set_result(None)
                self._is_taken = True
