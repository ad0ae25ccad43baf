"""Creates that should be refused: what a target's answers show, and what they do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.client.refusals import expect_refused, measure_refusals, send_invalid
from cannon_contract.runner.mock_target import make_mock_api
from tests.support.payloads import CATALOG

INVALID = {"operation": "image.generate"}
SHUT_DOWN_OPERATION = next(each.id for each in CATALOG.operations.values() if each.shut_down is not None)


def answer(request: httpx.Request, status: int, body: Any = None) -> httpx.Response:
    """A reply to a request."""
    return httpx.Response(status, json=body, request=request)


def make_server(*answers: int | type[httpx.TransportError], falls: Iterator[float] | None = None) -> Api:
    """A server that answers creates in turn, the last answer for ever; each status call sees the balance fall."""
    statuses, credits = list(answers), 1000.0

    def send(request: httpx.Request) -> httpx.Response:
        nonlocal credits
        if request.method == "GET" and request.url.path.endswith("/status"):
            credits -= next(falls) if falls else 0
            return (
                mock.send(request) if falls is None else answer(request, 200, {**healthy, "creditsRemaining": credits})
            )
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        if not isinstance(status, int):
            raise status("broken", request=request)
        return answer(request, status, {"id": "req_1"})

    mock = make_mock_api(CATALOG, "image.generate")
    healthy = mock.get("/api/v1/status").json()
    return replace(mock, send=send, is_mock=False, may_move_clock=False, switches={})


@pytest.mark.parametrize(
    ("answers", "text"),
    [((500, 502), "got 502, twice"), ((httpx.ReadError,), r"got no answer \(ReadError\), twice")],
)
def test_a_server_that_fails_at_an_invalid_body_does_not_validate(answers: tuple[Any, ...], text: str) -> None:
    """A 5xx status or a broken connection, twice, breaks the claim on validation where other calls are answered."""
    with pytest.raises(ClaimBroken, match=f"without an input: expected a 4xx status, {text}") as error:
        send_invalid(make_server(*answers), INVALID, "without an input")
    assert error.value.claims == (claim_ids.CREATE_VALIDATES,)


def test_one_failure_shows_nothing() -> None:
    """A server that fails once and then refuses has refused."""
    assert send_invalid(make_server(503, 400), INVALID, "without an input").status_code == 400


def test_a_server_that_answers_nothing_shows_nothing() -> None:
    """Where no status call is answered either, a failure says nothing about a body."""
    server = make_server(500)
    silent = replace(server, send=lambda request: answer(request, 500))
    with pytest.raises(NotTested, match="neither an invalid create nor a status call"):
        send_invalid(silent, INVALID, "without an input")


@pytest.mark.parametrize("status", [401, 402, 403, 429])
def test_a_refusal_for_the_account_shows_nothing(status: int) -> None:
    """A refusal that is about the key, the credits or the rate says nothing about a body."""
    with pytest.raises(NotTested, match=str(status)):
        send_invalid(make_server(status), INVALID, "without an input")


def test_a_refusal_is_held_only_where_a_valid_body_is_accepted() -> None:
    """A server that refuses every create shows once that it refuses valid ones, and nothing about invalid ones."""
    server = replace(make_server(400), shared_runs={})
    with pytest.raises(ClaimBroken, match="with a valid body: expected 202, got 400"):
        expect_refused(server, INVALID, "without an input")
    with pytest.raises(NotTested, match="shares with others"):
        expect_refused(server, INVALID, "without an input")


def test_an_accepted_body_breaks_the_claims_that_are_named() -> None:
    """An invalid body that is accepted breaks the claims of its rule."""
    with pytest.raises(ClaimBroken, match="without an input: expected a 4xx status, got 202") as error:
        expect_refused(make_server(202), INVALID, "without an input", "create-envelope")
    assert error.value.claims == ("create-envelope",)


def test_a_refusal_that_creates_breaks_the_claim_on_validation() -> None:
    """A refusal that names a request which can be read has created it."""
    mock = make_mock_api(CATALOG, "image.generate")
    reply = mock.create(mock.build_body()).json()
    refusing = replace(mock, send=lambda request: _refuse_with_id(mock, request, reply["id"]))
    with pytest.raises(ClaimBroken, match="expected no request, got 400 and a request that can be read"):
        expect_refused(refusing, INVALID, "without an input")


def _refuse_with_id(mock: Api, request: httpx.Request, id_: str) -> httpx.Response:
    return answer(request, 400, {"id": id_}) if request.method == "POST" else mock.send(request)


def charge_each(api: Api, credits: float) -> Api:
    """A server on which each refused create costs credits."""
    charged, healthy = count(1), api.get("/api/v1/status").json()
    total = 0.0

    def send(request: httpx.Request) -> httpx.Response:
        nonlocal total
        if request.method == "POST":
            total = next(charged) * credits
            return answer(request, 400)
        return answer(request, 200, {**healthy, "creditsRemaining": 1000 - total})

    return replace(api, send=send)


def test_a_charge_of_refusals_is_measured() -> None:
    """What the balance falls by for each series of refusals, and only then, is their charge."""
    mock = make_mock_api(CATALOG, "image.generate")
    assert measure_refusals(charge_each(mock, 2), [INVALID] * 3) == 6
    assert measure_refusals(charge_each(mock, 0), [INVALID] * 3) == 0


def spend_elsewhere() -> Iterator[float]:
    """What somebody else spends between two status calls."""
    return iter((0, *[3] * 20))


def test_an_account_in_use_shows_nothing_about_refusals() -> None:
    """Where the balance falls while nothing is sent too, nobody can tell what refusals cost."""
    with pytest.raises(NotTested, match="the account is in use"):
        measure_refusals(make_server(400, falls=spend_elsewhere()), [INVALID])


def test_a_refusal_of_what_was_shut_down_shows_nothing_about_a_rule() -> None:
    """A body that breaks a rule may be refused for the shutdown: only a mock that says that it works shows the rule."""
    working_mock = make_mock_api(CATALOG, SHUT_DOWN_OPERATION)
    body = working_mock.build_body(seconds=4)
    assert send_invalid(working_mock, body, "with seconds").status_code == 400
    with pytest.raises(NotTested, match="shut down"):
        send_invalid(replace(working_mock, is_mock=False, switches={}), body, "with seconds")
