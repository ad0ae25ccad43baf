"""A task is planned as a whole at its creation; polls see it proceed to its end."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cannon_mock import media
from cannon_mock.model import scenarios, task_view, tasks
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import Event, Media, Pace, Task, TaskRequest
from cannon_spec.contract.lifecycle import Timeline, may_follow, status_at
from tests.support.mocks import POLL_MS, PRICE_4K, RETENTION_MS
from tests.support.payloads import CATALOG

OPERATION = CATALOG.operations["image.generate"]
INPUT = {"prompt": "A lone $prompt, ${model} and $$", "model": "gptimage2", "aspect_ratio": "16:9", "resolution": "4K"}
SCENARIOS = scenarios.read_scenarios(CATALOG.scenarios["scenarios"])
BASE = "http://mock.example"
NOW = 1_762_479_300_000
ENDS = ("success", "failed-internal")

seeds = st.text(max_size=8)
speeds = st.floats(0.001, 1000)
moments = st.lists(st.integers(-5, RETENTION_MS + 40_000), min_size=2, max_size=12).map(sorted)

ALWAYS = [
    *("id", "operation", "status", "billableCredits"),
    *("createdAtMs", "startedAtMs", "completedAtMs", "errorMessage", "output"),
]
AT_THE_END = [*ALWAYS[:4], "inputPreview", "outputPreview", *ALWAYS[4:], "requestLog"]


def _plan(seed: str = "s", scenario: str | Scenario = "success", pace: Pace | None = None, **changes: Any) -> Task:
    input = {"input": INPUT, "effective_input": changes.get("input", INPUT), **changes}
    described_media = media.describe(CATALOG, OPERATION, input["effective_input"])
    request = TaskRequest("acct_a", OPERATION, **{"claims": (), "media": described_media, **input})
    chosen_scenario = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
    return tasks.plan_task(CATALOG, request, chosen_scenario, pace or Pace(), NOW, seed)


def _size(task: Task) -> tuple[int, int]:
    return task.media.properties["width"], task.media.properties["height"]


def _view_after(task: Task, after_ms: int) -> dict[str, Any]:
    return task_view.build_view(CATALOG, task, task.timeline.created_ms + after_ms, BASE)


def _at(task: Task, moment: str) -> dict[str, Any]:
    return task_view.build_view(CATALOG, task, getattr(task.timeline, moment), BASE)


@given(seed=seeds, scenario=st.sampled_from(ENDS), speed=speeds, immediate=st.booleans())
def test_the_same_arguments_plan_the_same_task(seed: str, scenario: str, speed: float, immediate: bool) -> None:
    """A plan depends on its arguments alone."""
    first, second = (_plan(seed, scenario, Pace(immediate, speed=speed)) for _ in range(2))
    assert first == second


@given(st.sets(seeds, min_size=2, max_size=2))
def test_another_seed_makes_other_ids(pair: set[str]) -> None:
    """Two seeds make two request ids and two asset ids; an asset id leads to its request."""
    one, two = (_plan(seed) for seed in sorted(pair))
    assets = [tasks.build_asset_id(CATALOG, task) for task in (one, two)]
    assert len({one.id, two.id, *assets}) == 4
    assert [tasks.parse_asset_id(asset) for asset in assets] == [one.id, two.id]


def test_a_task_records_its_request() -> None:
    """Ids have the vendor's prefixes; model, price, size and input are those of the request."""
    task = _plan()
    assert (task.id[:4], tasks.build_asset_id(CATALOG, task)[:4]) == ("req_", "img_")
    assert (task.account, task.operation, task.model, task.credits) == (
        "acct_a",
        "image.generate",
        "gptimage2",
        PRICE_4K,
    )
    assert (_size(task), task.media.properties["aspect_ratio"], task.input) == ((3840, 2160), "16:9", INPUT)


def test_a_task_without_a_model_has_the_default_one() -> None:
    """An input without a model gets the operation's default model."""
    task = _plan(input={"prompt": "x"})
    assert (task.model, _size(task)) == ("gptimage2", (1280, 1280))


def test_the_size_of_a_picture_follows_the_effective_input() -> None:
    """The picture has the size of the lowered value; the task keeps the value that was sent."""
    task = _plan(effective_input={**INPUT, "resolution": "2K"})
    assert (_size(task), task.input["resolution"]) == ((2048, 1152), "4K")


