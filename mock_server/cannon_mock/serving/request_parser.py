"""The requests that arrive on one connection, as httptools reads them (floor 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

_MOST_HEAD_BYTES = 64 * 1024


_START_OF_TLS = b"\x16\x03"
_TLS = "the start of TLS; call this port by http://, or start the mock with --tls-cert"
_OTHER_METHODS = {
    b"PRI": "HTTP/2; call this port by HTTP/1.1",
    b"CONNECT": "a request for a proxy; call this port directly, for the mock is none",
}
"""What a request with such a method is, and what to do about it."""


class BadRequest(Exception):
    """What arrived is no request of HTTP; the text says what it is, and what to do."""


class HeadTooLarge(Exception):
    """The head of a request does not end within the limit."""


@dataclass(slots=True, eq=False)
class HttpRequest:
    """A request. ``target`` is the path and query of its request line, ``length`` that of its body as the client tells.

    ``is_too_large``: the body is longer than the limit, and what arrives of it is dropped.
    """

    target: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    method: str = ""
    protocol: str = ""
    length: int = 0
    may_keep_alive: bool = False
    expects_continue: bool = False
    is_too_large: bool = False
    is_invited: bool = False

    @property
    def awaits_invitation(self) -> bool:
        """Whether the client sends the body only when it is told to, which it was not yet."""
        return self.may_withhold_body and not self.is_too_large

    @property
    def may_withhold_body(self) -> bool:
        """Whether nobody knows if the body follows: the client asked whether to send it, and was not told to."""
        return self.expects_continue and not self.is_invited


class RequestParser:
    """Parses what arrives on a connection; a body has at most ``most_body_bytes``.

    A request that offers another protocol, as Java's client offers HTTP/2, is read as if it did not.
    """

    def __init__(self, most_body_bytes: int) -> None:
        self._most_body_bytes = most_body_bytes
        self._head_bytes = 0
        self._request: HttpRequest | None = None
        self._requests: list[HttpRequest] = []
        self._parser = self._build_parser()

    def feed(self, data: bytes) -> None:
        """Parse bytes. Raises BadRequest and HeadTooLarge."""
        self._head_bytes += len(data)
        try:
            self._feed(data)
        except HttpParserError as error:
            if isinstance(error.__context__, HeadTooLarge):  # raised in what httptools calls
                raise error.__context__ from None
            raise BadRequest(self._describe_bad_request(data, error)) from error
        if self._head_bytes > _MOST_HEAD_BYTES:
            raise HeadTooLarge

    def take_requests(self) -> list[HttpRequest]:
        """The requests that can be answered since the last call: they are complete, or too large to be."""
        requests, self._requests = self._requests, []
        return requests

    @property
    def unfinished_request(self) -> HttpRequest | None:
        """The request of which the head has arrived, and not all of the body."""
        return self._request if self._request is not None and self._request.method else None

    def _feed(self, data: bytes) -> None:
        is_parsed = False
        while not is_parsed:
            try:
                self._parser.feed_data(data)
                is_parsed = True
            except HttpParserUpgrade as offer:  # httptools reads no body after one
                data = self._build_head_without_offer() + data[offer.args[0] :]
                self._parser = self._build_parser()

    def _build_parser(self) -> HttpRequestParser:
        parser = HttpRequestParser(self)
        # A client may say that a request is its last, and send another all the same.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def _has_offer(self) -> bool:
        """Whether the request at hand offers another protocol. CONNECT is no offer: it stays refused."""
        return bool(self._parser.should_upgrade()) and self._parser.get_method() != b"CONNECT"

    def _build_head_without_offer(self) -> bytes:
        request, version = self._find_request(), self._parser.get_http_version().encode()
        start = b"%s %s HTTP/%s\r\n" % (self._parser.get_method(), request.target, version)
        lines = (b"%s: %s\r\n" % (name, value) for name, value in request.headers if name != b"upgrade")
        return start + b"".join(lines) + b"\r\n"

    def _find_request(self) -> HttpRequest:
        assert self._request is not None  # httptools tells the start of a request first
        return self._request

    # httptools calls what follows while it parses.

    def on_message_begin(self) -> None:
        """Start a request."""
        self._request = HttpRequest()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        request = self._find_request()
        request.target += url
        if len(request.target) > _MOST_HEAD_BYTES:  # httptools reads none that long
            raise HeadTooLarge

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or drop a line that stands after the chunks of a body: nobody may take it for a header."""
        request, name = self._find_request(), name.lower()
        if request.method:
            return
        request.headers.append((name, value))
        if name == b"content-length":
            request.length = int(value)
        elif name == b"expect":
            request.expects_continue = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Take the end of the head."""
        self._head_bytes = 0
        if self._has_offer():
            return
        request, parser, version = self._find_request(), self._parser, self._parser.get_http_version()
        if parser.get_method() in _OTHER_METHODS:  # httptools takes what follows for another protocol
            raise HttpParserError(_OTHER_METHODS[parser.get_method()])
        request.target = _read_target(request.target)
        request.method = parser.get_method().decode("ascii")
        request.protocol = f"HTTP/{version}"
        request.may_keep_alive = version != "1.0" and bool(parser.should_keep_alive())
        request.expects_continue = request.expects_continue and version != "1.0"
        self._check_length(request, request.length)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._head_bytes = 0
        request = self._find_request()
        if not request.is_too_large:
            request.body += body
            self._check_length(request, len(request.body))

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        if self._has_offer():
            return
        request = self._find_request()
        self._request = None
        if not request.is_too_large:
            self._requests.append(request)

    def _describe_bad_request(self, data: bytes, error: HttpParserError) -> str:
        if data.startswith(_START_OF_TLS):
            return _TLS
        # Of the bytes nothing is shown: they may hold an API key.
        text = f"what is no request of HTTP/1.1: {error.__context__ or error}; check what calls this port"
        return _OTHER_METHODS.get(self._parser.get_method(), text)

    def _check_length(self, request: HttpRequest, length: int) -> None:
        if length > self._most_body_bytes:
            request.is_too_large = True
            self._requests.append(request)


def _read_target(url: bytes) -> bytes:
    """The path and query of a target, which may be a whole URL. Raises HttpParserError."""
    try:
        parts: Any = parse_url(url)
    except HttpParserError:  # its text shows the bytes
        raise HttpParserError("the target is no path and no URL") from None
    path = parts.path or b"/"
    return bytes(path) if parts.query is None else b"%s?%s" % (path, parts.query)
