"""Creating a request: what is accepted, what is refused, and what a refusal leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import (
    expect_accepted,
    expect_not_account_error,
    expect_success,
    poll_to_end,
    shared_run,
)
from cannon_contract.client.outcomes import ClaimBroken

_BROKEN: dict[str, dict[str, Any]] = {
    "an unknown operation": {"operation": "image.generat"},
    "no input": {"input": None},
    "a list for an input": {"input": []},
    "no prompt": {"prompt": None},
    "an unknown field": {"aspectRatio": "16:9"},
    "a resolution that the model has not": {"model": "gptimage2", "resolution": "8K"},
}
_PRICED = {"model", "resolution"}
_NO_JSON = [b"", b"{", b"[]", b'{"operation": NaN}', b"\xff"]
_LARGEST_BYTES = 8 * 1024 * 1024


def _broken(api: Api, changes: dict[str, Any]) -> dict[str, Any]:
    """A create body with something wrong in its envelope, or in its input."""
    own = {name: value for name, value in changes.items() if name in ("operation", "input")}
    whole = {**api.build_body(**{name: value for name, value in changes.items() if name not in own}), **own}
    return {name: value for name, value in whole.items() if value is not None}


broken_bodies = pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            changes, marks=pytest.mark.probes(1, **{name: changes.get(name) for name in changes.keys() & _PRICED})
        )
        for changes in _BROKEN.values()
    ],
    ids=_BROKEN,
)


@pytest.mark.shares
@pytest.mark.claim("create-accepted-202")
def test_a_good_body_is_accepted_with_202(api: Api) -> None:
    """A good create answers 202."""
    assert shared_run(api).created.status_code == 202


@pytest.mark.shares
@pytest.mark.claim("create-reply-shape", "create-reply-queued")
def test_an_accepted_reply_names_what_was_asked_for(api: Api) -> None:
    """The accepted reply has the documented keys, and the operation of the create."""
    journey = shared_run(api)
    assert journey.reply["operation"] == journey.body["operation"]


@pytest.mark.shares
@pytest.mark.claim("create-reply-shape")
def test_the_address_handed_out_can_be_polled(api: Api) -> None:
    """urls.get of the accepted reply leads to the request of the same id."""
    reply = shared_run(api).reply
    url, target = httpx.URL(reply["urls"]["get"]), httpx.URL(api.url)
    same = (url.scheme, url.host, url.port) == (target.scheme, target.host, target.port)
    assert same, "the API key is sent to the target only"
    assert api.check_reply("request", api.get(str(url)))["id"] == reply["id"]


@pytest.mark.claim("create-validates")
@broken_bodies
def test_a_bad_body_is_refused(api: Api, changes: dict[str, Any]) -> None:
    """A create that breaks the contract is not accepted; with which status no page says."""
    assert expect_not_account_error(api, api.create(_broken(api, changes))).is_client_error


@pytest.mark.probes(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize("content", _NO_JSON)
def test_what_is_not_a_json_object_is_refused(api: Api, content: bytes) -> None:
    """A body that is not a JSON object is not accepted."""
    assert expect_not_account_error(api, api.post(content)).is_client_error


@pytest.mark.claim("refusal-status")
@broken_bodies
def test_a_refusal_has_its_status_and_costs_nothing(api: Api, changes: dict[str, Any]) -> None:
    """A body that breaks the contract is answered with 400, or what the mock was told, and nothing is charged."""
    before = api.read_credits()
    response = expect_not_account_error(api, api.create(_broken(api, changes)))
    assert response.status_code == api.read_switch("refusal_status", 400)
    assert api.read_credits() == before


@pytest.mark.probes(1)
@pytest.mark.claim("refusal-status")
@pytest.mark.parametrize("content", _NO_JSON[:2])
def test_what_is_not_json_is_400(api: Api, content: bytes) -> None:
    """What is not JSON is answered with 400."""
    assert expect_not_account_error(api, api.post(content)).status_code == 400


@pytest.mark.probes(1, prompt=None)
@pytest.mark.claim("error-envelope")
def test_a_refusal_has_the_error_body(api: Api) -> None:
    """A refusal says what is wrong, in the error body."""
    assert api.check_reply("error", expect_not_account_error(api, api.create(api.build_body(prompt=None))))


@pytest.mark.probes(1, aspect_ratio="1:1", resolution="4K", model="gptimage2")
@pytest.mark.claim("gptimage2-square-refused")
def test_4k_at_a_square_is_refused(api: Api) -> None:
    """GPT Image 2 refuses 4K at 1:1, or accepts it where the mock was told to lower it."""
    response = expect_not_account_error(
        api, api.create(api.build_body(model="gptimage2", aspect_ratio="1:1", resolution="4K"))
    )
    assert response.is_success is (api.read_switch("square_4k", "refuse") == "cap")


@pytest.mark.probes(1)
@pytest.mark.claim("body-limit")
def test_a_body_of_more_than_8_mib_is_413(api: Api) -> None:
    """A body of more than 8 MiB is refused with 413."""
    try:
        response = api.post(b'{"operation": "' + b"x" * _LARGEST_BYTES + b'"}')
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
        raise ClaimBroken(f"the connection was closed on a large body: {type(error).__name__}", "body-limit") from None
    assert expect_not_account_error(api, response).status_code == 413


@pytest.mark.probes(1)
@pytest.mark.claim("insufficient-credits")
@pytest.mark.needs("empty key")
def test_a_create_beyond_the_balance_is_402(api: Api, poor: Api) -> None:
    """A create that costs more than the balance is answered with 402, and the balance stays."""
    before = poor.read_credits()
    assert poor.create(api.build_body()).status_code == 402
    assert poor.read_credits() == before


@pytest.mark.creates(1)
@pytest.mark.claim("content-type-ignored")
def test_json_is_read_whatever_its_type_says(api: Api) -> None:
    """A create that is sent as plain text is accepted as any other."""
    expect_accepted(
        api, api.create(api.build_body(), content_type="text/plain"), api.build_body(), "content-type-ignored"
    )


@pytest.mark.creates(1, model=None)
@pytest.mark.claim("image-default-model")
def test_a_create_may_leave_the_model_out(api: Api) -> None:
    """Without a model the request is made with the default one."""
    body = api.build_body(model=None)
    default = api.catalog.operations["image.generate"].data["default_model"]["id"]
    end = expect_success(poll_to_end(api, expect_accepted(api, api.create(body), body, "image-default-model"))[-1])
    assert end["output"]["model"] == default


@pytest.mark.creates(2)
@pytest.mark.claim("idempotency-optional")
def test_creates_without_a_key_are_two_requests(api: Api) -> None:
    """x-idempotency-key may be left out; then each create is a request of its own."""
    body = api.build_body()
    first, second = (expect_accepted(api, api.create(body), body, "idempotency-optional") for _ in range(2))
    assert first["id"] != second["id"]


@pytest.mark.claim("host-header")
@pytest.mark.parametrize("host", ["a b", "", "exa/mple", "example.com:99999"])
def test_a_host_that_is_no_address_is_400(api: Api, host: str) -> None:
    """A Host header that no address can be made of is refused with 400."""
    assert api.call("GET", "/api/v1/status", {"x-api-key": api.key, "host": host}).status_code == 400


@pytest.mark.claim("unknown-address-404")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1", 404),
        ("DELETE", "/api/v1/requests/req_123", 405),
        ("PUT", "/api/v1/status", 405),
    ],
)
def test_what_the_api_does_not_have_is_not_found(api: Api, method: str, path: str, status: int) -> None:
    """An address or method that the API does not have is answered with 404 or 405."""
    assert api.call(method, path, {"x-api-key": api.key}).status_code == status


@pytest.mark.claim("rate-limit-429")
def test_too_many_requests_are_429_until_retry_after(own: Callable[..., Api]) -> None:
    """More creates than a client may send are answered with 429, and accepted again after the time of Retry-After."""
    api = own()
    responses = [api.create(api.build_body(), x_mock_scenario="rate-window") for _ in range(21)]
    assert [response.status_code for response in responses] == [202] * 20 + [429]
    wait_s = int(responses[-1].headers.get("Retry-After", "0"))
    assert wait_s >= 1
    api.sleep(wait_s)
    assert api.create(api.build_body(), x_mock_scenario="rate-window").status_code == 202