@given(seed=seeds, speed=st.floats(0.01, 100))
def test_times_keep_to_the_pace_of_the_contract(seed: str, speed: float) -> None:
    """Queued and processing take the contract's times, divided by the speed, to the millisecond."""
    timeline, pace = _plan(seed, pace=Pace(speed=speed)).timeline, CATALOG.lifecycle["pace"]["image"]
    for duration_ms, (least, most) in (
        (timeline.started_ms - timeline.created_ms, pace["queued_ms"]),
        (timeline.ended_ms - timeline.started_ms, pace["processing_ms"]),
    ):
        assert least / speed - 1 <= duration_ms <= most / speed + 1


@given(seed=seeds, speed=speeds, scenario=st.sampled_from(ENDS))
def test_an_immediate_task_has_ended_at_once(seed: str, speed: float, scenario: str) -> None:
    """All three times of an immediate task are the time of its creation."""
    timeline = _plan(seed, scenario, Pace(True, speed=speed)).timeline
    assert timeline == Timeline(NOW, NOW, NOW, "succeeded" if scenario == "success" else "failed")


@pytest.mark.parametrize(
    ("speed", "expected_ms"), [(1.0, 2000), (2.0, 1000), (20.0, 100), (0.5, 4000), (3.0, 667), (1000.0, 2)]
)
def test_poll_after_ms_is_divided_by_the_speed(speed: float, expected_ms: int) -> None:
    """A client is told to poll a faster mock sooner, in whole milliseconds."""
    assert tasks.compute_poll_after_ms(CATALOG, Pace(speed=speed)) == expected_ms


@given(seed=seeds, speed=speeds)
@example(seed="s", speed=1000.0)
@example(seed="s", speed=0.001)
def test_the_first_poll_sees_processing(seed: str, speed: float) -> None:
    """A poll after poll_after_ms sees processing, at any speed."""
    pace = Pace(speed=speed)
    assert _view_after(_plan(seed, pace=pace), tasks.compute_poll_after_ms(CATALOG, pace))["status"] == "processing"


@given(seed=seeds, scenario=st.sampled_from(ENDS), speed=speeds, times=moments)
def test_polls_see_legal_steps(seed: str, scenario: str, speed: float, times: list[int]) -> None:
    """Each poll sees a state that may follow the one that the poll before it saw."""
    task = _plan(seed, scenario, Pace(speed=speed))
    for before, after in pairwise(_view_after(task, at)["status"] for at in times):
        assert may_follow(CATALOG.lifecycle, before, after)


@given(seed=seeds, scenario=st.sampled_from(ENDS), at=st.integers(0, RETENTION_MS * 2))
def test_a_view_has_the_keys_and_times_of_its_status(seed: str, scenario: str, at: int) -> None:
    """A view has exactly the keys and the times that belong to its status."""
    task = _plan(seed, scenario)
    view, timeline = _view_after(task, at), task.timeline
    has_ended = view["status"] in CATALOG.lifecycle["terminal"]
    assert view["status"] == status_at(timeline, NOW + at)
    assert list(view) == (AT_THE_END if has_ended else ALWAYS)
    assert view["createdAtMs"] == timeline.created_ms
    assert view["startedAtMs"] == (None if view["status"] == "queued" else timeline.started_ms)
    assert view["completedAtMs"] == (timeline.ended_ms if has_ended else None)
    assert view["billableCredits"] == PRICE_4K


def test_a_queued_view_has_no_output() -> None:
    """While a task is queued there is neither output nor error."""
    view = _at(_plan(), "created_ms")
    assert (view["status"], view["output"], view["errorMessage"]) == ("queued", None, None)


def test_a_processing_view_names_provider_and_model() -> None:
    """While a task is processing its output has task_id, status, provider and model, and no address."""
    task = _plan()
    work = {
        "task_id": tasks.build_asset_id(CATALOG, task),
        "status": "processing",
        "provider": "cannon",
        "model": "gptimage2",
    }
    assert _at(task, "started_ms")["output"] == work


def test_a_succeeded_view_names_the_picture() -> None:
    """The output of success has the picture's address under the base address, and texts appear in it unchanged."""
    task = _plan()
    view, asset = _at(task, "ended_ms"), f"{BASE}/assets/{tasks.build_asset_id(CATALOG, task)}"
    assert view["output"] == {
        "task_id": tasks.build_asset_id(CATALOG, task),
        "asset_type": "image",
        "status": "succeeded",
        "image_url": f"{asset}/image.png",
        "image_urls": [f"{asset}/image.png"],
        "provider_image_urls": [f"{asset}/source.png"],
        "provider_image_count": 1,
        "provider": "cannon",
        "model": "gptimage2",
        "aspect_ratio": "16:9",
    }
    assert view["inputPreview"] == INPUT["prompt"]
    assert view["outputPreview"] == f"Asset ready: {asset}/image.png"
    assert view["requestLog"]["output"] == {"image_url": f"{asset}/image.png"}


