"""Time-outs around a call, as asyncio.wait_for, strike in process too; else a late reply takes no real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import aiohttp
import anyio
import httpx
import httpx2
import pytest

from cannon_mock.testing.mock_handle import MockHandle
from tests.cannon_mock.testing.test_bridge_clients import BODY, HEADERS, REQUESTS

SHORT_S = 0.1
"""How long a time-out waits in real time."""


Send = Callable[[], Awaitable[int]]


async def send_plainly(send: Send) -> int:
    return await send()


def build_httpx_call(library: Any) -> Callable[..., Awaitable[Any]]:
    async def call(around: Callable[[Send], Awaitable[Any]] = send_plainly, timeout_s: float | None = None) -> Any:
        async with library.AsyncClient(timeout=timeout_s) as client:

            async def send() -> int:
                return int((await client.post(REQUESTS, json=BODY, headers=HEADERS)).status_code)

            return await around(send)  # not around the client: under load to make it may take as long

    return call


async def call_aiohttp(around: Callable[[Send], Awaitable[Any]] = send_plainly, timeout_s: float | None = None) -> Any:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_s)) as session:

        async def send() -> int:
            async with session.post(REQUESTS, json=BODY, headers=HEADERS) as reply:
                return reply.status

        return await around(send)


CALLS = {"httpx": build_httpx_call(httpx), "httpx2": build_httpx_call(httpx2), "aiohttp": call_aiohttp}
every_client = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


async def wait_for(send: Send) -> bool:
    try:
        await asyncio.wait_for(send(), SHORT_S)  # type: ignore[arg-type]
    except TimeoutError:
        return True
    return False


async def use_timeout(send: Send) -> bool:
    try:
        async with asyncio.timeout(SHORT_S):
            await send()
    except TimeoutError:
        return True
    return False


async def move_on(send: Send) -> bool:
    with anyio.move_on_after(SHORT_S) as scope:
        await send()
    return scope.cancelled_caught


@every_client
@pytest.mark.parametrize("has_ended", [wait_for, use_timeout, move_on])
def test_a_time_out_around_a_call_strikes(cannon_mock: MockHandle, call: Any, has_ended: Any) -> None:
    """M3: a time-out of asyncio's or anyio's, shorter than the latency, ends the call; its key finds the request."""
    cannon_mock.scenario("latency", times=1)
    start_ms = cannon_mock.clock.now_ms()
    assert asyncio.run(call(has_ended))
    assert cannon_mock.clock.now_ms() - start_ms == 1500
    assert (asyncio.run(call()), len(cannon_mock.tasks)) == (202, 1)


def test_a_time_out_strikes_where_the_test_replaces_sleep(
    cannon_mock: MockHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that replaces asyncio.sleep, so that its code does not wait, still gets its time-outs."""

    async def skip(_: float) -> None:
        return None

    monkeypatch.setattr(asyncio, "sleep", skip)
    cannon_mock.scenario("latency")
    assert asyncio.run(CALLS["httpx"](wait_for))


@every_client
def test_where_time_stands_a_late_reply_arrives(
    cannon_mock: MockHandle, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a test stops the time of asyncio, as freezegun does, no time-out strikes and no call waits for ever."""
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    cannon_mock.scenario("latency")
    assert not asyncio.run(call(wait_for))


@pytest.mark.parametrize("run", ["uvloop", "trio"])
def test_a_time_out_of_another_loop_strikes(cannon_mock: MockHandle, run: str) -> None:
    """M3: the same holds in uvloop, whose timers cannot be read, and in trio."""
    cannon_mock.scenario("latency", times=1)
    work, library = CALLS["httpx"], import_module(run)
    assert library.run(work, move_on) if run == "trio" else library.run(work(move_on))
    assert len(cannon_mock.tasks) == 1


@every_client
def test_a_late_reply_takes_no_real_time(cannon_mock: MockHandle, call: Any) -> None:
    """Where no timer is due before the reply, a minute passes on the test's clock alone, though a later one waits."""
    cannon_mock.scenario(latency_ms=60_000)
    start_s, start_ms = time.monotonic(), cannon_mock.clock.now_ms()
    assert asyncio.run(asyncio.wait_for(call(), 3600)) == 202
    assert time.monotonic() - start_s < 30
    assert cannon_mock.clock.now_ms() - start_ms == 60_000


@every_client
def test_the_client_s_own_time_out_takes_no_real_time(cannon_mock: MockHandle, call: Any) -> None:
    """Where the client itself gives up first, its error comes at once, and a time-out around it does not strike."""
    cannon_mock.scenario(latency_ms=60_000)
    start_s = time.monotonic()
    with pytest.raises((httpx.ReadTimeout, httpx2.ReadTimeout, TimeoutError)):
        asyncio.run(asyncio.wait_for(call(timeout_s=40), 50))
    assert time.monotonic() - start_s < 30


@every_client
def test_another_timer_does_not_end_a_call(cannon_mock: MockHandle, call: Any) -> None:
    """A timer that is due before the reply, and ends nothing, lets real time pass; then the reply arrives."""
    cannon_mock.scenario(latency_ms=100)

    async def call_beside_a_sleeper() -> tuple[int, list[str]]:
        events: list[str] = []

        async def sleep() -> None:
            await asyncio.sleep(0.01)
            events.append("slept")

        sleeper = asyncio.ensure_future(sleep())
        await asyncio.sleep(0)
        status = await call()
        events.append("answered")
        await sleeper
        return status, events

    assert asyncio.run(call_beside_a_sleeper()) == (202, ["slept", "answered"])
