"""Limits of time around asynchronous code that strike as soon as the clock of a test has passed them (floor 5).

Code that sleeps by the clock takes no real time, so the timers of the event loop would never end it: a loop that waits
for a request that is stuck, within ``asyncio.timeout(600)``, would run for ever.
"""

from __future__ import annotations

import asyncio
from asyncio import Timeout
from asyncio import timeout as real_timeout
from asyncio import wait_for as real_wait_for
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from cannon_mock.clock import let_others_run


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the limits of a library are read and changed; times are those of the event loop, in seconds."""

    find_now_s: Callable[[], float]
    find_end_s: Callable[[Any], float | None]
    set_end_s: Callable[[Any, float], None]
    has_struck: Callable[[Any], bool]


def _find_now_of_anyio_s() -> float:
    import anyio  # late: it need not be installed

    return anyio.current_time()


_TIMEOUT = _Kind(lambda: asyncio.get_running_loop().time(), Timeout.when, Timeout.reschedule, Timeout.expired)
_SCOPE = _Kind(
    _find_now_of_anyio_s,
    lambda scope: scope.deadline,
    lambda scope, end_s: setattr(scope, "deadline", end_s),
    lambda scope: scope.cancel_called,
)
"""A cancel scope of anyio."""


@dataclass(slots=True)
class _Limit:
    """A limit that code is within: its loop, when it ends, and the time of the clock when that was set."""

    kind: _Kind
    loop: object
    end_s: float | None
    set_ms: int


class LoopLimits:
    """What takes the place of functions of asyncio and anyio that limit time: the limits also strike by the clock."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._limits: WeakKeyDictionary[Any, _Limit] = WeakKeyDictionary()

    @asynccontextmanager
    async def timeout(self, delay: float | None) -> AsyncIterator[Timeout]:
        """Limit a block as ``asyncio.timeout`` does."""
        async with real_timeout(delay) as timeout:
            self._watch(timeout, _TIMEOUT)
            try:
                yield timeout
            finally:
                del self._limits[timeout]

    async def wait_for(self, fut: Awaitable[Any], timeout: float | None) -> Any:
        """Wait as ``asyncio.wait_for`` does."""
        if timeout is None or timeout <= 0:
            return await real_wait_for(fut, timeout)
        async with self.timeout(timeout):
            return await fut

    def move_on_after(self, delay: float | None, shield: bool = False) -> Any:
        """Make a cancel scope as ``anyio.move_on_after`` does."""
        import anyio

        scope = anyio.move_on_after(delay, shield)
        self._watch(scope, _SCOPE)
        return scope

    @contextmanager
    def fail_after(self, delay: float | None, shield: bool = False, **more: Any) -> Iterator[Any]:
        """Limit a block as ``anyio.fail_after`` does."""
        import anyio

        with anyio.fail_after(delay, shield, **more) as scope:
            self._watch(scope, _SCOPE)
            yield scope

    def note_changes(self) -> None:
        """Count from now on for limits that code has set anew. Call it before the clock moves."""
        for block, limit in list(self._limits.items()):
            if limit.end_s != limit.kind.find_end_s(block):
                limit.end_s, limit.set_ms = limit.kind.find_end_s(block), self._now_ms()

    async def strike(self) -> None:
        """End the blocks of this event loop whose limit the clock has passed."""
        due_limits = [(block, limit) for block, limit in list(self._limits.items()) if self._is_due(block, limit)]
        for block, limit in due_limits:
            limit.kind.set_end_s(block, limit.kind.find_now_s())
        if due_limits:
            await let_others_run()  # the loop now cancels what is within them

    def _watch(self, block: Any, kind: _Kind) -> None:
        self._limits[block] = _Limit(kind, _find_loop(), kind.find_end_s(block), self._now_ms())

    def _is_due(self, block: Any, limit: _Limit) -> bool:
        if limit.end_s is None or limit.kind.has_struck(block) or limit.loop is not _find_loop():
            return False
        return limit.end_s <= limit.kind.find_now_s() + (self._now_ms() - limit.set_ms) / 1000


def _find_loop() -> object:
    """The event loop of asyncio that runs in this thread; None within trio."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
