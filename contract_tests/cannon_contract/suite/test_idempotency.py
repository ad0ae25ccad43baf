"""Creates that are repeated with an idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, new_key
from cannon_contract.client.create_bodies import build_incomplete_body, build_other_body
from cannon_contract.client.flows import (
    create,
    expect_accepted,
    expect_not_account_error,
    poll,
    read_error_code,
)

_HOURS = 24
_MS = 0.001


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("create-idempotent")
def test_a_repeat_makes_no_second_request(api: Api) -> None:
    """A repeat with the same idempotency key and body names the first request, and costs nothing."""
    key = new_key()
    before, reply, after = api.read_credits(), create(api, key=key), api.read_credits()
    repeat = api.create(api.build_body(), key=key)
    if repeat.is_success:
        assert repeat.json()["id"] == reply["id"]
    assert api.read_credits() == after, f"{before:g} credits before, {after:g} after the first create"


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-repeat")
def test_a_repeat_gets_the_first_reply(api: Api) -> None:
    """A repeat gets the status and the body of the first reply."""
    key = new_key()
    first, second = (api.create(api.build_body(), key=key) for _ in range(2))
    expect_accepted(api, first, api.build_body())
    reply = expect_accepted(api, second, api.build_body(), claim_ids.IDEMPOTENCY_REPEAT)
    assert (second.status_code, reply) == (202, first.json())


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-mismatch")
def test_a_key_with_another_body_is_refused(api: Api) -> None:
    """The same key with another body is refused with 422, or the status that the mock was set to, and costs nothing."""
    key = new_key()
    create(api, key=key)
    before = api.read_credits()
    response = expect_not_account_error(api, api.create(build_other_body(api), key=key))
    assert response.status_code == api.read_switch("mismatch_status", 422)
    assert api.read_credits() == before


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_two_keys_make_two_requests(api: Api) -> None:
    """Creates with two idempotency keys make two requests."""
    first, second = (create(api, key=new_key()) for _ in range(2))
    assert first["id"] != second["id"]


@pytest.mark.creates(2)
@pytest.mark.claim("idempotency-scope")
@pytest.mark.needs("other key")
def test_a_key_belongs_to_one_api_key(api: Api, other_api: Api) -> None:
    """The same idempotency key with another API key makes another request."""
    key = new_key()
    body = other_api.build_body()
    reply, response = create(api, key=key), other_api.create(body, key=key)
    assert expect_accepted(other_api, response, body, claim_ids.IDEMPOTENCY_SCOPE)["id"] != reply["id"]


@pytest.mark.creates(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.parametrize("length", [1, 255])
def test_a_key_may_have_up_to_255_characters(api: Api, length: int) -> None:
    """An idempotency key of 1 to 255 characters is accepted."""
    key = (new_key() * 16)[:length]
    expect_accepted(api, api.create(api.build_body(), key=key), api.build_body(), claim_ids.IDEMPOTENCY_KEY_FORM)


@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.parametrize("length", [0, 256])
def test_a_key_of_another_length_is_refused(api: Api, length: int) -> None:
    """An idempotency key that is empty or longer than 255 characters is refused."""
    assert expect_not_account_error(api, api.create(api.build_body(), key="k" * length)).is_client_error


@pytest.mark.creates(1)
@pytest.mark.probes(2)
@pytest.mark.claim("idempotency-after-validation")
def test_a_body_is_validated_before_its_key(api: Api) -> None:
    """An invalid body is refused in the same way whether its idempotency key was used before or not."""
    key = new_key()
    create(api, key=key)
    bad_body = build_incomplete_body(api)
    responses = [expect_not_account_error(api, api.create(bad_body, key=each)) for each in (key, None)]
    assert read_error_code(responses[0]) == read_error_code(responses[1])


@pytest.mark.claim("idempotency-lifetime")
@pytest.mark.needs("clock")
def test_a_key_lives_for_24_hours(make_own_mock: Callable[..., Api]) -> None:
    """A create with a used key makes a new request after 24 hours, and not before."""
    api, key = make_own_mock(), new_key()
    first = create(api, key=key)["id"]
    api.sleep(_HOURS * 3600 - _MS)
    assert create(api, key=key)["id"] == first
    api.sleep(_MS)
    assert create(api, key=key)["id"] != first


@pytest.mark.claim("idempotency-in-flight")
def test_a_repeat_during_the_first_create_is_409(make_own_mock: Callable[..., Api]) -> None:
    """A repeat before the first create is answered is refused with 409 and Retry-After; afterwards it is accepted."""
    responses: list[httpx.Response] = []
    key = new_key()

    def repeat() -> None:
        responses.append(api.create(api.build_body(), key=key))

    api: Api = make_own_mock(while_waiting=repeat)
    first: dict[str, Any] = create(api, key=key, x_mock_scenario="latency")
    assert [response.status_code for response in responses] == [409]
    assert int(responses[0].headers.get("Retry-After", "0")) >= 1
    assert poll(api, create(api, key=key))["id"] == first["id"]
