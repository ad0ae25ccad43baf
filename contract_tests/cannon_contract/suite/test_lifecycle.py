"""The lifecycle of a request, from queued to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, new_key
from cannon_contract.client.asset_files import fetch_file
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import (
    SUCCESS,
    expect,
    expect_between,
    expect_equal,
    expect_member,
    expect_status,
)
from cannon_contract.client.flows import (
    create,
    create_and_finish,
    find_path,
    poll,
    poll_to_end,
    shared_run,
    wait_before_poll,
)
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.suite.cases import each_operation, each_pace
from cannon_contract.suite.durations import CLOCK_TOLERANCE_S, DAY_S
from cannon_contract.suite.outputs import find_files, strip_signatures
from cannon_spec.contract.lifecycle import TIMES, LifecycleBreach, check_step, check_view
from cannon_spec.times import parse_time

_FAILURES = ("failed-internal", "failed-moderation", "failed-combination")
_UNKNOWN_ID = "req_of_nobody"


@pytest.mark.shares
@pytest.mark.claim("lifecycle-order")
def test_a_request_only_makes_legal_steps(api: Api) -> None:
    """Polls show legal steps only, and on a mock with its own clock every state on the way to success."""
    polls = _poll_each_state(api) if api.may_move_clock else shared_run(api).polls
    _expect_no_breach(api, (each for step in pairwise(polls) for each in check_step(api.catalog, *step, 0)))
    if api.may_move_clock:
        statuses = list(dict.fromkeys(view["status"] for view in polls))
        expect_equal(statuses, ["queued", "processing", "succeeded"], "the statuses of a request")


def _expect_no_breach(api: Api, breaches: Iterable[LifecycleBreach]) -> None:
    """Raise ClaimBroken for the first breach of a documented claim, or without one for the first of an assumption."""
    ranked_breaches = sorted(breaches, key=lambda each: api.catalog.claims[each.claim].severity != "error")
    for breach in ranked_breaches:
        raise ClaimBroken(f"{breach.member} of a request object: {breach.message}; {breach.hint}", breach.claim)


def _poll_each_state(api: Api) -> list[dict[str, Any]]:
    """The polls of a new request. After poll_after_ms a short state can be over, so they follow its pace instead."""
    pace = api.catalog.pace_of(api.catalog.operations[api.operation])
    shortest_ms = min(pace["queued_ms"][0], pace["processing_ms"][0])
    return poll_to_end(api, {**create(api), "poll_after_ms": shortest_ms / 2})


@pytest.mark.shares
@pytest.mark.claim("lifecycle-order")
def test_the_times_of_a_request_run_forward(api: Api) -> None:
    """A request is created, then started, then completed."""
    _expect_no_breach(api, (each for view in shared_run(api).polls for each in check_view(view)))


@pytest.mark.shares
@pytest.mark.claim("request-times-ms")
def test_times_are_milliseconds_since_1970(api: Api) -> None:
    """Each time of a request lies between the status replies before the create and after the end, to five minutes."""
    run = shared_run(api)
    first_ms, last_ms = (_parse_server_time(each) for each in run.server_times)
    for view in run.polls:
        for name in TIMES:
            if view.get(name) is not None:
                least, most = first_ms - CLOCK_TOLERANCE_S * 1000, last_ms + CLOCK_TOLERANCE_S * 1000
                expect_between(view[name], least, most, f"{name} of a request that is {view['status']}")


def _parse_server_time(text: Any) -> int:
    """A serverTime in milliseconds since 1970. Raises NotTested for what is no time."""
    try:
        return int(parse_time(str(text)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise NotTested(f"serverTime of the status reply is no time: {show(text)}") from None


@pytest.mark.shares
@pytest.mark.claim("request-shape", "lifecycle-states")
def test_every_poll_has_the_documented_shape(api: Api) -> None:
    """Every request object matches its schema, and has the id that the create gave."""
    run = shared_run(api)
    for view in run.polls:
        expect_equal(
            view.get("id"), run.reply["id"], f"id of a request that is {view['status']}", claim_ids.REQUEST_SHAPE
        )


@pytest.mark.shares
@pytest.mark.claim("request-shape-processing")
def test_a_request_in_progress_has_the_documented_shape(api: Api) -> None:
    """A request object that is processing matches the schema of its example."""
    # Each poll was checked by its schema, which blames its claims itself: this shows that there was such a poll.
    if "processing" not in [view["status"] for view in shared_run(api).polls]:
        raise NotTested("no poll came while the request was processing")


@pytest.mark.shares
@pytest.mark.claim("request-operation")
def test_every_poll_names_the_operation_of_the_create(api: Api) -> None:
    """Every request object has the operation that was asked for, from the first poll to the end."""
    run = shared_run(api)
    for view in run.polls:
        if "operation" in view or view is run.end:
            operation = expect_member(view, "/operation", "a request object")
            expect_equal(operation, run.body["operation"], f"operation of a request that is {view['status']}")


@pytest.mark.shares
@pytest.mark.claim("lifecycle-terminal")
def test_a_request_does_not_change_after_its_end(api: Api) -> None:
    """What is documented of a request that has ended is the same at every later poll; its files may be signed anew."""
    run = shared_run(api)
    _expect_unchanged(api, run.end, poll(api, run.reply))
    wait_before_poll(api, run.reply)
    _expect_unchanged(api, run.end, poll(api, run.reply))
    if api.may_move_clock:
        api.sleep(DAY_S)
        _expect_unchanged(api, run.end, poll(api, run.reply))


def _expect_unchanged(api: Api, end: dict[str, Any], view: dict[str, Any]) -> None:
    """Raise ClaimBroken where a later poll of an ended request shows another one, or other files."""
    _expect_no_breach(api, check_step(api.catalog, end, view, 0, "the poll that found its end"))
    operation = api.catalog.operations[api.operation]
    files, later_files = (list(find_files(operation, each.get("output") or {})) for each in (end, view))
    for file, later_file in zip(files, later_files, strict=False):
        if strip_signatures(file.url) != strip_signatures(later_file.url) and not file.is_of_provider:
            # Another path may be another name of the same file.
            contents = [fetch_file(api, each.member, each.url).content for each in (file, later_file)]
            what = f"the file at {file.member} of a request that has ended, compared with that at its end"
            expect_equal(contents[1], contents[0], what, claim_ids.LIFECYCLE_TERMINAL)


@pytest.mark.creates(1)
@pytest.mark.claim("poll-after")
def test_a_request_can_be_polled_after_poll_after_ms(api: Api) -> None:
    """After poll_after_ms a poll finds the request."""
    reply = create(api)
    wait_before_poll(api, reply)
    response = expect_status(api.get(find_path(reply)), SUCCESS, "after poll_after_ms")
    expect_equal(response.json().get("id"), reply["id"], "id of the request that a poll finds")


@pytest.mark.shares
@pytest.mark.claim("poll-after-2000")
@pytest.mark.needs("own pace")
def test_poll_after_ms_is_2000(api: Api) -> None:
    """A create asks for 2000 ms before the first poll."""
    wait_ms = expect_member(shared_run(api).reply, "/poll_after_ms", "the accepted reply")
    api.note_value(claim_ids.POLL_AFTER_2000, "/lifecycle/poll_after_ms/value", wait_ms)
    expect_equal(wait_ms, 2000, "poll_after_ms of an accepted reply")


@pytest.mark.claim("poll-after-speed")
@pytest.mark.parametrize(
    ("setting", "after_ms"), [({"speed": 4}, 500), ({"speed": 0.5}, 4000), ({"progression": "manual:2"}, 1)]
)
def test_poll_after_ms_follows_the_speed_of_the_mock(
    make_own_mock: Callable[..., Api], setting: dict[str, Any], after_ms: int
) -> None:
    """A mock that runs N times as fast divides poll_after_ms by N; a mock that counts polls asks for 1 ms."""
    assert create(make_own_mock(**setting))["poll_after_ms"] == after_ms


@pytest.mark.claim("progression-polls")
def test_a_state_can_last_a_number_of_polls(make_own_mock: Callable[..., Api]) -> None:
    """With the progression manual:2 each state is shown by two polls, however fast they come."""
    api = make_own_mock(progression="manual:2")
    reply = create(api)
    states = [poll(api, reply)["status"] for _ in range(5)]
    assert states == ["queued", "queued", "processing", "processing", "succeeded"]


@each_pace()
@pytest.mark.needs("clock")
def test_a_request_takes_the_time_of_its_kind(api: Api, pace: dict[str, Any]) -> None:
    """A request waits and is processed for as long as the contract says for its kind of media."""
    shortest_wait, longest_wait = pace["queued_ms"]
    shortest_work, longest_work = pace["processing_ms"]
    for _ in range(3):
        end = create_and_finish(api)
        assert shortest_wait <= end["startedAtMs"] - end["createdAtMs"] <= longest_wait
        assert shortest_work <= end["completedAtMs"] - end["startedAtMs"] <= longest_work


@pytest.mark.shares
@pytest.mark.claim("request-queued-view")
def test_a_queued_request_has_no_results(api: Api) -> None:
    """While queued, startedAtMs, completedAtMs, errorMessage and output are null."""
    view = shared_run(api).polls[0]
    if view["status"] != "queued":
        raise NotTested(f"the first poll came too late: the request was {view['status']}")
    for name in ("startedAtMs", "completedAtMs", "errorMessage", "output"):
        expect_equal(view.get(name), None, f"{name} of a queued request")


@pytest.mark.claim("request-failed-view")
@pytest.mark.needs("mock")
def test_a_failed_request_has_no_output(api: Api) -> None:
    """After a failure output and outputPreview are null."""
    end = _create_and_fail(api, _FAILURES[0])
    assert [each.message for each in check_view(end)] == []
    assert end["outputPreview"] is None


@pytest.mark.shares
@pytest.mark.claim("lifecycle-output-on-success")
def test_a_success_has_an_output(api: Api) -> None:
    """A succeeded request has an output."""
    output = shared_run(api).output
    expect(bool(output), "output of a request that succeeded", "an object with at least one member", output)


@pytest.mark.claim("lifecycle-message-on-failure")
@pytest.mark.needs("mock")
def test_a_failure_has_a_message(api: Api) -> None:
    """A failed request has an error message."""
    _expect_message(_create_and_fail(api, _FAILURES[0]))


def _expect_message(end: dict[str, Any]) -> None:
    expect(bool(end["errorMessage"]), "errorMessage of a request that failed", "a text", end["errorMessage"])


@pytest.mark.needs("mock")
@each_operation()
def test_a_request_of_each_operation_can_fail(api: Api) -> None:
    """A request that fails has no output and a message, and its credits come back."""
    before, end = api.read_credits(), _create_and_fail(api, _FAILURES[0])
    expect_equal(end["output"], None, "output of a request that failed")
    expect_equal(end["requestLog"]["output"], None, "requestLog.output of a request that failed")
    _expect_message(end)
    expect_equal(api.read_credits(), before, "creditsRemaining after a request that failed")


@pytest.mark.claim("failure-message")
@pytest.mark.needs("mock")
@pytest.mark.parametrize("scenario", _FAILURES)
def test_a_failure_has_the_message_of_its_scenario(api: Api, scenario: str) -> None:
    """A request that fails by a scenario of the mock has the scenario's message."""
    expected_message = api.catalog.scenarios["scenarios"][scenario]["message"]
    assert _create_and_fail(api, scenario)["errorMessage"] == expected_message


