"""The same create sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import accepted, code, fresh, granted, poll, refused

_HOURS = 24
_MS = 0.001


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("create-idempotent")
def test_a_repeat_creates_nothing_new(api: Api) -> None:
    """The same idempotency key with the same body gives the request of the first time, and costs nothing more."""
    key = fresh()
    before, reply, after = api.credits(), accepted(api, key=key), api.credits()
    repeat = api.create(api.body(), key=key)
    if repeat.is_success:
        assert repeat.json()["id"] == reply["id"]
    assert api.credits() == after, f"{before:g} credits before, {after:g} after the first create"


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-repeat")
def test_a_repeat_is_answered_as_the_first_was(api: Api) -> None:
    """A repeat has the status and the body of the first reply."""
    key = fresh()
    first, second = (api.create(api.body(), key=key) for _ in range(2))
    granted(api, first, api.body())
    assert (second.status_code, granted(api, second, api.body(), "idempotency-repeat")) == (202, first.json())


@pytest.mark.creates(1)
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-mismatch")
def test_a_known_key_with_another_body_is_refused(api: Api) -> None:
    """The same key with another body is refused, with 422 or what the mock was told, and nothing is charged."""
    key = fresh()
    accepted(api, key=key)
    before = api.credits()
    response = refused(api, api.create(api.body(prompt="Another lighthouse"), key=key))
    assert response.status_code == api.switch("mismatch_status", 422)
    assert api.credits() == before


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_another_key_creates_another_request(api: Api) -> None:
    """Two idempotency keys give two requests."""
    first, second = (accepted(api, key=fresh()) for _ in range(2))
    assert first["id"] != second["id"]


@pytest.mark.creates(2)
@pytest.mark.claim("idempotency-scope")
@pytest.mark.needs("other key")
def test_a_key_counts_within_one_api_key(api: Api, other: Api) -> None:
    """The same idempotency key of another API key makes another request."""
    key = fresh()
    mine, theirs = accepted(api, key=key), other.create(other.body(), key=key)
    assert granted(other, theirs, other.body(), "idempotency-scope")["id"] != mine["id"]


@pytest.mark.creates(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.parametrize("length", [1, 255])
def test_a_key_has_up_to_255_characters(api: Api, length: int) -> None:
    """An idempotency key of 1 to 255 characters is taken."""
    key = (fresh() * 16)[:length]
    granted(api, api.create(api.body(), key=key), api.body(), "idempotency-key-form")


@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.parametrize("length", [0, 256])
def test_a_key_of_another_length_is_refused(api: Api, length: int) -> None:
    """An empty idempotency key is refused, and one of more than 255 characters."""
    assert refused(api, api.create(api.body(), key="k" * length)).is_client_error


@pytest.mark.creates(1)
@pytest.mark.probes(2, prompt=None)
@pytest.mark.claim("idempotency-after-validation")
def test_a_body_is_validated_before_its_key_is_looked_up(api: Api) -> None:
    """A broken body is refused for what is wrong with it, though its key is known."""
    key, broken = fresh(), api.body(prompt=None)
    accepted(api, key=key)
    known, unknown = (refused(api, api.create(broken, key=each)) for each in (key, None))
    assert code(known) == code(unknown)


@pytest.mark.claim("idempotency-lifetime")
@pytest.mark.needs("clock")
def test_a_key_is_known_for_24_hours(own: Callable[..., Api]) -> None:
    """After 24 hours the key of an earlier request makes a new one, and not before."""
    api, key = own(), fresh()
    first = accepted(api, key=key)["id"]
    api.sleep(_HOURS * 3600 - _MS)
    assert accepted(api, key=key)["id"] == first
    api.sleep(_MS)
    assert accepted(api, key=key)["id"] != first


@pytest.mark.claim("idempotency-in-flight")
def test_a_repeat_while_the_first_is_answered_is_409(own: Callable[..., Api]) -> None:
    """A repeat that comes before the first is answered is refused with 409 and Retry-After; later it is answered."""
    seen: list[httpx.Response] = []
    key = fresh()

    def repeat() -> None:
        seen.append(api.create(api.body(), key=key))

    api: Api = own(while_waiting=repeat)
    first: dict[str, Any] = accepted(api, key=key, x_mock_scenario="latency")
    assert [response.status_code for response in seen] == [409]
    assert int(seen[0].headers.get("Retry-After", "0")) >= 1
    assert poll(api, accepted(api, key=key))["id"] == first["id"]
