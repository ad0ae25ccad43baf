"""A request's way from queued to its end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.contract.lifecycle import (
    Timeline,
    check_step,
    check_view,
    is_key_alive,
    is_terminal,
    may_follow,
    must_keep_log,
    status_at,
)
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


def request_view(**changes: Any) -> dict[str, Any]:
    """A request object that succeeded, with members changed."""
    times = {"createdAtMs": 10, "startedAtMs": 20, "completedAtMs": 30}
    log = {"available": True, "retainedUntilMs": 1000, "input": {"prompt": "x"}}
    common = {"operation": "image.generate", "status": "succeeded", "billableCredits": 28, "outputPreview": "at " + URL}
    return {**common, **times, "output": {"image_url": URL, "provider": "p"}, "requestLog": log, **changes}


URL = "https://storage.example.com/a.png?signature=1"
WHOLE_SECOND = 1_762_479_300_000


@pytest.mark.parametrize(
    ("changes", "breaches"),
    [
        ({}, []),
        ({"startedAtMs": 10, "completedAtMs": 10}, []),
        ({"startedAtMs": None}, []),
        ({"startedAtMs": 9}, [("times", "lifecycle-order", "startedAtMs")]),
        ({"completedAtMs": 19}, [("times", "lifecycle-order", "completedAtMs")]),
        ({"startedAtMs": None, "completedAtMs": 9}, [("times", "lifecycle-order", "completedAtMs")]),
        ({"createdAtMs": WHOLE_SECOND + 900, "startedAtMs": WHOLE_SECOND, "completedAtMs": WHOLE_SECOND}, []),
        (
            {"createdAtMs": WHOLE_SECOND + 1000, "startedAtMs": WHOLE_SECOND, "completedAtMs": None},
            [("times", "lifecycle-order", "startedAtMs")],
        ),
        ({"status": "failed"}, [("failure", "request-failed-view", "output")]),
        ({"status": "failed", "output": None}, []),
        ({"startedAtMs": "9", "completedAtMs": True}, []),
    ],
)
def test_a_request_object_agrees_with_itself(changes: dict[str, Any], breaches: list[tuple[str, str, str]]) -> None:
    """Times that are set run forward, in whole seconds too, and a failed request has no output."""
    assert [each[:3] for each in check_view(request_view(**changes))] == breaches


def _final(member: str) -> tuple[str, str, str]:
    """The breach of a member that changes after the end."""
    return "final", "lifecycle-terminal", member


PROCESSING = {"status": "processing", "completedAtMs": None, "output": {}, "requestLog": None}
NEW_URL = "https://cdn.example.com/other/a.png?signature=2"


@pytest.mark.parametrize(
    ("before", "after", "breaches"),
    [
        ({}, {}, []),
        (PROCESSING, PROCESSING, []),
        (PROCESSING, {}, []),
        ({}, PROCESSING, [("step", "lifecycle-terminal", "status")]),
        (PROCESSING, {**PROCESSING, "status": "queued"}, [("step", "lifecycle-order", "status")]),
        (PROCESSING, {"createdAtMs": 11}, [("times", "lifecycle-order", "createdAtMs")]),
        (PROCESSING, {"startedAtMs": None}, [("times", "lifecycle-order", "startedAtMs")]),
        ({**PROCESSING, "status": "queued", "startedAtMs": 10}, {**PROCESSING, "startedAtMs": 20}, []),
        ({"createdAtMs": WHOLE_SECOND + 999}, {"createdAtMs": WHOLE_SECOND}, []),
        ({"createdAtMs": WHOLE_SECOND + 1000}, {"createdAtMs": WHOLE_SECOND}, [_final("createdAtMs")]),
        ({}, {"output": None}, [_final("output")]),
        ({}, {"output": {"image_url": URL, "provider": "q"}}, [_final("output")]),
        ({}, {"output": {"provider": "p"}}, [_final("output")]),
        ({}, {"output": {"image_url": URL, "provider": "p", "checked": 1}}, []),
        ({}, {"output": {"image_url": NEW_URL, "provider": "p"}, "outputPreview": "at " + NEW_URL}, []),
        ({}, {"outputPreview": "gone"}, [_final("outputPreview")]),
        ({}, {"billableCredits": 29}, [_final("billableCredits")]),
        ({"billableCredits": None}, {}, []),
        ({}, {"lastPolledAt": 1}, []),
        ({"lastPolledAt": 1, "polls": 2}, {"lastPolledAt": 2}, []),
        ({}, {"requestLog": None}, [("final", "request-log-seven-days", "requestLog")]),
        ({}, {"requestLog": {"available": False}}, [("final", "request-log-seven-days", "requestLog")]),
        ({}, {"requestLog": {"available": True, "input": {"prompt": "x"}, "retainedUntilMs": 2000, "reads": 2}}, []),
        ({"operation": "x"}, {"operation": "x", "output": {"provider": "q"}}, []),
        ({"output": "x"}, {"output": "y"}, [_final("output")]),
    ],
)
def test_a_request_object_agrees_with_an_earlier_one(
    before: dict[str, Any], after: dict[str, Any], breaches: list[tuple[str, str, str]]
) -> None:
    """Steps are legal, and after the end no documented member changes, but for addresses and other members."""
    step = check_step(CATALOG, request_view(**before), request_view(**after), after_ms=999)
    assert [each[:3] for each in step] == breaches


@pytest.mark.parametrize(
    ("before", "after", "has_changed"),
    [
        ([1, URL], [1, NEW_URL], False),
        ([1, URL], [2, URL], True),
        ([1, URL], [1], True),
        ({"a": {"b": URL}}, {"a": {"b": NEW_URL}}, False),
        ({"a": {"b": URL}}, {"a": {"c": URL}}, True),
        ("x", 1, True),
    ],
)
def test_values_are_compared_at_any_depth(before: Any, after: Any, has_changed: bool) -> None:
    """Lists and objects within an output are compared at each depth, without their addresses."""
    views = [request_view(output={"image_urls": value}) for value in (before, after)]
    assert bool([*check_step(CATALOG, *views, after_ms=999)]) is has_changed


@pytest.mark.parametrize("after_ms", [1000, None])
def test_the_log_may_change_when_its_time_is_over(after_ms: float | None) -> None:
    """From retainedUntilMs on the log and the previews of it may change, as at an unknown time; the output may not."""
    later = request_view(requestLog={"available": False}, outputPreview=None, output=None)
    assert [each.member for each in check_step(CATALOG, request_view(), later, after_ms)] == ["output"]


@pytest.mark.parametrize(("log", "is_kept"), [({"retainedUntilMs": 5}, True), ({}, False), (None, False)])
def test_a_log_is_kept_as_long_as_it_says(log: Any, is_kept: bool) -> None:
    """A log that does not say until when it is kept need not be kept."""
    assert must_keep_log({"requestLog": log}, 4) is is_kept
    assert not must_keep_log({"requestLog": log}, 5)


def test_a_breach_says_what_is_legal() -> None:
    """Message and hint name both statuses, where the earlier one is from, and the legal ones."""
    (breach,) = check_step(CATALOG, {"status": "processing"}, {"status": "queued"}, 0, "entry 4")
    assert breach.message == '"queued" cannot follow "processing" in entry 4'
    assert breach.hint == 'legal here: "processing", "succeeded", "failed"'


def test_an_idempotency_key_lives_for_its_time() -> None:
    """A create is a repeat until the lifetime of its key is over, and not at that moment."""
    lifetime_ms = LIFECYCLE["idempotency_ms"]["value"]
    assert is_key_alive(LIFECYCLE, 7, 7 + lifetime_ms - 1)
    assert not is_key_alive(LIFECYCLE, 7, 7 + lifetime_ms)
