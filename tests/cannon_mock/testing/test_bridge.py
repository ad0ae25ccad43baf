"""The bridge under strain: nothing to the vendor goes out, other hosts are as without it, bytes arrive as sent."""

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
MINE = 418
"""The status of the application below: no router makes it up."""
_HOSTS = ("www.cannonstudio.app:8443", "WWW.CannonStudio.App", "cannonstudio.app", "a.b.cannonstudio.app")
ADDRESSES = [f"https://{host}/a" for host in (*_HOSTS, "www.cannonstudio.app.")] + ["http://www.cannonstudio.app/a"]

both_libraries = pytest.mark.parametrize("library", [httpx, httpx2], ids=lambda each: each.__name__)
both_kinds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
both_layers = pytest.mark.parametrize("using", ["httpcore", "httpx"])
strict_or_not = pytest.mark.parametrize("is_strict", [True, False], ids=["strict", "lenient"])


def every_client(test: Any) -> Any:
    """With clients of both libraries, of both kinds."""
    return both_libraries(both_kinds(test))


def every_router(test: Any) -> Any:
    """With a router of the user's in either layer, started before the bridge or after."""
    return pytest.mark.parametrize("first", ["bridge", "router"])(both_layers(both_kinds(test)))


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Tells what it was asked."""
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    seen["body"] = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode("latin-1")
    start(f"{MINE} Mine", [("Content-Type", "application/json")])
    return [json.dumps(seen).encode()]


def saying(status: str, headers: list[tuple[str, str]], *body: bytes, drops: bool = False) -> Any:
    """An application with one answer, which may break off."""

    def answer(_: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start(status, headers)
        yield from body
        if drops:
            raise ConnectionDropped

    return answer


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that someone tried to reach; nobody reaches one."""
    asked: list[str] = []

    def refuse(*args: Any, **_: Any) -> Any:
        asked.append(str(args[0]))
        raise OSError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return asked


def call(library: Any, is_async: bool, method: str, url: str, client: Any = None, **more: Any) -> Any:
    """One call with a new client of either kind; its body is read."""
    if not is_async:
        with library.Client(**(client or {})) as own:
            return own.request(method, url, **more)

    async def ask() -> Any:
        async with library.AsyncClient(**(client or {})) as own:
            return await own.request(method, url, **more)

    return asyncio.run(ask())


def together(first: str, router: respx.MockRouter) -> ExitStack:
    """The bridge and a user's router, entered in either order."""
    stack = ExitStack()
    for each in [bridge_app(app, BASE), router][:: 1 if first == "bridge" else -1]:
        stack.enter_context(each)
    return stack


@every_client
@pytest.mark.parametrize("url", ADDRESSES)
def test_the_whole_domain_is_ours(outside: list[str], library: Any, is_async: bool, url: str) -> None:
    """Any scheme, port, subdomain and spelling of the vendor's host is answered by the application."""
    with bridge_app(app, BASE):
        assert call(library, is_async, "GET", url).status_code == MINE
    assert outside == []


@every_client
@pytest.mark.parametrize("url", ["ftp://www.cannonstudio.app/a", "wss://www.cannonstudio.app/a"])
def test_what_is_not_http_is_refused(outside: list[str], library: Any, is_async: bool, url: str) -> None:
    """A scheme that the mock cannot speak is refused as the library refuses it, without a look at the network."""
    with bridge_app(app, BASE), pytest.raises(library.UnsupportedProtocol):
        call(library, is_async, "GET", url)
    assert outside == []


@every_client
def test_a_proxy_is_asked_for_other_hosts_only(outside: list[str], library: Any, is_async: bool) -> None:
    """A client with a proxy is answered by the application; others go by that proxy, in httpx as far as respx can."""
    client = {"proxy": "http://proxy.example:1"}
    with bridge_app(app, BASE):
        for url in (f"{BASE}/a", "http://www.cannonstudio.app/a"):
            assert (call(library, is_async, "GET", url, client).status_code, outside) == (MINE, [])
        with pytest.raises(httpx.InvalidURL if library is httpx else library.ConnectError):
            call(library, is_async, "GET", OTHER, client)
    assert all("proxy.example" in host for host in outside)