@pytest.mark.parametrize(
    ("fields", "ratio"),
    [({}, "1:1"), ({"aspect_ratio": "auto"}, "auto"), ({"aspect_ratio": "auto", "model": "flux2"}, "auto")],
)
def test_the_output_names_the_ratio(fields: dict[str, str], ratio: str) -> None:
    """The output has the ratio of the input as it was sent, or the picture's where the input has none."""
    input = {"prompt": "x", **fields}
    assert _at(_plan(input=input), "ended_ms")["output"]["aspect_ratio"] == ratio


def test_a_failed_view_has_a_message_and_no_output() -> None:
    """A failure shows its scenario's message, in the log too, and no output anywhere."""
    view = _at(_plan(scenario="failed-internal"), "ended_ms")
    message = CATALOG.scenarios["scenarios"]["failed-internal"]["message"]
    assert (view["status"], view["output"], view["errorMessage"], view["outputPreview"]) == (
        *("failed", None),
        *(message, None),
    )
    assert (view["requestLog"]["output"], view["requestLog"]["errorMessage"]) == (None, message)


@pytest.mark.parametrize("scenario", ENDS)
def test_the_request_log_is_kept_for_seven_days(scenario: str) -> None:
    """For seven days from the end the view stays the same, with the input in the log; after them the log is empty."""
    task = _plan(scenario=scenario)
    until = task.timeline.ended_ms + RETENTION_MS
    first, last, late_view = (
        task_view.build_view(CATALOG, task, at, BASE) for at in (task.timeline.ended_ms, until, until + 1)
    )
    assert first == last
    assert first["requestLog"].items() >= {"available": True, "retentionDays": 7, "retainedUntilMs": until}.items()
    assert first["requestLog"]["input"] == INPUT
    empty_log = {"available": False, "input": None, "output": None, "errorMessage": None}
    assert late_view == {**first, "requestLog": {**first["requestLog"], **empty_log}}


@pytest.mark.parametrize(
    ("scenario", "after_ms", "claim", "absent"),
    [
        ("success", 0, "request-queued-view", "image-output-names"),
        ("success", POLL_MS, "image-output-names", "request-queued-view"),
        ("failed-internal", 60_000, "request-failed-view", "image-output-names"),
        ("success", 60_000 + RETENTION_MS, "request-log-after-sweep", "request-queued-view"),
    ],
)
def test_a_view_names_its_claims(scenario: str, after_ms: int, claim: str, absent: str) -> None:
    """Each state names its own claims, and the ledger has all of them."""
    claims = task_view.collect_claims(CATALOG, _plan(scenario=scenario), NOW + after_ms)
    assert claim in claims
    assert absent not in claims
    assert set(claims) <= CATALOG.claims.keys()


def test_the_claim_on_an_empty_log_is_named_while_the_log_is_empty() -> None:
    """The claim on an empty log is named exactly from the millisecond on at which the log is empty."""
    task = _plan()
    for at in (task.timeline.ended_ms + RETENTION_MS, task.timeline.ended_ms + RETENTION_MS + 1):
        is_empty = not task_view.build_view(CATALOG, task, at, BASE)["requestLog"]["available"]
        assert ("request-log-after-sweep" in task_view.collect_claims(CATALOG, task, at)) is is_empty


@pytest.mark.parametrize(("input", "is_named"), [(INPUT, False), ({"prompt": "x"}, True)])
def test_the_claim_on_the_default_ratio_is_named_where_it_is_used(input: dict[str, str], is_named: bool) -> None:
    """The claim on the default ratio is named where the input has no ratio, and only there."""
    claims = task_view.collect_claims(CATALOG, _plan(input=input), NOW + 60_000)
    assert ("image-output-default-ratio" in claims) == is_named


polls = st.integers(1, 5)
texts = st.text(max_size=20)


