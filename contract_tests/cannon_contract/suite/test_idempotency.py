"""The same create sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import (
    create,
    expect_accepted,
    expect_not_account_error,
    new_key,
    poll,
    read_error_code,
)

_HOURS = 24
_MS = 0.001


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("create-idempotent")
def test_a_repeat_creates_nothing_new(api: Api) -> None:
    """The same idempotency key with the same body gives the request of the first time, and costs nothing more."""
    key = new_key()
    before, reply, after = api.read_credits(), create(api, key=key), api.read_credits()
    repeat = api.create(api.build_body(), key=key)
    if repeat.is_success:
        assert repeat.json()["id"] == reply["id"]
    assert api.read_credits() == after, f"{before:g} credits before, {after:g} after the first create"


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-repeat")
def test_a_repeat_is_answered_as_the_first_was(api: Api) -> None:
    """A repeat has the status and the body of the first reply."""
    key = new_key()
    first, second = (api.create(api.build_body(), key=key) for _ in range(2))
    expect_accepted(api, first, api.build_body())
    assert (second.status_code, expect_accepted(api, second, api.build_body(), "idempotency-repeat")) == (
        202,
        first.json(),
    )


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-mismatch")
def test_a_known_key_with_another_body_is_refused(api: Api) -> None:
    """The same key with another body is refused, with 422 or what the mock was told, and nothing is charged."""
    key = new_key()
    create(api, key=key)
    before = api.read_credits()
    response = expect_not_account_error(api, api.create(api.build_body(prompt="Another lighthouse"), key=key))
    assert response.status_code == api.read_switch("mismatch_status", 422)
    assert api.read_credits() == before


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_another_key_creates_another_request(api: Api) -> None:
    """Two idempotency keys give two requests."""
    first, second = (create(api, key=new_key()) for _ in range(2))
    assert first["id"] != second["id"]


@pytest.mark.creates(2)
@pytest.mark.claim("idempotency-scope")
@pytest.mark.needs("other key")
def test_a_key_counts_within_one_api_key(api: Api, other: Api) -> None:
    """The same idempotency key of another API key makes another request."""
    key = new_key()
    mine, theirs = create(api, key=key), other.create(other.build_body(), key=key)
    assert expect_accepted(other, theirs, other.build_body(), "idempotency-scope")["id"] != mine["id"]


@pytest.mark.creates(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.parametrize("length", [1, 255])
def test_a_key_has_up_to_255_characters(api: Api, length: int) -> None:
    """An idempotency key of 1 to 255 characters is taken."""
    key = (new_key() * 16)[:length]
    expect_accepted(api, api.create(api.build_body(), key=key), api.build_body(), "idempotency-key-form")


@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.parametrize("length", [0, 256])
def test_a_key_of_another_length_is_refused(api: Api, length: int) -> None:
    """An empty idempotency key is refused, and one of more than 255 characters."""
    assert expect_not_account_error(api, api.create(api.build_body(), key="k" * length)).is_client_error


@pytest.mark.creates(1)
@pytest.mark.probes(2, prompt=None)
@pytest.mark.claim("idempotency-after-validation")
def test_a_body_is_validated_before_its_key_is_looked_up(api: Api) -> None:
    """A broken body is refused for what is wrong with it, though its key is known."""
    key, broken = new_key(), api.build_body(prompt=None)
    create(api, key=key)
    known, unknown = (expect_not_account_error(api, api.create(broken, key=each)) for each in (key, None))
    assert read_error_code(known) == read_error_code(unknown)


@pytest.mark.claim("idempotency-lifetime")
@pytest.mark.needs("clock")
def test_a_key_is_known_for_24_hours(own: Callable[..., Api]) -> None:
    """After 24 hours the key of an earlier request makes a new one, and not before."""
    api, key = own(), new_key()
    first = create(api, key=key)["id"]
    api.sleep(_HOURS * 3600 - _MS)
    assert create(api, key=key)["id"] == first
    api.sleep(_MS)
    assert create(api, key=key)["id"] != first


@pytest.mark.claim("idempotency-in-flight")
def test_a_repeat_while_the_first_is_answered_is_409(own: Callable[..., Api]) -> None:
    """A repeat that comes before the first is answered is refused with 409 and Retry-After; later it is answered."""
    seen: list[httpx.Response] = []
    key = new_key()

    def repeat() -> None:
        seen.append(api.create(api.build_body(), key=key))

    api: Api = own(while_waiting=repeat)
    first: dict[str, Any] = create(api, key=key, x_mock_scenario="latency")
    assert [response.status_code for response in seen] == [409]
    assert int(seen[0].headers.get("Retry-After", "0")) >= 1
    assert poll(api, create(api, key=key))["id"] == first["id"]
