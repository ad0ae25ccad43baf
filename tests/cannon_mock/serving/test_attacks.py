"""Hostile bytes on a connection: each is refused by what is said of it, harms no other client, and does nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from cannon_mock import Config, create_app
from cannon_mock.serving import serve
from tests.support.mocks import body
from tests.support.sockets import call, connect

END = b"Connection: close\r\n\r\n"
RESET_HEAD = b"POST /__mock__/reset HTTP/1.1\r\nHost: localhost\r\n"
RESET = RESET_HEAD + b"Content-Length: 0\r\n\r\n"
STATUS = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nx-api-key: cs_a\r\n"
CREATE = b"POST /api/v1/requests HTTP/1.1\r\nHost: localhost\r\nx-api-key: cs_a\r\n"
CHUNKED = CREATE + b"Transfer-Encoding: chunked\r\n"
GIGABYTE = b"Content-Length: 1073741824\r\n"


def ask(target: bytes, host: bytes = b"localhost", method: bytes = b"GET") -> bytes:
    """A request without a body, the last one of its connection."""
    return method + b" " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + END


def list_tasks(url: str) -> list[Any]:
    """The tasks of the mock."""
    return list(json.loads(call(url, ask(b"/__mock__/tasks")).rpartition(b"\r\n\r\n")[2])["tasks"])


LENGTHS = [
    b"+5",
    b"-1",
    b"0x5",
    b"5.0",
    b"1e1",
    b"",
    b"5, 5",
    b"5,6",
    b"5 5",
    b"\xd9\xa3",
    b"9" * 30,
    b"18446744073709551616",
]
CODINGS = [
    b"gzip, chunked",
    b"identity",
    b"chunked, identity",
    b"chunked, chunked",
    b"xchunked",
    b"\x0bchunked",
    b"chunked;q=1",
    b'"chunked"',
]
HOSTS = [
    b"",
    b"a b",
    b"a/b",
    b"a@b",
    b"a:b",
    b"[::1",
    b"[::1]x",
    b"a:99999",
    b"a,b",
    b"a:1:2",
    b"\xc3\xa9",
    b"a" * 300,
    b"a?b",
    b"a#b",
    b"a%41",
    b".",
    b"a..b",
    b"127.0.0.1:02266",
]
TARGETS = [
    b"*",
    b"a",
    b"../x",
    b"?x",
    b"http://",
    b"http:///x",
    b"http://a:99999/",
    b"http://u:p@localhost/",
    b"http://u@localhost/",
    b"ftp://localhost/",
    b"localhost:80",
    b"/\x00",
    b"/\x7f",
    b"/a b",
    b"/\t",
]
SIZES = [b"g", b"-1", b"+1", b"0x1", b"", b"fffffffffffffffff", b"1 1", b"1\n", b"\xd9\xa1"]
VERSIONS = [
    b"HTTP/0.9",
    b"HTTP/1.2",
    b"HTTP/2.0",
    b"HTTP/3.0",
    b"HTTP/1.10",
    b"HTTP/11",
    b"HTTP/1.1x",
    b"http/1.1",
    b"HTTP",
    b"XTTP/1.1",
    b"HTTP/-1.1",
    b"",
]
METHODS = [b"get", b"FOO", b"G\x00T", b"GE T", b"", b" GET", b"A" * 70_000, b"GET\t", b"\xffGET", b"M-SEARCH "]
LINES = [
    b"X : 1",
    b"X\t: 1",
    b"X",
    b": 1",
    b" X: 1",
    b"X: 1\r\n folded",
    b"X: \x00",
    b"X: a\rb",
    b"X\x00: 1",
    b"\xff: 1",
    b"X: 1\nY: 2",
    b"X(: 1",
    b"X: \x7f",
    b"X: \x01",
]

ATTACKS: list[tuple[str, bytes]] = [
    *(("length", CREATE + b"Content-Length: " + each + b"\r\n" + END + RESET) for each in LENGTHS),
    ("length", CREATE + b"Content-Length: 5\r\nContent-Length: 6\r\n" + END + RESET),
    ("length", CREATE + b"Content-Length: 5\r\nContent-Length: 5\r\n" + END + RESET),
    ("both", CHUNKED + b"Content-Length: 5\r\n" + END + b"0\r\n\r\n" + RESET),
    ("both", CREATE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + END + b"0\r\n\r\n" + RESET),
    *(("coding", CREATE + b"Transfer-Encoding: " + each + b"\r\n" + END + b"0\r\n\r\n" + RESET) for each in CODINGS),
    ("coding", CHUNKED + b"Transfer-Encoding: chunked\r\n" + END + b"0\r\n\r\n" + RESET),
    ("coding", CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + END + b"0\r\n\r\n" + RESET),
    *(("host", ask(b"/api/v1/status", each)) for each in HOSTS),
    ("host", b"GET /__mock__/tasks HTTP/1.1\r\n" + END),
    ("host", b"GET /__mock__/tasks HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n" + END),
    *(("target", ask(each)) for each in TARGETS),
    ("target", ask(b"http://evil.example/__mock__/webhooks")),
    ("target", ask(b"https://evil.example:443/__mock__/reset", method=b"POST")),
    *(("size", CHUNKED + END + each + b"\r\n" + RESET + b"\r\n0\r\n\r\n") for each in SIZES),
    *(("version", b"GET /__mock__/reset " + each + b"\r\nHost: localhost\r\n" + END) for each in VERSIONS),
    *(("method", each + b" /__mock__/tasks HTTP/1.1\r\nHost: localhost\r\n" + END) for each in METHODS),
    *(("line", STATUS + each + b"\r\n" + END) for each in LINES),
    ("line", STATUS.replace(b"\r\n", b"\n") + b"Connection: close\n\n"),
    ("framing", CHUNKED + END + b"0" * 300_000),
    ("framing", CHUNKED + END + b"1;" + b"a" * 300_000),
    ("framing", CHUNKED + END + (b"1;" + b"a" * 2_000 + b"\r\nx\r\n") * 100),
    ("framing", CHUNKED + END + b"0\r\n" + b"X: 1\r\n" * 50_000),
    ("framing", CHUNKED + END + b"1\r\nx\r\n" * 50_000),
    ("head", STATUS + b"X: 1\r\n" * 100 + END),
    ("head", STATUS + b"X: " + b"a" * 70_000 + b"\r\n" + END),
    ("head", STATUS + b"X: " + b"a" * 200_000 + b"\r\n" + END),
    ("head", b"\r\n" * 100_000 + STATUS + END),
    ("head", ask(b"/" + b"a" * 70_000)),
    *(
        ("protocol", each)
        for each in (
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"SSH-2.0-OpenSSH_9\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x00" * 100,
            b"\xff" * 100,
            b"EHLO a\r\n",
            b"*1\r\n$4\r\nPING\r\n",
        )
    ),
]

STATUSES = {
    "coding": {"400", "501"},
    "target": {"400", "403"},
    "version": {"400", "505"},
    "method": {"400", "405"},
    "head": {"431"},
}
"""What the replies to each kind of attack may be, where it is not 400 alone."""


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    with serve.serve_in_background(create_app(Config())) as url:
        yield url


def test_hostile_bytes_are_refused_and_do_nothing(mock_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Each attack gets one reply, which refuses it; no part of it is taken for a request, and others are served."""
    assert len(ATTACKS) >= 100
    payload = json.dumps(body()).encode()
    call(mock_url, CREATE + b"Content-Length: %d\r\n" % len(payload) + END + payload)
    for kind, data in ATTACKS:
        reply = call(mock_url, data, end=True)
        statuses = [each[:3].decode() for each in reply.split(b"HTTP/1.1 ")[1:]]
        assert (len(statuses), statuses[0] in STATUSES.get(kind, {"400"})) == (1, True), (kind, data[:200], reply[:200])
    assert len(list_tasks(mock_url)) == 1
    lines = capfd.readouterr().err.splitlines()
    assert all(line.startswith("cannon-mock: 127.0.0.1 sent ") and line.isprintable() for line in lines)