@given(polls=polls, scenario=st.sampled_from(ENDS))
def test_each_state_lasts_so_many_polls(polls: int, scenario: str) -> None:
    """Where states are counted in polls, that many polls see each state, whatever the time; the end is final."""
    task, states = _plan(scenario=scenario, pace=Pace(polls=polls)), []
    for _ in range(2 * polls + 2):
        task = tasks.record_poll(task, NOW)
        states.append(_view_after(task, 0)["status"])
    end = "succeeded" if scenario == "success" else "failed"
    assert states == ["queued"] * polls + ["processing"] * polls + [end] * 2
    assert len(task.events) == 2 * polls + 1


def test_time_does_not_end_a_task_that_counts_polls() -> None:
    """A task whose states are counted in polls is still queued after a year without a poll."""
    assert _view_after(_plan(pace=Pace(polls=1)), 365 * 86_400_000)["status"] == "queued"


@given(at=st.integers(0, 40_000), outcome=st.sampled_from(["succeeded", "failed"]), message=texts)
def test_a_task_can_be_ended_once(at: int, outcome: Any, message: str) -> None:
    """An end that a caller asks for counts from that moment on; a task that has ended before does not change."""
    planned_task = _plan()
    ended_task = tasks.end_task(planned_task, NOW + at, outcome, message)
    if at >= planned_task.timeline.ended_ms - NOW:
        assert ended_task is planned_task
        return
    view = _view_after(ended_task, at)
    assert (view["status"], view["completedAtMs"]) == (outcome, NOW + at)
    assert view["errorMessage"] == (message if outcome == "failed" else None)
    assert view["createdAtMs"] <= view["startedAtMs"] <= view["completedAtMs"]
    assert tasks.end_task(ended_task, NOW + at + 1, "failed", "again") is ended_task


@pytest.mark.parametrize("state", ["queued", "processing"])
@pytest.mark.parametrize("pace", [Pace(), Pace(True), Pace(polls=2)], ids=["time", "immediate", "polls"])
def test_a_stuck_task_never_leaves_its_state(state: str, pace: Pace) -> None:
    """A task of a stuck scenario keeps its state, at any time and however often it is polled."""
    stuck_scenario = scenarios.read_scenarios({"mine": {"pace": {"stuck": state}}})["mine"]
    task = _plan(scenario=stuck_scenario, pace=pace)
    for _ in range(9):
        task = tasks.record_poll(task, NOW)
    assert [_view_after(task, at)["status"] for at in (1, RETENTION_MS * 50)] == [state, state]


@given(st.text())
def test_a_scenario_may_have_its_own_time_of_processing(seed: str) -> None:
    """Processing takes as long as the scenario says, whatever the pace of the operation is."""
    own_time = scenarios.read_scenarios({"mine": {"pace": {"processing_ms": [70_000, 80_000]}}})["mine"]
    plain, timeline = _plan(seed).timeline, _plan(seed, scenario=own_time).timeline
    assert timeline.started_ms == plain.started_ms
    assert 70_000 <= timeline.ended_ms - timeline.started_ms <= 80_000


@given(factor=st.floats(0, 1000))
def test_a_slow_scenario_multiplies_the_times(factor: float) -> None:
    """Queued and processing take ``factor`` times as long as without the scenario."""
    slow = scenarios.read_scenarios({"mine": {"pace": {"factor": factor}}})["mine"]
    plain, slow_timeline = _plan().timeline, _plan(scenario=slow).timeline
    assert slow_timeline.started_ms - NOW == round((plain.started_ms - NOW) * factor)
    assert slow_timeline.ended_ms - slow_timeline.started_ms == round((plain.ended_ms - plain.started_ms) * factor)


@given(
    prompt=texts,
    events=st.lists(st.builds(Event, st.integers(NOW, NOW * 2), st.sampled_from(["poll", "end"])), max_size=4),
    url=st.none() | texts,
    key=st.none() | texts,
    media=st.none() | st.builds(Media, texts, st.dictionaries(texts, st.integers() | texts), st.tuples(texts)),
)
def test_a_task_survives_the_store(
    prompt: str, events: list[Event], url: str | None, key: str | None, media: Media | None
) -> None:
    """What is decoded is what was encoded, whatever the media."""
    plan = _plan()
    changes = {"input": {"prompt": prompt}, "events": tuple(events), "webhook_url": url, "idempotency_key": key}
    task = plan._replace(media=media or plan.media, **changes)
    assert tasks.decode(tasks.encode(task)) == task


def test_a_stored_task_is_small() -> None:
    """A store in memory keeps many tasks: one of a picture takes at most 260 bytes beside its input."""
    task = _plan()
    assert len(tasks.encode(task)) - len(json.dumps(task.input, separators=(",", ":"))) <= 260
