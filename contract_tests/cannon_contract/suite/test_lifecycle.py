"""The lifecycle of a request, from queued to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, new_key
from cannon_contract.client.flows import create, create_and_finish, poll, poll_to_end, shared_run, wait_before_poll
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.suite.cases import each_operation, each_pace
from cannon_spec.contract.lifecycle import check_step, check_view

_DAY_S = 86_400
_LONG_S = 60
_FAILURES = ("failed-internal", "failed-moderation", "failed-combination")
_UNKNOWN_ID = "req_of_nobody"


@pytest.mark.shares
@pytest.mark.claim("lifecycle-order")
def test_a_request_only_makes_legal_steps(api: Api) -> None:
    """Polls show legal steps only, and on a mock with its own clock every state on the way to success."""
    polls = _poll_each_state(api) if api.may_move_clock else shared_run(api).polls
    breaches = [each.message for step in pairwise(polls) for each in check_step(api.catalog, *step, 0)]
    assert breaches == []
    if api.may_move_clock:
        assert list(dict.fromkeys(view["status"] for view in polls)) == ["queued", "processing", "succeeded"]


def _poll_each_state(api: Api) -> list[dict[str, Any]]:
    """The polls of a new request. After poll_after_ms a short state can be over, so they follow its pace instead."""
    pace = api.catalog.pace_of(api.catalog.operations[api.operation])
    shortest_ms = min(pace["queued_ms"][0], pace["processing_ms"][0])
    return poll_to_end(api, {**create(api), "poll_after_ms": shortest_ms / 2})


@pytest.mark.shares
@pytest.mark.claim("lifecycle-order")
def test_the_times_of_a_request_run_forward(api: Api) -> None:
    """A request is created, then started, then completed."""
    assert [each.message for view in shared_run(api).polls for each in check_view(view)] == []


@pytest.mark.shares
@pytest.mark.claim("request-times-ms")
def test_times_are_milliseconds_since_1970(api: Api) -> None:
    """The time of creation is that of the status reply to within a day, counted in milliseconds since 1970."""
    server_time = api.check_reply("status", api.get("/api/v1/status"))["serverTime"]
    server_ms = datetime.fromisoformat(server_time).timestamp() * 1000
    assert abs(server_ms - shared_run(api).polls[0]["createdAtMs"]) < _DAY_S * 1000


@pytest.mark.shares
@pytest.mark.claim("request-shape", "lifecycle-states")
def test_every_poll_has_the_documented_shape(api: Api) -> None:
    """Every request object matches its schema, and has the id that the create gave."""
    run = shared_run(api)
    assert {view["id"] for view in run.polls} == {run.reply["id"]}


@pytest.mark.shares
@pytest.mark.claim("lifecycle-terminal")
def test_a_request_does_not_change_after_its_end(api: Api) -> None:
    """A request that has ended looks the same at every later poll."""
    run = shared_run(api)
    assert poll(api, run.reply) == run.end
    wait_before_poll(api, run.reply)
    assert poll(api, run.reply) == run.end
    if api.may_move_clock:
        api.sleep(_DAY_S)
        assert poll(api, run.reply) == run.end


@pytest.mark.creates(1)
@pytest.mark.claim("poll-after")
def test_a_request_can_be_polled_after_poll_after_ms(api: Api) -> None:
    """After poll_after_ms a poll finds the request."""
    reply = create(api)
    wait_before_poll(api, reply)
    response = api.get(f"/api/v1/requests/{reply['id']}")
    assert response.is_success
    assert response.json()["id"] == reply["id"]


@pytest.mark.shares
@pytest.mark.claim("poll-after-2000")
@pytest.mark.needs("own pace")
def test_poll_after_ms_is_2000(api: Api) -> None:
    """A create asks for 2000 ms before the first poll."""
    assert shared_run(api).reply["poll_after_ms"] == 2000


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
@pytest.mark.claim("request-log")
def test_the_log_has_the_input(api: Api) -> None:
    """The request log has the input of the create."""
    run = shared_run(api)
    log = run.end["requestLog"]
    assert log["available"] is True
    assert log["input"] == run.body["input"]


@pytest.mark.shares
@pytest.mark.claim("request-log-from-completion")
def test_the_log_is_kept_for_seven_days_after_the_end(api: Api) -> None:
    """RetainedUntilMs is seven days after completedAtMs."""
    end = shared_run(api).end
    assert end["requestLog"]["retainedUntilMs"] - end["completedAtMs"] == 7 * _DAY_S * 1000


@pytest.mark.claim("request-log-after-sweep")
@pytest.mark.needs("clock")
def test_the_log_is_empty_after_seven_days(make_own_mock: Callable[..., Api]) -> None:
    """The log is available until the seven days are over; then it has no input and no output."""
    api = make_own_mock()
    reply = create(api)
    until_ms = poll_to_end(api, reply)[-1]["requestLog"]["retainedUntilMs"]
    api.sleep(7 * _DAY_S - _LONG_S)
    assert poll(api, reply)["requestLog"]["available"] is True
    api.sleep(_LONG_S + 0.001)
    log = poll(api, reply)["requestLog"]
    assert (log["available"], log["input"], log["output"], log["retainedUntilMs"]) == (False, None, None, until_ms)


@pytest.mark.shares
@pytest.mark.claim("request-log-at-end-only")
def test_log_and_previews_appear_at_the_end(api: Api) -> None:
    """requestLog, inputPreview and outputPreview are in the last poll, and in none before it."""
    polls = shared_run(api).polls
    names = {"requestLog", "inputPreview", "outputPreview"}
    assert names <= polls[-1].keys()
    for view in polls[:-1]:
        assert not names & view.keys(), view["status"]


@pytest.mark.shares
@pytest.mark.claim("request-queued-view")
def test_a_queued_request_has_no_results(api: Api) -> None:
    """While queued, startedAtMs, completedAtMs, errorMessage and output are null."""
    view = shared_run(api).polls[0]
    if view["status"] != "queued":
        raise NotTested(f"the first poll came too late: the request was {view['status']}")
    assert [view[name] for name in ("startedAtMs", "completedAtMs", "errorMessage", "output")] == [None] * 4


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
    """A succeeded request has an output and no error message."""
    run = shared_run(api)
    assert run.output
    assert run.end["errorMessage"] is None


@pytest.mark.claim("lifecycle-message-on-failure")
@pytest.mark.needs("mock")
def test_a_failure_has_a_message(api: Api) -> None:
    """A failed request has an error message."""
    assert _create_and_fail(api, _FAILURES[0])["errorMessage"]


@pytest.mark.needs("mock")
@each_operation()
def test_a_request_of_each_operation_can_fail(api: Api) -> None:
    """A request that fails has no output and a message, and its credits come back."""
    before, end = api.read_credits(), _create_and_fail(api, _FAILURES[0])
    assert (end["output"], end["requestLog"]["output"]) == (None, None)
    assert end["errorMessage"]
    assert api.read_credits() == before


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
    assert other_api.get(f"/api/v1/requests/{shared_run(api).reply['id']}").status_code == 404


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
    assert api.create(api.build_body(), x_mock_scenario="shut-down-refused").status_code == 400
    assert _create_and_fail(api, "shut-down-failed")["errorMessage"]
    assert api.read_credits() == before


@pytest.mark.claim("scenario-drift")
@pytest.mark.needs("mock")
def test_a_scenario_can_add_fields(api: Api) -> None:
    """The replies of a later version have more fields, and still match their schemas."""
    reply = create(api, x_mock_scenario="drift-extra-field")
    assert reply.keys() > set(api.catalog.schemas["envelope/accepted"]["properties"])
    assert poll(api, reply).keys() - set(api.catalog.schemas["envelope/request"]["properties"])


def _create_and_fail(api: Api, scenario: str) -> dict[str, Any]:
    end = create_and_finish(api, x_mock_scenario=scenario)
    if end["status"] != "failed":
        raise ClaimBroken(f"the scenario {scenario} ended as {end['status']}", claim_ids.SCENARIO_HEADER)
    return end
