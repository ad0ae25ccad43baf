"""Turns that calls on an event loop take, so that many at once do not hold what comes after them (floor 5)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

_MOST = 2
"""The calls of one round of the loop."""


class Turns:
    """A few calls in each round of the loop, in the order of asking; between two rounds the loop sees what has arrived.

    Without them a loop makes all calls that have arrived before it looks for others.
    """

    def __init__(self) -> None:
        self._calls: deque[Callable[[], object]] = deque()

    def add(self, call: Callable[[], object]) -> None:
        """Make a call when it is its turn, in a coming round of the loop."""
        if not self._calls:
            asyncio.get_running_loop().call_soon(self._make_round)
        self._calls.append(call)

    def _make_round(self) -> None:
        calls = [self._calls.popleft() for _ in range(min(_MOST, len(self._calls)))]
        if self._calls:
            asyncio.get_running_loop().call_soon(self._make_round)
        for call in calls:
            call()
