"""The bridge that puts the mock behind the vendor's host: which calls the application, a router or the network gets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest
import respx
from flask import Flask, Response, request

from cannon_mock.testing.bridge import bridge_app
from cannon_mock.testing.vendor_app import Reply
from cannon_mock.views.faults import ConnectionDropped

BASE = "https://www.cannonstudio.app"
OTHER = "https://elsewhere.example/x"
LIBRARIES = [httpx, httpx2]


def _echo() -> Flask:
    """An application that answers with the call."""
    app = Flask("echo")

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "HEAD"])
    def echo(path: str) -> Any:
        if path == "stream":
            return Response(iter([b"a", b"b"]), headers=[("X-Twice", "1"), ("X-Twice", "2")])
        if path == "dropped":
            return Response(_cut(b""), headers={"Content-Length": "10"})
        if path == "cut":
            return Response(_cut(b"12345"), headers={"Content-Length": "10"})
        call = [request.method, request.url, request.headers.get("x-mine"), request.get_data(as_text=True)]
        return call, 418

    return app


def _cut(data: bytes) -> Iterator[bytes]:
    if data:
        yield data
    raise ConnectionDropped


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every look-up of a host, so that no test reaches the network."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def bridge() -> Iterator[None]:
    with bridge_app(_echo(), BASE):
        yield


def _call(library: Any, is_async: bool, method: str, url: str, **more: Any) -> Any:
    """Make one call with a new client of either kind, and read its body."""
    if not is_async:
        with library.Client() as client:
            return client.request(method, url, **more)

    async def call() -> Any:
        async with library.AsyncClient() as client:
            return await client.request(method, url, **more)

    return asyncio.run(call())


both_libraries = pytest.mark.parametrize("library", LIBRARIES, ids=lambda each: each.__name__)
both_kinds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@both_libraries
@both_kinds
@pytest.mark.parametrize("host", ["www.cannonstudio.app", "cannonstudio.app", "api.cannonstudio.app"])
@pytest.mark.usefixtures("bridge")
def test_a_call_arrives_whole(library: ModuleType, is_async: bool, host: str) -> None:
    """Method, address, headers and body reach the application at each host of the domain, its response the client."""
    url = f"https://{host}/a/b?c=%20d"
    reply = _call(library, is_async, "POST", url, content=b"body", headers={"x-mine": "yes"})
    assert (reply.status_code, reply.json()) == (418, ["POST", url, "yes", "body"])


@both_libraries
@both_kinds
@pytest.mark.usefixtures("bridge")
def test_a_streamed_response_arrives_whole(library: ModuleType, is_async: bool) -> None:
    """A body in pieces and repeated headers arrive; HEAD gives no body."""
    reply = _call(library, is_async, "GET", f"{BASE}/stream")
    assert (reply.content, reply.headers.get_list("x-twice")) == (b"ab", ["1", "2"])
    assert _call(library, is_async, "HEAD", f"{BASE}/a").content == b""


@both_libraries
@both_kinds
@pytest.mark.parametrize(("path", "message"), [("dropped", "without sending a response"), ("cut", "received 5 of 10")])
@pytest.mark.usefixtures("bridge")
def test_a_dropped_connection_raises_the_client_s_error(library: Any, is_async: bool, path: str, message: str) -> None:
    """A connection that the application drops raises what the library raises on a real socket."""
    with pytest.raises(library.RemoteProtocolError, match=message):
        _call(library, is_async, "GET", f"{BASE}/{path}")


@both_libraries
@both_kinds
@pytest.mark.usefixtures("bridge")
def test_another_host_goes_to_the_network(library: Any, is_async: bool) -> None:
    """Without a router of the user's, a call to another host is made as if the bridge were not there."""
    for url in (OTHER, "https://cannonstudio.app.evil.example/", "https://notcannonstudio.app/"):
        with pytest.raises(library.ConnectError, match="the network was asked"):
            _call(library, is_async, "GET", url)


@both_kinds
@pytest.mark.parametrize("first", ["bridge", "router"])
def test_routes_of_the_user_work(is_async: bool, first: str) -> None:
    """A router of the user's, started before or after, answers its hosts and refuses unknown ones."""
    router = respx.mock(assert_all_called=False)
    contexts = [bridge_app(_echo(), BASE), router]
    outer, inner = contexts if first == "bridge" else contexts[::-1]
    with outer, inner:
        router.get(OTHER).respond(204)
        assert _call(httpx, is_async, "GET", OTHER).status_code == 204
        assert _call(httpx, is_async, "GET", f"{BASE}/a").status_code == 418
        with pytest.raises(respx.models.AllMockedAssertionError, match="not mocked"):
            _call(httpx, is_async, "GET", "https://third.example/")
        router.get(f"{BASE}/mine").respond(201)
        assert _call(httpx, is_async, "GET", f"{BASE}/mine").status_code == 201
        assert router.calls.call_count >= 2


def test_an_error_of_a_route_of_the_user_is_raised() -> None:
    """An error that a route of the user's raises for the vendor's host reaches the client."""
    with bridge_app(_echo(), BASE), respx.mock(assert_all_called=False) as router:
        router.get(f"{BASE}/a").mock(side_effect=httpx.ConnectTimeout)
        with pytest.raises(httpx.ConnectTimeout):
            httpx.get(f"{BASE}/a")


@both_libraries
def test_after_the_bridge_calls_reach_the_network(library: Any) -> None:
    """After the context a call to the vendor's host reaches the network again."""
    with bridge_app(_echo(), BASE):
        assert _call(library, False, "GET", f"{BASE}/a").status_code == 418
    with pytest.raises(library.ConnectError, match="the network was asked"):
        _call(library, False, "GET", f"{BASE}/a")


def test_each_response_can_be_checked() -> None:
    """A check gets each response with its request, and its exception reaches the client."""
    calls: list[str] = []

    def check(reply: Reply) -> None:
        calls.append(f"{reply.method} {reply.status}")
        raise AssertionError("unknown call")

    with bridge_app(_echo(), BASE, check), pytest.raises(AssertionError, match="unknown call"):
        httpx.get(f"{BASE}/a")
    assert calls == ["GET 418"]
