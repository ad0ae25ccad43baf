"""From queued to the end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import create, create_and_finish, poll, poll_to_end, shared_run, wait_before_poll
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec.contract.lifecycle import may_follow

_DAY_S = 86_400
_LONG_S = 60
_FAILURES = ("failed-internal", "failed-moderation", "failed-combination")
_DEAD_ID = "req_of_nobody"


def _times(seen: dict[str, Any]) -> list[int]:
    times = (seen[name] for name in ("createdAtMs", "startedAtMs", "completedAtMs"))
    return [time for time in times if time is not None]


@pytest.mark.shares
@pytest.mark.claim("lifecycle-order")
def test_a_request_goes_forward_to_its_end(api: Api) -> None:
    """Polling sees legal steps only, and on a mock every state on the way to success."""
    states = [each["status"] for each in shared_run(api).polls]
    assert all(may_follow(api.catalog.lifecycle, *step) for step in pairwise(states)), states
    if api.may_move_clock:
        assert list(dict.fromkeys(states)) == ["queued", "processing", "succeeded"]


@pytest.mark.shares
@pytest.mark.claim("request-shape", "lifecycle-states")
def test_a_request_has_the_documented_keys_all_the_way(api: Api) -> None:
    """Every request object on the way is held to the schema, and stays the one that was created."""
    journey = shared_run(api)
    assert {each["id"] for each in journey.polls} == {journey.reply["id"]}


@pytest.mark.shares
@pytest.mark.claim("request-times-ms")
def test_times_run_forward(api: Api) -> None:
    """A request is created, then started, then completed; a time once given stays."""
    seen = shared_run(api).polls
    for each in seen:
        assert _times(each) == sorted(_times(each))
    for before, after in pairwise(seen):
        assert _times(after)[: len(_times(before))] == _times(before)


@pytest.mark.shares
@pytest.mark.claim("lifecycle-terminal")
def test_an_end_is_final(api: Api) -> None:
    """A request that has ended looks the same at every later poll."""
    journey = shared_run(api)
    reply, end = journey.reply, journey.end
    assert poll(api, reply) == end
    wait_before_poll(api, reply)
    assert poll(api, reply) == end
    if api.may_move_clock:
        api.sleep(_DAY_S)
        assert poll(api, reply) == end


@pytest.mark.creates(1)
@pytest.mark.claim("poll-after")
def test_a_request_can_be_polled_after_the_time_it_says(api: Api) -> None:
    """poll_after_ms after the create the request is there to be polled."""
    reply = create(api)
    wait_before_poll(api, reply)
    response = api.get(f"/api/v1/requests/{reply['id']}")
    assert response.is_success
    assert response.json()["id"] == reply["id"]


@pytest.mark.shares
@pytest.mark.claim("poll-after-2000")
@pytest.mark.needs("own pace")
def test_polling_starts_after_two_seconds(api: Api) -> None:
    """poll_after_ms is 2000."""
    assert shared_run(api).reply["poll_after_ms"] == 2000


@pytest.mark.claim("poll-after-speed")
@pytest.mark.parametrize(
    ("setting", "after_ms"), [({"speed": 4}, 500), ({"speed": 0.5}, 4000), ({"progression": "manual:2"}, 1)]
)
def test_a_fast_mock_is_polled_sooner(own: Callable[..., Api], setting: dict[str, Any], after_ms: int) -> None:
    """A mock that goes N times as fast divides poll_after_ms by N; one that counts polls says 1."""
    assert create(own(**setting))["poll_after_ms"] == after_ms


@pytest.mark.claim("progression-polls")
def test_states_can_last_a_number_of_polls(own: Callable[..., Api]) -> None:
    """Told manual:2, each state is seen twice, however fast the polls come."""
    api = own(progression="manual:2")
    reply = create(api)
    states = [poll(api, reply)["status"] for _ in range(5)]
    assert states == ["queued", "queued", "processing", "processing", "succeeded"]


@pytest.mark.claim("lifecycle-pace-image")
@pytest.mark.needs("clock")
def test_an_image_takes_some_seconds(api: Api) -> None:
    """An image waits about a second and is made in 4 to 9 seconds."""
    for _ in range(5):
        end = create_and_finish(api)
        assert 900 <= end["startedAtMs"] - end["createdAtMs"] <= 1300
        assert 4000 <= end["completedAtMs"] - end["startedAtMs"] <= 9000


@pytest.mark.shares
@pytest.mark.claim("request-log")
def test_the_log_holds_what_was_sent(api: Api) -> None:
    """The request log has the submitted input."""
    journey = shared_run(api)
    log = journey.end["requestLog"]
    assert log["available"] is True
    assert log["input"] == journey.body["input"]


@pytest.mark.shares
@pytest.mark.claim("request-log-from-completion")
def test_the_log_is_kept_seven_days_from_the_end(api: Api) -> None:
    """RetainedUntilMs is seven days after completedAtMs."""
    end = shared_run(api).end
    assert end["requestLog"]["retainedUntilMs"] - end["completedAtMs"] == 7 * _DAY_S * 1000


@pytest.mark.claim("request-log-after-sweep")
@pytest.mark.needs("clock")
def test_after_seven_days_the_log_is_empty(own: Callable[..., Api]) -> None:
    """The log is there until the seven days are over; after them it is not available, and holds nothing."""
    api = own()
    reply = create(api)
    until_ms = poll_to_end(api, reply)[-1]["requestLog"]["retainedUntilMs"]
    api.sleep(7 * _DAY_S - _LONG_S)
    assert poll(api, reply)["requestLog"]["available"] is True
    api.sleep(_LONG_S + 0.001)
    log = poll(api, reply)["requestLog"]
    assert (log["available"], log["input"], log["output"], log["retainedUntilMs"]) == (False, None, None, until_ms)


@pytest.mark.shares
@pytest.mark.claim("request-log-at-end-only")
def test_log_and_previews_come_with_the_end(api: Api) -> None:
    """requestLog, inputPreview and outputPreview are there at the end, and not before."""
    seen = shared_run(api).polls
    late = {"requestLog", "inputPreview", "outputPreview"}
    assert late <= seen[-1].keys()
    for each in seen[:-1]:
        assert not late & each.keys(), each["status"]


@pytest.mark.shares
@pytest.mark.claim("request-queued-view")
def test_a_queued_request_has_nothing_to_show(api: Api) -> None:
    """While queued, startedAtMs, completedAtMs, errorMessage and output are null."""
    seen = shared_run(api).polls[0]
    if seen["status"] != "queued":
        raise NotTested(f"the first poll came too late: it was {seen['status']}")
    assert [seen[name] for name in ("startedAtMs", "completedAtMs", "errorMessage", "output")] == [None] * 4


@pytest.mark.claim("request-failed-view")
@pytest.mark.needs("mock")
def test_a_failed_request_has_no_output(api: Api) -> None:
    """After a failure output and outputPreview are null."""
    end = _failed(api, _FAILURES[0])
    assert (end["output"], end["outputPreview"]) == (None, None)


@pytest.mark.shares
@pytest.mark.claim("lifecycle-output-on-success")
def test_a_success_has_its_output(api: Api) -> None:
    """A succeeded request has an output, and no message."""
    journey = shared_run(api)
    assert journey.output
    assert journey.end["errorMessage"] is None


@pytest.mark.claim("lifecycle-message-on-failure")
@pytest.mark.needs("mock")
def test_a_failure_has_a_message(api: Api) -> None:
    """A failed request says why."""
    assert _failed(api, _FAILURES[0])["errorMessage"]


@pytest.mark.claim("failure-message")
@pytest.mark.needs("mock")
@pytest.mark.parametrize("scenario", _FAILURES)
def test_a_failure_has_a_message_that_clients_know(api: Api, scenario: str) -> None:
    """A request that the mock lets fail has the message of the contract."""
    assert _failed(api, scenario)["errorMessage"] == api.catalog.scenarios["scenarios"][scenario]["message"]


@pytest.mark.claim("failure-timeout")
@pytest.mark.needs("clock")
def test_a_provider_that_does_not_finish_fails_in_about_ten_minutes(api: Api) -> None:
    """A request that is given up fails after some ten minutes, and its credits come back."""
    before = api.read_credits()
    end = create_and_finish(api, x_mock_scenario="failed-timeout")
    assert end["status"] == "failed"
    assert 300_000 <= end["completedAtMs"] - end["createdAtMs"] <= 1_200_000
    assert api.read_credits() == before


@pytest.mark.claim("request-unknown-404")
def test_an_unknown_request_is_not_found(api: Api) -> None:
    """An id that was never given out is answered with 404."""
    assert api.get(f"/api/v1/requests/{_DEAD_ID}").status_code == 404


@pytest.mark.shares
@pytest.mark.claim("request-unknown-404")
@pytest.mark.needs("other key")
def test_a_request_of_another_key_is_not_found(api: Api, other: Api) -> None:
    """A request that another key created is answered as one that there never was."""
    assert other.get(f"/api/v1/requests/{shared_run(api).reply['id']}").status_code == 404


@pytest.mark.claim("scenario-header")
@pytest.mark.needs("mock")
@pytest.mark.parametrize(("scenario", "end"), [("success", "succeeded"), ("failed-internal", "failed")])
def test_a_header_chooses_what_becomes_of_a_request(api: Api, scenario: str, end: str) -> None:
    """The scenario named by a create decides how the request ends."""
    assert create_and_finish(api, x_mock_scenario=scenario)["status"] == end


@pytest.mark.claim("scenario-header")
@pytest.mark.needs("mock")
def test_an_unknown_scenario_is_refused(api: Api) -> None:
    """A scenario that the mock does not know is refused with 400."""
    assert api.create(api.build_body(), x_mock_scenario="no-such").status_code == 400


@pytest.mark.claim("scenario-faults")
@pytest.mark.needs("mock")
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_scenario_makes_a_create_go_wrong(api: Api, status: int) -> None:
    """The first create of a scenario is answered with its fault, and nothing is stored; the next goes well."""
    before, scenario = api.read_credits(), f"error-{status}"
    assert api.create(api.build_body(), x_mock_scenario=scenario).status_code == status
    assert api.read_credits() == before
    assert api.create(api.build_body(), x_mock_scenario=scenario).status_code == 202


@pytest.mark.claim("scenario-drift")
@pytest.mark.needs("mock")
def test_a_scenario_adds_fields_that_nobody_knows(api: Api) -> None:
    """A later version's reply has more fields, and is held to the schema all the same."""
    reply = create(api, x_mock_scenario="drift-extra-field")
    known = set(api.catalog.schemas["envelope/accepted"]["properties"])
    assert reply.keys() > known
    assert poll(api, reply).keys() - set(api.catalog.schemas["envelope/request"]["properties"])


def _failed(api: Api, scenario: str) -> dict[str, Any]:
    end = create_and_finish(api, x_mock_scenario=scenario)
    if end["status"] != "failed":
        raise ClaimBroken(f"the scenario {scenario} ended as {end['status']}", "scenario-header")
    return end
