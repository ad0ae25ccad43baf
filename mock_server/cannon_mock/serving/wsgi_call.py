"""A call of a WSGI application: the request as an environment, and the reply with its body read whole (floor 5)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from cannon_mock.views.faults import ConnectionDropped

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LONGEST_KEPT_NAME = 100
"""Headers with longer names are in no cache: they could fill the memory."""


class BodyNeeded(BaseException):
    """An application reads a body that has not arrived. No application handles it as an error of its own."""


class UnreadBody(io.RawIOBase):
    """The body of a request of which the head alone has arrived. To read it raises BodyNeeded."""

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def readinto(self, _: object) -> int:
        """See io.RawIOBase. Raises BodyNeeded."""
        raise BodyNeeded


class Origin(NamedTuple):
    """Where a client believes it is connected to."""

    scheme: str
    host: str
    port: int


class Call(NamedTuple):
    """A request as a server has read it. ``target`` is the path and query of its request line."""

    origin: Origin
    method: str
    target: bytes
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes
    protocol: str = "HTTP/1.1"
    client: str = "127.0.0.1"

    def build_environ(self) -> WSGIEnvironment:
        """The request in the form of PEP 3333, with the length of its body, as a server that has read it would say."""
        path, _, query = self.target.partition(b"?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "REQUEST_URI": self.target.decode("latin-1"),  # as it was sent, before it was decoded
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": self.origin.host,
            "SERVER_PORT": str(self.origin.port),
            "SERVER_PROTOCOL": self.protocol,
            "REMOTE_ADDR": self.client,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.origin.scheme,
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        self._add_headers(environ)
        return environ

    def _add_headers(self, environ: WSGIEnvironment) -> None:
        for raw_name, raw_value in self.headers:
            if b"_" in raw_name:  # it would stand for the header with "-", which a proxy may have checked
                continue
            key, value = find_key(raw_name), raw_value.decode("latin-1")
            separator = "; " if key == "HTTP_COOKIE" else ", "
            environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
        lengths = environ.pop("HTTP_CONTENT_LENGTH", None), environ.pop("HTTP_TRANSFER_ENCODING", None)
        if self.body or any(lengths):
            environ["CONTENT_LENGTH"] = str(len(self.body))


def find_key(raw_name: bytes) -> str:
    """The key of a header in an environment."""
    return find_key_once(raw_name) if len(raw_name) <= _LONGEST_KEPT_NAME else _build_key(raw_name)


def _build_key(raw_name: bytes) -> str:
    name = raw_name.decode("latin-1").upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


find_key_once = lru_cache(maxsize=500)(_build_key)
"""Clients send the same few names with each request."""


class AppReply(NamedTuple):
    """What an application answered. ``drop`` is how it broke the connection after ``chunks``; None where it did not."""

    status: str
    headers: list[tuple[bytes, bytes]]
    chunks: list[bytes]
    drop: ConnectionDropped | None

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status.partition(" ")[0])


def run_app(app: WSGIApplication, environ: WSGIEnvironment) -> AppReply:
    """The reply of an application. Raises what the application raises, but for ConnectionDropped."""
    head: list[Any] = []
    chunks: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /) -> Callable[[bytes], object]:
        head[:] = status, headers
        return chunks.append

    start_response: StartResponse = start
    body, drop = None, None
    try:
        body = app(environ, start_response)
        for chunk in filter(None, body):
            chunks.append(chunk)  # noqa: PERF402 - the chunks before a drop must survive it
    except ConnectionDropped as error:
        drop = error
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = head or ("500 No Status", [])
    return AppReply(
        status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], chunks, drop
    )
