"""The clients beside httpx: requests, urllib3 and aiohttp, unchanged, against the mock of one test."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3

from cannon_mock.clock import ManualClock
from cannon_mock.testing.bridge import bridge_app
from cannon_mock.testing.mock_handle import MockHandle
from cannon_mock.testing.vendor_app import Reply
from cannon_mock.views.faults import ConnectionDropped

BASE = "https://www.cannonstudio.app"
REQUESTS = f"{BASE}/api/v1/requests"
BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}
HEADERS = {"x-api-key": "cs_test_a", "x-idempotency-key": "one"}


class Answer(NamedTuple):
    """What each client's reply becomes."""

    status: int
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


def ask_requests(method: str, url: str, *, timeout: float | None = 5, **more: Any) -> Answer:
    with requests.Session() as session:
        reply = session.request(method, url, timeout=timeout, **more)
        return Answer(reply.status_code, reply.content)


def ask_urllib3(method: str, url: str, *, timeout: float | None = 5, **more: Any) -> Answer:
    with urllib3.PoolManager(retries=False) as pool:
        reply = pool.request(method, url, timeout=timeout, **more)
        return Answer(reply.status, reply.data)


def ask_aiohttp(method: str, url: str, *, timeout: float | None = 5, **more: Any) -> Answer:
    async def ask() -> Answer:
        limits = aiohttp.ClientTimeout(total=None, sock_read=timeout)
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.request(method, url, **more) as reply,
        ):
            return Answer(reply.status, await reply.read())

    return asyncio.run(ask())


ASKERS = {"requests": ask_requests, "urllib3": ask_urllib3, "aiohttp": ask_aiohttp}
every_client = pytest.mark.parametrize("ask", ASKERS.values(), ids=ASKERS)
OUTSIDE = (requests.ConnectionError, urllib3.exceptions.HTTPError, aiohttp.ClientConnectorError)
NO_ANSWER = {
    "requests": requests.ConnectionError,
    "urllib3": urllib3.exceptions.ProtocolError,
    "aiohttp": aiohttp.ServerDisconnectedError,
}
CUT_BODY = {
    "requests": requests.exceptions.ChunkedEncodingError,
    "urllib3": urllib3.exceptions.ProtocolError,
    "aiohttp": aiohttp.ClientPayloadError,
}
READ_TIMEOUT = {
    "requests": requests.ReadTimeout,
    "urllib3": urllib3.exceptions.ReadTimeoutError,
    "aiohttp": aiohttp.SocketTimeoutError,
}


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse the network, and collect what a test tried to reach."""
    hosts: list[str] = []

    def refuse(*args: Any, **_: Any) -> Any:
        hosts.append(str(args[0]))
        raise OSError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return hosts


def build_app(status: str, headers: list[tuple[str, str]], *body: bytes, drops: bool = False) -> Any:
    """An application with one response, whose connection may drop."""

    def answer(_: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start(status, headers)
        yield from body
        if drops:
            raise ConnectionDropped

    return answer


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Answer with the call as JSON."""
    call = {name: value for name, value in environ.items() if isinstance(value, str)}
    call["body"] = environ["wsgi.input"].read().decode("latin-1")
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(call).encode()]


@every_client
def test_a_request_succeeds(cannon_mock: MockHandle, outside: list[str], ask: Any) -> None:
    """M2: a call to the vendor's address is served by the mock, up to the asset, and nothing is resolved."""
    accepted = ask("POST", REQUESTS, json=BODY, headers=HEADERS)
    assert accepted.status == 202
    request = accepted.body
    while request["status"] not in ("succeeded", "failed"):
        request = ask("GET", accepted.body["urls"]["get"], headers=HEADERS).body
    assert ask("GET", request["output"]["image_url"]).content.startswith(b"\x89PNG")
    assert [task.input["prompt"] for task in cannon_mock.tasks] == ["A red bicycle"]
    assert outside == []


