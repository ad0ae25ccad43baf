"""The scenarios that a test sets: which one a create gets, and those that it writes as arguments."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from cannon_mock.testing.mock_handle import MockHandle
from tests.support.mocks import body

URL = "https://www.cannonstudio.app/api/v1/requests"


def _create(**input: Any) -> httpx.Response:
    return httpx.post(URL, json=body(**input), headers={"x-api-key": "cs_test_a"})


def _finish(reply: httpx.Response) -> dict[str, Any]:
    request: dict[str, Any] = reply.json()
    while request["status"] not in ("succeeded", "failed"):
        request = httpx.get(f"{URL}/{request['id']}", headers={"x-api-key": "cs_test_a"}).json()
    return request


def test_a_later_scenario_replaces_an_earlier_one(cannon_mock: MockHandle) -> None:
    """M4: the last scenario of a match counts, those with ``times`` come before it, and each match has its own."""
    cannon_mock.scenario("failed-internal")
    assert _finish(_create())["status"] == "failed"
    cannon_mock.scenario("success")
    assert _finish(_create())["status"] == "succeeded"
    cannon_mock.scenario("insufficient-credits", times=1)
    cannon_mock.scenario("key-revoked", times=1)
    cannon_mock.scenario("failed-internal", prompt="bicycle")
    assert [_create().status_code for _ in range(3)] == [402, 401, 202]
    assert _finish(_create(prompt="A red bicycle"))["status"] == "failed"
    assert _finish(_create())["status"] == "succeeded"


def test_a_scenario_can_be_written_as_arguments(cannon_mock: MockHandle) -> None:
    """``status=503, times=2`` refuses two creates, and an outcome with a message is that of the next requests."""
    cannon_mock.scenario(status=503, retry_after_s=7, times=2)
    replies = [_create() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [503, 503, 202]
    assert replies[0].headers["Retry-After"] == "7"
    assert replies[0].json()["error"]["code"] == "unavailable"  # as in the scenario error-503
    cannon_mock.scenario(outcome="failed", message="no such luck", latency_ms=300)
    before_ms = cannon_mock.clock.now_ms()
    assert _finish(_create())["errorMessage"] == "no such luck"
    assert cannon_mock.clock.now_ms() - before_ms >= 300
    cannon_mock.scenario(status=418, code="teapot", message="short and stout")
    assert _create().json()["error"] == {"code": "teapot", "message": "short and stout"}
    cannon_mock.scenario(status=418)
    assert _create().json()["error"]["message"] == "I'm a Teapot"


def test_times_counts_polls_where_polls_fail(cannon_mock: MockHandle) -> None:
    """With ``on="poll"`` the first so many polls of each request fail, and the request goes on."""
    cannon_mock.scenario(on="poll", status=500, body="html", times=2)
    for _ in range(2):
        id_ = _create().json()["id"]
        replies = [httpx.get(f"{URL}/{id_}", headers={"x-api-key": "cs_test_a"}) for _ in range(3)]
        assert [reply.status_code for reply in replies] == [500, 500, 200]
        assert replies[0].text.startswith("<!doctype html>")


INVALID_WORDS: list[tuple[dict[str, Any], str]] = [
    ({}, 'name a scenario, as in scenario("slow"), or say what happens, as in scenario(status=503)'),
    ({"statuss": 503}, "unknown argument statuss; did you mean status? a scenario has text, outcome"),
    ({"status": 200}, "status: 200 is out of range; use a number from 400 to 599"),
    ({"status": "503"}, 'status: "503" has the wrong type; use a value of the type integer'),
    ({"status": []}, "status: [] has the wrong type; use a value of the type integer"),
    ({"code": "x"}, "code is part of an error reply; add status, as in status=503"),
    (
        {"outcome": "fail", "message": "x"},
        'outcome: "fail" is not a legal value; did you mean failed? use one of succeeded, failed',
    ),
    ({"outcome": "failed"}, "the scenario: lacks message; add message"),
    ({"on": "poll"}, "the scenario: an object of 1 field has too few fields; use 2 fields or more"),
    ({"webhook": {"lost": 1}}, "webhook/lost: 1 has the wrong type; use a value of the type boolean"),
    ({"pace": {"factr": 3}}, "pace: unknown word factr; did you mean factor? use factor, processing_ms, stuck"),
    ({"status": 503, "claim": "mine"}, "names the claim mine, which is not in the ledger"),
    ({"status": 503, "times": 0}, "times is 0; use a whole number from 1 on"),
    ({"status": 503, "times": "2"}, "times is '2'; use a whole number from 1 on"),
    ({"status": 503, "times": True}, "times is True; use a whole number from 1 on"),
    (
        {"name": "slow", "match": {"prompt": "a"}},
        "match is of the admin API; use prompt=…, model=… or operation=… here",
    ),
    ({"name": "slow", "status": 503}, "slow is a scenario with a name; leave out status, or the name"),
    ({"name": "sucess"}, "unknown scenario sucess; did you mean success?"),
]
"""Arguments of ``scenario``, each with what is said of them."""


@pytest.mark.parametrize(("words", "message"), INVALID_WORDS, ids=str)
def test_invalid_arguments_are_an_error(cannon_mock: MockHandle, words: dict[str, Any], message: str) -> None:
    """M4: arguments that no scenario file could have are an error that says what is legal, with the nearest name."""
    with pytest.raises((ValueError, LookupError)) as caught:
        cannon_mock.scenario(**words)
    assert caught.value.args[0].startswith(message)
    assert _create().status_code == 202


def test_a_server_forgets_the_scenarios_of_a_test(cannon_server: MockHandle) -> None:
    """The scenarios of one test are gone with it: a session has any number of tests, and a server 100 scenarios."""
    before = httpx.get(f"{cannon_server.url}/__mock__/scenarios").json()
    for _ in range(3):
        cannon_server.scenario(status=503)
    cannon_server.close()
    assert httpx.get(f"{cannon_server.url}/__mock__/scenarios").json() == before
