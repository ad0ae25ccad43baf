"""What aiohttp does by itself, its limits, time-outs and streams, works against the mock."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector

from cannon_mock.testing.bridge import bridge_app
from cannon_mock.testing.mock_handle import MockHandle
from tests.cannon_mock.testing.test_bridge_clients import (
    BASE,
    BODY,
    HEADERS,
    REQUESTS,
    build_app,
    echo,
    outside,  # noqa: F401 - refuses the network in these tests too
)


async def create(session: ClientSession) -> int:
    async with session.post(REQUESTS, json=BODY, headers=HEADERS) as reply:
        await reply.read()
        return reply.status


def test_a_429_is_repeated(cannon_mock: MockHandle) -> None:
    """A client of aiohttp that obeys 429 gets two of them with their Retry-After, and then the 202."""

    async def ask() -> list[tuple[int, str | None]]:
        async with ClientSession() as session:
            replies = [await session.post(REQUESTS, json=BODY, headers=HEADERS) for _ in range(3)]
        return [(reply.status, reply.headers.get("Retry-After")) for reply in replies]

    cannon_mock.scenario("rate-limited")
    assert asyncio.run(ask()) == [(429, "1"), (429, "1"), (202, None)]


@pytest.mark.parametrize(
    ("timeout", "error"),
    [
        (ClientTimeout(total=0.5), TimeoutError),
        (ClientTimeout(total=1, sock_read=0.5), aiohttp.SocketTimeoutError),
        (ClientTimeout(total=0.5, sock_read=1), TimeoutError),
    ],
)
def test_the_shorter_time_out_strikes(cannon_mock: MockHandle, timeout: ClientTimeout, error: Any) -> None:
    """M3: latency beyond the whole time or the read time of a client raises that error, and the session goes on."""

    async def ask() -> None:
        async with ClientSession(timeout=timeout) as session:
            with pytest.raises(error) as caught:
                await create(session)
            assert caught.type is error
            assert await create(session) == 202  # with the same key: the scenario applies to one create

    cannon_mock.scenario("latency", times=1)
    asyncio.run(ask())
    assert len(cannon_mock.tasks) == 1


def test_a_session_from_before_is_served_and_keeps_nothing(outside: list[str]) -> None:  # noqa: F811
    """M2: a session with a connector and a resolver of its own, made before, sees each bridge, then the network."""

    async def ask() -> None:
        connector = TCPConnector(resolver=aiohttp.ThreadedResolver(), limit=1)
        async with ClientSession(connector=connector) as session:
            for status in (201, 202):
                with bridge_app(build_app(f"{status} Mine", []), BASE):
                    async with session.get(BASE) as reply:
                        assert reply.status == status
            assert outside == []
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(BASE)

    asyncio.run(ask())
    assert len(outside) == 1


def test_a_connection_from_before_is_not_used() -> None:
    """A connection that a session had kept from before is closed, and not used."""
    closings: list[bool] = []

    class KeptProtocol:
        def close(self) -> None:
            closings.append(True)

        def is_connected(self) -> bool:
            raise AssertionError("the old connection was used")

    class KeepingConnector(TCPConnector):
        async def connect(self, req: Any, *args: Any, **more: Any) -> Any:
            self._conns[req.connection_key] = deque([(KeptProtocol(), 0.0)])  # type: ignore[list-item]
            return await super().connect(req, *args, **more)

    async def ask() -> int:
        async with ClientSession(connector=KeepingConnector()) as session, session.get(BASE) as reply:
            return reply.status

    with bridge_app(echo, BASE):
        assert (asyncio.run(ask()), closings) == (200, [True])


def test_many_calls_at_once_with_few_connections() -> None:
    """Many calls at once over a connector of two connections get their own responses."""

    async def ask(session: ClientSession, number: int) -> bool:
        async with session.post(f"{BASE}/{number}", data=str(number)) as reply:
            environ = await reply.json()
        return bool((environ["PATH_INFO"], environ["body"]) == (f"/{number}", str(number)))

    async def ask_all() -> list[bool]:
        async with ClientSession(connector=TCPConnector(limit=2)) as session:
            return await asyncio.gather(*(ask(session, number) for number in range(32)))

    with bridge_app(echo, BASE):
        assert asyncio.run(ask_all()) == [True] * 32


@pytest.mark.parametrize("drops", [False, True])
def test_a_streamed_body_is_read_at_the_pace_of_the_client(drops: bool) -> None:
    """A large body that is read slowly arrives whole; where its connection is dropped the error comes after a part."""
    piece = bytes(range(256)) * 4000

    async def ask() -> bytes:
        received = b""
        async with ClientSession(read_bufsize=1024) as session, session.get(BASE) as reply:
            with pytest.raises(aiohttp.ClientPayloadError) if drops else nullcontext():
                async for part in reply.content.iter_chunked(100_000):
                    received += part
                    await asyncio.sleep(0)
        return received

    size = len(piece) * (3 if drops else 2)
    with bridge_app(build_app("200 OK", [("Content-Length", str(size))], piece, piece, drops=drops), BASE):
        received = asyncio.run(ask())
    assert len(received) > len(piece)
    assert (piece * 2).startswith(received) if drops else received == piece * 2


@pytest.mark.parametrize("is_expecting", [True, False], ids=["expect-100", "plain"])
def test_an_upload_in_pieces_arrives_whole(is_expecting: bool) -> None:
    """A body in pieces arrives whole, also where the client first waits to be asked for it."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    async def ask() -> Any:
        async with ClientSession() as session, session.post(BASE, data=pieces(), expect100=is_expecting) as reply:
            return await reply.json()

    with bridge_app(echo, BASE):
        environ = asyncio.run(ask())
    assert (environ["body"], environ["CONTENT_LENGTH"]) == ("abcd", "4")


def test_a_redirect_is_followed(outside: list[str]) -> None:  # noqa: F811 - the fixture above
    """A redirect within the vendor's domain is followed, and one elsewhere leaves it."""

    def redirect(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"] == "/end":
            return echo(environ, start)
        start("302 Found", [("Location", environ["QUERY_STRING"] or "/end")])
        return []

    async def ask() -> None:
        async with ClientSession() as session:
            async with session.get(f"{BASE}/start") as reply:
                assert (str(reply.url), len(reply.history)) == (f"{BASE}/end", 1)
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get(f"{BASE}/start?https://elsewhere.example/")

    with bridge_app(redirect, BASE):
        asyncio.run(ask())
    assert len(outside) == 1


def test_aiohttp_is_unchanged_after_the_bridge() -> None:
    """After the bridge aiohttp is as before, also where a test fails."""
    methods = aiohttp.BaseConnector.connect, TCPConnector._create_connection
    with pytest.raises(ZeroDivisionError), bridge_app(echo, BASE):
        raise ZeroDivisionError
    assert (aiohttp.BaseConnector.connect, TCPConnector._create_connection) == methods