@both_libraries
def test_a_transport_of_its_own_does_not_pass_here(library: Any) -> None:
    """A client with a transport that does not rest on httpcore is left alone."""
    transport = library.MockTransport(lambda _: library.Response(299))
    with bridge_app(app, BASE):
        assert call(library, False, "GET", f"{BASE}/a", {"transport": transport}).status_code == 299
        assert call(library, False, "GET", f"{BASE}/a", {"transport": library.HTTPTransport()}).status_code == MINE


@every_router
@strict_or_not
def test_what_no_route_takes_is_ours(outside: Any, is_async: bool, first: str, using: str, is_strict: bool) -> None:
    """A user's router neither refuses a call to the vendor nor makes up its answer."""
    with together(first, respx.mock(assert_all_mocked=is_strict, using=using)):
        assert call(httpx, is_async, "GET", f"{BASE}/a").status_code == MINE
    assert outside == []


@every_router
def test_a_route_that_passes_through_ends_here(outside: Any, is_async: bool, first: str, using: str) -> None:
    """A route of the user's that lets calls out to the network, whichever they are, lets none out to the vendor."""
    router = respx.mock(using=using)
    with together(first, router):
        everything = router.route().pass_through()
        assert call(httpx, is_async, "GET", f"{BASE}/a").status_code == MINE
        assert everything.called
        assert outside == []
        with pytest.raises(httpx.ConnectError):
            call(httpx, is_async, "GET", OTHER)
    assert outside != []


@every_router
def test_a_route_of_the_user_s_wins(is_async: bool, first: str, using: str) -> None:
    """What a user's route says about an address of the vendor's holds: an answer, an error, or that it is none."""
    router = respx.mock(using=using, assert_all_called=False)  # a route that declines was not called, says respx
    with together(first, router):
        router.get(f"{BASE}/mine").respond(201)
        router.get(f"{BASE}/late").mock(side_effect=httpx.ReadTimeout)
        router.get(f"{BASE}/none").mock(side_effect=lambda _: None)
        assert call(httpx, is_async, "GET", f"{BASE}/mine").status_code == 201
        with pytest.raises(httpx.ReadTimeout):
            call(httpx, is_async, "GET", f"{BASE}/late")
        assert call(httpx, is_async, "GET", f"{BASE}/none").status_code == MINE


@every_router
@strict_or_not
def test_other_hosts_are_the_user_s(outside: Any, is_async: bool, first: str, using: str, is_strict: bool) -> None:
    """A user's router answers, refuses or makes up calls to other hosts as without the bridge."""
    router = respx.mock(assert_all_mocked=is_strict, using=using)
    with together(first, router):
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
    """The fixture's router keeps its host, need not know of the vendor's, and has it when the bridge has gone."""
    respx_mock.get(OTHER).respond(204)
    with bridge_app(app, BASE):
        assert [httpx.get(OTHER).status_code, httpx.get(f"{BASE}/a").status_code] == [204, MINE]
    with pytest.raises(AllMockedAssertionError):
        httpx.get(BASE)
    assert httpx.get(OTHER).status_code == 204


@both_layers
def test_a_decorator_works_inside(using: str) -> None:
    """A router that decorates a function knows its own hosts only, for as long as the function runs."""

    @respx.mock(using=using)
    def inside(respx_mock: respx.MockRouter) -> list[int]:
        respx_mock.get(OTHER).respond(204)
        return [httpx.get(OTHER).status_code, httpx.get(f"{BASE}/a").status_code]

    with bridge_app(app, BASE):
        assert inside() == [204, MINE]
        with pytest.raises(httpx.ConnectError):
            httpx.get(OTHER)
        assert httpx.get(f"{BASE}/a").status_code == MINE


@both_kinds
def test_a_router_for_httpx2_works_beside(is_async: bool) -> None:
    """While a bridge stands, respx's ``using="httpcore2"`` routes the calls of httpx2."""
    with bridge_app(app, BASE), respx.mock(using="httpcore2") as router:
        router.get(OTHER).respond(204)
        assert call(httpx2, is_async, "GET", OTHER).status_code == 204
        assert call(httpx2, is_async, "GET", f"{BASE}/a").status_code == MINE
        with pytest.raises(AllMockedAssertionError):
            call(httpx2, is_async, "GET", "https://third.example/")


