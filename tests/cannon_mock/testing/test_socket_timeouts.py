"""Time-outs of clients strike on a socket, where latency is real time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3

from cannon_mock import Config, create_app
from cannon_mock.serving import serve
from cannon_mock.testing.mock_handle import MockHandle
from tests.support.effort import PATIENCE_S
from tests.support.mocks import KEY, body

HEADERS = {"x-api-key": KEY}
TIMEOUT_S = 0.05
"""Less than the 1.5 seconds of the scenario ``latency``."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of creates of a mock whose replies to them are 1.5 seconds late."""
    with serve.serve_in_background(create_app(Config(scenario="latency"))) as url:
        yield f"{url}/api/v1/requests"


def _httpx(url: str, client: Any = httpx) -> None:
    client.post(url, json=body(), headers=HEADERS, timeout=client.Timeout(PATIENCE_S, read=TIMEOUT_S), trust_env=False)


def _httpx_async(url: str) -> None:
    async def call() -> None:
        async with httpx.AsyncClient(timeout=httpx.Timeout(PATIENCE_S, read=TIMEOUT_S), trust_env=False) as client:
            await client.post(url, json=body(), headers=HEADERS)

    asyncio.run(call())


def _requests(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.post(url, json=body(), headers=HEADERS, timeout=(PATIENCE_S, TIMEOUT_S))


def _urllib3(url: str) -> None:
    with urllib3.PoolManager() as pool:
        timeout = urllib3.Timeout(connect=PATIENCE_S, read=TIMEOUT_S)
        pool.request("POST", url, json=body(), headers=HEADERS, timeout=timeout, retries=False)


def _aiohttp(url: str) -> None:
    async def call() -> None:
        timeout = aiohttp.ClientTimeout(sock_read=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, json=body(), headers=HEADERS):
            pass

    asyncio.run(call())


def _wait_for(url: str) -> None:
    async def call() -> None:
        async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
            await asyncio.wait_for(client.post(url, json=body(), headers=HEADERS), TIMEOUT_S)

    asyncio.run(call())


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (_httpx, httpx.ReadTimeout),
        (lambda url: _httpx(url, httpx2), httpx2.ReadTimeout),
        (_httpx_async, httpx.ReadTimeout),
        (_requests, requests.exceptions.ReadTimeout),
        (_urllib3, urllib3.exceptions.ReadTimeoutError),
        (_aiohttp, aiohttp.SocketTimeoutError),
        (_wait_for, TimeoutError),
    ],
    ids=["httpx", "httpx2", "httpx-async", "requests", "urllib3", "aiohttp", "wait_for"],
)
def test_latency_strikes_on_a_socket(address: str, call: Callable[[str], None], error: type[Exception]) -> None:
    """M3: a reply that is later than the client's own read time-out raises it; wait_for ends the call."""
    with pytest.raises(error):
        call(address)


def test_the_fixture_waits_in_real_time(cannon_server: MockHandle) -> None:
    """M3: behind ``cannon_server`` a reply is late in real time, although the test's clock is stopped."""
    cannon_server.scenario("latency")
    headers = {"x-api-key": cannon_server.key}
    with httpx.Client(base_url=cannon_server.url, headers=headers, timeout=PATIENCE_S, trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/api/v1/requests", json=body(), timeout=httpx.Timeout(PATIENCE_S, read=TIMEOUT_S))
        assert client.get(f"/api/v1/requests/{cannon_server.tasks[0].id}").status_code == 200
