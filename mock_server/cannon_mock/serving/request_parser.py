"""The requests that arrive on one connection, as httptools reads them (floor 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

_MOST_HEAD_BYTES = 64 * 1024
_MOST_HEADERS = 100
_MOST_FRAMING_BYTES = 64 * 1024
"""What a body in chunks may have of sizes, extensions and trailers, beyond as many bytes as it has data.

So chunks of a byte have an end too: to read each one takes as long as to read a large one.
"""

_MOST_UNASKED_BYTES = 64 * 1024
"""A larger body is taken only where the head alone does not decide the reply."""

_START_OF_TLS = b"\x16\x03"
_TLS = "the start of TLS; call this port by http://, or start the mock with --tls-cert"
_OTHER_METHODS = {
    b"PRI": "HTTP/2; call this port by HTTP/1.1",
    b"CONNECT": "a request for a proxy; call this port directly, for the mock is none",
}
"""What a request with such a method is, and what to do about it."""


_HEAD_LIMIT = f"a head of more than {_MOST_HEAD_BYTES // 1024} KiB or {_MOST_HEADERS} headers; send a smaller one"
_NO_TARGET = "what is no request of HTTP/1.1: the target is no path and no URL; check what calls this port"
_NO_CODING = "501 Not Implemented"
_VERSIONS = ("1.0", "1.1")
_FRAMING_HEADERS = frozenset((b"content-length", b"expect", b"host", b"transfer-encoding"))
_SCHEMES = ("http", "https")


class BadRequest(Exception):
    """What arrived is no request that is answered; the text says what it is, and what to do."""

    def __init__(self, text: str, status: str = "400 Bad Request") -> None:
        super().__init__(text)
        self.status = status


def build_head_refusal() -> BadRequest:
    """The error for a head that is too large."""
    return BadRequest(_HEAD_LIMIT, "431 Request Header Fields Too Large")


@dataclass(slots=True, eq=False)
class HttpRequest:
    """A request. ``target`` is the path and query of its request line, ``length`` that of its body as the client tells.

    ``is_accepted``: the application needs the body. ``is_refused``: it was answered, or must be, without the body, and
    what arrives of that is dropped.
    """

    target: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    method: str = ""
    protocol: str = ""
    length: int = 0
    may_keep_alive: bool = False
    expects_continue: bool = False
    is_complete: bool = False
    is_accepted: bool = False
    is_refused: bool = False

    @property
    def awaits_decision(self) -> bool:
        """Whether the application must say if it needs the body: it is large, or not sent before the client is told."""
        if self.is_accepted or self.is_refused:
            return False
        return self.expects_continue or max(self.length, len(self.body)) > _MOST_UNASKED_BYTES

    @property
    def is_awaited(self) -> bool:
        """Whether its body is still to come, and may be needed."""
        return not (self.is_complete or self.is_refused)

    @property
    def may_withhold_body(self) -> bool:
        """Whether nobody knows if the body follows: the client asked whether to send it, and was not told to."""
        return self.expects_continue and not self.is_accepted


class RequestParser:
    """Parses what arrives on a connection; a body has at most ``most_body_bytes``.

    A request that offers another protocol, as Java's client offers HTTP/2, is read as if it did not.
    """

    def __init__(self, most_body_bytes: int) -> None:
        self._most_body_bytes = most_body_bytes
        self._framing_bytes = 0
        self._fed_bytes, self._request_bytes = 0, 0
        self._host_count, self._codings = 0, b""
        self._request: HttpRequest | None = None
        self._requests: list[HttpRequest] = []
        self._parser = self._build_parser()
        self.request_count = 0

    def feed(self, data: bytes) -> None:
        """Parse bytes. Raises BadRequest."""
        self._fed_bytes = len(data)
        self._request_bytes += len(data)
        self._framing_bytes += len(data)
        try:
            self._feed(data)
        except HttpParserError as error:
            if isinstance(error.__context__, BadRequest):  # raised in what httptools calls
                raise error.__context__ from None
            raise BadRequest(self._describe_bad_request(data, error)) from error
        if self._framing_bytes > _MOST_FRAMING_BYTES:
            if self.unfinished_request is None:
                raise build_head_refusal()
            raise BadRequest("chunks with more extensions and trailers than data; send the data alone")

    def take_requests(self) -> list[HttpRequest]:
        """The requests that can be answered since the last call: they are complete, or too large to be."""
        requests, self._requests = self._requests, []
        return requests

    @property
    def has_begun(self) -> bool:
        """Whether a request has arrived in part."""
        return self._request is not None

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
        self.request_count += 1
        self._request_bytes = self._fed_bytes
        self._host_count, self._codings = 0, b""

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        request = self._find_request()
        request.target += url
        if len(request.target) > _MOST_HEAD_BYTES:  # httptools reads none that long
            raise build_head_refusal()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or drop a line that stands after the chunks of a body: nobody may take it for a header."""
        request, name = self._request, name.lower()
        assert request is not None  # httptools tells the start of a request first
        if request.method:
            return
        value = value.strip(b" \t")  # RFC 9110: no part of the value; httptools leaves a tab behind it
        request.headers.append((name, value))
        if name in _FRAMING_HEADERS:
            self._note_header(request, name, value)

    def _note_header(self, request: HttpRequest, name: bytes, value: bytes) -> None:
        if name == b"content-length":
            request.length = int(value)
        elif name == b"expect":
            request.expects_continue = value.lower() == b"100-continue"
        elif name == b"host":
            self._host_count += 1
        else:
            self._codings += value.lower() + b","

    def on_headers_complete(self) -> None:
        """Take the end of the head."""
        self._framing_bytes = 0
        if self._has_offer():
            return
        request, parser, version = self._find_request(), self._parser, self._parser.get_http_version()
        if parser.get_method() in _OTHER_METHODS:  # httptools takes what follows for another protocol
            raise HttpParserError(_OTHER_METHODS[parser.get_method()])
        if len(request.headers) > _MOST_HEADERS or self._is_head_too_long(request):
            raise build_head_refusal()
        if self._host_count != 1 or self._codings or version != "1.1":
            self._check_head(version)
        request.method = parser.get_method().decode("ascii")
        _take_target(request)
        request.protocol = f"HTTP/{version}"
        request.may_keep_alive = version != "1.0" and bool(parser.should_keep_alive())
        request.expects_continue = request.expects_continue and version != "1.0"
        self._check_length(request, request.length)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        # The data itself, and as much framing. What is left of that is no credit for later.
        self._framing_bytes = max(0, self._framing_bytes - 2 * len(body))
        request = self._find_request()
        if not request.is_refused:
            request.body += body
            self._check_length(request, len(request.body))

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        if self._has_offer():
            return
        request = self._find_request()
        self._request = None
        self._framing_bytes = 0
        request.is_complete = True
        if not request.is_refused:
            self._requests.append(request)

    def _check_head(self, version: str) -> None:
        """Raise BadRequest for a head from which nobody can tell who is asked, or where its body ends."""
        if version not in _VERSIONS:
            raise BadRequest(f"HTTP/{version}; call this port by HTTP/1.1", "505 HTTP Version Not Supported")
        if self._host_count > 1 or (self._host_count == 0 and version != "1.0"):
            raise BadRequest(f"a request with {self._host_count} headers Host; send one")
        if self._codings not in (b"", b"chunked,"):
            raise BadRequest("a body in another transfer coding than chunked; send it in chunks or whole", _NO_CODING)
        if self._codings and version == "1.0":
            raise BadRequest("a body in chunks by HTTP/1.0, which has none; call this port by HTTP/1.1")

    def _is_head_too_long(self, request: HttpRequest) -> bool:
        if self._request_bytes <= _MOST_HEAD_BYTES:  # with what arrived before and behind it in one piece
            return False
        return sum(len(name) + len(value) for name, value in request.headers) > _MOST_HEAD_BYTES

    def _describe_bad_request(self, data: bytes, error: HttpParserError) -> str:
        if data.startswith(_START_OF_TLS):
            return _TLS
        # Of the bytes nothing is shown: they may hold an API key.
        text = f"what is no request of HTTP/1.1: {error.__context__ or error}; check what calls this port"
        return _OTHER_METHODS.get(self._parser.get_method(), text)

    def _check_length(self, request: HttpRequest, length: int) -> None:
        if length > self._most_body_bytes:
            request.is_refused = True
            self._requests.append(request)


def _take_target(request: HttpRequest) -> None:
    """Keep the path and query of the target. Where it is a whole URL, its host takes the place of the header Host.

    Raises BadRequest. See RFC 9112, 3.2.
    """
    try:
        parts: Any = parse_url(request.target)
    except HttpParserError:  # its text shows the bytes
        raise BadRequest(_NO_TARGET) from None
    path = parts.path or b"/"
    if parts.host is not None:
        _take_host(request, parts)
    elif not (path.startswith(b"/") or (path == b"*" and request.method == "OPTIONS")):
        raise BadRequest(_NO_TARGET)
    request.target = bytes(path) if parts.query is None else b"%s?%s" % (path, parts.query)


def _take_host(request: HttpRequest, parts: Any) -> None:
    if parts.userinfo is not None or parts.schema.decode().lower() not in _SCHEMES:
        raise BadRequest(_NO_TARGET)
    host = b"[%s]" % parts.host if b":" in parts.host else parts.host
    others = [header for header in request.headers if header[0] != b"host"]
    request.headers = [(b"host", b"%s:%d" % (host, parts.port) if parts.port else host), *others]
