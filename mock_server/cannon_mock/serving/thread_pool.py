"""Threads for calls that an event loop must not wait for (floor 5)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class ThreadPool:
    """At most ``most`` threads, started when they are needed; a call beyond them waits for its turn.

    They are daemons: those of ``concurrent.futures`` keep a process that was told to stop until each call has ended,
    and a call that sends a webhook may last for as long as its receiver hangs.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread_count = 0
        self._open_calls = 0

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call that a thread makes. Raises what the call raises. Only one event loop may use this."""
        loop, future = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

        def do() -> None:
            try:
                result, error = call(), None
            except BaseException as raised:  # noqa: BLE001 - the caller gets it
                result, error = None, raised
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(_settle, future, result, error)

        self._open_calls += 1
        if self._thread_count < min(self._open_calls, self._most):
            self._thread_count += 1
            threading.Thread(target=self._work, daemon=True).start()
        self._jobs.put(do)
        try:
            value: T = await future
            return value
        finally:
            self._open_calls -= 1

    def close(self) -> None:
        """End each thread after the call that it makes."""
        for _ in range(self._thread_count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _settle(future: asyncio.Future[T], result: T, error: BaseException | None) -> None:
    if future.done():  # its task was cancelled
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
