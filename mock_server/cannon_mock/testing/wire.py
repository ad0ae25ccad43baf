"""The server's end of a client's connection, in memory: bytes of a request in, bytes of its reply out (floor 5)."""

from __future__ import annotations

from urllib.parse import urlsplit

import h11

from cannon_mock.origins import DEFAULT_PORTS
from cannon_mock.serving.wsgi_call import Call, Origin
from cannon_mock.testing.vendor_app import Reply, VendorApp


class Wire:
    """One connection for one request. A client writes to it and reads from it by code of its own, as from a socket.

    ``reply`` is None until the whole request has arrived; ``finish`` lets its time pass.
    """

    def __init__(self, vendor: VendorApp, origin: Origin) -> None:
        self._vendor = vendor
        self._origin = origin
        self._server = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body: list[bytes] = []
        self.reply: Reply | None = None
        self._is_finished = False

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the request, and return those to send now.

        Raises what the application raises, and h11.RemoteProtocolError for bytes that are not HTTP.
        """
        self._server.receive_data(data)
        while True:
            event = self._server.next_event()
            if isinstance(event, h11.Request):
                self._request = event
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return self._answer()
            else:
                return self._ask_for_body()

    def finish(self) -> None:
        """Let the time of the reply pass, the first time. Raises what the check of the reply raises."""
        if self.reply is not None and not self._is_finished:
            self._is_finished = True
            self._vendor.finish(self.reply)

    def _ask_for_body(self) -> bytes:
        if not self._server.they_are_waiting_for_100_continue:
            return b""
        return self._server.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))

    def _answer(self) -> bytes:
        assert self._request is not None  # h11 gives it before the end of the message
        origin, target = _read_target(self._origin, self._request.target)
        method, headers = self._request.method.decode("ascii"), self._request.headers
        self.reply = reply = self._vendor.start(Call(origin, method, target, headers, b"".join(self._body)))
        if reply.is_empty:
            return b""
        head = h11.Response(status_code=reply.status, headers=reply.headers, reason=reply.reason.encode("latin-1"))
        parts = [self._server.send(head)] + [self._server.send(h11.Data(data=chunk)) for chunk in reply.chunks]
        if reply.is_whole:
            parts.append(self._server.send(h11.EndOfMessage()))
        return b"".join(part for part in parts if part)


def _read_target(origin: Origin, target: bytes) -> tuple[Origin, bytes]:
    """The origin and the path of a request; a client that believes to speak to a proxy gives the whole address."""
    if target.startswith(b"/"):
        return origin, target
    parts = urlsplit(target.decode("latin-1"))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or DEFAULT_PORTS.get(parts.scheme, origin.port)
    return Origin(parts.scheme, parts.hostname or origin.host, port), path.encode("latin-1")
