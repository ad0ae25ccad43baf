"""A request's way from queued to its end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.contract.lifecycle import Timeline, is_terminal, may_follow, status_at
from tests.support.payloads import CATALOG

LIFECYCLE = CATALOG.lifecycle
times = st.integers(0, 10**15)
timelines = st.builds(
    lambda moments, outcome: Timeline(*sorted(moments), outcome),
    st.lists(times, min_size=3, max_size=3),
    st.sampled_from(["succeeded", "failed"]),
)


@pytest.mark.parametrize(
    ("now", "status"),
    [(0, "queued"), (1999, "queued"), (2000, "processing"), (2999, "processing"), (3000, "failed"), (10**15, "failed")],
)
def test_a_state_starts_at_its_moment(now: int, status: str) -> None:
    """Each state starts with its own millisecond and lasts until the next one's."""
    assert status_at(Timeline(1000, 2000, 3000, "failed"), now) == status


def test_a_timeline_of_no_length_has_ended() -> None:
    """A request whose moments are one has ended at that moment."""
    assert status_at(Timeline(5, 5, 5, "succeeded"), 5) == "succeeded"


@pytest.mark.parametrize("moments", [(2, 1, 3), (1, 3, 2), (3, 2, 1)])
def test_a_timeline_runs_forward(moments: tuple[int, int, int]) -> None:
    """A timeline that would run backward is refused, with its moments."""
    with pytest.raises(ValueError, match=f"runs forward: {moments[0]}, {moments[1]}, {moments[2]}"):
        Timeline(*moments, "succeeded")


@given(timelines, st.lists(times, min_size=2, max_size=8))
def test_polls_see_legal_steps_only(timeline: Timeline, polls: list[int]) -> None:
    """Whenever a request is polled, each status is a state, may follow the one before, and the end is final."""
    seen = [status_at(timeline, now) for now in sorted(polls)]
    assert set(seen) <= set(LIFECYCLE["states"])
    for before, after in pairwise(seen):
        assert may_follow(LIFECYCLE, before, after)
        assert not is_terminal(LIFECYCLE, before) or after == before


@pytest.mark.parametrize(
    ("before", "after", "legal"),
    [
        ("queued", "queued", True),
        ("queued", "processing", True),
        ("queued", "succeeded", True),
        ("queued", "failed", True),
        ("processing", "succeeded", True),
        ("processing", "failed", True),
        ("processing", "queued", False),
        ("succeeded", "succeeded", True),
        ("succeeded", "failed", False),
        ("succeeded", "processing", False),
        ("failed", "queued", False),
        ("cancelled", "failed", False),
    ],
)
def test_a_request_never_goes_back(before: str, after: str, legal: bool) -> None:
    """From queued through processing to an end: no other step is legal, and staying is."""
    assert may_follow(LIFECYCLE, before, after) is legal


def test_the_states_of_the_contract_hang_together() -> None:
    """Steps lead from states to states, ends lead nowhere, and every state is reached from the first."""
    states = set(LIFECYCLE["states"])
    steps: dict[str, Any] = LIFECYCLE["steps"]
    assert steps.keys() == states
    assert {state for state in states if not steps[state]} == set(LIFECYCLE["terminal"])
    assert {LIFECYCLE["initial"], *steps[LIFECYCLE["initial"]]} == states
    assert {state for state in states if is_terminal(LIFECYCLE, state)} == {"succeeded", "failed"}
    assert CATALOG.schemas["common"]["$defs"]["status"]["enum"] == LIFECYCLE["states"]
    assert CATALOG.scenarios["default"] in CATALOG.scenarios["scenarios"]
