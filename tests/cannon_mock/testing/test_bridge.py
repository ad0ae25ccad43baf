"""The bridge in detail: no call to the vendor leaves, other hosts are as without it, bytes arrive unchanged."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from typing import Any
from unittest.mock import Mock

import httpx
import httpx2
import pytest
import respx
from respx.mocks import Mocker
from respx.models import AllMockedAssertionError
from werkzeug.wsgi import ClosingIterator

from cannon_mock.testing.bridge import bridge_app
from cannon_mock.views.faults import ConnectionDropped

BASE = "https://www.cannonstudio.app"
OTHER = "https://elsewhere.example/x"
APP_STATUS = 418
"""The status of the application below, which no router uses."""
_HOSTS = ("www.cannonstudio.app:8443", "WWW.CannonStudio.App", "cannonstudio.app", "a.b.cannonstudio.app")
ADDRESSES = [f"https://{host}/a" for host in (*_HOSTS, "www.cannonstudio.app.")] + ["http://www.cannonstudio.app/a"]

both_libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda each: each.__name__)
both_kinds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
both_layers = pytest.mark.parametrize("using", ["httpcore", "httpx"])
strict_or_not = pytest.mark.parametrize("is_strict", [True, False], ids=["strict", "lenient"])


def every_client(test: Any) -> Any:
    """Run a test with clients of both libraries, of both kinds."""
    return both_libraries(both_kinds(test))


def every_router(test: Any) -> Any:
    """Run a test with a router of the user's in either layer, started before the bridge or after."""
    return pytest.mark.parametrize("first", ["bridge", "router"])(both_layers(both_kinds(test)))


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the call as JSON."""
    call = {name: value for name, value in environ.items() if isinstance(value, str)}
    call["body"] = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("latin-1")
    start(f"{APP_STATUS} Mine", [("Content-Type", "application/json")])
    return [json.dumps(call).encode()]


def build_app(status: str, headers: list[tuple[str, str]], *body: bytes, drops: bool = False) -> Any:
    """An application with one response, whose connection may drop."""

    def answer(_: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start(status, headers)
        yield from body
        if drops:
            raise ConnectionDropped

    return answer


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse the network, and collect the hosts that a test tried to reach."""
    hosts: list[str] = []

    def refuse(*args: Any, **_: Any) -> Any:
        hosts.append(str(args[0]))
        raise OSError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return hosts


def call(library: Any, is_async: bool, method: str, url: str, client: Any = None, **more: Any) -> Any:
    """Make one call with a new client of either kind, and read its body."""
    if not is_async:
        with library.Client(**(client or {})) as own:
            return own.request(method, url, **more)

    async def ask() -> Any:
        async with library.AsyncClient(**(client or {})) as own:
            return await own.request(method, url, **more)

    return asyncio.run(ask())


def enter_both(first: str, router: respx.MockRouter) -> ExitStack:
    """Enter the bridge and a router of the user's, in either order."""
    stack = ExitStack()
    for each in [bridge_app(app, BASE), router][:: 1 if first == "bridge" else -1]:
        stack.enter_context(each)
    return stack


@every_client
@pytest.mark.parametrize("url", ADDRESSES)
def test_the_application_answers_the_whole_domain(outside: list[str], library: Any, is_async: bool, url: str) -> None:
    """The application answers any scheme, port, subdomain and spelling of the vendor's host."""
    with bridge_app(app, BASE):
        assert call(library, is_async, "GET", url).status_code == APP_STATUS
    assert outside == []


@every_client
@pytest.mark.parametrize("url", ["ftp://www.cannonstudio.app/a", "wss://www.cannonstudio.app/a"])
def test_another_scheme_is_refused(outside: list[str], library: Any, is_async: bool, url: str) -> None:
    """A scheme but http and https is refused as the library refuses it, without the network."""
    with bridge_app(app, BASE), pytest.raises(library.UnsupportedProtocol):
        call(library, is_async, "GET", url)
    assert outside == []


@every_client
def test_a_proxy_serves_other_hosts_only(outside: list[str], library: Any, is_async: bool) -> None:
    """The application answers a client with a proxy; other calls use the proxy, in httpx as far as respx can."""
    client = {"proxy": "http://proxy.example:1"}
    with bridge_app(app, BASE):
        for url in (f"{BASE}/a", "http://www.cannonstudio.app/a"):
            assert (call(library, is_async, "GET", url, client).status_code, outside) == (APP_STATUS, [])
        with pytest.raises(httpx.InvalidURL if library is httpx else library.ConnectError):
            call(library, is_async, "GET", OTHER, client)
    assert all("proxy.example" in host for host in outside)