def test_white_space_around_a_value_is_no_part_of_it(mock_url: str) -> None:
    """Law: spaces and tabs on both sides of a header's value change nothing, of a host, a key or an own header."""
    head = STATUS.replace(b"localhost", b"\t 127.0.0.1 \t").replace(b"cs_a", b"cs_a\t ")
    assert call(mock_url, head + b"x-mock-scenario: success\t\r\n" + END).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("head", "statuses"),
    [
        (b"POST /api/v1/requests HTTP/1.1\r\nHost: localhost\r\n", ["401", "401", "401"]),
        (CREATE + b"x-idempotency-key: \xc3\r\n", ["400", "400", "400"]),
        (CREATE.replace(b"requests", b"nothing"), ["404", "404", "404"]),
        (CREATE.replace(b"POST", b"DELETE"), ["405", "405", "405"]),
        (RESET_HEAD + b"Origin: https://evil.example\r\n", ["403", "403", "403"]),
        (RESET_HEAD.replace(b"localhost", b"evil.example"), ["403", "403", "403"]),
        (STATUS, ["200", "200", "200"]),
        (CREATE, ["413", "", "100"]),
        (RESET_HEAD, ["413", "", "100"]),
    ],
)
def test_what_the_head_decides_is_answered_before_the_body(mock_url: str, head: bytes, statuses: list[str]) -> None:
    """A reply that the head alone decides is sent before any of a large body, or of one that the client asks about.

    One body has a gigabyte, one is in the limits, one is in chunks and the client asks. What the body decides waits.
    """
    megabyte, asked = b"Content-Length: 1000000\r\n", b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
    for length, status in zip((GIGABYTE, megabyte, asked), statuses, strict=True):
        with connect(mock_url) as client:
            client.sendall(head + length + b"\r\n")
            if not status:
                client.shutdown(socket.SHUT_WR)
            assert client.recv(65536)[9:12].decode() == status


