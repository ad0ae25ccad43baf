"""The client with a session of requests, unchanged, against the mock behind the vendor's own address."""

from __future__ import annotations

import pytest
import requests
from studio_session import GenerationFailed, picture


@pytest.fixture(autouse=True)
def no_waiting(cannon_clock):
    cannon_clock.patch("studio_session", "urllib3.util.retry")  # the client and Retry wait by the mock's clock


def test_a_picture_arrives(cannon_mock):
    assert picture("A red bicycle").startswith(b"\x89PNG")
    assert [task.input["prompt"] for task in cannon_mock.tasks] == ["A red bicycle"]


def test_a_failure_of_the_provider_is_reported(cannon_mock):
    cannon_mock.scenario("failed-moderation")
    with pytest.raises(GenerationFailed, match="flagged"):
        picture("A red bicycle")


def test_a_rate_limit_is_obeyed(cannon_mock):
    cannon_mock.scenario("rate-limited")
    assert picture("A red bicycle")
    cannon_mock.assert_called(2, status=429)


@pytest.mark.parametrize("trouble", ["error-500-stored", "no-answer-stored"])
def test_a_retry_makes_no_second_request(cannon_mock, trouble):
    cannon_mock.scenario(trouble)
    assert picture("A red bicycle")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


def test_a_late_answer_is_a_time_out(cannon_mock):
    cannon_mock.scenario("latency-poll")
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        picture("A red bicycle", timeout_s=0.5)
