"""How long a run may take: no wait goes on beyond it, and no test and no call begins after it (floor 6)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from cannon_contract.client.call_deadline import end_calls
from cannon_contract.client.outcomes import NotTested

_Call = TypeVar("_Call")
_Answer = TypeVar("_Answer")
_READING_METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(slots=True)
class TimeLimit:
    """The time of a run in seconds, from when this is made; endless unless said otherwise.

    ``reason`` says that the time is over, and is empty before. ``now_s`` and ``wait`` are the clock and the sleep.
    """

    seconds: float = math.inf
    now_s: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep
    _end_s: float = field(init=False)
    _is_over: bool = False

    def __post_init__(self) -> None:
        self._end_s = self.now_s() + self.seconds

    @property
    def reason(self) -> str:
        """Why the run ends; empty while it has time."""
        self._is_over = self._is_over or self.now_s() >= self._end_s
        return f"--max-time {self.seconds:g} is over" if self._is_over else ""

    def _find_left_s(self) -> float:
        return self._end_s - self.now_s()

    def sleep(self, seconds: float) -> None:
        """Sleep. Raises NotTested at once where that would last beyond the time, which is over then."""
        if self.now_s() + seconds > self._end_s:
            self._is_over = True
            raise NotTested(self.reason)
        self.wait(seconds)

    def bound(self, send: Callable[[_Call], _Answer]) -> Callable[[_Call], _Answer]:
        """Wrap a function that sends calls: it raises NotTested where the time is over, before a call or during one.

        Only a call that reads is ended. Another one may have done something that may cost credits: its reply tells.
        """

        def send_in_time(call: _Call) -> _Answer:
            if self.reason:
                raise NotTested(self.reason)
            if not (isinstance(call, httpx.Request) and call.method in _READING_METHODS):
                return send(call)
            try:
                with end_calls(self._find_left_s):
                    return send(call)
            except httpx.TransportError:
                if self.reason:
                    raise NotTested(self.reason) from None
                raise

        return send_in_time


@dataclass(slots=True)
class WaitAllowance:
    """How long may be waited in all, however often: the seconds that are left."""

    seconds: float

    def take(self, seconds: float) -> bool:
        """Take a wait from it. Returns False, and takes nothing, where less is left."""
        is_enough = seconds <= self.seconds
        if is_enough:
            self.seconds -= seconds
        return is_enough
