"""Creating a request."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from contract_tests.journey import body, poll
from contract_tests.target import Api

_BROKEN: dict[str, tuple[Any, tuple[str, ...]]] = {
    "an unknown operation": ({"operation": "image.generat", "input": {"prompt": "x"}}, ()),
    "no input": ({"operation": "image.generate"}, ("create-envelope",)),
    "a list for an input": ({"operation": "image.generate", "input": []}, ("create-envelope",)),
    "a resolution that GPT Image 2 has not": (body(resolution="8K"), ("gptimage2-resolutions",)),
    "no prompt": ({"operation": "image.generate", "input": {"model": "gptimage2"}}, ("image-prompt-required",)),
    "an unknown field": (body(aspectRatio="16:9"), ("refusal-status",)),
}
_NO_JSON: dict[bytes, tuple[str, ...]] = {
    b"": ("json-body",),
    b"{": ("json-body",),
    b"[]": ("create-envelope",),
    b'{"operation": NaN}': ("json-strict",),
    b"\xff": ("json-body",),
}
BROKEN = [pytest.param(each, marks=pytest.mark.claim(*claims), id=name) for name, (each, claims) in _BROKEN.items()]
NO_JSON = [pytest.param(each, marks=pytest.mark.claim(*claims), id=repr(each)) for each, claims in _NO_JSON.items()]


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
    url = httpx.URL(accepted["urls"]["get"])
    assert url.host == api.client.base_url.host, "the API key is sent to the target only"
    assert api.held("request", api.get(str(url)))["id"] == accepted["id"]


@pytest.mark.creates(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_bad_body_is_refused(api: Api, broken: Any) -> None:
    """A create that breaks the contract is not accepted; with which status no page says."""
    assert api.create(broken).status_code >= 400


@pytest.mark.creates(1)
@pytest.mark.claim("create-validates", "refusal-status", "error-envelope")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_refusal_says_why_and_costs_nothing(api: Api, broken: Any) -> None:
    """A refusal names what is wrong, in the error body, and leaves the balance as it was."""
    before = api.credits()
    error = api.held("error", api.create(broken))["error"]
    assert error["findings"]
    assert api.credits() == before


@pytest.mark.creates(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize("content", NO_JSON)
def test_what_is_not_a_json_object_is_refused(api: Api, content: bytes) -> None:
    """A body that is not a JSON object is not accepted."""
    headers = {"content-type": "application/json"}
    assert api.client.post("/api/v1/requests", content=content, headers=headers).status_code >= 400


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_a_repeat_creates_nothing_new(api: Api) -> None:
    """The same idempotency key with the same body gives the request of the first time."""
    key = secrets.token_hex(8)
    first, second = (api.create(body(), key=key).json() for _ in range(2))
    assert first["id"] == second["id"]


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent", "idempotency-repeat")
def test_a_repeat_is_answered_as_the_first_was(api: Api) -> None:
    """A repeat has the status and the body of the first reply."""
    key = secrets.token_hex(8)
    first, second = (api.create(body(), key=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())


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
