"""Scenarios as data, and the rules that choose them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock.model import scenarios
from cannon_mock.model.scenarios import ScenarioRule
from tests.support.mocks import Driver, DriverFactory, body, read_error
from tests.support.payloads import CATALOG

SCENARIOS = scenarios.read_scenarios(CATALOG.scenarios["scenarios"])
HEADER = {"x-mock-scenario": "failed-internal"}
LISTING = "cannon-mock --list-scenarios and GET /__mock__/scenarios list the scenarios"
words = st.sampled_from(["", "a", "b"])


def _read_scenario_name(mock: Driver, id_: str) -> str:
    task = mock.store.tasks.get(id_)
    assert task is not None
    return task.scenario


def test_there_is_a_scenario_for_each_end() -> None:
    """Every end of a request has a scenario; only failures have a message; each scenario has a text."""
    assert {scenarios_by_name.outcome for scenarios_by_name in SCENARIOS.values()} == set(CATALOG.lifecycle["terminal"])
    assert all(
        (scenarios_by_name.outcome == "failed") == (scenarios_by_name.message is not None)
        for scenarios_by_name in SCENARIOS.values()
    )
    assert all(scenarios_by_name.text for scenarios_by_name in SCENARIOS.values())


def test_the_header_goes_before_a_rule_a_word_and_the_default(make_mock: DriverFactory) -> None:
    """A create's scenario comes from its header, else a rule, else its prompt, else the mock's default."""
    mock = make_mock(scenario="slow")
    magic = body(prompt="a [mock:stuck] b")
    assert _read_scenario_name(mock, mock.create_and_get_id()) == "slow"
    assert _read_scenario_name(mock, mock.create_and_get_id(magic)) == "stuck"
    mock.context.scenarios.add_rule(ScenarioRule(0, "webhook-lost"))
    assert _read_scenario_name(mock, mock.create_and_get_id(magic)) == "webhook-lost"
    assert _read_scenario_name(mock, mock.create_and_get_id(magic, headers=HEADER)) == "failed-internal"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("sucess", f"did you mean success? {LISTING}"),
        ("webhok-late", f"did you mean webhook-late? {LISTING}"),
        ("x" * 61, LISTING),
        ("success ", LISTING),
    ],
)
def test_an_unknown_scenario_is_an_error_with_the_nearest_one(mock: Driver, name: str, advice: str) -> None:
    """An unknown name in the header or in the prompt is an error with the nearest name, and nothing is stored."""
    before = mock.read_credits()
    reply = mock.create(headers={"x-mock-scenario": name}) if " " not in name else mock.create(body(prompt="[mock:no]"))
    assert read_error(reply) == (400, "unknown_scenario")
    assert reply.get_json()["error"]["message"].endswith(f"; {advice}")
    assert mock.read_credits() == before


@pytest.mark.parametrize("prompt", ["[mock]", "[mock:]", "mock:slow", "[mock: slow]", f"[mock:{'x' * 61}]"])
def test_a_malformed_name_in_a_prompt_is_text(mock: Driver, prompt: str) -> None:
    """Only the whole form chooses a scenario; a prompt with something like it is a prompt like any other."""
    assert _read_scenario_name(mock, mock.create_and_get_id(body(prompt=prompt))) == "success"


@given(rule=st.builds(ScenarioRule, st.just(1), st.just("s"), words, words, words, words), model=words, prompt=words)
def test_a_rule_matches_creates_with_all_of_its_fields(rule: ScenarioRule, model: str, prompt: str) -> None:
    """An empty field of a rule matches everything; a prompt matches by a part of it, the other fields as a whole."""
    is_match = (
        rule.operation in ("", "a")
        and rule.model in ("", model)
        and rule.account in ("", "b")
        and rule.prompt in prompt
    )
    assert rule.matches("a", {"model": model, "prompt": prompt}, "b") is is_match


@given(times=st.none() | st.integers(1, 3), uses=st.integers(0, 5))
def test_a_rule_with_times_is_removed_after_them(times: int | None, uses: int) -> None:
    """A rule with ``times`` is removed after that many uses, one without stays, and other rules do not change."""
    other, remaining_rules = (
        ScenarioRule(2, "t", times=1),
        [ScenarioRule(1, "s", times=times), ScenarioRule(2, "t", times=1)],
    )
    for _ in range(uses):
        remaining_rules = scenarios.use_rule(remaining_rules, 1)
    assert other in remaining_rules
    assert len(remaining_rules) == (2 if times is None or uses < times else 1)


def test_the_first_matching_rule_is_used(mock: Driver) -> None:
    """M4: rules with ``times`` come first, in their order; then the newest that matches, one for each match."""
    for rule in (
        ScenarioRule(0, "failed-timeout"),
        ScenarioRule(0, "failed-internal"),
        ScenarioRule(0, "slow", model="flux2"),
        ScenarioRule(0, "stuck", times=2),
        ScenarioRule(0, "failed-moderation", times=1),
    ):
        mock.context.scenarios.add_rule(rule)
    names = [_read_scenario_name(mock, mock.create_and_get_id()) for _ in range(4)]
    assert names == ["stuck", "stuck", "failed-moderation", "failed-internal"]
    assert _read_scenario_name(mock, mock.create_and_get_id(body(model="flux2"))) == "slow"
    assert [rule.scenario for rule in mock.context.scenarios.list_rules()] == ["slow", "failed-internal"]


def test_no_rule_gets_the_number_of_another(mock: Driver) -> None:
    """Whoever removes a rule that is gone removes no other: numbers are used once."""
    gone = mock.context.scenarios.add_rule(ScenarioRule(0, "slow"))
    replacement = mock.context.scenarios.add_rule(ScenarioRule(0, "success"))
    assert mock.context.scenarios.remove_rules(gone.id) == 1
    assert mock.context.scenarios.list_rules() == [replacement]


def test_the_number_of_rules_is_limited(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a new rule is an error, and the rules do not change."""
    monkeypatch.setattr("cannon_mock.stores.scenario_registry.MOST_RULES", 2)
    rules = [mock.context.scenarios.add_rule(ScenarioRule(0, "slow", times=1)) for _ in range(2)]
    with pytest.raises(LookupError, match="2 rules already"):
        mock.context.scenarios.add_rule(ScenarioRule(0, "slow", times=1))
    assert mock.context.scenarios.list_rules() == rules


