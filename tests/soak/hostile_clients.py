"""Clients that mean harm: half-open, slow, broken off, too large, and what is no HTTP at all."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from random import Random
from time import monotonic

from tests.soak.answers import Answer
from tests.soak.client import SoakClient

_MEBIBYTE = 1024 * 1024
_PATIENCE_S = 15
_HOLD_S = 1.0
_CROWD = 100
_KEY = "cs_soak_hostile"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_POST = b"POST /api/v1/requests HTTP/1.1\r\nHost: 127.0.0.1\r\nx-api-key: " + _KEY.encode() + b"\r\n"
_ONE_LARGE_BODY = threading.Lock()
"""Held while a large body is sent: else the number of those that happen to meet would decide the peak of a cycle."""

_GARBAGE = (
    b"\x00\xff garbage\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    _POST + b"Content-Length: -1\r\n\r\n",
    _POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    _POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
)
_BAD_BODIES = (
    "[" * 5000,
    "{",
    "null",
    "NaN",
    '{"operation": "image.generate", "operation": "image.generate"}',
    json.dumps({"operation": "image.generate", "input": {f"unknown_{number}": number for number in range(300)}}),
    json.dumps({"operation": "image.generate", "input": {"prompt": "\x00" * 100, "model": "\u202e" * 100}}),
    "{" + ", ".join(f'"k{number % 2000}": 1' for number in range(2001)) + "}",
)
_BAD_ADMIN_CALLS = (
    ("GET", "/__mock__/tasks?limit=00000000199999999999999999999", None),
    ("GET", "/__mock__/journal?limit=-1", None),
    ("GET", "/__mock__/tasks?colour=red", None),
    ("POST", "/__mock__/clock", '{"advance_ms": -1}'),
    ("POST", "/__mock__/clock", '{"advance_ms": 1e400}'),
    ("POST", "/__mock__/scenarios", '{"scenario": 5}'),
    ("POST", "/__mock__/reset", '{"what": "world"}'),
    ("PUT", "/__mock__/scenarios/soak-bad", '{"faults": 5}'),
)


class HostileClient:
    """Does one hostile thing after the other, drawn at random."""

    def __init__(self, name: str, seed: str, port: int, client: SoakClient) -> None:
        self._random = Random(f"{seed}/{name}")
        self._address = ("127.0.0.1", port)
        self._client = client
        self._stop = threading.Event()
        self._calls: list[Callable[[], object]] = [
            self._send_large_body,
            self._send_bad_body,
            self._send_bad_admin_call,
            self._send_foreign_page,
        ]
        self._raw_calls: list[Callable[[socket.socket], object]] = [
            self._stay_half_open,
            self._send_slow_head,
            self._abort_body,
            self._reset_body,
            self._leave_pipeline,
            self._bring_crowd,
            self._read_nothing,
            self._send_endless_chunk_size,
            self._send_garbage,
            self._send_large_head,
            self._announce_large_body,
        ]

    def run(self, stop: threading.Event, calls_a_second: float) -> None:
        """Go on at that pace until it is stopped."""
        self._stop = stop
        while not stop.wait(1 / calls_a_second):
            number = self._random.randrange(len(self._calls) + len(self._raw_calls))
            if number < len(self._calls):
                self._calls[number]()
                continue
            # Whatever the mock does to such a connection, it may; it is down at times, too.
            with suppress(OSError), socket.create_connection(self._address, timeout=_PATIENCE_S) as connection:
                self._raw_calls[number - len(self._calls)](connection)
        self._client.close()

    def _stay_half_open(self, connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_WR)
        self._stop.wait(_HOLD_S)

    def _send_slow_head(self, connection: socket.socket) -> None:
        for byte in _POST[:20]:
            connection.send(bytes([byte]))
            if self._stop.wait(_HOLD_S / 20):
                break

    def _abort_body(self, connection: socket.socket) -> None:
        connection.sendall(_POST + b"Content-Length: 100000\r\n\r\n" + b"x" * 100)

    def _reset_body(self, connection: socket.socket) -> None:
        connection.sendall(_POST + b"Content-Length: 100000\r\n\r\n" + b"x" * 5000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def _leave_pipeline(self, connection: socket.socket) -> None:
        connection.sendall(b"GET /__mock__/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50)

    def _bring_crowd(self, _connection: socket.socket) -> None:
        with ExitStack() as stack:
            for _ in range(_CROWD):
                stack.enter_context(socket.create_connection(self._address, timeout=_PATIENCE_S))
            self._stop.wait(_HOLD_S)

    def _read_nothing(self, connection: socket.socket) -> None:
        connection.sendall(b"GET /__mock__/assumptions HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100)
        self._stop.wait(_HOLD_S)

    def _send_endless_chunk_size(self, connection: socket.socket) -> None:
        connection.sendall(_POST + b"Transfer-Encoding: chunked\r\n\r\n5;")
        for _ in range(50):
            connection.sendall(b"a" * 16384)

    def _send_garbage(self, connection: socket.socket) -> None:
        self._expect(connection, "garbage", self._random.choice(_GARBAGE))

    def _send_large_head(self, connection: socket.socket) -> None:
        # The reply is lost where the connection is closed before all has arrived.
        self._expect(connection, "large-head", _POST + b"x-padding: " + b"a" * 100_000, (None,))

    def _announce_large_body(self, connection: socket.socket) -> None:
        self._expect(connection, "large-body", _POST + b"Content-Length: 1000000000\r\n\r\n")

    def _send_large_body(self) -> None:
        with _ONE_LARGE_BODY:
            content = b" " * (9 * _MEBIBYTE)
            self._client.call("large-body", "POST", "/api/v1/requests", key=_KEY, content=content)

    def _send_bad_body(self) -> None:
        content = self._random.choice(_BAD_BODIES)
        self._client.call("hostile-body", "POST", "/api/v1/requests", key=_KEY, content=content)

    def _send_bad_admin_call(self) -> None:
        method, path, content = self._random.choice(_BAD_ADMIN_CALLS)
        self._client.call("bad-admin", method, path, content=content)

    def _send_foreign_page(self) -> None:
        self._client.call("foreign-page", "POST", "/__mock__/reset", headers={"origin": "https://evil.example"})

    def _expect(
        self, connection: socket.socket, name: str, data: bytes, asked_statuses: Collection[int | None] = ()
    ) -> None:
        """Send bytes, and judge the status that comes back."""
        began_s, reply = monotonic(), b""
        with suppress(OSError):  # the connection may be closed while they are still being sent
            connection.sendall(data)
        with suppress(OSError):
            reply = connection.recv(4096)
        status = int(reply.split(b" ", 2)[1]) if reply.startswith(b"HTTP/1.1 ") else None
        is_late = status is None and monotonic() - began_s >= _PATIENCE_S
        answer = Answer(name, status, is_retry_told=b"retry-after" in reply.lower(), is_late=is_late)
        self._client.note(answer, began_s, asked_statuses)
