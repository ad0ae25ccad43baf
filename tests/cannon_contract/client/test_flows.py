"""A request's way through the API: how long is waited, and what an answer says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import expect_accepted, expect_not_account_error, poll_to_end, wait_before_poll
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.client.redact import Redactor
from cannon_contract.runner.mock_target import make_mock_api
from cannon_contract.runner.targets import Target, make_server_api, read_open_requests
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.default_input import find_default_input
from cannon_contract.spending.price_list import PriceList
from tests.support.payloads import CATALOG
from tests.support.serving import serving

OPERATION = "image.generate"


def call_server(target: Target, key: str, client: httpx.Client, **settings: Any) -> Api:
    parts = {"budget": Budget(0, PriceList()), "redactor": Redactor(()), "shared_runs": {}, **settings}
    default_input = find_default_input(CATALOG, OPERATION)
    return make_server_api(CATALOG, target, OPERATION, default_input, key=key, client=client, **parts)


def api(**changes: Any) -> Api:
    return replace(make_mock_api(CATALOG, OPERATION), **changes)


@pytest.mark.parametrize(
    ("says", "waits_s"), [(2000, 2), (0, 0.005), (-5, 0.005), (10**9, 60), (10**400, 1), ("2000", 1), (None, 1)]
)
def test_no_reply_makes_a_run_wait_for_long(says: Any, waits_s: float) -> None:
    """What poll_after_ms says is kept, up to a minute; where it is no number a second is waited."""
    waits: list[float] = []
    wait_before_poll(api(sleep=waits.append), {"poll_after_ms": says})
    assert waits == [waits_s]


def test_patience_is_measured_by_the_clock() -> None:
    """A request that never ends is given up after the target's patience, however long its polls take."""
    times = iter(range(0, 10_000, 100))
    slow = api(sleep=lambda seconds: None, now_s=lambda: float(next(times)), patience_s=900)
    reply = expect_accepted(slow, slow.create(slow.build_body(), x_mock_scenario="stuck"), slow.build_body())
    with pytest.raises(ClaimBroken, match="a request is processing after 900 s"):
        poll_to_end(slow, reply)
    assert next(times) < 1500


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500, 503])
def test_what_says_nothing_of_a_body_is_no_refusal_of_it(status: int) -> None:
    """Of a server that is not our mock, such an answer to a body that is to be refused shows nothing."""
    answer = httpx.Response(status, request=httpx.Request("POST", "http://x/api/v1/requests"))
    with pytest.raises(NotTested, match=str(status)):
        expect_not_account_error(api(is_mock=False, may_move_clock=False), answer)
    assert expect_not_account_error(api(), answer) is answer


def test_what_is_open_is_looked_at_with_every_key() -> None:
    """At the end each request that was not seen to end is polled with the key that it is of."""
    with serving(progression="immediate") as served:
        place = Target(served.url, is_mock=False, may_charge=True, accepts_any_key=False, switches={})
        spending = Budget(100, PriceList((), 40))
        with httpx.Client() as client:
            for key in ("cs_one", "cs_two"):
                target = call_server(place, key, client, budget=spending)
                assert target.create(target.build_body()).is_success
        assert len(spending.open_requests) == 2
        read_open_requests(CATALOG, place, ["cs_one", "cs_two"], spending, Redactor(()))
    assert spending.open_requests == {}


def test_a_breach_is_shown_by_its_own_exchange() -> None:
    """What a reply breaks is shown with that reply, though another call was made before it was looked at."""
    target = api()
    first = target.create(target.build_body())
    broken = httpx.Response(202, json={**first.json(), "poll_after_ms": "soon"}, request=first.request)
    target.create(target.build_body())
    target.check_reply("accepted", broken)
    breach = target.notes.malformed_replies[0]
    assert "soon" in breach.description
    assert '"soon"' in breach.exchange.body


def test_what_is_hidden_does_not_come_in() -> None:
    """Over a socket a reply is without what is hidden before any test sees it."""
    with serving() as served, httpx.Client() as client:
        place = Target(served.url, is_mock=True, may_charge=False, accepts_any_key=True, switches={})
        target = call_server(place, "cs_one", client, redactor=Redactor(["req_"]))
        assert target.create(target.build_body()).json()["id"].startswith("(cut)")
