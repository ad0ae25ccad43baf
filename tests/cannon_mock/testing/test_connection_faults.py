"""Connections that cannot be made or are reset: each client raises what it raises then, and its retries see it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cannon_mock.testing.mock_handle import MockHandle
from tests.cannon_mock.testing.test_bridge_clients import BODY, HEADERS, REQUESTS, Answer

KEY = {"x-api-key": "cs_test_a"}


def ask_httpx(library: Any) -> Callable[[], Answer]:
    def ask() -> Answer:
        with library.Client() as client:
            reply = client.post(REQUESTS, json=BODY, headers=HEADERS)
            return Answer(reply.status_code, reply.content)

    return ask


def ask_async_httpx(library: Any, **transport: Any) -> Callable[[], Answer]:
    async def ask() -> Answer:
        async with library.AsyncClient(transport=library.AsyncHTTPTransport(**transport)) as client:
            reply = await client.post(REQUESTS, json=BODY, headers=HEADERS)
            return Answer(reply.status_code, reply.content)

    return lambda: asyncio.run(ask())


def ask_requests() -> Answer:
    reply = requests.post(REQUESTS, json=BODY, headers=HEADERS, timeout=5)
    return Answer(reply.status_code, reply.content)


def ask_urllib3() -> Answer:
    with urllib3.PoolManager() as pool:
        reply = pool.request("POST", REQUESTS, json=BODY, headers=HEADERS, retries=0)
        return Answer(reply.status, reply.data)


def ask_aiohttp() -> Answer:
    async def ask() -> Answer:
        async with aiohttp.ClientSession() as session, session.post(REQUESTS, json=BODY, headers=HEADERS) as reply:
            return Answer(reply.status, await reply.read())

    return asyncio.run(ask())


ASKERS: dict[str, Callable[[], Answer]] = {
    "httpx": ask_httpx(httpx),
    "httpx async": ask_async_httpx(httpx),
    "httpx2": ask_httpx(httpx2),
    "httpx2 async": ask_async_httpx(httpx2),
    "requests": ask_requests,
    "urllib3": ask_urllib3,
    "aiohttp": ask_aiohttp,
}
REFUSED, RESET = r"\[Errno 111\] Connection refused", r"\[?(Errno )?104,?\]? '?Connection reset by peer"
UNRESOLVED = r"\[Errno -2\] Name or service not known"
ERRORS: dict[str, dict[str, tuple[type[Exception], str]]] = {
    "connection-refused": {
        "httpx": (httpx.ConnectError, REFUSED),
        "httpx2": (httpx2.ConnectError, REFUSED),
        "requests": (requests.ConnectionError, f"NewConnectionError.*{REFUSED}"),
        "urllib3": (urllib3.exceptions.MaxRetryError, f"NewConnectionError.*{REFUSED}"),
        "aiohttp": (aiohttp.ClientConnectorError, "Cannot connect to host www.cannonstudio.app:443 .*Connect"),
    },
    "name-unresolved": {
        "httpx": (httpx.ConnectError, UNRESOLVED),
        "httpx2": (httpx2.ConnectError, UNRESOLVED),
        "requests": (requests.ConnectionError, f"NameResolutionError.*{UNRESOLVED}"),
        "urllib3": (urllib3.exceptions.MaxRetryError, f"NameResolutionError.*{UNRESOLVED}"),
        "aiohttp": (
            getattr(aiohttp, "ClientConnectorDNSError", aiohttp.ClientConnectorError),
            "Cannot connect to host www.cannonstudio.app:443 .*Name or",
        ),
    },
    "connection-reset": {
        "httpx": (httpx.ReadError, RESET),
        "httpx2": (httpx2.ReadError, RESET),
        "requests": (requests.ConnectionError, f"Connection aborted.*ConnectionResetError.*{RESET}"),
        "urllib3": (urllib3.exceptions.ProtocolError, f"Connection aborted.*ConnectionResetError.*{RESET}"),
        "aiohttp": (aiohttp.ClientOSError, RESET),
    },
}
"""What each client raises, by scenario, with the text of its message."""


@contextmanager
def expect_error(scenario: str, client: str) -> Iterator[None]:
    kind, text = ERRORS[scenario][client.removesuffix(" async")]
    with pytest.raises(kind, match=text) as caught:
        yield
    assert caught.type is kind


@pytest.mark.parametrize("scenario", ERRORS)
@pytest.mark.parametrize("client", ASKERS)
def test_a_client_raises_its_own_error(cannon_mock: MockHandle, scenario: str, client: str) -> None:
    """Each client raises the error that it raises of a real network, nothing is stored, and a second try succeeds."""
    cannon_mock.scenario(scenario)
    with expect_error(scenario, client):
        ASKERS[client]()
    assert cannon_mock.tasks == []
    assert ASKERS[client]().status == 202
    word = scenario.partition("-")[2]
    assert [entry.fault for entry in cannon_mock.journal] == [word, None]


def test_a_reset_may_come_after_the_request_was_stored(cannon_mock: MockHandle) -> None:
    """With ``connection-reset-stored`` the request exists, though its client met a reset; its key finds it."""
    cannon_mock.scenario("connection-reset-stored")
    with pytest.raises(httpx.ReadError):
        ASKERS["httpx"]()
    assert (ASKERS["httpx"]().status, len(cannon_mock.tasks)) == (202, 1)


@pytest.mark.parametrize("scenario", ["connection-refused", "name-unresolved", "connection-reset"])
def test_retry_of_urllib3_repeats_the_call(cannon_mock: MockHandle, scenario: str) -> None:
    """Retry counts a connection that failed as ``connect``, and a reset as ``read``; then the create succeeds."""
    cannon_mock.scenario(scenario)
    is_reset = scenario == "connection-reset"
    retry = Retry(connect=0 if is_reset else 1, read=1 if is_reset else 0, allowed_methods={"POST"})
    with requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=retry))
        assert session.post(REQUESTS, json=BODY, headers=HEADERS, timeout=5).status_code == 202
    assert len(cannon_mock.journal) == 2


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_transport_of_httpx_repeats_a_failed_connection(cannon_mock: MockHandle, library: Any) -> None:
    """``retries`` of a transport repeats a connection that failed, so many times and no more, and no other fault."""
    cannon_mock.scenario(on="create", connection="refused", times=1)
    with library.Client(transport=library.HTTPTransport(retries=1)) as client:
        assert client.post(REQUESTS, json=BODY, headers=HEADERS).status_code == 202
        cannon_mock.scenario(on="create", connection="refused")
        with pytest.raises(library.ConnectError):
            client.post(REQUESTS, json=BODY, headers=KEY)
        cannon_mock.scenario(on="create", connection="reset")
        with pytest.raises(library.ReadError):
            client.post(REQUESTS, json=BODY, headers=KEY)
    cannon_mock.scenario("connection-refused", times=2)
    assert ask_async_httpx(library, retries=1)().status == 202
    assert [entry.fault for entry in cannon_mock.journal[:5]] == ["refused", None, "refused", "refused", "reset"]


def test_a_create_that_does_not_arrive_is_not_stored(cannon_mock: MockHandle) -> None:
    """A scenario whose create is refused and stored all the same contradicts itself, and is refused."""
    with pytest.raises(ValueError, match="stored: true"):
        cannon_mock.scenario(connection="refused", stored=True)


def test_a_poll_that_does_not_arrive_is_not_counted(cannon_mock: MockHandle) -> None:
    """A poll that cannot connect leaves its request in the state that the next poll shows."""
    states = {}
    for scenario in ("success", "connection-refused-poll"):
        cannon_mock.scenario(scenario)
        with httpx.Client(headers=KEY) as client:
            address = client.post(REQUESTS, json=BODY).json()["urls"]["get"]
            if scenario != "success":
                with pytest.raises(httpx.ConnectError):
                    client.get(address)
            states[scenario] = client.get(address).json()["status"]
    assert states["success"] == states["connection-refused-poll"] != "succeeded"


@pytest.mark.parametrize("scenario", ERRORS)
def test_a_socket_resets_the_connection(cannon_server: MockHandle, scenario: str) -> None:
    """A server on a socket, which its client has reached, resets the connection before the first byte instead."""
    cannon_server.scenario(scenario)
    address = f"{cannon_server.url}/api/v1/requests"
    headers = {"x-api-key": cannon_server.key}
    with pytest.raises(httpx.ReadError):
        httpx.post(address, json=BODY, headers=headers)
    assert httpx.post(address, json=BODY, headers=headers).status_code == 202


def test_the_errors_are_those_of_a_real_network() -> None:
    """Where nothing listens, and where a name has no address, the clients raise the same errors without the mock."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(httpx.ConnectError, match=REFUSED):
        httpx.get(f"http://127.0.0.1:{port}", trust_env=False)
    with pytest.raises(requests.ConnectionError, match=f"NewConnectionError.*{REFUSED}"):
        requests.get(f"http://127.0.0.1:{port}", timeout=5)
