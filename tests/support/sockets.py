"""Connections to a server without a client's ideas about HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.effort import PATIENCE_S


@contextmanager
def connect(url: str) -> Iterator[socket.socket]:
    """A connection to the server at an address, while the context lasts."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), PATIENCE_S) as connection:
        yield connection


def read(connection: socket.socket, end: bytes = b"") -> bytes:
    """What arrives up to ``end``, or to the end of the connection."""
    data = bytearray()
    while not (end and data.endswith(end)):
        part = connection.recv(65536)
        if not part:
            break
        data += part
    return bytes(data)


def call(url: str, *parts: bytes, end: bool = False) -> bytes:
    """Send parts of requests, and return all that is answered up to the end of the connection.

    The last part makes the server close it. With ``end`` the client sends no more.
    """
    with connect(url) as connection:
        for part in parts:
            connection.sendall(part)
        if end:
            with suppress(OSError):  # the server has closed
                connection.shutdown(socket.SHUT_WR)
        return read(connection)