def test_without_httpx2_httpx_is_bridged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where httpx2 is not installed, httpx is served all the same."""
    monkeypatch.setitem(sys.modules, "httpcore2", None)
    with bridge_app(app, BASE):
        assert httpx.get(f"{BASE}/a").status_code == MINE


@every_client
def test_a_request_arrives_byte_for_byte(library: Any, is_async: bool) -> None:
    """Path and headers beyond ASCII, a header given twice and the query reach the application as PEP 3333 has them."""
    headers = [(b"X-A", b"1"), (b"X-A", b"2"), (b"X-U", "ü".encode()), (b"Content-Type", b"a/b")]
    url, body = f"{BASE}/%E6%97%A5%2Fb?q=%20&q=2", b"\x00\xff"
    with bridge_app(app, BASE):
        got = call(library, is_async, "PUT", url, headers=headers, content=body).json()
    names = ["REQUEST_METHOD", "QUERY_STRING", "HTTP_X_A", "CONTENT_TYPE", "CONTENT_LENGTH", "body", "HTTP_HOST"]
    assert [got[name] for name in names] == ["PUT", "q=%20&q=2", "1, 2", "a/b", "2", "\x00\xff", "www.cannonstudio.app"]
    assert got["PATH_INFO"].encode("latin-1").decode() == "/日/b"
    assert got["HTTP_X_U"].encode("latin-1").decode() == "ü"


@every_client
def test_a_streamed_upload_arrives_with_its_length(library: Any, is_async: bool) -> None:
    """A body sent in pieces reaches the application whole, and it is told how long it is."""

    async def pieces() -> Any:
        yield b"ab"
        yield b"cd"

    with bridge_app(app, BASE):
        got = call(library, is_async, "POST", BASE, content=pieces() if is_async else iter([b"ab", b"cd"])).json()
    assert (got["body"], got["CONTENT_LENGTH"]) == ("abcd", "4")
    assert "HTTP_TRANSFER_ENCODING" not in got


@every_client
def test_an_answer_arrives_byte_for_byte(library: Any, is_async: bool) -> None:
    """Status, reason, headers given twice or beyond ASCII and a body in pieces reach the client, unchunked."""
    headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-U", "\xfc"), ("Transfer-Encoding", "chunked")]
    with bridge_app(saying("202 Taken In", headers, b"a", b"", b"\xff"), BASE):
        reply = call(library, is_async, "GET", BASE)
    assert (reply.status_code, reply.reason_phrase, reply.http_version) == (202, "Taken In", "HTTP/1.1")
    assert reply.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (b"X-U", b"\xfc") in reply.headers.raw
    assert "transfer-encoding" not in reply.headers
    assert (reply.content, dict(reply.cookies)) == (b"a\xff", {"a": "1", "b": "2"})


@every_client
@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 None"), ("GET", "304 Same")])
def test_an_answer_without_a_body_has_none(library: Any, is_async: bool, method: str, status: str) -> None:
    """HEAD, 204 and 304 bring headers alone, whatever the application yields; its length stays what it says."""
    with bridge_app(saying(status, [("Content-Length", "3")], b"abc"), BASE):
        reply = call(library, is_async, method, BASE)
    assert (reply.content, reply.headers["content-length"]) == (b"", "3")


@every_client
def test_a_call_that_is_dropped_brings_no_answer(library: Any, is_async: bool) -> None:
    """Dropped before the application said anything, the client hears what it hears of a server that hung up."""
    dropping = Mock(side_effect=ConnectionDropped)
    with bridge_app(dropping, BASE), pytest.raises(library.RemoteProtocolError, match=r"^Server disconnected without"):
        call(library, is_async, "GET", BASE)


@every_client
@pytest.mark.parametrize(("headers", "said"), [([("Content-Length", "9")], "received 4 of 9"), ([], "incomplete")])
def test_a_body_that_breaks_off_brings_what_came(library: Any, is_async: bool, headers: Any, said: str) -> None:
    """The answer and the bytes sent before the drop arrive; then reading fails."""
    got: list[bytes] = []

    def read() -> None:
        with library.Client() as client, client.stream("GET", BASE) as reply:
            got.extend(reply.iter_raw())

    async def aread() -> None:
        async with library.AsyncClient() as client, client.stream("GET", BASE) as reply:
            async for piece in reply.aiter_raw():
                got.append(piece)  # noqa: PERF401 - what came before the error is kept

    dropping = saying("200 OK", headers, b"ab", b"cd", drops=True)
    with bridge_app(dropping, BASE), pytest.raises(library.RemoteProtocolError, match=said):
        asyncio.run(aread()) if is_async else read()
    assert b"".join(got) == b"abcd"


@pytest.mark.parametrize("error", [None, ConnectionDropped, ZeroDivisionError])
def test_the_application_s_body_is_closed(error: type[Exception] | None) -> None:
    """A body is closed once, also one that broke off; an error of the application's own is seen as it is."""
    closed: list[bool] = []

    def own(_: Any, start: Callable[..., Any]) -> Any:
        start("200 OK", [])(b"a")  # written: it comes before what is yielded
        return ClosingIterator(raising(), lambda: closed.append(True))

    def raising() -> Iterator[bytes]:
        yield b"b"
        if error:
            raise error

    expected = pytest.raises((httpx.RemoteProtocolError, ZeroDivisionError)) if error else nullcontext()
    with bridge_app(own, BASE), expected:
        assert httpx.get(BASE).content == b"ab"
    assert closed == [True]