def test_a_large_body_is_judged_once_it_is_there(mock_url: str) -> None:
    """A body of more than 64 KiB, whole or in chunks, is judged as a small one is, and stored once."""
    payload = json.dumps(body(prompt="a" * 100_000)).encode()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (payload[:70_000], payload[70_000:]))
    for head, parts in (
        (b"Content-Length: %d\r\n" % len(payload), (payload[:80_000], payload[80_000:])),
        (b"Transfer-Encoding: chunked\r\n", (chunks[:80_000], chunks[80_000:], b"0\r\n\r\n")),
    ):
        count = len(list_tasks(mock_url))
        assert call(mock_url, CREATE + head + END, *parts)[9:12] == b"202"
        assert len(list_tasks(mock_url)) == count + 1


def test_a_client_that_goes_on_sending_reads_why_it_is_refused(mock_url: str) -> None:
    """The server reads on after it has refused what is no request: a reset would take the reply from the client."""
    for data in (b"\x16\x03\x01", STATUS + b"X: " + b"a" * 70_000, CHUNKED + END + b"0" * 70_000):
        with connect(mock_url) as client:
            client.sendall(data)
            with suppress(BrokenPipeError):
                client.sendall(b"x" * 5_000_000)
            assert client.recv(65536)[9:12] in (b"400", b"431")


def test_options_of_the_server_are_told(mock_url: str) -> None:
    """``OPTIONS *`` asks what the server can do, of no address: it is told the methods."""
    reply = call(mock_url, ask(b"*", method=b"OPTIONS"))
    assert (reply[9:12], b"\r\nallow: GET, HEAD, " in reply) == (b"204", True)
