"""What the balance shows of the charge of one request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.charges import Charge, ChargeStart, begin_charge, expect_charge, measure_charge
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.runner.mock_target import make_mock_api
from tests.support.payloads import CATALOG

END = {"id": "req_1", "status": "succeeded", "billableCredits": 28}


def _make_api(*falls: tuple[float, float], every_s: float = 0) -> Api:
    """A target whose balance falls by amounts at times, in seconds, and by 3 in each ``every_s`` besides."""
    api = make_mock_api(CATALOG, "image.generate")
    start_s = api.now_s()

    def send(request: httpx.Request) -> httpx.Response:
        elapsed_s = api.now_s() - start_s
        spent = sum(amount for time_s, amount in falls if time_s <= elapsed_s)
        spent += 3 * int(elapsed_s / every_s) if every_s else 0
        status = {**CATALOG.status_reply, "creditsRemaining": 1000 - spent, "credits": {"remaining": 1000 - spent}}
        return httpx.Response(200, json=status, request=request)

    return replace(api, send=send)


def _measure(api: Api, end: dict[str, Any] = END, duration_s: float = 1) -> Charge:
    start = begin_charge(api)
    api.sleep(duration_s)
    charge = measure_charge(api, start, end)
    assert charge is not None
    return charge


@pytest.mark.parametrize("time_s", [0.5, 1, 5.5])
def test_a_charge_may_come_at_any_time(time_s: float) -> None:
    """A charge at the create, at the end, or some seconds later is the charge of the request."""
    api = _make_api((time_s, 28))
    charge = _measure(api)
    assert charge.fall == 28
    expect_charge(api, charge, 28)


def test_a_long_request_may_be_charged_later() -> None:
    """A charge may come until three times the duration of a request is over."""
    api = _make_api((330, 28))
    expect_charge(api, _measure(api, duration_s=100), 28)


@pytest.mark.parametrize(
    ("falls", "text"),
    [
        ([], "expected a fall by 28 for its billableCredits, got a fall by 0"),
        ([(0.5, 56)], "expected a fall by 28 for its billableCredits, got a fall by 56"),
        ([(0.5, 28), (1.5, 28)], "got a fall by 56"),
        ([(0.5, 27)], "got a fall by 27"),
    ],
)
def test_another_charge_is_broken(falls: list[tuple[float, float]], text: str) -> None:
    """No charge, a second one, a higher and a lower one break the claim, with both amounts."""
    api = _make_api(*falls)
    with pytest.raises(ClaimBroken, match=text):
        expect_charge(api, _measure(api), 28)


def test_late_charges_of_earlier_creates_are_allowed_for() -> None:
    """What earlier creates of the run may still be charged is no second charge."""
    api = _make_api((0.5, 28), (0.6, 31))
    charge = _measure(api)
    expect_charge(api, replace(charge, open_credits=31), 28)
    with pytest.raises(ClaimBroken, match="and at most 30 for earlier requests, got a fall by 59"):
        expect_charge(api, replace(charge, open_credits=30), 28)


def test_a_use_from_elsewhere_is_no_second_charge() -> None:
    """Where the balance goes on to fall by itself, the charge is not tested, and the reason is said."""
    api = _make_api((0.5, 28), every_s=0.7)
    with pytest.raises(NotTested, match="the account is also used from elsewhere"):
        expect_charge(api, _measure(api), 28)


def test_a_balance_that_rose_hides_a_charge() -> None:
    """A top-up meanwhile leaves nothing to judge."""
    api = _make_api((0.5, -500))
    with pytest.raises(NotTested, match="the balance rose by 500 meanwhile"):
        expect_charge(api, _measure(api), 28)


@pytest.mark.parametrize("change", [{"status": "failed"}, {"billableCredits": None}, {"billableCredits": "28"}])
def test_a_failure_and_an_unknown_cost_are_not_measured(change: dict[str, Any]) -> None:
    """No page says what a failure costs, so nothing is waited for."""
    api = _make_api()
    assert measure_charge(api, ChargeStart(api.now_s(), 1000, 0), END | change) is None