@both_kinds
def test_an_application_may_call_the_vendor_itself(is_async: bool) -> None:
    """A call within a call is answered too."""

    def nesting(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        inner = httpx.get(f"{BASE}/inner").content if environ["PATH_INFO"] == "/outer" else b"?"
        start("200 OK", [])
        return [b"in " + inner]

    with bridge_app(nesting, BASE):
        assert call(httpx, is_async, "GET", f"{BASE}/outer").content == b"in in ?"


@every_client
def test_bridges_stand_side_by_side(outside: list[str], library: Any, is_async: bool) -> None:
    """Each answers for its own domain, the one entered last where they share it, and neither for other hosts."""
    second = saying("200 OK", [])
    with bridge_app(app, BASE), bridge_app(second, "https://api.second.example"):
        assert call(library, is_async, "GET", "https://api.second.example/").status_code == 200
        with bridge_app(second, BASE):
            assert call(library, is_async, "GET", BASE).status_code == 200
        assert (call(library, is_async, "GET", BASE).status_code, outside) == (MINE, [])
        with pytest.raises(library.ConnectError):
            call(library, is_async, "GET", OTHER)


@pytest.mark.parametrize("base_url", ["", "/api", "https://"])
def test_an_address_without_a_host_is_refused(base_url: str) -> None:
    """There is no bridge to nowhere: it would take every host for its own, or none."""
    with pytest.raises(ValueError, match="no host"), bridge_app(app, base_url):
        pass


@both_libraries
def test_threads_get_their_own_answers(outside: list[str], library: Any) -> None:
    """Calls of many threads at once, while routers of the user's come and go, are each answered with their own."""

    def ask(number: int) -> bool:
        got: dict[str, str] = call(library, number % 2 == 0, "POST", f"{BASE}/{number}", content=str(number)).json()
        return (got["PATH_INFO"], got["body"]) == (f"/{number}", str(number))

    with bridge_app(app, BASE), ThreadPoolExecutor(8) as pool:
        asked = pool.map(ask, range(64))
        for _ in range(50):
            with respx.mock, respx.mock(using="httpx"):
                pass
        assert all(asked)
    assert outside == []


def test_nothing_is_kept_of_calls_or_patches() -> None:
    """No call is noted anywhere in respx, and after the context respx is as it was."""
    patched = httpx.Client._transport_for_url, httpx.AsyncClient._transport_for_url
    before = len(respx.calls)
    with bridge_app(app, BASE), respx.mock(using="httpx") as router:
        assert [httpx.get(BASE).status_code for _ in range(3)] == [MINE] * 3
        assert (len(respx.calls), len(router.calls)) == (before, 0)
    assert [mocker.routers for mocker in Mocker.registry.values()] == [[]] * len(Mocker.registry)
    assert [mocker._patches for mocker in Mocker.registry.values()] == [[]] * len(Mocker.registry)
    assert (httpx.Client._transport_for_url, httpx.AsyncClient._transport_for_url) == patched