@both_libraries
def test_a_client_with_another_transport_bypasses_the_bridge(library: Any) -> None:
    """A client whose transport does not use httpcore is left alone."""
    transport = library.MockTransport(lambda _: library.Response(299))
    with bridge_app(app, BASE):
        assert call(library, False, "GET", f"{BASE}/a", {"transport": transport}).status_code == 299
        assert (
            call(library, False, "GET", f"{BASE}/a", {"transport": library.HTTPTransport()}).status_code == APP_STATUS
        )


@every_router
@strict_or_not
def test_the_application_answers_a_call_without_a_route(
    outside: Any, is_async: bool, first: str, using: str, is_strict: bool
) -> None:
    """A router of the user's neither refuses a call to the vendor nor invents its response."""
    with enter_both(first, respx.mock(assert_all_mocked=is_strict, using=using)):
        assert call(httpx, is_async, "GET", f"{BASE}/a").status_code == APP_STATUS
    assert outside == []


@every_router
def test_a_route_with_pass_through_reaches_the_application(
    outside: Any, is_async: bool, first: str, using: str
) -> None:
    """A route of the user's that passes every call through to the network passes none to the vendor."""
    router = respx.mock(using=using)
    with enter_both(first, router):
        route = router.route().pass_through()
        assert call(httpx, is_async, "GET", f"{BASE}/a").status_code == APP_STATUS
        assert route.called
        assert outside == []
        with pytest.raises(httpx.ConnectError):
            call(httpx, is_async, "GET", OTHER)
    assert outside != []


@every_router
def test_a_route_of_the_user_comes_first(is_async: bool, first: str, using: str) -> None:
    """A route of the user's for an address of the vendor's counts: its response, its error, or that it declines."""
    router = respx.mock(using=using, assert_all_called=False)  # respx does not count a route that declines as called
    with enter_both(first, router):
        router.get(f"{BASE}/mine").respond(201)
        router.get(f"{BASE}/late").mock(side_effect=httpx.ReadTimeout)
        router.get(f"{BASE}/none").mock(side_effect=lambda _: None)
        assert call(httpx, is_async, "GET", f"{BASE}/mine").status_code == 201
        with pytest.raises(httpx.ReadTimeout):
            call(httpx, is_async, "GET", f"{BASE}/late")
        assert call(httpx, is_async, "GET", f"{BASE}/none").status_code == APP_STATUS


@every_router
@strict_or_not
def test_a_router_of_the_user_serves_other_hosts(
    outside: Any, is_async: bool, first: str, using: str, is_strict: bool
) -> None:
    """A router of the user's answers or refuses calls to other hosts as without the bridge."""
    router = respx.mock(assert_all_mocked=is_strict, using=using)
    with enter_both(first, router):
        route = router.get(OTHER).respond(204)
        assert call(httpx, is_async, "GET", OTHER).status_code == 204
        assert route.call_count == 1
        if is_strict:
            with pytest.raises(AllMockedAssertionError, match=r"third\.example.*not mocked"):
                call(httpx, is_async, "GET", "https://third.example/")
        else:
            assert call(httpx, is_async, "GET", "https://third.example/").status_code == 200
    assert outside == []


def test_the_fixture_of_respx_works_beside_and_after(respx_mock: respx.MockRouter) -> None:
    """The fixture of respx serves its host beside the bridge, and the vendor's again after it."""
    respx_mock.get(OTHER).respond(204)
    with bridge_app(app, BASE):
        assert [httpx.get(OTHER).status_code, httpx.get(f"{BASE}/a").status_code] == [204, APP_STATUS]
    with pytest.raises(AllMockedAssertionError):
        httpx.get(BASE)
    assert httpx.get(OTHER).status_code == 204


@both_layers
def test_a_decorator_of_respx_works_beside_the_bridge(using: str) -> None:
    """A router that decorates a function serves its own hosts while the function runs."""

    @respx.mock(using=using)
    def inside(respx_mock: respx.MockRouter) -> list[int]:
        respx_mock.get(OTHER).respond(204)
        return [httpx.get(OTHER).status_code, httpx.get(f"{BASE}/a").status_code]

    with bridge_app(app, BASE):
        assert inside() == [204, APP_STATUS]
        with pytest.raises(httpx.ConnectError):
            httpx.get(OTHER)
        assert httpx.get(f"{BASE}/a").status_code == APP_STATUS


