"""What a request costs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.charges import expect_charge
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import expect, expect_equal
from cannon_contract.client.flows import create, poll, poll_to_end, shared_run, wait_before_poll
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.case_inputs import leave_out_price_fields
from cannon_contract.suite.cases import each_fallback_price, each_price
from cannon_contract.suite.observed_values import note_price
from cannon_spec.amounts import round_credits
from cannon_spec.contract.prices import Price

_POLL_COUNTS = (1, 2, 3)


@pytest.mark.shares
@pytest.mark.claim("credits-billable")
def test_a_success_costs_its_billable_credits_once(api: Api) -> None:
    """The balance falls by the billableCredits of a request that succeeds: at its create, at its end or soon after."""
    run = shared_run(api)
    if run.charge is None:
        raise NotTested(f"{run.end['id']} failed, and no page says what a failed request costs")
    expect_charge(api, run.charge, run.end["billableCredits"])
    exact_cost = run.output.get("exact_cost_credits", run.end["billableCredits"])
    if exact_cost != run.end["billableCredits"]:
        # No page says whether the two may differ.
        difference = f"exact_cost_credits of the output is {show(exact_cost)}, and the request cost {run.charge.fall:g}"
        api.note_deviation(claim_ids.CREDITS_BILLABLE, difference)


@pytest.mark.shares
@pytest.mark.claim("credits-billable")
def test_a_poll_costs_nothing(api: Api) -> None:
    """Polls of a request that has ended do not change the balance, however many there are."""
    run = shared_run(api)
    falls = [_measure_polls(api, run.reply, count) for count in _POLL_COUNTS]
    cost = falls[0]
    is_in_step = cost > 0 and falls == [round_credits(cost * count) for count in _POLL_COUNTS]
    what = f"the falls of creditsRemaining during {', '.join(map(str, _POLL_COUNTS))} polls of an ended request"
    expect(not is_in_step, what, "none", falls)
    if any(falls):
        api.account_use.check_quiet()
        raise NotTested("late charges of other requests came during the polls")


def _measure_polls(api: Api, reply: dict[str, Any], count: int) -> float:
    """How far the balance fell during a number of polls."""
    before = api.read_credits()
    for _ in range(count):
        poll(api, reply)
    return round_credits(before - api.read_credits())


@pytest.mark.shares
@pytest.mark.claim("credits-hold")
def test_a_success_costs_what_was_held(api: Api) -> None:
    """The balance falls by billableCredits when a request is accepted; success does not change it again."""
    run = shared_run(api)
    api.account_use.check_quiet()
    before, after, at_end = run.credits
    assert before - after == run.end["billableCredits"]
    assert at_end == (after if run.end["status"] == "succeeded" else before)


@pytest.mark.claim("credits-hold")
@pytest.mark.needs("mock")
def test_a_failure_gives_back_what_was_held(api: Api) -> None:
    """When a request fails, the credits held for it come back."""
    before = api.read_credits()
    reply = create(api, x_mock_scenario="failed-internal")
    during = api.read_credits()
    polls = poll_to_end(api, reply)
    assert during < before or len(polls) == 1, "nothing was held while the request was processed"
    assert api.read_credits() == before


@pytest.mark.shares
@pytest.mark.claim("credits-billable-at-once")
def test_the_first_poll_has_the_cost(api: Api) -> None:
    """BillableCredits of the first poll is above 0, and equal to that of the last poll."""
    run = shared_run(api)
    first, last = run.polls[0]["billableCredits"], run.end["billableCredits"]
    assert first > 0
    assert first == last


@each_price()
def test_a_request_costs_the_price_of_its_input(api: Api, changes: dict[str, Any], credits: int) -> None:
    """BillableCredits is the first price of the contract that fits the input."""
    body = api.build_body(**changes)
    actual_credits = _read_cost(api, create(api, body))
    note_price(api, body, actual_credits)
    expect_equal(actual_credits, credits, "billableCredits of a request with this price")


def _read_cost(api: Api, reply: dict[str, Any]) -> Any:
    """The billableCredits of the first poll that has any: no example shows them of a queued request."""
    view = poll(api, reply)
    while view.get("billableCredits") is None and view["status"] not in api.catalog.lifecycle["terminal"]:
        wait_before_poll(api, reply)
        view = poll(api, reply)
    return view.get("billableCredits")


@each_fallback_price()
def test_a_model_without_a_price_costs_the_price_of_the_operation(
    make_own_mock: Callable[..., Api], tmp_path: Path, operation: str, price: Price
) -> None:
    """A model that has no price of its own has the price of its operation."""
    file = tmp_path / "overlay.json"
    file.write_text(json.dumps({"operations": {operation: {"models": {"new": {}}}}}))
    api = make_own_mock(overlay=str(file))
    body = api.build_body(**{**leave_out_price_fields(api.catalog.operations[operation]), "model": "new"})
    assert poll(api, create(api, body))["billableCredits"] == math.ceil(price.compute_cost(body["input"]))
