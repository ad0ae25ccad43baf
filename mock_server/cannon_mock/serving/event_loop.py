"""One event loop in a thread of this process, for what waits long and must hold up nobody (floor 5)."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from cannon_mock.serving.real_time_loop import RealTimeLoop

T = TypeVar("T")

_END_S = 1
_lock = threading.Lock()
_loops: list[asyncio.AbstractEventLoop] = []


def start(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Run a coroutine in the loop, which is started when it is needed first; the future of its result."""
    with _lock:
        if not _loops:
            _loops.append(_start_loop())
    return asyncio.run_coroutine_threadsafe(coroutine, _loops[0])


def _start_loop() -> asyncio.AbstractEventLoop:
    loop = RealTimeLoop()
    # A daemon: the process ends without what is still under way.
    thread = threading.Thread(target=_run_loop, args=(loop,), name="cannon-mock-loop", daemon=True)
    thread.start()
    atexit.register(_end_loop, loop, thread)
    return loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=_END_S))
    loop.close()


def _end_loop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    if loop in _loops:  # not that of a parent process
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_END_S)


# A child of a fork has no thread that runs the loop; it starts one of its own.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_loops.clear)