@pytest.mark.claim("failure-timeout")
@pytest.mark.needs("clock")
def test_a_provider_timeout_fails_after_about_ten_minutes(api: Api) -> None:
    """A request whose provider does not finish fails after 5 to 20 minutes, and its credits come back."""
    before = api.read_credits()
    end = create_and_finish(api, x_mock_scenario="failed-timeout")
    assert end["status"] == "failed"
    assert 300_000 <= end["completedAtMs"] - end["createdAtMs"] <= 1_200_000
    assert api.read_credits() == before


@pytest.mark.claim("request-unknown-404")
def test_an_unknown_request_is_not_found(api: Api) -> None:
    """A poll of an id that no create gave is answered with 404."""
    assert api.get(f"/api/v1/requests/{_UNKNOWN_ID}").status_code == 404


@pytest.mark.shares
@pytest.mark.claim("request-unknown-404")
@pytest.mark.needs("other key")
def test_a_request_of_another_key_is_not_found(api: Api, other_api: Api) -> None:
    """A poll of a request that another key created is answered with 404, as for an unknown id."""
    assert other_api.get(find_path(shared_run(api).reply)).status_code == 404


@pytest.mark.claim("scenario-header")
@pytest.mark.needs("mock")
@pytest.mark.parametrize(("scenario", "status"), [("success", "succeeded"), ("failed-internal", "failed")])
def test_a_header_chooses_the_scenario(api: Api, scenario: str, status: str) -> None:
    """The scenario that a create names decides how the request ends."""
    assert create_and_finish(api, x_mock_scenario=scenario)["status"] == status