@pytest.mark.cannon(asset_host="assets.cannonstudio.app")
@every_client
def test_assets_have_a_host_of_their_own(cannon_mock: MockHandle, outside: list[str], ask: Any) -> None:
    """M10: an asset host in the vendor's domain is served in process, and refuses a call with Authorization."""
    address = ask("POST", REQUESTS, json=BODY, headers=HEADERS).body["urls"]["get"]
    request = [ask("GET", address, headers=HEADERS).body for _ in range(3)][-1]
    asset = request["output"]["image_url"]
    assert asset.startswith("https://assets.cannonstudio.app/")
    assert ask("GET", asset).content.startswith(b"\x89PNG")
    assert ask("GET", asset, headers={"Authorization": "Bearer cs_test_a"}).status == 400
    assert outside == []


@every_client
def test_a_failure_arrives(cannon_mock: MockHandle, ask: Any) -> None:
    """A refusal and a failed request reach the client with their bodies."""
    assert ask("POST", REQUESTS, json={**BODY, "operation": "no.such"}, headers=HEADERS).status == 400
    cannon_mock.scenario("failed-moderation")
    request = ask("POST", REQUESTS, json=BODY, headers=HEADERS).body
    for _ in range(3):
        request = ask("GET", f"{REQUESTS}/{request['id']}", headers=HEADERS).body
    assert "flagged" in request["errorMessage"]


@pytest.mark.parametrize("client", ASKERS)
def test_a_lost_answer_is_repeated(cannon_mock: MockHandle, client: str) -> None:
    """A connection that breaks before the answer raises the client's error; the same key then finds the request."""
    cannon_mock.scenario("no-answer-stored")
    with pytest.raises(NO_ANSWER[client]):
        ASKERS[client]("POST", REQUESTS, json=BODY, headers=HEADERS)
    accepted = ASKERS[client]("POST", REQUESTS, json=BODY, headers=HEADERS)
    assert [task.id for task in cannon_mock.tasks] == [accepted.body["id"]]


@pytest.mark.parametrize("client", ASKERS)
def test_a_reply_that_is_cut_off_raises_the_client_s_error(cannon_mock: MockHandle, client: str) -> None:
    """A connection that breaks in the body raises the client's error of an incomplete body."""
    cannon_mock.scenario("cut-off")
    with pytest.raises(CUT_BODY[client]):
        ASKERS[client]("POST", REQUESTS, json=BODY, headers=HEADERS)


@pytest.mark.parametrize("client", ASKERS)
def test_latency_beyond_the_time_out_raises_a_read_time_out(
    cannon_mock: MockHandle, cannon_clock: ManualClock, client: str
) -> None:
    """M3: 1.5 s of latency raise the read time-out of a client that waits 0.5 s, and not of one that waits 2 s."""
    cannon_mock.scenario("latency")
    start_ms = cannon_clock.now_ms()
    with pytest.raises(READ_TIMEOUT[client]):
        ASKERS[client]("POST", REQUESTS, json=BODY, headers=HEADERS, timeout=0.5)
    assert cannon_clock.now_ms() - start_ms == 1500
    assert ASKERS[client]("POST", REQUESTS, json=BODY, headers=HEADERS, timeout=2).status == 202
    assert len(cannon_mock.tasks) == 1


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_latency_raises_a_read_time_out_in_httpx(cannon_mock: MockHandle, library: Any) -> None:
    """M3: the same holds for httpx and httpx2, synchronous and asynchronous."""

    async def ask() -> None:
        async with library.AsyncClient(timeout=0.5) as client:
            await client.post(REQUESTS, json=BODY, headers=HEADERS)

    cannon_mock.scenario("latency")
    with pytest.raises(library.ReadTimeout):
        library.post(REQUESTS, json=BODY, headers=HEADERS, timeout=0.5)
    with pytest.raises(library.ReadTimeout):
        asyncio.run(ask())
    assert library.post(REQUESTS, json=BODY, headers=HEADERS, timeout=2).status_code == 202


@every_client
def test_other_hosts_and_later_calls_reach_the_network(outside: list[str], ask: Any) -> None:
    """Other hosts are as without the bridge; after it, also on failure, so are the vendor's."""
    with bridge_app(echo, BASE):
        for host in ("elsewhere.example", "cannonstudio.app.evil.example", "notcannonstudio.app"):
            with pytest.raises(OUTSIDE):
                ask("GET", f"https://{host}/")
        assert len(outside) == 3
        assert ask("GET", BASE).status == 200
    with pytest.raises(ZeroDivisionError), bridge_app(echo, BASE):
        raise ZeroDivisionError
    with pytest.raises(OUTSIDE):
        ask("GET", BASE)
    assert len(outside) == 4


