"""A vendor's application within urllib3, and so within requests, whose own code does all but the network (floor 5).

A connection of a pool gets a socket in memory for each request. So retries, redirects, adapters, limits of pools,
streams and errors are those of urllib3, and a session made at any time is served. Connections do not outlive a request:
those that were made before are closed, and none of ours stays in a pool.

This module depends on internals of urllib3 and http.client: ``HTTPConnectionPool._make_request`` makes one request of
one connection, whose ``sock`` is used where it is set; ``_prepare_proxy`` connects to a proxy before it; a connection
that has no ``sock`` is connected anew. HTTP/2, which urllib3 has as an experiment, is not served.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import resolve_cert_reqs

from cannon_mock.origins import DEFAULT_PORTS
from cannon_mock.serving.wsgi_call import Origin
from cannon_mock.testing.vendor_app import VendorApp
from cannon_mock.testing.wire import Wire


@contextmanager
def serve_client(vendor: VendorApp) -> Iterator[None]:
    """See ClientBridge."""
    with pytest.MonkeyPatch.context() as patch:
        make_request, prepare_proxy = HTTPConnectionPool._make_request, HTTPSConnectionPool._prepare_proxy
        patch.setattr(HTTPConnectionPool, "_make_request", _build_make_request(vendor, make_request))
        patch.setattr(HTTPSConnectionPool, "_prepare_proxy", _build_prepare_proxy(vendor, prepare_proxy))
        yield


def _build_make_request(vendor: VendorApp, make_request: Callable[..., Any]) -> Callable[..., Any]:
    def make_request_in_memory(pool: Any, conn: Any, method: str, url: str, *args: Any, **more: Any) -> Any:
        origin = _find_origin(pool, url)
        is_connected = isinstance(conn.sock, _MemorySocket)  # by a bridge that was entered later: that one answers
        if is_connected or not vendor.is_responsible(origin.host):
            return make_request(pool, conn, method, url, *args, **more)
        if conn.sock is not None:
            conn.sock.close()  # a connection to the vendor, made before the test
        conn.sock = _MemorySocket(Wire(vendor, origin), conn)
        # urllib3 sets both when it connects: it warns of an unverified host, and calls errors before a proxy a proxy's.
        conn.is_verified = resolve_cert_reqs(getattr(pool, "cert_reqs", None)) != ssl.CERT_NONE
        conn._has_connected_to_proxy = bool(conn.proxy)
        try:
            return make_request(pool, conn, method, url, *args, **more)
        finally:
            conn.sock = None  # the response reads a file of its own; the connection returns to the pool unconnected

    return make_request_in_memory


def _build_prepare_proxy(vendor: VendorApp, prepare_proxy: Callable[..., None]) -> Callable[..., None]:
    def prepare_no_proxy(pool: Any, conn: Any) -> None:
        if vendor.is_responsible(pool.host):
            conn.set_tunnel(pool._tunnel_host, pool.port)  # not connected: http.client takes the header Host from it
        else:
            prepare_proxy(pool, conn)

    return prepare_no_proxy


def _find_origin(pool: Any, url: str) -> Origin:
    """What a request is addressed to: behind a forwarding proxy the pool has the proxy's host, and a whole address."""
    parts = urlsplit("" if url.startswith("/") else url)
    if parts.hostname:
        return Origin(parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme, pool.port))
    return Origin(pool.scheme, pool.host, pool.port or DEFAULT_PORTS[pool.scheme])


def _build_connect_error(connection: Any, error: OSError) -> NewConnectionError:
    """What urllib3 makes of an error of a socket that connects."""
    if isinstance(error, socket.gaierror):
        return NameResolutionError(connection.host, connection, error)
    return NewConnectionError(connection, f"Failed to establish a new connection: {error}")


class _BrokenReply(io.RawIOBase):
    """A file that raises an error where it is read. One that cannot be made would leave http.client half a response."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise self._error


class _MemorySocket:
    """The client's end of a connection, with what http.client and urllib3 use of a socket."""

    def __init__(self, wire: Wire, connection: Any) -> None:
        self._wire = wire
        self._connection = connection
        self._reply = bytearray()
        self._timeout_s: float | None = None

    def settimeout(self, timeout_s: float | None) -> None:
        self._timeout_s = timeout_s

    def sendall(self, data: bytes) -> None:
        self._reply += self._wire.receive(bytes(data))
        self._wire.finish()
        error = self._wire.reply.connect_error if self._wire.reply is not None else None
        if error is not None:
            raise _build_connect_error(self._connection, error) from error

    def makefile(self, *_: Any, **__: Any) -> io.BufferedIOBase:
        """The reply; it ends where the connection was closed. Reading raises OSError where it is late or was reset."""
        reply, error = self._wire.reply, None
        if reply is not None:
            is_late = reply.is_later_than(self._timeout_s)
            error = TimeoutError("The read operation timed out") if is_late else reply.reset_error
        return io.BufferedReader(io.BytesIO(self._reply) if error is None else _BrokenReply(error))

    def close(self) -> None:
        """Nothing is open."""

    def shutdown(self, _how: int) -> None:
        """The reply has been sent."""
