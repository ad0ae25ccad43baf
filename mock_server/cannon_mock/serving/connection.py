"""One connection of a client: HTTP/1.1 with limits, and a way to break it off (floor 5)."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from cannon_mock.notices import write_notice
from cannon_mock.serving.reply_bytes import encode_reply
from cannon_mock.serving.request_parser import BadRequest, HttpRequest, RequestParser
from cannon_mock.serving.wsgi_call import AppReply, Origin

_RESET_PATIENCE_S = 10
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Wait = Literal["idle", "head", "body", "rest"]
"""What a server waits for: the start of a request, the end of its head or its body, or the end of what it drops."""

WAITS_S: dict[Wait, float] = {"idle": 120, "head": 60, "body": 120, "rest": 30}
"""How long the server waits in all. A client that reads its reply is idle meanwhile."""

_LATE = BadRequest("a request that did not arrive in time; send it in one go", "408 Request Timeout")
_DRAINED = {"high": 1, "low": 0}
"""The limits of a write buffer that is full with one byte; with ``high`` 0 one of TLS is full without any."""


@dataclass(slots=True)
class ServerState:
    """What the connections of a server share: the line of a date that replies have, and who is connected."""

    date_line: bytes = b""
    connections: set[ClientConnection] = field(default_factory=set)


class ClientConnection(asyncio.Protocol):
    """A connection whose requests are answered in order, one at a time, by ``answer``, which calls ``send`` once.

    What is no request that can be answered gets the status of a BadRequest, and one that does not arrive in time 408. A
    body that is large, or that the client asks about, is taken when ``answer`` has called ``take_body``.
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
        self._drops_all = False
        self._wait: tuple[Wait, int] | None = None
        self._wait_began_s = 0.0
        self._is_writable, self._is_gone = asyncio.Event(), asyncio.Event()
        self._is_writable.set()
        self._loop = asyncio.get_running_loop()
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
        if self._parser is None or self._refusal is not None or self._drops_all:
            return
        try:
            self._parser.feed(data)
        except BadRequest as error:
            self._refuse(error)
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
        if request.is_awaited:
            self._refuse_body(request)
        data, may_keep_alive = encode_reply(reply, request, self._state.date_line)
        self.transport.write(data)
        if reply.drop is None:
            self._current_request = None
            if not may_keep_alive and self._unfinished_request is request:
                self._close_after_rest()
            elif not may_keep_alive:
                self.close()
            self._go_on()

    def take_body(self) -> None:
        """Let the client send the body of the request at hand, which is answered when all of it has arrived."""
        request = self._current_request
        if request is None or self.transport.is_closing():
            return
        if request.may_withhold_body:
            self.transport.write(_CONTINUE)
        request.is_accepted = True
        self._current_request = None
        self.transport.resume_reading()
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
            self._current_request = None
            self.close()

    async def wait_until_gone(self, seconds: float) -> bool:
        """Wait until the client has closed the connection, or its half, at most for so long; whether it has."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_gone.wait(), seconds)
        return self._is_gone.is_set()

    def end_late_wait(self) -> None:
        """End the connection where the client has taken too long; to be called again and again."""
        wait, now_s = self._find_wait(), self._loop.time()
        if wait != self._wait:
            self._wait, self._wait_began_s = wait, now_s
        elif wait is not None and now_s - self._wait_began_s >= WAITS_S[wait[0]]:
            if wait[0] in ("head", "body") and self._is_writable.is_set():
                self._refuse(_LATE)
                self._go_on()
            else:
                self.transport.abort()

    def _find_wait(self) -> tuple[Wait, int] | None:
        """What this connection waits for, with the number of the request; None where the client waits for a reply."""
        if self._current_request is not None or self._parser is None:
            return None
        request, number = self._parser.unfinished_request, self._parser.request_count
        if self._drops_all or (request is not None and request.is_refused):
            return "rest", number
        if request is not None:
            return "body", number
        return ("head" if self._parser.has_begun else "idle"), number

    def _refuse(self, error: BadRequest) -> None:
        write_notice(f"{self.client} sent {error}")
        self._refusal = _build_refusal(error)

    def _refuse_body(self, request: HttpRequest) -> None:
        """Drop what arrives of the body of a request that is answered without it."""
        request.is_refused = True
        request.body.clear()
        self.transport.resume_reading()

    def _go_on(self) -> None:
        """Answer the next request, or ask for its body, or refuse what is none; after the reply to the last one."""
        if self._current_request is not None or not self._is_writable.is_set():
            return
        if self._drops_all or self.transport.is_closing():
            return
        if self._requests:
            self._current_request = self._requests.popleft()
            if not self._requests:
                self.transport.resume_reading()
            self._answer(self, self._current_request)
        elif self._refusal is not None:
            self.transport.write(encode_reply(self._refusal, HttpRequest(), self._state.date_line)[0])
            self._close_after_rest()
        elif self._is_gone.is_set():
            self.close()
        else:
            self._ask_for_body()

    def _close_after_rest(self) -> None:
        """Close the connection when the client has done so, and drop what it sends until then.

        The system resets a connection that is closed before all is read, and the client may lose the reply.
        """
        if self._is_gone.is_set():
            self.close()
            return
        self._drops_all = True
        self._requests.clear()
        self.transport.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    @property
    def _unfinished_request(self) -> HttpRequest | None:
        return self._parser.unfinished_request if self._parser is not None else None

    def _ask_for_body(self) -> None:
        """Let the application say, by the head alone, whether it needs a body that is still to come."""
        request = self._unfinished_request
        if request is not None and request.awaits_decision:
            self._current_request = request
            self.transport.pause_reading()
            self._answer(self, request)


def _build_refusal(error: BadRequest) -> AppReply:
    """A reply on a connection that ends, since nobody knows where the next request starts."""
    return AppReply(
        error.status, [(b"content-type", b"text/plain; charset=utf-8")], [f"this is {error}".encode()], None
    )
