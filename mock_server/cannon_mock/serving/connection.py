"""One connection of a client: HTTP/1.1 with limits, and a way to break it off (floor 5)."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from cannon_mock.notices import write_notice
from cannon_mock.serving.reply_bytes import encode_reply
from cannon_mock.serving.request_parser import BadRequest, HeadTooLarge, HttpRequest, RequestParser
from cannon_mock.serving.wsgi_call import AppReply, Origin

_RESET_PATIENCE_S = 10
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_DRAINED = {"high": 1, "low": 0}
"""The limits of a write buffer that is full with one byte; with ``high`` 0 one of TLS is full without any."""


@dataclass(slots=True)
class ServerState:
    """What the connections of a server share: the lines of headers that each reply has, and who is connected."""

    header_lines: bytes = b""
    connections: set[ClientConnection] = field(default_factory=set)


class ClientConnection(asyncio.Protocol):
    """A connection whose requests are answered in order, one at a time, by ``answer``, which calls ``send`` once.

    What is no request gets 400, a request whose head is too large 431.
    """

    def __init__(
        self,
        answer: Callable[[ClientConnection, HttpRequest], object],
        state: ServerState,
        scheme: str,
        most_body_bytes: int,
    ) -> None:
        self._answer = answer
        self._state = state
        self._scheme = scheme
        self._parser: RequestParser | None = RequestParser(most_body_bytes)
        self._requests: deque[HttpRequest] = deque()
        self._current_request: HttpRequest | None = None
        self._refusal: AppReply | None = None
        self._is_ending = False
        self._is_writable, self._is_gone = asyncio.Event(), asyncio.Event()
        self._is_writable.set()
        self._loop = asyncio.get_running_loop()
        self._last_active_s = self._loop.time()
        self.transport: asyncio.Transport
        self.origin: Origin
        self.client = ""

    # asyncio calls what follows.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        self.transport = transport
        self.origin = Origin(self._scheme, *transport.get_extra_info("sockname")[:2])
        self.client = (transport.get_extra_info("peername") or ("",))[0]
        # asyncio does this only for sockets that name their protocol, which accepted ones do not. Without it a reply
        # waits until the client acknowledges what was sent before, and the client delays that.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._state.connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Let go of the calls that wait with this connection."""
        self._state.connections.discard(self)
        self._parser = None  # it and httptools hold each other
        self._is_gone.set()
        self._is_writable.set()

    def eof_received(self) -> bool:
        """Answer what has arrived of a client that sends no more, which may read on.

        It may as well have closed its socket, which nobody can tell: so it counts as gone where a reply is late.
        """
        self._is_gone.set()
        has_open_request = self._current_request is not None or bool(self._requests)
        return has_open_request and self._scheme == "http"  # a connection of TLS cannot be half open

    def pause_writing(self) -> None:
        """Answer no request while the client does not read."""
        self._is_writable.clear()

    def resume_writing(self) -> None:
        """Answer the next request."""
        self._is_writable.set()
        self._go_on()

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        if self._parser is None or self._refusal is not None:
            return
        self._last_active_s = self._loop.time()
        if self._is_ending:
            self._drop_rest(self._parser, data)
            return
        try:
            self._parser.feed(data)
        except BadRequest as error:
            write_notice(f"{self.client} sent {error}")
            self._refusal = _build_refusal("400 Bad Request", f"this is {error}")
        except HeadTooLarge:
            self._refusal = _build_refusal("431 Request Header Fields Too Large", "")
        self._requests += self._parser.take_requests()
        self._go_on()
        if self._requests:
            self.transport.pause_reading()

    # Whoever answers calls what follows.

    def send(self, reply: AppReply) -> None:
        """Send the reply to the request at hand, or what there is of it, and go on with the next request."""
        request = self._current_request
        if request is None or self.transport.is_closing():
            return
        data, may_keep_alive = encode_reply(reply, request, self._state.header_lines)
        self.transport.write(data)
        if reply.drop is None:
            self._end_request()
            if not may_keep_alive:
                self._end_connection(request)
            self._go_on()

    def close(self) -> None:
        """Close the connection when what was written has been sent."""
        # Where a client ends while the server does not read, asyncio leaves a connection of TLS open until it does.
        self.transport.resume_reading()
        self.transport.close()

    async def break_off(self, *, is_reset: bool) -> None:
        """End the connection when what was written has been sent; with a reset, the client gets an error."""
        if is_reset:
            client_socket = self.transport.get_extra_info("socket")
            self.transport.set_write_buffer_limits(**_DRAINED)
            with suppress(TimeoutError):  # the client does not read
                await asyncio.wait_for(self._is_writable.wait(), _RESET_PATIENCE_S)
            if self.transport.is_closing():  # the client has closed it meanwhile
                return
            client_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.transport.abort()
        else:
            self._end_request()
            self.close()

    async def wait_until_gone(self, seconds: float) -> bool:
        """Wait until the client has closed the connection, or its half, at most for so long; whether it has."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_gone.wait(), seconds)
        return self._is_gone.is_set()

    def abort_if_idle(self, since_s: float) -> None:
        """Break off the connection of a client that has neither sent nor got anything since that time of the loop."""
        if self._current_request is None and self._last_active_s <= since_s:
            self.transport.abort()

    def _end_request(self) -> None:
        self._current_request = None
        self._last_active_s = self._loop.time()

    def _go_on(self) -> None:
        """Answer the next request, or ask for its body, or refuse what is none; after the reply to the last one."""
        if self._current_request is not None or not self._is_writable.is_set():
            return
        if self._is_ending or self.transport.is_closing():
            return
        if self._requests:
            self._current_request = self._requests.popleft()
            if not self._requests:
                self.transport.resume_reading()
            self._answer(self, self._current_request)
        elif self._refusal is not None:
            self.transport.write(encode_reply(self._refusal, HttpRequest(), self._state.header_lines)[0])
            self.close()
        elif self._is_gone.is_set():
            self.close()
        else:
            self._invite_body()

    def _end_connection(self, request: HttpRequest) -> None:
        """Close the connection after the reply to a request; where its body is still being sent, read that first.

        The system resets a connection that is closed before all is read, and the client may lose the reply.
        """
        is_sending = self._unfinished_request is request and not self._is_gone.is_set()
        if not is_sending or request.may_withhold_body:
            self.close()
            return
        self._is_ending = True
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _drop_rest(self, parser: RequestParser, data: bytes) -> None:
        """Drop more of a body that was refused, and close the connection at its end."""
        with suppress(BadRequest, HeadTooLarge):
            parser.feed(data)
            if parser.unfinished_request is not None:
                return
        self.close()

    @property
    def _unfinished_request(self) -> HttpRequest | None:
        return self._parser.unfinished_request if self._parser is not None else None

    def _invite_body(self) -> None:
        request = self._unfinished_request
        if request is not None and request.awaits_invitation:
            request.is_invited = True
            self.transport.write(_CONTINUE)


def _build_refusal(status: str, text: str) -> AppReply:
    """A reply on a connection that ends, since nobody knows where the next request starts."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")] if text else []
    return AppReply(status, headers, [text.encode()], None)
