"""A WSGI application that answers for the vendor's hosts, whatever client asks (floor 5)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_to_bytes

from werkzeug.wsgi import get_current_url

from cannon_mock.clock import record_waits
from cannon_mock.views.faults import ConnectionDropped
from cannon_spec.hosts import is_in_domain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DEFAULT_PORTS = {"http": 80, "https": 443}
_STATUSES_WITHOUT_BODY = {204, 304}


class Origin(NamedTuple):
    """Where a client believes it is connected to."""

    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a server has read it. ``target`` is the path and query of its request line."""

    origin: Origin
    method: str
    target: bytes
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes

    def build_environ(self) -> WSGIEnvironment:
        """The request in the form of PEP 3333, with the length of its body, as a server that has read it would say."""
        path, _, query = self.target.partition(b"?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "SERVER_NAME": self.origin.host,
            "SERVER_PORT": str(self.origin.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
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
            name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
            key = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
            separator = "; " if name == "COOKIE" else ", "
            environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
        lengths = environ.pop("HTTP_CONTENT_LENGTH", None), environ.pop("HTTP_TRANSFER_ENCODING", None)
        if self.body or any(lengths):
            environ["CONTENT_LENGTH"] = str(len(self.body))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the application answered, with the call's method and address.

    ``is_whole`` is False where the application dropped the connection after ``chunks``. ``waited_s`` is how long the
    application waited by its clock before it answered.
    """

    method: str
    url: str
    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]
    chunks: list[bytes]
    is_whole: bool
    waited_s: float

    @property
    def is_empty(self) -> bool:
        """Whether the connection was dropped before anything was sent."""
        return not (self.chunks or self.is_whole)

    def is_later_than(self, timeout_s: float | None) -> bool:
        """Whether a client with that time-out, None for none, has given up waiting."""
        return timeout_s is not None and 0 < timeout_s <= self.waited_s

    def find_header(self, name: str) -> str:
        """The first value of a header, whose name is lower case; empty where there is none."""
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name.encode()), "")


Check = Callable[[Reply], None]


@dataclass(frozen=True, slots=True)
class VendorApp:
    """The application, the domain that it answers for, and a check of its replies."""

    domain: str
    app: WSGIApplication
    check: Check

    def is_responsible(self, host: str) -> bool:
        """Whether the application answers for a host."""
        return is_in_domain(host, self.domain)

    def answer(self, call: Call) -> Reply:
        """The application's reply; its body is read whole. Raises what the application or the check raises."""
        environ = call.build_environ()
        with record_waits() as waits_ms:
            status, headers, chunks, is_whole = _run_app(self.app, environ)
        code, _, reason = status.partition(" ")
        if (chunks or is_whole) and (call.method == "HEAD" or int(code) in _STATUSES_WITHOUT_BODY):
            chunks, is_whole = [], True
        url = get_current_url(environ)
        reply = Reply(call.method, url, int(code), reason, headers, chunks, is_whole, sum(waits_ms) / 1000)
        if not reply.is_empty:
            self.check(reply)
        return reply


def _run_app(
    app: WSGIApplication, environ: WSGIEnvironment
) -> tuple[str, list[tuple[bytes, bytes]], list[bytes], bool]:
    """The status, headers and body of a response, and whether it is whole: not where the application drops it."""
    head: list[Any] = []
    chunks: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /) -> Callable[[bytes], object]:
        head[:] = status, headers
        return chunks.append

    start_response: StartResponse = start
    body, is_whole = None, True
    try:
        body = app(environ, start_response)
        for chunk in filter(None, body):
            chunks.append(chunk)  # noqa: PERF402 - the chunks before a drop must survive it
    except ConnectionDropped:
        is_whole = False
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = head or ("500 No Status", [])
    return status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], chunks, is_whole
