"""From queued to the end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from cannon_spec.lifecycle import is_terminal, may_follow
from contract_tests.journey import body, poll, polls
from contract_tests.target import Api


def _times(seen: dict[str, Any]) -> list[int]:
    times = (seen[name] for name in ("createdAtMs", "startedAtMs", "completedAtMs"))
    return [time for time in times if time is not None]


@pytest.mark.creates(1)
@pytest.mark.claim("lifecycle-order", "lifecycle-states", "request-shape")
def test_a_request_goes_forward_to_success(api: Api) -> None:
    """Polling sees legal steps only, each reply held to the schema, and success at the end."""
    seen = polls(api, api.held("accepted", api.create(body())))
    states = [each["status"] for each in seen]
    assert all(may_follow(api.catalog.lifecycle, *step) for step in pairwise(states)), states
    assert states[-1] == "succeeded", seen[-1]["errorMessage"]
    assert "processing" in states or not api.moves_clock, states


@pytest.mark.creates(1)
@pytest.mark.claim("request-times-ms")
def test_times_run_forward(api: Api) -> None:
    """A request is created, then started, then completed; a time once given stays."""
    seen = polls(api, api.held("accepted", api.create(body())))
    for each in seen:
        assert _times(each) == sorted(_times(each))
    for before, after in pairwise(seen):
        assert _times(after)[: len(_times(before))] == _times(before)


@pytest.mark.creates(1)
@pytest.mark.claim("lifecycle-terminal")
def test_an_end_is_final(api: Api) -> None:
    """A request that has ended looks the same at every later poll."""
    accepted = api.held("accepted", api.create(body()))
    end = polls(api, accepted)[-1]
    assert is_terminal(api.catalog.lifecycle, end["status"])
    for wait_s in (0, accepted["poll_after_ms"] / 1000):
        api.sleep(wait_s)
        assert poll(api, accepted) == end


@pytest.mark.creates(1)
@pytest.mark.claim("request-log", "request-log-from-completion")
def test_the_log_holds_what_was_sent(api: Api) -> None:
    """The request log has the submitted input and is kept seven days from completion."""
    chosen = body()
    end = polls(api, api.held("accepted", api.create(chosen)))[-1]
    log = end["requestLog"]
    assert log["available"] is True
    assert log["input"] == chosen["input"]
    assert log["retainedUntilMs"] - end["completedAtMs"] == api.catalog.lifecycle["log_retention_ms"]["value"]


@pytest.mark.claim("request-unknown-404", "error-envelope")
def test_an_unknown_request_is_not_found(api: Api) -> None:
    """An id that was never given out answers 404 with the error body."""
    response = api.get("/api/v1/requests/req_of_nobody")
    assert response.status_code == 404
    api.held("error", response)


@pytest.mark.creates(1)
@pytest.mark.claim("read-same-key", "auth-key-form", "request-unknown-404")
def test_another_key_cannot_read_it(api: Api) -> None:
    """A request is not found by another key than the one that created it."""
    accepted = api.held("accepted", api.create(body()))
    other = {"x-api-key": api.client.headers["x-api-key"] + "_other"}
    assert api.get(f"/api/v1/requests/{accepted['id']}", headers=other).status_code == 404


@pytest.mark.creates(1)
@pytest.mark.claim("credits-hold", "credits-billable-at-once")
def test_a_success_costs_what_was_held(api: Api) -> None:
    """The balance falls by billableCredits when the request is accepted, and success changes it no more."""
    before = api.credits()
    accepted = api.held("accepted", api.create(body()))
    held = before - api.credits()
    end = polls(api, accepted)[-1]
    assert held == end["billableCredits"] == before - api.credits()