@pytest.mark.claim("scenario-header")
@pytest.mark.needs("mock")
def test_an_unknown_scenario_is_refused(api: Api) -> None:
    """A create that names an unknown scenario is refused with 400."""
    assert api.create(api.build_body(), x_mock_scenario="no-such").status_code == 400


@pytest.mark.claim("scenario-faults")
@pytest.mark.needs("mock")
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_scenario_can_fail_a_create(api: Api, status: int) -> None:
    """The first create of a fault scenario gets the fault and nothing is stored; its repeat succeeds."""
    before, key, scenario = api.read_credits(), new_key(), f"error-{status}"
    assert api.create(api.build_body(), key=key, x_mock_scenario=scenario).status_code == status
    assert api.read_credits() == before
    assert api.create(api.build_body(), key=key, x_mock_scenario=scenario).status_code == 202


@pytest.mark.claim("shut-down-answer")
@pytest.mark.needs("mock")
def test_a_shut_down_can_be_refused_or_fail(api: Api) -> None:
    """A create of what was shut down is refused with 400, or is accepted and fails with a message; it costs nothing."""
    before = api.read_credits()
    response = api.create(api.build_body(), x_mock_scenario="shut-down-refused")
    expect_status(response, 400, "with the scenario shut-down-refused")
    _expect_message(_create_and_fail(api, "shut-down-failed"))
    expect_equal(api.read_credits(), before, "creditsRemaining after a refusal and a failure")


@pytest.mark.claim("scenario-drift")
@pytest.mark.needs("mock")
def test_a_scenario_can_add_fields(api: Api) -> None:
    """The replies of a later version have more fields, and still match their schemas."""
    reply = create(api, x_mock_scenario="drift-extra-field")
    for schema, value in (("accepted", reply), ("request", poll(api, reply))):
        new_names = value.keys() - api.catalog.schemas[f"envelope/{schema}"]["properties"].keys()
        expect(bool(new_names), f"the {schema} reply of a later version", "members that its schema lacks", new_names)


def _create_and_fail(api: Api, scenario: str) -> dict[str, Any]:
    end = create_and_finish(api, x_mock_scenario=scenario)
    if end["status"] != "failed":
        raise ClaimBroken(f"the scenario {scenario} ended as {end['status']}", claim_ids.SCENARIO_HEADER)
    return end
