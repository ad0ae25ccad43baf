"""The clock, the scenarios and the rules in the mock's own API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cannon_mock.model.keys import derive_account
from tests.support.admin_calls import get, post, put_scenario, read_problem
from tests.support.mocks import KEY, OTHER_KEY, Driver, DriverFactory


def test_the_clock_can_be_read_and_advanced(mock: Driver) -> None:
    """The clock can be read, advanced, set, scaled, frozen and run; each reply is its new state."""
    start = get(mock, "clock")
    assert start == {"now_ms": mock.clock.now_ms(), "scale": 0, "frozen": True}
    assert post(mock, "clock", {"advance_ms": 5}).get_json()["now_ms"] == start["now_ms"] + 5
    assert post(mock, "clock", {"set_ms": start["now_ms"] + 9}).get_json()["now_ms"] == start["now_ms"] + 9
    for content, scale in (({"run": True}, 1), ({"scale": 60}, 60), ({"freeze": True}, 0)):
        state = post(mock, "clock", content).get_json()
        assert (state["scale"], state["frozen"]) == (scale, scale == 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "send exactly one of"),
        ({"advance_ms": 1, "run": True}, "send exactly one of"),
        ({"advance_ms": -1}, "never runs backwards"),
        ({"set_ms": 5}, "never runs backwards"),
        ({"set_ms": 10**15}, "beyond the year 9000"),
        ({"advance_ms": 1e308}, "ms is beyond the year 9000"),
        ({"advance_ms": -1e308}, "never runs backwards"),
        ({"set_ms": 1e308}, "beyond the year 9000"),
        ({"set_ms": -1e308}, "before the year 1970"),
        ({"scale": -1}, "choose 0, which stops the clock, or from 0.001 to 1000000 times"),
        ({"scale": 1e-300}, "scale 1e-300: choose 0"),
        ({"scale": int(1e308)}, "scale 1000000"),
        ({"advance_ms": "5"}, "advance_ms must be a number"),
        ({"advance_ms": True}, "advance_ms must be a number"),
        ({"freeze": False}, "freeze must be true"),
        ({"advance": 5}, "unknown field advance; send a JSON object with no field but advance_ms, set_ms"),
        ([], "send a JSON object"),
        ("{", "JSON"),
        ('{"advance_ms": NaN}', "NaN"),
    ],
    ids=str,
)
def test_the_clock_refuses_invalid_content(mock: Driver, content: Any, message: str) -> None:
    """Invalid content is refused with what to do instead, and the clock does not change."""
    mock.create()  # before that a clock of a test may be set back
    before = mock.clock.now_ms()
    status, detail = read_problem(post(mock, "clock", content))
    assert (status, message in detail, len(detail) < 300) == (400, True, True), detail
    assert (mock.clock.now_ms(), mock.clock.scale) == (before, 0)


def test_rules_are_added_listed_and_removed(mock: Driver) -> None:
    """A rule chooses the scenario of the creates it matches, is listed without the key, and can be removed."""
    match = {"key": KEY, "model": "gptimage2", "prompt": "lone", "operation": "image.generate"}
    reply = post(mock, "scenarios", {"scenario": "insufficient-credits", "match": match, "times": 1})
    assert reply.status_code == 201
    rule = reply.get_json()
    assert KEY not in json.dumps(rule)
    assert (rule["match"]["account"], rule["times"]) == (derive_account(KEY), 1)
    assert get(mock, "scenarios")["rules"] == [rule]
    assert mock.create(key=OTHER_KEY).status_code == 202
    assert [mock.create().status_code for _ in range(2)] == [402, 202]
    assert get(mock, "scenarios")["rules"] == []
    rules = [{"scenario": "slow", "match": {"model": model}} for model in ("flux2", "krea", "gptimage2")]
    ids = [post(mock, "scenarios", rule).get_json()["id"] for rule in rules]
    assert mock.client.delete(f"/__mock__/scenarios/{ids[1]}").get_json() == {"rules": 2}
    assert read_problem(mock.client.delete(f"/__mock__/scenarios/{ids[1]}"))[0] == 404
    assert mock.client.delete("/__mock__/scenarios").get_json() == {"rules": 0}


def test_a_scenario_can_be_added_to_a_running_mock(mock: Driver) -> None:
    """An added scenario is listed, a rule can choose it, and later polls follow it; the last one of a name counts."""
    rainy = {"text": "rain", "outcome": "failed", "message": "rain", "drift": [{"on": "poll", "patch": {"wet": True}}]}
    assert put_scenario(mock, "rainy-day", {"text": "sun"}).status_code == 201
    assert put_scenario(mock, "rainy-day", rainy).status_code == 201
    assert get(mock, "scenarios")["scenarios"]["rainy-day"] == "rain"
    assert post(mock, "scenarios", {"scenario": "rainy-day"}).status_code == 201
    end = mock.create_and_finish()
    assert (end["status"], end["errorMessage"], end["wet"]) == ("failed", "rain", True)
    assert post(mock, "reset", {}).status_code == 200
    assert "rainy-day" not in get(mock, "scenarios")["scenarios"]


def test_a_number_with_a_point_is_a_whole_one(mock: Driver) -> None:
    """JSON knows no integers apart: 429.0 is the status 429, and Retry-After has no point either."""
    fault = {"on": "create", "status": 429.0, "code": "c", "message": "m", "retry_after_s": 5.0}
    assert put_scenario(mock, "x", {"faults": [fault]}).status_code == 201
    response = mock.create(headers={"x-mock-scenario": "x"})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "5")


@pytest.mark.parametrize(
    ("name", "entry", "status", "message"),
    [
        ("success", {}, 409, "give yours another name"),
        ("a b", {}, 400, "use names of the form"),
        ("x", {"outcome": "maybe"}, 400, "outcome"),
        ("x", {"drift": [{"on": "poll", "patch": {"wet": 1}, "claim": "no-such"}]}, 400, "no-such"),
        ("x", [], 400, "the body"),
        ("x", "{", 400, "JSON"),
    ],
    ids=str,
)
def test_an_invalid_scenario_is_refused(mock: Driver, name: str, entry: Any, status: int, message: str) -> None:
    """An invalid scenario is refused with what is wrong, and is not added."""
    before = get(mock, "scenarios")
    reply_status, detail = read_problem(put_scenario(mock, name, entry))
    assert (reply_status, message in detail) == (status, True), detail
    assert get(mock, "scenarios") == before


def test_the_number_of_added_scenarios_is_bounded(mock: Driver) -> None:
    """A hundred scenarios can be added; one more is refused, a new one under an old name is not."""
    assert {put_scenario(mock, f"mine-{number}", {}).status_code for number in range(100)} == {201}
    assert read_problem(put_scenario(mock, "one-more", {}))[0] == 409
    assert put_scenario(mock, "mine-7", {}).status_code == 201


@pytest.mark.parametrize("scenario", [None, {}, [], "no-such", 7])
def test_a_rule_names_a_scenario(mock: Driver, scenario: Any) -> None:
    """A rule without the name of a scenario is refused."""
    assert read_problem(post(mock, "scenarios", {"scenario": scenario}))[0] == 400


def test_scenarios_are_listed_with_their_texts(make_mock: DriverFactory) -> None:
    """Each scenario is listed with its text, beside the name of the default."""
    listing = get(make_mock(scenario="slow"), "scenarios")
    assert listing["default"] == "slow"
    assert all(listing["scenarios"].values())


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"scenario": "sucess"},
        {"scenario": "slow", "match": {"colour": "red"}},
        {"scenario": "slow", "match": {"model": 1}},
        {"scenario": "slow", "match": []},
        {"scenario": "slow", "times": 0},
        {"scenario": "slow", "times": True},
        {"scenario": "slow", "for": 1},
    ],
    ids=str,
)
def test_an_invalid_rule_is_refused(mock: Driver, content: Any) -> None:
    """A rule with an unknown scenario or field, or an invalid number, is refused and not added."""
    assert read_problem(post(mock, "scenarios", content))[0] == 400
    assert mock.context.scenarios.list_rules() == []


def test_an_unknown_scenario_of_a_rule_has_the_nearest_one(mock: Driver) -> None:
    """A rule with a misspelt scenario is refused with the nearest name, then with how to list them."""
    detail = post(mock, "scenarios", {"scenario": "sucess"}).get_json()["detail"]
    assert detail.startswith("unknown scenario sucess; did you mean success? cannon-mock --list-scenarios and GET")


def test_too_many_rules_are_refused(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of rules is bounded; one more is refused."""
    monkeypatch.setattr("cannon_mock.stores.scenario_registry.MOST_RULES", 1)
    assert post(mock, "scenarios", {"scenario": "slow"}).status_code == 201
    assert post(mock, "scenarios", {"scenario": "stuck"}).status_code == 201  # in its place
    assert read_problem(post(mock, "scenarios", {"scenario": "slow", "times": 1}))[0] == 409
