"""What clients do with a request: how long they wait, and which replies show nothing about a body."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import (
    expect_accepted,
    expect_not_account_error,
    poll_to_end,
    wait_before_poll,
)
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.runner import targets
from cannon_contract.runner.mock_target import make_mock_api
from cannon_contract.runner.targets import Target, make_server_api, read_open_requests
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.default_input import find_default_input
from cannon_contract.spending.price_list import PriceList
from cannon_contract.spending.time_limit import TimeLimit
from cannon_spec.redaction import Redactor
from tests.support.payloads import CATALOG
from tests.support.serving import serve_mock

OPERATION = "image.generate"


def call_server(target: Target, key: str, client: httpx.Client, **settings: Any) -> Api:
    parts = {"budget": Budget(0, PriceList()), "redactor": Redactor(()), "shared_runs": {}, **settings}
    default_input = find_default_input(CATALOG, OPERATION)
    return make_server_api(CATALOG, target, OPERATION, default_input, key=key, client=client, **parts)


def api(**changes: Any) -> Api:
    return replace(make_mock_api(CATALOG, OPERATION), **changes)


@pytest.mark.parametrize(
    ("after_ms", "wait_s"), [(2000, 2), (0, 0.005), (-5, 0.005), (10**9, 60), (10**400, 1), ("2000", 1), (None, 1)]
)
def test_no_reply_makes_a_run_wait_for_long(after_ms: Any, wait_s: float) -> None:
    """A client waits for poll_after_ms, a minute at most; where it is not a number, a second."""
    waits: list[float] = []
    wait_before_poll(api(sleep=waits.append), {"poll_after_ms": after_ms})
    assert waits == [wait_s]


def test_patience_is_measured_by_the_clock() -> None:
    """A client gives up a request after the target's patience, however long the polls take."""
    times = iter(range(0, 10_000, 100))
    slow = api(sleep=lambda seconds: None, now_s=lambda: float(next(times)), patience_s=900)
    reply = expect_accepted(slow, slow.create(slow.build_body(), x_mock_scenario="stuck"), slow.build_body())
    with pytest.raises(ClaimBroken, match=r'status of a request 900 s after its create: expected .*, got "processing"'):
        poll_to_end(slow, reply)
    assert next(times) < 1500


@pytest.mark.parametrize("status", [401, 402, 403, 429, 500, 503])
def test_an_account_error_is_not_a_refusal_of_the_body(status: int) -> None:
    """Where the target is not our mock, a reply that is not about the body shows nothing about it."""
    response = httpx.Response(status, request=httpx.Request("POST", "http://x/api/v1/requests"))
    with pytest.raises(NotTested, match=str(status)):
        expect_not_account_error(api(is_mock=False, may_move_clock=False), response)
    assert expect_not_account_error(api(), response) is response


def test_open_requests_are_polled_with_their_own_key() -> None:
    """At the end of a run each open request is polled with the key that created it."""
    with serve_mock(progression="immediate") as served:
        server = Target(served.url, is_mock=False, may_charge=True, accepts_any_key=False, switches={})
        budget = Budget(100, PriceList((), 40))
        with httpx.Client() as client:
            for key in ("cs_one", "cs_two"):
                target = call_server(server, key, client, budget=budget)
                assert target.create(target.build_body()).is_success
        assert len(budget.open_requests) == 2
        read_open_requests(CATALOG, server, ["cs_one", "cs_two"], budget, Redactor(()))
    assert budget.open_requests == {}


def test_reading_back_takes_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that becomes slow at the end of a run is asked for costs for a minute, and then no more."""
    paths: list[str] = []

    def respond(_: object, request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(500)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", respond)
    monkeypatch.setattr(targets, "TimeLimit", lambda seconds: TimeLimit(seconds, lambda: 30.0 * len(paths)))
    budget = Budget(100, PriceList((), 40))
    budget.open_requests.update({f"req_{number}": "accepted" for number in range(9)})
    read_open_requests(CATALOG, Target("http://x", False, True, False, {}), ["cs_one"], budget, Redactor(()))
    assert len(paths) == 2


def test_a_malformed_reply_has_its_own_exchange() -> None:
    """A malformed reply is noted with its own exchange, though another call came before the check."""
    target = api()
    first = target.create(target.build_body())
    malformed = httpx.Response(202, json={**first.json(), "poll_after_ms": "soon"}, request=first.request)
    target.create(target.build_body())
    target.check_reply("accepted", malformed)
    note = target.notes.malformed_replies[0]
    assert "soon" in note.description
    assert '"soon"' in note.exchange.body


@pytest.mark.parametrize("balance", ["NaN", "-Infinity", '"7"', "1e999"])
def test_a_balance_is_a_number(balance: str) -> None:
    """A balance that is no number is noted as a malformed reply, and tells no test how the balance moves."""
    target = api()
    body = re.sub(r'("creditsRemaining": ?)\d+', rf"\g<1>{balance}", target.get("/api/v1/status").text)
    target = replace(target, send=lambda request: httpx.Response(200, content=body.encode(), request=request))
    with pytest.raises(NotTested, match=r"creditsRemaining of the status reply is .*, which is no number"):
        target.read_credits()
    assert target.notes.malformed_replies


def test_a_secret_never_reaches_a_test() -> None:
    """A reply of a server has no secret when a test gets it."""
    with serve_mock() as served, httpx.Client() as client:
        server = Target(served.url, is_mock=True, may_charge=False, accepts_any_key=True, switches={})
        target = call_server(server, "cs_one", client, redactor=Redactor(["req_"]))
        assert target.create(target.build_body()).json()["id"].startswith("(cut)")


SHUT_DOWN_OPERATION = next(each.id for each in CATALOG.operations.values() if each.shut_down is not None)


@pytest.mark.parametrize(
    ("is_mock", "switches", "status", "outcome"),
    [
        (False, {}, 400, NotTested),
        (False, {}, 500, ClaimBroken),
        (True, {"shut_down": "refused"}, 400, NotTested),
        (True, {"shut_down": "works"}, 400, ClaimBroken),
        (True, {}, 400, ClaimBroken),
    ],
)
def test_a_refusal_of_what_was_shut_down_breaks_no_claim(
    is_mock: bool, switches: dict[str, str], status: int, outcome: type[Exception]
) -> None:
    """Where the maker shut down an operation, its refusal shows nothing, unless a mock says that it works."""
    target = replace(make_mock_api(CATALOG, SHUT_DOWN_OPERATION), is_mock=is_mock, switches=switches)
    response = httpx.Response(status, request=httpx.Request("POST", "http://x/api/v1/requests"))
    with pytest.raises(outcome, match=str(status)):
        expect_accepted(target, response, target.build_body())


@pytest.mark.parametrize(
    ("changes", "outcome"), [({"model": "flux2"}, ClaimBroken), ({"resolution": "8K", "model": "flux2"}, NotTested)]
)
def test_a_strict_mock_may_refuse_only_what_another_body_avoids(
    changes: dict[str, Any], outcome: type[Exception]
) -> None:
    """A strict mock that refuses a body breaks a claim, unless the body has a warning that another body avoids."""
    target = replace(make_mock_api(CATALOG, OPERATION), switches={"strict": True})
    response = httpx.Response(400, request=httpx.Request("POST", "http://x/api/v1/requests"))
    with pytest.raises(outcome):
        expect_accepted(target, response, target.build_body(**changes))
