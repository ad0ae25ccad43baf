"""One connection of a client: HTTP/1.1 with limits, and a way to break it off (floor 5).

This module depends on internals of uvicorn: of ``HttpToolsProtocol`` its ``flow``, ``cycle`` and ``scope``, its methods
for the events of httptools, and the timer of idle connections with ``_unset_keepalive_if_required``.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from contextlib import suppress
from typing import Any

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

EXTENSION = "cannon_mock.connection"
"""Where an ASGI scope has the connection."""

_MOST_HEAD_BYTES = 64 * 1024
_RESET_PATIENCE_S = 10
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

_DRAINED = {"high": 1, "low": 0}
"""The limits of a write buffer that is full with one byte; with ``high`` 0 one of TLS is full without any."""

_logger = logging.getLogger("cannon_mock.serving")


class ClientConnection(HttpToolsProtocol):
    """A connection that is closed where its client sends nothing for ``timeout_keep_alive`` seconds.

    That holds between requests and in the middle of one. A request whose head is too large gets 431. One that offers
    another protocol, as Java's client offers HTTP/2, is answered as if it did not.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = _logger  # uvicorn's own belongs to the user's servers in this process
        self.access_log = False
        self.parser: Any = _RequestParser(self)
        self._head_bytes = 0
        self._open_cycles: list[Any] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        # asyncio does this only for sockets that name their protocol, which accepted ones do not. Without it each reply
        # in two writes waits for an acknowledgement, which the client delays.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await_client()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell each call under way that the client is gone; uvicorn tells the last one alone."""
        for cycle in self._open_cycles:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._head_bytes > _MOST_HEAD_BYTES:
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()
        elif self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self._await_client()

    def on_message_begin(self) -> None:
        """Let the application find this connection."""
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        """Take the head of a request."""
        self._head_bytes = 0
        if not self.parser.has_offer():
            super().on_headers_complete()
            self._open_cycles = [*(each for each in self._open_cycles if not each.response_complete), self.cycle]

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        if not self.parser.has_offer():
            super().on_message_complete()

    def build_head_without_offer(self) -> bytes:
        """The head that was read last, without the offer of another protocol."""
        start = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        lines = (b"%s: %s\r\n" % (name, value) for name, value in self.headers if name != b"upgrade")
        return start + b"".join(lines) + b"\r\n"

    def on_body(self, body: bytes) -> None:
        """Take a part of the body of a request."""
        self._head_bytes = 0
        super().on_body(body)

    def timeout_keep_alive_handler(self) -> None:
        """Break off the connection of a client that neither sends nor reads."""
        self.transport.abort()

    async def break_off(self, *, is_reset: bool) -> None:
        """End the connection when what was written has been sent; with a reset, the client gets an error."""
        if is_reset:
            client_socket = self.transport.get_extra_info("socket")
            self.transport.set_write_buffer_limits(**_DRAINED)
            with suppress(TimeoutError):  # the client does not read
                await asyncio.wait_for(self.flow.drain(), _RESET_PATIENCE_S)
            if self.transport.is_closing():  # the client has closed it meanwhile
                return
            client_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.transport.abort()
        else:
            self._await_client()
            self.transport.close()

    def _await_client(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)


class _RequestParser:
    """A parser of requests that refuses each offer of another protocol: httptools takes no body after one."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._parser = _build_parser(connection)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)

    def has_offer(self) -> bool:
        """Whether the request at hand offers another protocol. CONNECT is no offer: it stays refused."""
        return bool(self._parser.should_upgrade()) and self._parser.get_method() != b"CONNECT"

    def feed_data(self, data: bytes) -> None:
        """Parse bytes of requests. Raises HttpParserError for what is no request."""
        is_parsed = False
        while not is_parsed:
            try:
                self._parser.feed_data(data)
                is_parsed = True
            except HttpParserUpgrade as offer:
                data = self._connection.build_head_without_offer() + data[offer.args[0] :]
                # Another one: for that which has read the offer, the connection may have ended.
                self._parser = _build_parser(self._connection)


def _build_parser(connection: ClientConnection) -> HttpRequestParser:
    parser = HttpRequestParser(connection)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
    return parser
