"""Frozen and moved time of the process: the mock has its own."""

import datetime

import freezegun
import pytest
import requests
import time_machine
from calls import BODY, assert_all_served, by_requests
from standardwebhooks.webhooks import Webhook

FAR = datetime.datetime(2031, 5, 6, tzinfo=datetime.UTC)


@pytest.fixture(params=["cannon_mock", "cannon_server"])
def mock(request):
    return request.getfixturevalue(request.param)


def test_freezegun(mock):
    with freezegun.freeze_time(FAR):
        assert_all_served(mock)


def test_freezegun_for_asyncio(mock):
    with freezegun.freeze_time(FAR, real_asyncio=True) as frozen:
        assert_all_served(mock)
        frozen.tick(60)
        mock.advance(minutes=1)
        assert by_requests(mock) == 202


def test_time_machine(mock):
    with time_machine.travel(FAR, tick=False) as traveller:
        assert_all_served(mock)
        traveller.shift(60)
        mock.advance(minutes=1)
        assert by_requests(mock) == 202


@pytest.mark.parametrize("freeze", [freezegun.freeze_time, time_machine.travel])
def test_a_late_reply_comes(cannon_server, freeze):
    cannon_server.scenario(latency_ms=50, times=1)
    with freeze(FAR):
        assert by_requests(cannon_server) == 202


@pytest.fixture
def frozen():
    with freezegun.freeze_time(FAR):
        yield


def test_freezegun_entered_first(frozen, mock):
    assert_all_served(mock)


@pytest.fixture
def moved():
    with time_machine.travel(FAR, tick=True):
        yield


def test_time_machine_entered_first(moved, mock):
    assert_all_served(mock)


@pytest.mark.parametrize("freeze", [freezegun.freeze_time, time_machine.travel])
def test_a_webhook_has_the_time_of_its_receiver(mock, freeze):
    events = []

    def receive(body, headers):
        events.append(Webhook(mock.webhook_secret).verify(body, headers))

    mock.on_webhook(receive)
    with freeze(FAR):
        body = {**BODY, "webhook_url": "https://example.com/hook"}
        headers = {"x-api-key": mock.key}
        job = requests.post(f"{mock.url}/api/v1/requests", json=body, headers=headers).json()
        for _ in range(3):
            requests.get(job["urls"]["get"], headers=headers)
    assert [event["data"]["status"] for event in events] == ["succeeded"]
