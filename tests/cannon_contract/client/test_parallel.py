"""Requests that are sent at the same time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from cannon_contract.client.api import new_key
from cannon_contract.client.parallel import Answer, send_in_parallel
from cannon_contract.runner.mock_target import make_mock_api
from tests.support.effort import PATIENCE_S
from tests.support.payloads import CATALOG

COUNT = 10


def _make_requests(count: int = COUNT) -> list[httpx.Request]:
    return [httpx.Request("POST", f"http://x/{number}") for number in range(count)]


def test_all_requests_are_on_their_way_at_once() -> None:
    """No request is answered before the last one is sent, so requests that meet meet all the others."""
    barrier = threading.Barrier(COUNT, timeout=PATIENCE_S)

    def send(request: httpx.Request) -> httpx.Response:
        barrier.wait()
        return httpx.Response(200, request=request)

    requests = _make_requests()
    answers = send_in_parallel(send, requests)
    assert [each.request for each in answers if isinstance(each, httpx.Response)] == requests


def test_an_error_stands_in_the_place_of_its_request() -> None:
    """A request that gets no answer does not end the others, and its error stands where its response would."""
    error = httpx.ReadError("the connection broke")

    def send(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/1":
            raise error
        return httpx.Response(200, request=request)

    first, second, third = send_in_parallel(send, _make_requests(3))
    assert second is error
    assert isinstance(first, httpx.Response)
    assert isinstance(third, httpx.Response)


def test_creates_at_once_are_recorded_and_those_without_an_answer_left_out() -> None:
    """Of creates that are sent at once each exchange is kept; only if none is answered the error is raised."""
    mock = make_mock_api(CATALOG, "image.generate")

    def send_all(requests: Sequence[httpx.Request]) -> list[Answer]:
        return [*map(mock.send, requests[: len(requests) - 2]), httpx.ReadError("broke"), httpx.ReadError("broke")]

    api = replace(mock, send_all=send_all)
    assert [each.status_code for each in api.create_in_parallel(api.build_body(), new_key(), 3)] == [202]
    assert [each.status for each in api.notes.exchanges] == [202, None, None]
    with pytest.raises(httpx.ReadError):
        api.create_in_parallel(api.build_body(), new_key(), 2)