def test_an_unknown_scenario_of_a_stored_task_has_no_faults(mock: Driver, make_mock: DriverFactory) -> None:
    """A stored task whose scenario only another mock knew goes on like any other."""
    assert mock.context.scenarios.find_or_plain("of-another-mock") == scenarios.Scenario("of-another-mock", "")


def _entries() -> list[tuple[str, dict[str, Any]]]:
    return list(CATALOG.scenarios["scenarios"].items())


@pytest.mark.parametrize(("name", "entry"), _entries(), ids=[name for name, _ in _entries()])
def test_a_scenario_is_read_whole(name: str, entry: dict[str, Any]) -> None:
    """No field of a scenario in the contract is lost when it is read."""
    scenario = SCENARIOS[name]
    assert len(scenario.faults) == len(entry.get("faults", ()))
    for fault, entry_of_part in zip(scenario.faults, entry.get("faults", ()), strict=True):
        assert {key: getattr(fault, key) for key in entry_of_part} == entry_of_part
    for drift, entry_of_part in zip(scenario.patches, entry.get("drift", ()), strict=True):
        assert {key: getattr(drift, key) for key in entry_of_part} == entry_of_part
    assert {key: getattr(scenario.webhook, key) for key in entry.get("webhook", {})} == entry.get("webhook", {})
    assert {key: getattr(scenario, key) for key in entry.get("pace", {})} == entry.get("pace", {})
