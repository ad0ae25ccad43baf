"""Connections to the server: what of HTTP/1.1 works on them, what is refused, and how they end."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from cannon_mock import MAX_BODY_BYTES, Config, create_app
from cannon_mock.serving import connection, loop_server, serve
from cannon_mock.views.faults import ConnectionDropped, ConnectionReset
from tests.support.effort import PATIENCE_S
from tests.support.sockets import call, connect, read

TARGET = b"/a%20b%2Fc%C3%A9%ff?q=%41"


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the call as JSON."""
    call = {name: value for name, value in environ.items() if isinstance(value, str)}
    call["body"] = environ["wsgi.input"].read().decode("latin-1")
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(call).encode()]


def breaking(drop: type[ConnectionDropped], *pieces: bytes) -> Any:
    """An application that announces ten bytes, sends the pieces and breaks the connection."""

    def answer(_: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start("200 OK", [("Content-Length", "10")])
        yield from pieces
        raise drop

    return answer


@pytest.fixture(scope="module")
def echo_url() -> Iterator[str]:
    with serve.serve_in_background(echo) as url:
        yield url


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    with serve.serve_in_background(create_app(Config())) as url:
        yield url


def read_echo(reply: bytes) -> dict[str, str]:
    """The environment in the last reply of the echo."""
    text = reply[reply.rindex(b"\n{") :].partition(b"}")[0] + b"}"
    return dict(json.loads(text))


def test_the_environment_says_what_was_sent(echo_url: str) -> None:
    """The path is decoded once, its raw form is kept, repeated headers are joined, and those with "_" are left out."""
    head = b"GET " + TARGET + b" HTTP/1.1\r\nHost: a_b:1\r\nX-A: 1\r\nX-A: 2\r\nX_A: 3\r\nCookie: a\r\nCookie: b\r\n"
    environ = read_echo(call(echo_url, head + b"Connection: close\r\n\r\n"))
    assert environ["PATH_INFO"] == "/a b/c\xc3\xa9\xff"
    assert (environ["REQUEST_URI"], environ["QUERY_STRING"]) == (TARGET.decode(), "q=%41")
    assert (environ["SCRIPT_NAME"], environ["REMOTE_ADDR"], environ["SERVER_NAME"]) == ("", "127.0.0.1", "127.0.0.1")
    assert (environ["SERVER_PORT"], environ["SERVER_PROTOCOL"]) == (echo_url.rpartition(":")[2], "HTTP/1.1")
    assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("http", "a_b:1")
    assert (environ["HTTP_X_A"], environ["HTTP_COOKIE"]) == ("1, 2", "a; b")
    assert "CONTENT_LENGTH" not in environ


def test_requests_in_one_piece_are_answered_in_order(echo_url: str) -> None:
    """Requests that arrive before the first is answered are answered in their order, on the same connection."""
    requests = [b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n%d" % (each, each) for each in range(3)]
    reply = call(echo_url, b"".join(requests) + b"GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    paths = [part.partition(b'"')[0] for part in reply.split(b'"PATH_INFO": "')[1:]]
    assert paths == [b"/0", b"/1", b"/2", b"/3"]


@pytest.mark.parametrize("head", [b"", b"Connection: keep-alive\r\n"])
def test_http_1_0_is_answered_and_closed(echo_url: str, head: bytes) -> None:
    """A request of HTTP/1.0, with or without a Host, is answered, and its connection closed."""
    environ = read_echo(call(echo_url, b"GET /old HTTP/1.0\r\n" + head + b"\r\n"))
    assert (environ["PATH_INFO"], environ["SERVER_PROTOCOL"]) == ("/old", "HTTP/1.0")


def test_head_has_no_body(mock_url: str) -> None:
    """HEAD is answered with the length of the body and without the body, and the connection goes on."""
    head = b"HEAD /__mock__/health HTTP/1.1\r\nHost: a\r\n\r\n"
    reply = call(mock_url, head, b"GET /__mock__/version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    first, _, rest = reply.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: 0" not in first
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_is_told_to_send_its_body(echo_url: str) -> None:
    """A client that asks before it sends its body is told to send it, and answered then."""
    with connect(echo_url) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert read(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert read_echo(read(connection, b"}"))["body"] == "abc"


def test_a_client_of_http_1_0_is_told_nothing_before_its_reply(echo_url: str) -> None:
    """HTTP/1.0 has no replies before the last one: a client would take such a one for the reply."""
    reply = call(echo_url, b"POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", b"abc")
    assert reply.startswith(b"HTTP/1.1 200 ")


def test_a_body_in_chunks_has_a_length(echo_url: str) -> None:
    """A body in chunks is put together, and its length is told. What stands after it is no header."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    trailers = b"X-A: 1\r\n\r\n"
    environ = read_echo(call(echo_url, head, b"2\r\nab\r\n", b"1\r\nc\r\n0\r\n" + trailers))
    assert (environ["body"], environ["CONTENT_LENGTH"]) == ("abc", "3")
    assert not {"HTTP_TRANSFER_ENCODING", "HTTP_X_A"} & environ.keys()


OFFER = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"


@pytest.mark.parametrize("first_length", [0, 1, 3])
def test_an_offer_of_another_protocol_is_ignored(
    echo_url: str, caplog: pytest.LogCaptureFixture, first_length: int
) -> None:
    """A request that offers HTTP/2, as Java's client does, is answered with its body, and so is the next one."""
    head = OFFER + b"Content-Length: 3\r\n\r\n"
    chunked = OFFER + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\ndef\r\n0\r\n\r\n"
    reply = call(echo_url, head + b"abc"[:first_length], b"abc"[first_length:] + chunked)
    assert [part.partition(b'"')[0] for part in reply.split(b'"body": "')[1:]] == [b"abc", b"def"]
    assert caplog.text == ""


@pytest.mark.parametrize("target", [b"a:1", b"/a", b"*", b"http://a", b"http://a/b"])
@pytest.mark.parametrize("headers", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
def test_connect_is_refused(echo_url: str, headers: bytes, target: bytes) -> None:
    """The server is no proxy, whatever the target and in however many pieces the request arrives."""
    reply = call(echo_url, b"CONNECT " + target, b" HTTP/1.1\r\nHost: a:1\r\n" + headers + b"\r\n")
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.endswith(b"\r\n\r\nthis is a request for a proxy; call this port directly, for the mock is none")


@pytest.mark.parametrize(
    ("target", "uri", "host"),
    [
        (b"http://b/c?d", "/c?d", "b"),
        (b"HTTPS://b:1", "/", "b:1"),
        (b"http://[::1]:2?d", "/?d", "[::1]:2"),
        (b"/c", "/c", "a"),
    ],
)
def test_a_target_may_be_a_whole_url(echo_url: str, target: bytes, uri: str, host: str) -> None:
    """A client that takes the server for a proxy is answered; the host of a URL replaces the header Host."""
    environ = read_echo(call(echo_url, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
    assert (environ["REQUEST_URI"], environ["HTTP_HOST"]) == (uri, host)


CREATE = b"POST /api/v1/requests HTTP/1.1\r\nHost: a\r\nx-api-key: cs_a\r\n"
LENGTH = b"Content-Length: %d\r\n" % (MAX_BODY_BYTES + 1)
STREAM = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_that_is_too_large_is_refused_by_its_length(mock_url: str) -> None:
    """A body is refused before it arrives where its length is told; what is sent of it all the same is dropped."""
    with connect(mock_url) as connection:
        connection.sendall(CREATE + LENGTH + b"\r\n")
        assert read(connection, b"}}\n").startswith(b"HTTP/1.1 413 ")
        connection.sendall(b"x" * (MAX_BODY_BYTES + 1))
        connection.sendall(b"GET /__mock__/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert read(connection).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_closes_gets_the_refusal_of_a_body_that_is_too_large(mock_url: str) -> None:
    """A client whose request is its last, as urllib's are, may send its body to the end before it reads the reply."""
    body = b"x" * (MAX_BODY_BYTES + 1)
    request = urllib.request.Request(f"{mock_url}/api/v1/requests", body, {"x-api-key": "cs_a"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE_S)
    with caught.value as reply:
        assert (reply.code, b"too_large" in reply.read()) == (413, True)


def test_a_connection_ends_after_the_refusal_of_its_last_body(mock_url: str) -> None:
    """A client that sends only a part of such a body sees the end of the connection all the same."""
    reply = call(mock_url, CREATE + b"Connection: close\r\n" + LENGTH + b"\r\nabc")
    assert reply.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_is_not_sent_yet_is_refused_for_good(mock_url: str) -> None:
    """Where the client asks before it sends a body that is too large, it is refused and the connection closed.

    A client that sends the body all the same reads the refusal too.
    """
    for sent_body in (b"", b"x" * (MAX_BODY_BYTES + 1)):
        reply = call(mock_url, CREATE + LENGTH + b"Expect: 100-continue\r\n\r\n", sent_body)
        assert (reply[:13], b"\r\nconnection: close\r\n" in reply) == (b"HTTP/1.1 413 ", True)


def test_a_body_in_chunks_is_cut_where_it_is_too_large(mock_url: str) -> None:
    """A body in chunks, whose length is not told, is refused as soon as it is too large."""
    with connect(mock_url) as connection:
        connection.sendall(CREATE + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(MAX_BODY_BYTES // 0x10000 + 1):
            connection.sendall(piece)
        assert read(connection, b"\n").startswith(b"HTTP/1.1 413 ")


def test_a_client_that_was_told_to_send_its_body_may_go_on(mock_url: str) -> None:
    """A client that was told to send a body of unknown length sends all of it, and its connection stays open."""
    with connect(mock_url) as connection:
        connection.sendall(CREATE + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        assert read(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.sendall((b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * (MAX_BODY_BYTES // 0x10000 + 1))
        assert read(connection, b"}}\n").startswith(b"HTTP/1.1 413 ")
        connection.sendall(b"0\r\n\r\nGET /__mock__/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert read(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("head", [b"X-A: " + b"a" * 70_000, b"X-A: a\r\n" * 9_000, b""], ids=["value", "many", "path"])
def test_a_head_that_does_not_end_is_refused(echo_url: str, head: bytes) -> None:
    """A head of more than 64 KiB that has not ended is refused: one value, many headers, or the path."""
    path = b"" if head else b"a" * 70_000
    reply = call(echo_url, b"GET /" + path, b" HTTP/1.1\r\nHost: a\r\n" + head if head else b"")
    assert reply.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x16\x03\x01\x02", "the start of TLS; call this port by http://, or start the mock with --tls-cert"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2; call this port by HTTP/1.1"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "a request for a proxy; call this port directly"),
        (
            b"GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "what is no request of HTTP/1.1: the target is no path and no URL",
        ),
        (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "what is no request of HTTP/1.1: Invalid character in Con"),
        (b"\r\nno\x1b cs_live_key\r\n\r\n", "what is no request of HTTP/1.1: Invalid method encountered; check what"),
    ],
)
def test_what_is_no_request_is_refused(
    echo_url: str, data: bytes, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Bytes that are no HTTP, such as the start of TLS, are answered 400 on a connection that ends.

    A line of the mock's says who sent what, and what to do; it shows none of the bytes.
    """
    reply = call(echo_url, data)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert f"\r\n\r\nthis is {text}".encode() in reply
    line = capfd.readouterr().err
    assert line.startswith(f"cannon-mock: 127.0.0.1 sent {text}")
    assert (line.count("\n"), "cs_live_key" in line) == (1, False)


@pytest.mark.parametrize("path", ["/__mock__/health", "/api/v1/status", "/__mock__/tasks", "/assets/none"])
def test_a_client_that_sends_no_more_is_answered(mock_url: str, path: str) -> None:
    """Requests before the end of what a client sends are answered, whatever thread does it, and then the server closes.

    The client has closed its half of the connection alone, as ``nc -N`` does.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with connect(mock_url) as connection:
        connection.sendall(request * 2)
        connection.shutdown(socket.SHUT_WR)
        assert read(connection).count(b"HTTP/1.1 ") == 2


def test_what_is_no_request_is_refused_after_the_replies_before_it(echo_url: str) -> None:
    """A request that arrives in one piece with bytes that are no HTTP is answered before those are refused."""
    reply = call(echo_url, b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01\x02")
    assert [part[:3] for part in reply.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400"]


@pytest.mark.parametrize(("name", "value"), [("X-A", "1\r\nX-B: 2"), ("X-A\nX-B", "1"), ("X-A", "1\r2")])
def test_a_header_cannot_end_its_line(name: str, value: str) -> None:
    """A header of an application with a line break in it is never sent; the call is answered 500."""

    def answer(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [(name, value)])
        return [b"body"]

    with serve.serve_in_background(answer) as url:
        reply = call(url, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 500 ")
    assert b"X-B" not in reply.title()


def test_a_client_that_does_not_read_gets_no_further_reply() -> None:
    """While a client does not read, the server calls the application for none of its requests; then for all."""
    paths: list[str] = []

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        paths.append(environ["PATH_INFO"])
        start("200 OK", [])
        return [b"x" * 20_000_000]

    with serve.serve_in_background(answer) as url, connect(url) as connection:
        connection.sendall(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        connection.recv(1)
        with connect(url) as other:
            other.sendall(b"GET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
            other.recv(1)
        assert paths == ["/1", "/3"]
        assert len(read(connection)) > 40_000_000
    assert paths == ["/1", "/3", "/2"]


def test_a_reply_that_is_shorter_than_announced_ends_its_connection() -> None:
    """The end of the connection tells a client that no more of the reply comes."""

    def answer(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Length", "10")])
        return [b"abc"]

    with serve.serve_in_background(answer) as url:
        assert call(url, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"\r\n\r\nabc")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"200"),
        (b"GET / HT", b"408"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", b"408"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n", b"408"),
        (CREATE + LENGTH + b"\r\n", b"413"),
    ],
)
def test_a_client_that_sends_nothing_more_is_left(monkeypatch: pytest.MonkeyPatch, data: bytes, status: bytes) -> None:
    """A connection is closed where no request comes in time, or where one does not end in time, which is said."""
    monkeypatch.setattr(connection, "WAITS_S", dict.fromkeys(connection.WAITS_S, 0.02))
    monkeypatch.setattr(loop_server, "_TICK_SECONDS", 0.01)
    app = create_app(Config()) if status == b"413" else echo
    with serve.serve_in_background(app) as url, connect(url) as client:
        client.sendall(data)
        with suppress(ConnectionResetError):  # the server has waited for the rest of a body that it refused
            assert client.recv(65536)[9:12] == status
            assert client.recv(65536) == b""


@pytest.mark.parametrize("data", [b"GET /", STREAM, STREAM + b"0\r\nX: "], ids=["head", "body", "trailer"])
def test_a_request_that_trickles_has_a_deadline(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Bytes that go on and on do not prolong the time in which a whole head or body must arrive."""
    monkeypatch.setattr(connection, "WAITS_S", {**connection.WAITS_S, "head": 0.02, "body": 0.02})
    monkeypatch.setattr(loop_server, "_TICK_SECONDS", 0.01)
    with serve.serve_in_background(echo) as url, connect(url) as client:
        client.sendall(data)
        client.settimeout(0.002)
        reply = b""
        while not reply:
            client.sendall(b"1;a=b\r\nx\r\n" if data == STREAM else b"a")
            with suppress(TimeoutError):
                reply = client.recv(65536)
    assert reply.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(("pieces", "end"), [((), b""), ((b"abcd",), b"abcd")])
def test_a_connection_breaks_where_the_application_says_so(pieces: tuple[bytes, ...], end: bytes) -> None:
    """A connection is closed, or reset, before the first byte or after those that were sent."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with serve.serve_in_background(breaking(ConnectionDropped, *pieces)) as url:
        reply = call(url, request)
    with serve.serve_in_background(breaking(ConnectionReset, *pieces)) as url, connect(url) as connection:
        connection.sendall(request)
        if end:
            read(connection, end)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    assert reply.endswith(end)
    assert bool(reply) is bool(end)


def test_a_connection_breaks_before_a_further_request(caplog: pytest.LogCaptureFixture) -> None:
    """A call whose connection breaks ends, also where the next request has arrived already."""
    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with serve.serve_in_background(breaking(ConnectionDropped)) as url:
        assert call(url, request * 2) == b""
    assert caplog.text == ""


def test_an_application_that_fails_is_answered_500(caplog: pytest.LogCaptureFixture) -> None:
    """An exception of an application is answered 500 and logged, and the server goes on."""

    def failing(_: dict[str, Any], __: Callable[..., Any]) -> Iterable[bytes]:
        raise ZeroDivisionError

    request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with serve.serve_in_background(failing) as url:
        assert [call(url, request).startswith(b"HTTP/1.1 500 ") for _ in range(2)] == [True, True]
    assert "ZeroDivisionError" in caplog.text


def test_a_reply_on_an_open_connection_does_not_wait_for_the_client(mock_url: str) -> None:
    """Of two replies the second would wait 40 ms for the client to acknowledge the first."""
    durations_s = []
    with connect(mock_url) as connection:
        for _ in range(41):
            began_s = time.perf_counter()
            connection.sendall(2 * b"GET /api/v1/status HTTP/1.1\r\nHost: a\r\nx-api-key: cs_test\r\n\r\n")
            replies = read(connection, b"}\n")
            if replies.count(b"}\n") < 2:
                read(connection, b"}\n")
            durations_s.append(time.perf_counter() - began_s)
    # A client acknowledges the first ones at once. On a busy machine many take longer, but not every one.
    assert min(durations_s[20:]) < 0.03
