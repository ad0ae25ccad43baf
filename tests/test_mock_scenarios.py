"""What becomes of a task, by name."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mock_server import scenarios
from tests.payloads import CATALOG

KNOWN = CATALOG.scenarios


@pytest.mark.parametrize(("name", "outcome"), [("success", "succeeded"), ("failure", "failed")])
def test_a_scenario_is_chosen_by_name(name: str, outcome: str) -> None:
    """The name chooses how the task ends; only a failure has a message."""
    scenario = scenarios.choose(KNOWN, name)
    assert (scenario.name, scenario.outcome, bool(scenario.message)) == (name, outcome, outcome == "failed")


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name_the_default_is_chosen(name: str | None) -> None:
    """No name and an empty one choose the scenario that the file names as default."""
    assert scenarios.choose(KNOWN, name).name == "success"
    assert scenarios.choose({**KNOWN, "default": "failure"}, name).name == "failure"


@example("x" * 61)
@given(st.text(min_size=1).filter(lambda name: name not in KNOWN["scenarios"]))
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    """Another name is refused, cut short, and every known name is listed."""
    with pytest.raises(LookupError) as raised:
        scenarios.choose(KNOWN, name)
    assert raised.value.args[0] == f"no scenario {name[:60]}; known: success, failure"


def test_every_outcome_can_be_chosen() -> None:
    """There is a scenario for each end that a request can come to."""
    outcomes = {scenarios.choose(KNOWN, name).outcome for name in KNOWN["scenarios"]}
    assert outcomes == set(CATALOG.lifecycle["terminal"])
