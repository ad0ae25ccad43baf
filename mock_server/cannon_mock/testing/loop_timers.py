"""The timers of the running event loop, which may end a call before its reply arrives (floor 5).

A reply that is late by the clock of a test takes no time. Where something else than the client gives up first, as
``asyncio.wait_for`` or ``anyio.move_on_after``, real time must pass for it to strike.

This module depends on internals of asyncio: ``BaseEventLoop._scheduled``, the handles of timers, and the ``_callback``
of each. Those of another loop, as uvloop, cannot be read: there each late reply takes real time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from types import BuiltinFunctionType
from typing import Any


async def let_strike(wait_s: float) -> None:
    """Wait in real time if a timer of the loop is due within ``wait_s`` seconds, else not at all."""
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        if trio.current_effective_deadline() < trio.current_time() + wait_s:
            await trio.sleep_until(trio.current_time() + wait_s)
    elif wait_s and is_one_due_within(wait_s):
        await _sleep(wait_s)


def is_one_due_within(wait_s: float, *, but_of: str = "") -> bool:
    """Whether a timer of the running loop is due within ``wait_s`` seconds, or may be, where it cannot be known.

    Timers of a library whose modules start with ``but_of`` do not count.
    """
    if not isinstance(time.monotonic, BuiltinFunctionType):
        return False  # freezegun stops the time of asyncio too: no timer strikes, and a wait would never end
    loop = asyncio.get_running_loop()
    handles = getattr(loop, "_scheduled", None)
    if handles is None:
        return True
    due_s = loop.time() + wait_s
    return any(
        handle.when() < due_s and not handle.cancelled() and not (but_of and _find_module(handle).startswith(but_of))
        for handle in handles
    )


async def _sleep(wait_s: float) -> None:
    """Sleep in real time, also where a test has replaced ``asyncio.sleep``."""
    is_over = asyncio.Event()
    timer = asyncio.get_running_loop().call_later(wait_s, is_over.set)
    try:
        await is_over.wait()
    finally:
        timer.cancel()


def _find_module(handle: asyncio.TimerHandle) -> str:
    """The module of the function that a timer calls."""
    return getattr(handle._callback, "__module__", None) or ""  # type: ignore[attr-defined]
