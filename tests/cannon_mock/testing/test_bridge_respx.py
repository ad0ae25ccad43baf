"""The bridge that puts the mock behind the vendor's host: who is answered by whom."""

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
from cannon_mock.views.faults import ConnectionDropped

BASE = "https://www.cannonstudio.app"
OTHER = "https://elsewhere.example/x"
LIBRARIES = [httpx, httpx2]


def _echo() -> Flask:
    """An application that tells what it was asked."""
    app = Flask("echo")

    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "HEAD"])
    def echo(path: str) -> Any:
        if path == "stream":
            return Response(iter([b"a", b"b"]), headers=[("X-Twice", "1"), ("X-Twice", "2")])
        if path == "dropped":
            return Response(_cut(b""), headers={"Content-Length": "10"})
        if path == "cut":
            return Response(_cut(b"12345"), headers={"Content-Length": "10"})
        seen = [request.method, request.url, request.headers.get("x-mine"), request.get_data(as_text=True)]
        return seen, 418

    return app


def _cut(sent: bytes) -> Iterator[bytes]:
    if sent:
        yield sent
    raise ConnectionDropped


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks a host up fails: nothing of these tests may go out."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def bridge() -> Iterator[None]:
    with bridge_app(_echo(), BASE):
        yield


def _call(library: Any, is_async: bool, method: str, url: str, **more: Any) -> Any:
    """One call with a new client of either kind; its body is read."""
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
    """Method, address, headers and body reach the application at each host of the domain, its answer the client."""
    url = f"https://{host}/a/b?c=%20d"
    reply = _call(library, is_async, "POST", url, content=b"body", headers={"x-mine": "yes"})
    assert (reply.status_code, reply.json()) == (418, ["POST", url, "yes", "body"])


@both_libraries
@both_kinds
@pytest.mark.usefixtures("bridge")
def test_a_streamed_answer_arrives_whole(library: ModuleType, is_async: bool) -> None:
    """A body in pieces and headers given twice arrive; HEAD brings no body."""
    reply = _call(library, is_async, "GET", f"{BASE}/stream")
    assert (reply.content, reply.headers.get_list("x-twice")) == (b"ab", ["1", "2"])
    assert _call(library, is_async, "HEAD", f"{BASE}/a").content == b""


@both_libraries
@both_kinds
@pytest.mark.parametrize(("path", "said"), [("dropped", "without sending a response"), ("cut", "received 5 of 10")])
@pytest.mark.usefixtures("bridge")
def test_a_broken_connection_is_the_client_s_own_error(library: Any, is_async: bool, path: str, said: str) -> None:
    """A connection that the application drops raises what the library raises on a real socket."""
    with pytest.raises(library.RemoteProtocolError, match=said):
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
def test_the_user_s_own_routes_work(is_async: bool, first: str) -> None:
    """A user's router, started before or after, answers its hosts and refuses the unknown; the mock its own."""
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


def test_an_error_of_the_user_s_route_is_theirs() -> None:
    """A side effect of the user's for the vendor's host is raised, and the mock is not asked."""
    with bridge_app(_echo(), BASE), respx.mock(assert_all_called=False) as router:
        router.get(f"{BASE}/a").mock(side_effect=httpx.ConnectTimeout)
        with pytest.raises(httpx.ConnectTimeout):
            httpx.get(f"{BASE}/a")


@both_libraries
def test_afterwards_the_host_is_the_network_s_again(library: Any) -> None:
    """When the context has ended nothing of it is left."""
    with bridge_app(_echo(), BASE):
        assert _call(library, False, "GET", f"{BASE}/a").status_code == 418
    with pytest.raises(library.ConnectError, match="the network was asked"):
        _call(library, False, "GET", f"{BASE}/a")


def test_each_answer_can_be_checked() -> None:
    """A check sees the answer with its request, and what it raises reaches the client."""
    seen: list[str] = []

    def check(reply: httpx.Response) -> None:
        seen.append(f"{reply.request.method} {reply.status_code}")
        raise AssertionError("unknown call")

    with bridge_app(_echo(), BASE, check), pytest.raises(AssertionError, match="unknown call"):
        httpx.get(f"{BASE}/a")
    assert seen == ["GET 418"]
