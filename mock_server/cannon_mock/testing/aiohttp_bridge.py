"""A vendor's application within aiohttp, whose own code does all but the network (floor 5).

A connector gets a transport in memory for each request. So limits, redirects, traces, streams and errors are those of
aiohttp, and a session made at any time is served, with a connector or a resolver of its own. Connections do not outlive
a request: those that were made before are closed, and none of ours stays in a pool. A connector that is no
TCPConnector, or makes its connections itself, bypasses the application.

This module depends on internals of aiohttp: ``BaseConnector.connect`` takes a connection from ``_conns``, or else from
``_create_connection``, which makes it of ``_factory``; the protocol is told of a read time-out by ``_on_read_timeout``;
the request's ``_timer``, ``timer`` in older versions, ends it where the whole time is over.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import BaseConnector, ClientConnectorError, ClientTimeout, TCPConnector

from cannon_mock.serving.wsgi_call import Origin
from cannon_mock.testing import loop_timers
from cannon_mock.testing.vendor_app import VendorApp
from cannon_mock.testing.wire import Wire

_NAME_ERROR: type[ClientConnectorError] = getattr(aiohttp, "ClientConnectorDNSError", ClientConnectorError)
"""What aiohttp raises of a name without an address; the first of its versions that are served have no such class."""

_PIECE_SIZE = 2**16
"""How much of a reply is delivered at a time, in bytes, so that a client that stops reading holds the rest back."""


@contextmanager
def serve_client(vendor: VendorApp) -> Iterator[None]:
    """See ClientBridge."""
    with pytest.MonkeyPatch.context() as patch:
        connect, create_connection = BaseConnector.connect, TCPConnector._create_connection
        patch.setattr(BaseConnector, "connect", _build_connect(vendor, connect))
        patch.setattr(TCPConnector, "_create_connection", _build_create_connection(vendor, create_connection))
        yield


def _build_connect(vendor: VendorApp, connect: Callable[..., Any]) -> Callable[..., Any]:
    async def connect_anew(connector: Any, req: Any, *args: Any, **more: Any) -> Any:
        if vendor.is_responsible(req.url.raw_host):
            for protocol, _ in connector._conns.pop(req.connection_key, ()):
                protocol.close()  # a connection to the vendor, made before the test
        return await connect(connector, req, *args, **more)

    return connect_anew


def _build_create_connection(vendor: VendorApp, create_connection: Callable[..., Any]) -> Callable[..., Any]:
    async def connect_in_memory(connector: Any, req: Any, traces: Any, timeout: ClientTimeout) -> Any:
        if not vendor.is_responsible(req.url.raw_host):
            return await create_connection(connector, req, traces, timeout)
        origin = Origin(req.url.scheme, req.url.raw_host, req.url.port)
        protocol = connector._factory()
        protocol.connection_made(_MemoryTransport(protocol, Wire(vendor, origin), req, timeout))
        protocol.force_close()
        return protocol

    return connect_in_memory


class _MemoryTransport(asyncio.Transport):
    """The client's end of a connection, with what aiohttp uses of a transport."""

    def __init__(self, protocol: Any, wire: Wire, req: Any, timeout: ClientTimeout) -> None:
        super().__init__()
        self._protocol = protocol
        self._wire = wire
        self._req = req
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._pieces: deque[bytes] = deque()
        self._is_paused = False
        self._is_closing = False
        self._arrival: asyncio.TimerHandle | None = None

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        # Later: the client asks for the response, with its time-outs, after it has written the request.
        self._loop.call_soon(self._receive, bytes(data))

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self, error: OSError | None = None) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._end_wait()
            self._loop.call_soon(self._protocol.connection_lost, error)

    def abort(self) -> None:
        self.close()

    def pause_reading(self) -> None:
        self._is_paused = True

    def resume_reading(self) -> None:
        self._is_paused = False
        self._loop.call_soon(self._deliver)

    def _receive(self, data: bytes) -> None:
        try:
            reply = self._wire.receive(data)
        except Exception as error:  # noqa: BLE001 - the task that waits for the response raises it
            self._protocol.set_exception(error)
            return
        wait_s = self._find_wait()
        if wait_s and loop_timers.is_one_due_within(wait_s, but_of="aiohttp."):
            self._arrival = self._loop.call_later(wait_s, self._answer, reply)
        else:
            self._answer(reply)

    def _find_wait(self) -> float:
        """How many seconds the client waits at most: until the reply, or until a time-out of its own."""
        delay_s = self._wire.reply.delay_s if self._wire.reply is not None else 0
        return min(delay_s, self._timeout.total or delay_s, self._timeout.sock_read or delay_s)

    def _answer(self, reply: bytes) -> None:
        if self._end_wait() and not (self._refuse_connection() or self._end_late_reply()):
            self._pieces.extend(reply[start : start + _PIECE_SIZE] for start in range(0, len(reply), _PIECE_SIZE))
            self._deliver()

    def _end_wait(self) -> bool:
        """Let the time of the reply pass, also where the client goes before; whether the reply may be sent."""
        if self._arrival is not None:
            self._arrival.cancel()
        try:
            self._wire.finish()
        except Exception as error:  # noqa: BLE001 - the task that waits for the response raises it
            self._protocol.set_exception(error)
            return False
        return True

    def _refuse_connection(self) -> bool:
        """Let the client meet that it could not connect, though it has been told that it did."""
        error = self._wire.reply.connect_error if self._wire.reply is not None else None
        if error is None:
            return False
        kind = _NAME_ERROR if isinstance(error, socket.gaierror) else ClientConnectorError
        self._protocol.set_exception(kind(self._req.connection_key, error), error)
        return True

    def _end_late_reply(self) -> bool:
        """Let the shorter of the client's time-outs strike, where the reply is later than it."""
        reply, timeout_s = self._wire.reply, self._timeout
        if reply is None:
            return False
        total_s, read_s = timeout_s.total or float("inf"), timeout_s.sock_read or float("inf")
        if not reply.is_later_than(min(total_s, read_s)):
            return False
        if read_s <= total_s:
            self._protocol._on_read_timeout()
        else:
            (getattr(self._req, "_timer", None) or self._req.timer).timeout()
        return True

    def _deliver(self) -> None:
        """Deliver the rest while the client reads; then drop the connection, if the reply is cut."""
        while self._pieces and not (self._is_paused or self._is_closing):
            self._protocol.data_received(self._pieces.popleft())
        reply = self._wire.reply
        if reply is not None and not reply.is_whole and not self._pieces and not self._is_paused:
            self.close(reply.reset_error)
