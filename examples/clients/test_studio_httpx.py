"""The client with httpx, against the mock behind the vendor's own address."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from standardwebhooks.webhooks import Webhook
from studio_httpx import GenerationFailed, Studio

KEY = "cs_test_example"


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def studio(cannon_mock, cannon_clock, client):
    return Studio(KEY, client, sleep=cannon_clock.sleep)


def test_a_picture_arrives(studio, cannon_mock):
    assert studio.picture("A red bicycle", order="1").startswith(b"\x89PNG")
    assert [task.input["prompt"] for task in cannon_mock.tasks] == ["A red bicycle"]


def test_a_failure_of_the_provider_is_reported(studio, cannon_mock):
    cannon_mock.scenario("failed-moderation")
    with pytest.raises(GenerationFailed, match="flagged"):
        studio.picture("A red bicycle", order="1")


def test_a_rate_limit_is_obeyed(studio, cannon_mock, cannon_clock):
    cannon_mock.scenario("rate-limited")
    before = cannon_clock.now_ms()
    studio.submit("A red bicycle", order="1")
    cannon_mock.assert_called(2, status=429)
    assert cannon_clock.now_ms() - before == 2000


@pytest.mark.parametrize("trouble", ["error-500-stored", "no-answer-stored", "cut-off"])
def test_a_retry_makes_no_second_request(studio, cannon_mock, trouble):
    cannon_mock.scenario(trouble)
    studio.submit("A red bicycle", order="1")
    assert len(cannon_mock.tasks) == 1


def test_the_webhook_can_be_verified(studio, cannon_mock):
    received = []
    cannon_mock.on_webhook(lambda body, headers: received.append((body, headers)))
    studio.picture("A red bicycle", order="1", webhook_url="https://example.com/hook")
    ((body, headers),) = received
    event = Webhook(cannon_mock.webhook_secret).verify(body, dict(headers))
    assert (event["type"], event["data"]["id"]) == ("request.succeeded", cannon_mock.tasks[0].id)
