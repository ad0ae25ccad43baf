"""A reply as the bytes of HTTP/1.1 (floor 5)."""

from __future__ import annotations

from http import HTTPStatus

from cannon_mock.serving.request_parser import HttpRequest
from cannon_mock.serving.wsgi_call import AppReply

_STATUS_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
_STATUSES_WITHOUT_BODY = {204, 304}
_SERVER_LINE = b"server: cannon-mock\r\n"


def encode_reply(reply: AppReply, request: HttpRequest, date_line: bytes) -> tuple[bytes, bool]:
    """The bytes of a reply, with the line of a date where it has none, and whether its connection may stay open.

    A reply that breaks off before its body has no bytes. Raises ValueError for a header that would end its line.
    """
    if reply.drop is not None and not reply.chunks:
        return b"", False
    headers, body = [(name.lower(), value) for name, value in reply.headers], b"".join(reply.chunks)
    names = {name for name, _ in headers}
    may_have_body = request.method != "HEAD" and reply.code not in _STATUSES_WITHOUT_BODY
    # Where less comes than an application has announced, only the end of the connection says that no more does.
    is_whole = not may_have_body or dict(headers).get(b"content-length", b"%d" % len(body)) == b"%d" % len(body)
    may_keep_alive = is_whole and _may_keep_alive(request) and (b"connection", b"close") not in headers
    if not may_keep_alive and b"connection" not in names:
        headers.append((b"connection", b"close"))
    if may_have_body and b"content-length" not in names:
        headers.append((b"content-length", b"%d" % len(body)))
    status_line = _STATUS_LINES.get(reply.code) or b"HTTP/1.1 %d \r\n" % reply.code
    lines = _SERVER_LINE + (b"" if b"date" in names else date_line) + _join_headers(headers)
    return b"".join((status_line, lines, b"\r\n", body if may_have_body else b"")), may_keep_alive


def _may_keep_alive(request: HttpRequest) -> bool:
    """Whether the next request can follow: not where nobody knows whether a body does, for which the client asked."""
    return request.may_keep_alive and not (request.is_refused and request.may_withhold_body)


def _join_headers(headers: list[tuple[bytes, bytes]]) -> bytes:
    lines = b"".join([b"%s: %s\r\n" % each for each in headers])
    if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
        raise ValueError("a header has a line break")
    return lines
