"""What a test asks of its mock, and does to it: credits, the end of a request, counts of calls."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from cannon_mock import Config, ManualClock
from cannon_mock.testing import mock_servers
from cannon_mock.testing.call_recorder import CallRecorder
from cannon_mock.testing.mock_handle import MockHandle
from tests.support.mocks import KEY, body

HANDLES = ["cannon_mock", "cannon_server"]


@pytest.fixture
def handle(request: pytest.FixtureRequest) -> MockHandle:
    """The mock of the fixture that a parameter names."""
    handle: MockHandle = request.getfixturevalue(request.param)
    return handle


def _create(handle: MockHandle, key: str = "", **fields: Any) -> httpx.Response:
    address = f"{handle.url}/api/v1/requests"
    return httpx.post(address, json={**body(), **fields}, headers={"x-api-key": key or handle.key})


def _read(handle: MockHandle, id_: str) -> dict[str, Any]:
    reply: dict[str, Any] = httpx.get(f"{handle.url}/api/v1/requests/{id_}", headers={"x-api-key": handle.key}).json()
    return reply


def test_a_test_may_change_what_it_is_shown(cannon_mock: MockHandle) -> None:
    """The mock keeps the input of a request as it was sent, whatever a test does with the one that it is shown."""
    _create(cannon_mock)
    prompt = cannon_mock.tasks[0].input["prompt"]
    cannon_mock.tasks[0].input["prompt"] = "changed"  # type: ignore[index]  # as a test without types may do
    assert cannon_mock.tasks[0].input["prompt"] == prompt


@pytest.mark.parametrize("handle", HANDLES, indirect=True)
def test_credits_are_read_and_set(handle: MockHandle) -> None:
    """``credits`` are those that the service would tell, and ``set_credits`` changes them between calls."""
    assert handle.credits == 1250
    id_ = _create(handle).json()["id"]
    (task,) = handle.tasks
    assert handle.credits == 1250 - task.credits
    handle.set_credits(task.credits - 1)
    assert _create(handle).status_code == 402
    handle.set_credits(task.credits)
    assert _create(handle).status_code == 202
    assert handle.credits == 0
    handle.end(id_, "failed")  # what was on hold goes back
    assert handle.credits == task.credits
    status = httpx.get(f"{handle.url}/api/v1/status", headers={"x-api-key": handle.key}).json()
    assert status["creditsRemaining"] == handle.credits


def test_credits_of_a_mock_are_those_of_the_account_that_calls(cannon_mock: MockHandle) -> None:
    """In ``cannon_mock`` any key may call: ``set_credits`` is for all, before their first call too."""
    cannon_mock.set_credits(0)
    assert [_create(cannon_mock, key).status_code for key in ("cs_one", "cs_two")] == [402, 402]
    cannon_mock.set_credits(100)
    _create(cannon_mock, "cs_one")
    left = cannon_mock.credits
    httpx.get(f"{cannon_mock.url}/api/v1/status", headers={"x-api-key": "cs_two"})
    assert (left < 100, cannon_mock.credits) == (True, 100)


def test_credits_of_a_keys_file_are_read_and_set(tmp_path: Path) -> None:
    """An account with credits of its own in the file starts with those, and is set as the others are."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": {KEY: {"credits": 7}, "cs_old": {}}}))
    handle = mock_servers.build_handle(Config(keys=str(file)), ManualClock(), CallRecorder())
    client = handle.app.test_client()
    for key, start in ((KEY, 7), ("cs_old", 1250)):
        client.get("/api/v1/status", headers={"x-api-key": key})
        assert handle.credits == start
    handle.set_credits(3)
    for key in (KEY, "cs_old", "cs_new"):
        assert client.get("/api/v1/status", headers={"x-api-key": key}).get_json()["creditsRemaining"] == 3


@pytest.mark.parametrize("credits", [-1, True, 1.5, "5", 10**12 + 1])
def test_credits_that_no_account_has_are_refused(cannon_mock: MockHandle, credits: Any) -> None:
    with pytest.raises(ValueError, match=r"^credits is .*; use a whole number from 0 to 1000000000000$"):
        cannon_mock.set_credits(credits)
    assert cannon_mock.credits == 1250


@pytest.mark.parametrize("handle", HANDLES, indirect=True)
def test_a_request_is_ended_by_the_test(handle: MockHandle) -> None:
    """``end`` ends a request as the test says, and sends its webhook; a second end changes nothing."""
    events: list[Any] = []

    def receive(event: bytes, _headers: object) -> None:
        events.append(json.loads(event)["data"])

    handle.on_webhook(receive)
    ids = [_create(handle, webhook_url="https://shop.example/hook").json()["id"] for _ in range(2)]
    task = next(each for each in handle.tasks if each.id == ids[0])
    handle.end(task, outcome="failed", message="no such luck")
    handle.end(ids[1])
    handle.end(task)
    assert [(event["id"], event["status"]) for event in events] == [(ids[0], "failed"), (ids[1], "succeeded")]
    assert _read(handle, ids[0])["errorMessage"] == "no such luck"
    with pytest.raises(ValueError, match="outcome must be succeeded or failed, and message text"):
        handle.end(task, outcome="lost")


def test_a_request_of_another_test_is_not_ended(cannon_server: MockHandle, cannon_mock: MockHandle) -> None:
    """Only a request that the handle shows can be ended: a server has those of other tests too."""
    id_ = _create(cannon_server, "cs_somebody_else").json()["id"]
    for handle in (cannon_server, cannon_mock):
        with pytest.raises(LookupError, match=f"^'no request {id_}; tasks lists the requests'$|^no request {id_}"):
            handle.end(id_)
    cannon_server.watch("cs_somebody_else")
    cannon_server.end(id_)


def test_calls_are_counted_by_fields_that_exist(cannon_mock: MockHandle) -> None:
    """A misspelt field of ``assert_called`` and ``calls`` gets the nearest one, and a count is a whole number."""
    _create(cannon_mock)
    for call in (cannon_mock.assert_called, cannon_mock.calls):
        with pytest.raises(LookupError, match=r"unknown field statuscode; did you mean status\? there are account"):
            call(statuscode=202)
    for times in ("1", True, -1, 1.0):
        with pytest.raises(ValueError, match=r"^times is .*; use a whole number from 0 on$"):
            cannon_mock.assert_called(times)  # type: ignore[arg-type]
    cannon_mock.assert_called(0, status=402)
    cannon_mock.assert_called(1, status=202)


def test_a_mock_of_a_test_says_how_a_test_allows_a_host(cannon_mock: MockHandle) -> None:
    """A webhook that is not sent names the fixture's ways, not a flag of the command."""
    cannon_mock.end(_create(cannon_mock, webhook_url="https://shop.example/hook").json()["id"])
    note = cannon_mock.webhooks[0].attempts[0].note
    assert "on_webhook" in note
    assert '@pytest.mark.cannon(allow_webhooks_to="' in note
    assert "--" not in note


def test_calls_between_tests_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """An application that calls between tests for hours leaves the last calls alone, which the session reports."""
    monkeypatch.setattr(mock_servers, "MOST_CALLS", 2)
    with ExitStack() as stack:
        servers = mock_servers.MockServers(stack)
        server = servers.find(Config(seed="bounded"))
        for number in range(4):
            httpx.get(f"{server.url}/api/v1/status", headers={"x-api-key": f"cs_{number}"})
            servers.start_test()
        calls, unwatched_calls = servers.end_session()
    assert [call.key for call in calls] == [call.key for call in unwatched_calls] == ["cs_2", "cs_3"]
