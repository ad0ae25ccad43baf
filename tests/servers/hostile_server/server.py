"""A server on a raw socket that answers one place of the API with whatever bytes a kind sends, the rest honestly."""

from __future__ import annotations

import http.client
import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.servers.plain_server import Settings
from tests.support.effort import PATIENCE_S
from tests.support.honest_servers import KEY, serve_plain

_HEAD_END = b"\r\n\r\n"
_LONGEST_HEAD = 65_536
_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)
"""The value of SO_LINGER with which closing a socket resets its connection."""


class Pause:
    """What a kind yields in place of bytes: nothing is sent for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Reset:
    """What a kind yields in place of bytes: the connection is reset."""


Part = bytes | Pause | Reset


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as an honest server gives it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The JSON value of the body."""
        return json.loads(self.body)

    def write(self) -> bytes:
        """The reply as bytes, on a connection that ends with it."""
        headers = {**self.headers, "Content-Length": str(len(self.body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode("latin-1") + _HEAD_END + self.body

    def with_value(self, value: Any) -> bytes:
        """The reply as bytes, with another JSON value in its body."""
        return Reply(self.status, self.headers, json.dumps(value).encode()).write()


@dataclass(frozen=True, slots=True)
class Call:
    """A request that came, the address of this server, and how the honest server would answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    url: str
    forward: Callable[[], Reply] = field(repr=False)

    @property
    def key(self) -> str:
        """The API key of the call."""
        return self.headers.get("x-api-key", "")


Send = Callable[[Call], Iterable[Part]]


@contextmanager
def serve_hostile(place: Callable[[Call], bool], send: Send) -> Iterator[HostileServer]:
    """Answer the calls of a place with what ``send`` gives, and all others as an honest server does."""
    with serve_plain(Settings(keys=(KEY,), pace=400)) as honest_url, HostileServer(honest_url, place, send) as server:
        yield server


class HostileServer:
    """The server, which listens while the context lasts."""

    def __init__(self, honest_url: str, place: Callable[[Call], bool], send: Send) -> None:
        self.honest_url, self.place, self.send = honest_url, place, send
        self._is_stopping = threading.Event()
        self._server = _Listener(("127.0.0.1", 0), type("_BoundHandler", (_Handler,), {"hostile_server": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> HostileServer:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all replies, and stop to listen."""
        self._is_stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, connection: socket.socket, call: Call) -> None:
        """Answer a call with parts until the last one, or until the client or the server ends."""
        parts = self.send(call) if self.place(call) else [call.forward().write()]
        for part in parts:
            if self._is_stopping.is_set():
                return
            if isinstance(part, Pause):
                self._is_stopping.wait(part.seconds)
            elif isinstance(part, Reset):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                return
            else:
                connection.sendall(part)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about clients that go away."""


class _Handler(socketserver.BaseRequestHandler):
    """Reads one call and answers it; then the connection ends. A subclass is bound to a server."""

    hostile_server: HostileServer
    request: socket.socket

    def handle(self) -> None:
        """Answer one call."""
        self.request.settimeout(PATIENCE_S)
        with suppress(OSError):
            call = self._read_call()
            if call is not None:
                self.hostile_server.answer(self.request, call)

    def _read_call(self) -> Call | None:
        content = b""
        while _HEAD_END not in content:
            part = self.request.recv(_CHUNK)
            if not part or len(content) > _LONGEST_HEAD:
                return None
            content += part
        head, _, body = content.partition(_HEAD_END)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += self.request.recv(_CHUNK)
        server = self.hostile_server
        return Call(method, path, headers, body, server.url, lambda: self._forward(method, path, headers, body))

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """The reply of the honest server, with this server's address in place of its own."""
        honest_url, url = self.hostile_server.honest_url, self.hostile_server.url
        connection = http.client.HTTPConnection(urlsplit(honest_url).netloc, timeout=PATIENCE_S)
        kept_headers = {name: value for name, value in headers.items() if name not in ("host", "connection")}
        connection.request(method, path, body, kept_headers)
        response = connection.getresponse()
        content = response.read().replace(honest_url.encode(), url.encode())
        connection.close()
        names = ("content-length", "connection", "transfer-encoding")
        pairs = ((name, value) for name, value in response.getheaders() if name.lower() not in names)
        return Reply(response.status, dict(pairs), content)