@every_client
@pytest.mark.parametrize("host", ["cannonstudio.app", "WWW.CannonStudio.App", "a.b.cannonstudio.app:8443"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_host_of_the_vendor_is_served(outside: list[str], ask: Any, host: str, scheme: str) -> None:
    """Any scheme, port, subdomain and spelling of the vendor's host is served, as in httpx."""
    with bridge_app(echo, BASE):
        environ = ask("GET", f"{scheme}://{host}/a%20b?q=%20&q=2", headers={"X-U": "ü"}).body
    assert (environ["PATH_INFO"], environ["QUERY_STRING"], environ["wsgi.url_scheme"]) == ("/a b", "q=%20&q=2", scheme)
    assert environ["SERVER_PORT"] == ("8443" if host.endswith("8443") else {"http": "80", "https": "443"}[scheme])
    assert outside == []


@every_client
def test_a_proxy_is_not_asked(outside: list[str], ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client behind a proxy reaches the application without the proxy, by http and https."""
    proxy = "http://proxy.example:1"
    ways = {
        ask_requests: {"proxies": {"http": proxy, "https": proxy}},
        ask_aiohttp: {"proxy": proxy},
        ask_urllib3: {},
    }
    if ask is ask_urllib3:
        monkeypatch.setattr(urllib3, "PoolManager", lambda **more: urllib3.ProxyManager(proxy, **more))
    with bridge_app(echo, BASE):
        for scheme in ("http", "https"):
            environ = ask("GET", f"{scheme}://www.cannonstudio.app/a?b=c", **ways[ask]).body
            assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/a", "b=c")
            assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == (scheme, "www.cannonstudio.app")
        assert outside == []
        with pytest.raises(OUTSIDE):
            ask("GET", "https://elsewhere.example/", **ways[ask])
    assert "proxy.example" in outside[0]


@every_client
@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 None"), ("GET", "304 Same")])
def test_a_response_without_a_body_has_none(ask: Any, method: str, status: str) -> None:
    """HEAD, 204 and 304 give headers alone, whatever the application yields."""
    with bridge_app(build_app(status, [("Content-Length", "3")], b"abc"), BASE):
        assert ask(method, BASE).content == b""


@every_client
def test_a_large_body_arrives_whole(ask: Any) -> None:
    """A body larger than every buffer, of no announced length, arrives whole."""
    pieces = [bytes([number]) * 300_000 for number in range(8)]
    with bridge_app(build_app("200 OK", [], *pieces), BASE):
        assert ask("GET", BASE).content == b"".join(pieces)


@every_client
def test_the_exception_of_a_check_reaches_the_caller(ask: Any) -> None:
    """A call that a check refuses raises its exception; so does an application that fails."""

    def check(reply: Reply) -> None:
        raise AssertionError(f"{reply.method} {reply.url}")

    with bridge_app(echo, BASE, check), pytest.raises(AssertionError, match=rf"GET {BASE}/a\?b=c"):
        ask("GET", f"{BASE}/a?b=c")


@pytest.mark.parametrize("module", ["urllib3", "aiohttp"])
def test_a_client_that_is_not_installed_is_not_imported(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Where a client is not installed, the others are served."""
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, f"cannon_mock.testing.{module}_bridge", raising=False)
    with bridge_app(echo, BASE):
        assert httpx.get(BASE).status_code == 200


def test_one_mock_serves_all_clients(cannon_mock: MockHandle) -> None:
    """A request that one client made is seen by every other."""
    id_ = ask_requests("POST", REQUESTS, json=BODY, headers=HEADERS).body["id"]
    for ask in ASKERS.values():
        assert ask("GET", f"{REQUESTS}/{id_}", headers=HEADERS).body["id"] == id_
    assert httpx.get(f"{REQUESTS}/{id_}", headers=HEADERS).json()["id"] == id_
    cannon_mock.assert_called(5)