@both_kinds
def test_a_router_for_httpx2_works_beside_the_bridge(is_async: bool) -> None:
    """While a bridge is active, respx's ``using="httpcore2"`` routes the calls of httpx2."""
    with bridge_app(app, BASE), respx.mock(using="httpcore2") as router:
        router.get(OTHER).respond(204)
        assert call(httpx2, is_async, "GET", OTHER).status_code == 204
        assert call(httpx2, is_async, "GET", f"{BASE}/a").status_code == APP_STATUS
        with pytest.raises(AllMockedAssertionError):
            call(httpx2, is_async, "GET", "https://third.example/")


def test_without_httpx2_the_bridge_serves_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where httpx2 is not installed, the bridge still serves httpx."""
    monkeypatch.setitem(sys.modules, "httpcore2", None)
    with bridge_app(app, BASE):
        assert httpx.get(f"{BASE}/a").status_code == APP_STATUS


@every_client
def test_a_request_arrives_byte_for_byte(library: Any, is_async: bool) -> None:
    """Path and headers beyond ASCII, a repeated header and the query reach the application as in PEP 3333."""
    headers = [(b"X-A", b"1"), (b"X-A", b"2"), (b"X-U", "ü".encode()), (b"Content-Type", b"a/b")]
    url, body = f"{BASE}/%E6%97%A5%2Fb?q=%20&q=2", b"\x00\xff"
    with bridge_app(app, BASE):
        environ = call(library, is_async, "PUT", url, headers=headers, content=body).json()
    names = ["REQUEST_METHOD", "QUERY_STRING", "HTTP_X_A", "CONTENT_TYPE", "CONTENT_LENGTH", "body", "HTTP_HOST"]
    assert [environ[name] for name in names] == [
        "PUT",
        "q=%20&q=2",
        "1, 2",
        "a/b",
        "2",
        "\x00\xff",
        "www.cannonstudio.app",
    ]
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/日/b"
    assert environ["HTTP_X_U"].encode("latin-1").decode() == "ü"


@every_client
def test_a_streamed_upload_arrives_with_its_length(library: Any, is_async: bool) -> None:
    """A body sent in pieces reaches the application whole, with its length."""

    async def pieces() -> Any:
        yield b"ab"
        yield b"cd"

    with bridge_app(app, BASE):
        environ = call(library, is_async, "POST", BASE, content=pieces() if is_async else iter([b"ab", b"cd"])).json()
    assert (environ["body"], environ["CONTENT_LENGTH"]) == ("abcd", "4")
    assert "HTTP_TRANSFER_ENCODING" not in environ


@every_client
def test_a_response_arrives_byte_for_byte(library: Any, is_async: bool) -> None:
    """Status, reason, repeated headers, headers beyond ASCII and a body in pieces reach the client, unchunked."""
    headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-U", "\xfc"), ("Transfer-Encoding", "chunked")]
    with bridge_app(build_app("202 Taken In", headers, b"a", b"", b"\xff"), BASE):
        reply = call(library, is_async, "GET", BASE)
    assert (reply.status_code, reply.reason_phrase, reply.http_version) == (202, "Taken In", "HTTP/1.1")
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (b"X-U", b"\xfc") in reply.headers.raw
    assert "transfer-encoding" not in reply.headers
    assert (reply.content, dict(reply.cookies)) == (b"a\xff", {"a": "1", "b": "2"})


@every_client
@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 None"), ("GET", "304 Same")])
def test_a_response_without_a_body_has_none(library: Any, is_async: bool, method: str, status: str) -> None:
    """HEAD, 204 and 304 give headers alone, whatever the application yields; Content-Length stays."""
    with bridge_app(build_app(status, [("Content-Length", "3")], b"abc"), BASE):
        reply = call(library, is_async, method, BASE)
    assert (reply.content, reply.headers["content-length"]) == (b"", "3")


@every_client
def test_a_dropped_call_raises_an_error(library: Any, is_async: bool) -> None:
    """A call dropped before any response raises the error of a server that disconnects."""
    dropping = Mock(side_effect=ConnectionDropped)
    with bridge_app(dropping, BASE), pytest.raises(library.RemoteProtocolError, match=r"^Server disconnected without"):
        call(library, is_async, "GET", BASE)


@every_client
@pytest.mark.parametrize(("headers", "message"), [([("Content-Length", "9")], "received 4 of 9"), ([], "incomplete")])
def test_the_bytes_before_a_drop_arrive(library: Any, is_async: bool, headers: Any, message: str) -> None:
    """The response and the bytes before the drop arrive; then reading fails."""
    pieces: list[bytes] = []

    def read() -> None:
        with library.Client() as client, client.stream("GET", BASE) as reply:
            pieces.extend(reply.iter_raw())

    async def aread() -> None:
        async with library.AsyncClient() as client, client.stream("GET", BASE) as reply:
            async for piece in reply.aiter_raw():
                pieces.append(piece)  # noqa: PERF401 - the pieces before the error must survive it

    dropping = build_app("200 OK", headers, b"ab", b"cd", drops=True)
    with bridge_app(dropping, BASE), pytest.raises(library.RemoteProtocolError, match=message):
        asyncio.run(aread()) if is_async else read()
    assert b"".join(pieces) == b"abcd"


@pytest.mark.parametrize("error", [None, ConnectionDropped, ZeroDivisionError])
def test_the_body_of_the_application_is_closed(error: type[Exception] | None) -> None:
    """A body is closed once, also after a drop; an error of the application reaches the caller unchanged."""
    closings: list[bool] = []

    def own(_: Any, start: Callable[..., Any]) -> Any:
        start("200 OK", [])(b"a")  # written bytes come before yielded ones
        return ClosingIterator(raising(), lambda: closings.append(True))

    def raising() -> Iterator[bytes]:
        yield b"b"
        if error:
            raise error

    expectation = pytest.raises((httpx.RemoteProtocolError, ZeroDivisionError)) if error else nullcontext()
    with bridge_app(own, BASE), expectation:
        assert httpx.get(BASE).content == b"ab"
    assert closings == [True]


@both_kinds
def test_an_application_may_call_the_vendor_itself(is_async: bool) -> None:
    """The application answers a call that it makes itself within a call."""

    def nesting(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        inner = httpx.get(f"{BASE}/inner").content if environ["PATH_INFO"] == "/outer" else b"?"
        start("200 OK", [])
        return [b"in " + inner]

    with bridge_app(nesting, BASE):
        assert call(httpx, is_async, "GET", f"{BASE}/outer").content == b"in in ?"


@every_client
def test_two_bridges_work_side_by_side(outside: list[str], library: Any, is_async: bool) -> None:
    """Each bridge answers for its domain; of two with one domain the last one answers; neither answers other hosts."""
    second = build_app("200 OK", [])
    with bridge_app(app, BASE), bridge_app(second, "https://api.second.example"):
        assert call(library, is_async, "GET", "https://api.second.example/").status_code == 200
        with bridge_app(second, BASE):
            assert call(library, is_async, "GET", BASE).status_code == 200
        assert (call(library, is_async, "GET", BASE).status_code, outside) == (APP_STATUS, [])
        with pytest.raises(library.ConnectError):
            call(library, is_async, "GET", OTHER)


@pytest.mark.parametrize("base_url", ["", "/api", "https://"])
def test_an_address_without_a_host_is_refused(base_url: str) -> None:
    """An address without a host is refused: its bridge would answer every host, or none."""
    with pytest.raises(ValueError, match="no host"), bridge_app(app, base_url):
        pass


@both_libraries
def test_threads_get_their_own_responses(outside: list[str], library: Any) -> None:
    """Calls of many threads at once get their own responses, while routers of the user's start and stop."""

    def ask(number: int) -> bool:
        environ: dict[str, str] = call(library, number % 2 == 0, "POST", f"{BASE}/{number}", content=str(number)).json()
        return (environ["PATH_INFO"], environ["body"]) == (f"/{number}", str(number))

    with bridge_app(app, BASE), ThreadPoolExecutor(8) as pool:
        results = pool.map(ask, range(64))
        for _ in range(50):
            with respx.mock, respx.mock(using="httpx"):
                pass
        assert all(results)
    assert outside == []


def test_respx_is_unchanged_after_the_bridge() -> None:
    """Respx records no call to the application, and after the context it is as before."""
    transports = httpx.Client._transport_for_url, httpx.AsyncClient._transport_for_url
    before = len(respx.calls)
    with bridge_app(app, BASE), respx.mock(using="httpx") as router:
        assert [httpx.get(BASE).status_code for _ in range(3)] == [APP_STATUS] * 3
        assert (len(respx.calls), len(router.calls)) == (before, 0)
    assert [mocker.routers for mocker in Mocker.registry.values()] == [[]] * len(Mocker.registry)
    assert [mocker._patches for mocker in Mocker.registry.values()] == [[]] * len(Mocker.registry)
    assert (httpx.Client._transport_for_url, httpx.AsyncClient._transport_for_url) == transports
