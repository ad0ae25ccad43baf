"""tenacity around a client: it sees each outcome of a create, as against a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import tenacity
import tenacity.nap

from cannon_mock.testing.fixture_clock import FixtureClock
from cannon_mock.testing.mock_handle import MockHandle

REQUESTS = "https://www.cannonstudio.app/api/v1/requests"
CALL: dict[str, Any] = {
    "json": {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}},
    "headers": {"x-api-key": "cs_test_a", "x-idempotency-key": "order-1"},
}


def _create_by_httpx() -> int:
    return httpx.post(REQUESTS, timeout=5, **CALL).status_code


def _create_by_requests() -> int:
    return requests.post(REQUESTS, timeout=5, **CALL).status_code


async def _create_by_aiohttp() -> int:
    timeout = aiohttp.ClientTimeout(sock_read=5)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.post(REQUESTS, **CALL) as reply:
        return reply.status


ERRORS = {
    _create_by_httpx: (httpx.ReadTimeout, httpx.RemoteProtocolError),
    _create_by_requests: (requests.ReadTimeout, requests.ConnectionError),
    _create_by_aiohttp: (aiohttp.ServerTimeoutError, aiohttp.ServerDisconnectedError),
}
"""What each client raises for an answer that is late, and for none."""


@pytest.mark.parametrize("create", ERRORS, ids=lambda create: create.__name__)
def test_tenacity_sees_each_outcome(
    cannon_mock: MockHandle, cannon_clock: FixtureClock, create: Callable[[], Any]
) -> None:
    """A refusal, a late answer and a lost one are three outcomes; then the create succeeds, and there is one task."""
    for module in (tenacity.nap, tenacity.asyncio):
        cannon_clock.patch(module)
    cannon_mock.scenario(status=503, times=1)
    cannon_mock.scenario(latency_ms=6000, times=1)
    cannon_mock.scenario("no-answer-stored")
    outcomes: list[Any] = []

    def note(state: tenacity.RetryCallState) -> None:
        assert state.outcome is not None
        outcomes.append(type(state.outcome.exception()) if state.outcome.failed else state.outcome.result())

    is_refused = tenacity.retry_if_result(lambda status: status == 503)
    retry = tenacity.retry(
        retry=tenacity.retry_if_exception_type() | is_refused, wait=tenacity.wait_fixed(3), after=note
    )
    result = retry(create)()
    assert (asyncio.run(result) if asyncio.iscoroutine(result) else result) == 202
    assert len(cannon_mock.tasks) == 1
    assert outcomes[0] == 503
    assert [issubclass(*pair) for pair in zip(outcomes[1:], ERRORS[create], strict=True)] == [True, True]
