"""A deadline for a whole call, from connecting to the last byte of its reply, however the bytes come (floor 6).

A timeout of httpx is one of a single read: a target that sends a byte now and then would never run into it.

This module depends on internals of httpx and httpcore: of a client ``_transport`` and ``_mounts``, where each transport
of the network has a ``_pool``, and of that pool ``_network_backend``. Both libraries take a backend in public only with
a transport, and httpx does not read the proxies of the environment where it is given one.
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx


@dataclass(slots=True)
class CallDeadline:
    """When a call must have ended: so many seconds after its start, and ``most_s`` after it whatever extends it."""

    seconds: float
    now_s: Callable[[], float]
    start_s: float
    most_s: float

    def extend(self, factor: float) -> None:
        """Give the call so many times as long."""
        self.seconds *= factor

    def find_left_s(self) -> float:
        """Find how many seconds are left; none or less where the call must end."""
        return self.start_s + min(self.seconds, self.most_s) - self.now_s()


_find_most_s: ContextVar[Callable[[], float]] = ContextVar("find_most_s", default=lambda: math.inf)
_deadline: ContextVar[CallDeadline | None] = ContextVar("deadline", default=None)


def find_deadline() -> CallDeadline | None:
    """Find the deadline of the call that this code is a part of."""
    return _deadline.get()


@contextmanager
def end_calls(find_most_s: Callable[[], float]) -> Iterator[None]:
    """Within the block a call of a DeadlineClient also ends so many seconds after its start, as found at its start."""
    token = _find_most_s.set(find_most_s)
    try:
        yield
    finally:
        _find_most_s.reset(token)


class DeadlineClient(httpx.Client):
    """A client whose calls, with all redirects that they follow, take so many seconds at most.

    A call that takes longer raises httpx.TimeoutException, and says how long it took. What else a client takes goes
    with ``settings``.
    """

    def __init__(self, seconds: float, now_s: Callable[[], float] = time.monotonic, **settings: Any) -> None:
        super().__init__(timeout=None, **settings)
        self._seconds, self._now_s = seconds, now_s
        for transport in (self._transport, *self._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                transport._pool._network_backend = _DeadlineBackend()

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request and read its reply, within the deadline."""
        deadline = CallDeadline(self._seconds, self._now_s, self._now_s(), _find_most_s.get()())
        token = _deadline.set(deadline)
        try:
            return super().send(request, **options)
        except httpx.TimeoutException as error:
            seconds = min(deadline.seconds, deadline.most_s)
            raise type(error)(f"no whole reply after {seconds:g} s", request=request) from None
        finally:
            _deadline.reset(token)


class _DeadlineBackend(httpcore.SyncBackend):
    """Opens connections whose steps end with the deadline of the call that makes them."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *options: Any, **more: Any
    ) -> httpcore.NetworkStream:
        timeout = _cut(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(super().connect_tcp(host, port, timeout, *options, **more))


@dataclass(frozen=True, slots=True)
class _DeadlineStream(httpcore.NetworkStream):
    """The bytes of a connection. Each step has what is left of the time of its call."""

    stream: httpcore.NetworkStream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _cut(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _cut(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _cut(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self.stream.start_tls(ssl_context, server_hostname, timeout))

    def close(self) -> None:
        self.stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _cut(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """Cut the timeout of a step to the time that its call has left. Raises ``error`` where that is none."""
    deadline = find_deadline()
    if deadline is None:
        return timeout
    left_s = deadline.find_left_s()
    if left_s <= 0:
        raise error
    return left_s if timeout is None else min(timeout, left_s)
