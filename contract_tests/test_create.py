"""Creating a request."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from contract_tests.journey import body, poll
from contract_tests.target import Api

_BROKEN: dict[str, Any] = {
    "no prompt": {"operation": "image.generate", "input": {"model": "gptimage2"}},
    "an unknown operation": {"operation": "image.generat", "input": {"prompt": "x"}},
    "a list for an input": {"operation": "image.generate", "input": []},
    "no input": {"operation": "image.generate"},
    "a number for a resolution": body(resolution=4),
    "a resolution that GPT Image 2 has not": body(resolution="8K"),
}


@pytest.mark.creates(1)
@pytest.mark.claim("create-accepted-202", "create-reply-shape", "create-reply-queued")
def test_a_good_body_is_accepted(api: Api) -> None:
    """A good create answers 202 with the documented reply."""
    response = api.create(body())
    assert response.status_code == 202
    assert api.held("accepted", response)["operation"] == "image.generate"


@pytest.mark.creates(1)
@pytest.mark.claim("create-reply-shape")
def test_the_address_handed_out_can_be_polled(api: Api) -> None:
    """urls.get of the accepted reply leads to the request of the same id."""
    accepted = api.held("accepted", api.create(body()))
    assert api.held("request", api.get(accepted["urls"]["get"]))["id"] == accepted["id"]


@pytest.mark.creates(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize("name", _BROKEN)
def test_a_bad_body_is_refused(api: Api, name: str) -> None:
    """A create that breaks the contract is not accepted."""
    assert 400 <= api.create(_BROKEN[name]).status_code < 500


@pytest.mark.creates(1)
@pytest.mark.claim("create-validates", "refusal-status", "error-envelope")
@pytest.mark.parametrize("name", _BROKEN)
def test_a_refusal_says_why_and_costs_nothing(api: Api, name: str) -> None:
    """A refusal names what is wrong, in the error body, and leaves the balance as it was."""
    before = api.credits()
    error = api.held("error", api.create(_BROKEN[name]))["error"]
    assert error["findings"]
    assert api.credits() == before


@pytest.mark.creates(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"operation": NaN}', b"\xff"])
def test_what_is_not_a_json_object_is_refused(api: Api, content: bytes) -> None:
    """A body that is not a JSON object is not accepted."""
    headers = {"content-type": "application/json"}
    assert 400 <= api.client.post("/api/v1/requests", content=content, headers=headers).status_code < 500


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_a_repeat_creates_nothing_new(api: Api) -> None:
    """The same idempotency key with the same body gives the request of the first time."""
    key = secrets.token_hex(8)
    first, second = (api.held("accepted", api.create(body(), key=key)) for _ in range(2))
    assert first["id"] == second["id"]


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent", "credits-hold")
def test_a_repeat_costs_nothing_more(api: Api) -> None:
    """The same idempotency key holds credits once."""
    before = api.credits()
    key = secrets.token_hex(8)
    accepted, _ = (api.held("accepted", api.create(body(), key=key)) for _ in range(2))
    assert before - api.credits() == poll(api, accepted)["billableCredits"]


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_another_key_creates_another_request(api: Api) -> None:
    """Two idempotency keys give two requests."""
    first, second = (api.held("accepted", api.create(body(), key=secrets.token_hex(8))) for _ in range(2))
    assert first["id"] != second["id"]
