"""API keys: which are accepted, what they may do, and that no reply shows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, new_key
from cannon_contract.client.assumptions import expect_assumed
from cannon_contract.client.expectations import SUCCESS, expect, expect_equal, expect_status
from cannon_contract.client.flows import shared_run
from cannon_contract.client.recording import describe_call
from cannon_contract.client.wrong_keys import CALLS_WITHOUT_KEY, list_near_keys, list_other_forms

_UNAUTHORIZED, _FORBIDDEN = httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN
_STATUS, _CREATE, _READ_UNKNOWN = "/api/v1/status", "/api/v1/requests", "/api/v1/requests/req_123"


def _get_status(api: Api, headers: Mapping[str, str]) -> httpx.Response:
    """The status reply to a call with only these headers."""
    response: httpx.Response = api.call("GET", _STATUS, headers)
    return response


def _expect_good_key(api: Api) -> Api:
    """The target. Raises ClaimBroken where it does not accept the key that other keys are compared with."""
    expect_status(_get_status(api, {"x-api-key": api.key}), SUCCESS, "with the API key", claim_ids.AUTH_HEADERS)
    return api


def _create_with(api: Api, headers: Mapping[str, str], idempotency_key: str) -> httpx.Response:
    """The reply to a good create with an idempotency key and only these headers beside it."""
    all_headers = {"content-type": "application/json", "x-idempotency-key": idempotency_key, **headers}
    response: httpx.Response = api.call("POST", _CREATE, all_headers, json.dumps(api.build_body()).encode())
    return response


def _list_near_headers(api: Api) -> list[tuple[str, dict[str, str]]]:
    """Each key that is nearly the good one, in both headers, with the words that describe the call."""
    near_keys = list_near_keys(api.key).items()
    bearers = [(f"{words} as a bearer token", {"authorization": f"Bearer {key}"}) for words, key in near_keys]
    return [(words, {"x-api-key": key}) for words, key in near_keys] + bearers


def _expect_status_401(api: Api, headers: Mapping[str, str], circumstance: str) -> None:
    """Raise ClaimBroken where the status endpoint does not refuse a call with 401."""
    # The body of the reply is not quoted: it may name the key that was sent.
    status = _get_status(api, headers).status_code
    what = f"GET {_STATUS} {circumstance}"
    expect(status == _UNAUTHORIZED, what, "401", status, claim_ids.AUTH_STATUS_401)


def _expect_refusal(
    api: Api, call: Callable[[], httpx.Response], headers: Mapping[str, str], circumstance: str
) -> None:
    """Raise ClaimBroken where a call without a valid key succeeds. That it is refused with 401 is assumed.

    Where the status endpoint takes the key as well, that is the one finding: then the call is not made.
    """
    if _get_status(api, headers).is_success:
        _expect_status_401(api, headers, circumstance)
    response = call()
    what = f"{describe_call(response.request)} {circumstance}"
    expect(not response.is_success, what, "a refusal", response.status_code, claim_ids.AUTH_EVERY_REQUEST)
    is_unauthorized = response.status_code == _UNAUTHORIZED
    expect_assumed(api, is_unauthorized, what, "401", response.status_code, claim_ids.AUTH_401_EVERYWHERE)


@pytest.mark.claim("auth-status-401")
def test_a_status_without_a_valid_key_is_401(api: Api) -> None:
    """A status call with a missing or invalid key is answered with 401."""
    for circumstance, headers in CALLS_WITHOUT_KEY.items():
        _expect_status_401(api, headers, circumstance)


@pytest.mark.claim("auth-status-401")
@pytest.mark.needs("known keys")
def test_a_status_with_a_nearly_right_key_is_401(api_with_known_keys: Api) -> None:
    """A status call with a key that differs from a good one in a letter, its case or its length is a 401."""
    api = _expect_good_key(api_with_known_keys)
    for circumstance, headers in _list_near_headers(api):
        _expect_status_401(api, headers, circumstance)


@pytest.mark.claim("auth-every-request", "auth-401-everywhere")
@pytest.mark.probes(5)
def test_a_create_without_a_valid_key_is_refused(api: Api) -> None:
    """A good create with a missing or invalid key makes no request, and is answered with 401."""
    for circumstance, headers in CALLS_WITHOUT_KEY.items():
        _expect_refusal(api, partial(_create_with, api, headers, new_key()), headers, circumstance)


@pytest.mark.claim("auth-every-request", "auth-401-everywhere")
@pytest.mark.probes(7)
@pytest.mark.needs("known keys")
def test_a_create_with_a_nearly_right_key_is_refused(api_with_known_keys: Api) -> None:
    """A good create with a key that is nearly right makes no request, and is answered with 401."""
    api = _expect_good_key(api_with_known_keys)
    for circumstance, key in list_near_keys(api.key).items():
        headers = {"x-api-key": key}
        _expect_refusal(api, partial(_create_with, api, headers, new_key()), headers, circumstance)


@pytest.mark.claim("auth-every-request", "auth-401-everywhere")
@pytest.mark.shares
def test_a_request_is_not_read_without_a_valid_key(api: Api) -> None:
    """A request is not read with a missing or invalid key, which is answered with 401."""
    path = f"{_CREATE}/{shared_run(api).reply['id']}"
    for circumstance, headers in CALLS_WITHOUT_KEY.items():
        _expect_refusal(api, partial(api.call, "GET", path, headers), headers, circumstance)


@pytest.mark.claim("auth-every-request", "auth-401-everywhere")
@pytest.mark.shares
@pytest.mark.needs("known keys")
def test_a_request_is_not_read_with_a_nearly_right_key(api_with_known_keys: Api) -> None:
    """A request is not read with a key that is nearly the one that created it, which is answered with 401."""
    api = api_with_known_keys
    path = f"{_CREATE}/{shared_run(api).reply['id']}"
    for circumstance, headers in _list_near_headers(api):
        _expect_refusal(api, partial(api.call, "GET", path, headers), headers, circumstance)


@pytest.mark.claim("auth-401-everywhere")
def test_a_poll_without_a_valid_key_is_401(api: Api) -> None:
    """A poll of an unknown request with a missing or invalid key is answered with 401."""
    for circumstance, headers in CALLS_WITHOUT_KEY.items():
        expect_status(api.call("GET", _READ_UNKNOWN, headers), _UNAUTHORIZED, circumstance)


@pytest.mark.claim("auth-headers")
def test_both_headers_are_accepted(api: Api) -> None:
    """A status call with the key in x-api-key succeeds, and so does one with it as a bearer token."""
    expect_status(_get_status(api, {"x-api-key": api.key}), SUCCESS, "with the API key in x-api-key")
    bearer = {"authorization": f"Bearer {api.key}"}
    expect_status(_get_status(api, bearer), SUCCESS, "with the API key as a bearer token")


@pytest.mark.claim("auth-headers")
@pytest.mark.shares
@pytest.mark.probes(1)
def test_a_bearer_token_creates_and_reads(api: Api) -> None:
    """A create with the key as a bearer token is not refused for its key, and a poll with it reads the request."""
    run = shared_run(api)
    bearer, circumstance = {"authorization": f"Bearer {api.key}"}, "with the API key as a bearer token"
    # A repeat of the shared create costs nothing, and whether its key is accepted shows as well.
    repeat = _create_with(api, bearer, run.response.request.headers["x-idempotency-key"])
    is_refused = repeat.status_code in (_UNAUTHORIZED, _FORBIDDEN)
    expect(not is_refused, f"POST {_CREATE} {circumstance}", "a status other than 401 and 403", repeat.status_code)
    response = api.call("GET", f"{_CREATE}/{run.reply['id']}", bearer)
    expect_status(response, SUCCESS, circumstance)
    expect_equal(response.json().get("id"), run.reply["id"], "id of a request that is read with a bearer token")


@pytest.mark.claim("auth-other-forms")
def test_a_key_in_another_form_is_401(api: Api) -> None:
    """A status call with a key in a form that no page names is answered with 401."""
    for circumstance, headers in list_other_forms(api.key).items():
        expect_status(_get_status(api, headers), _UNAUTHORIZED, circumstance)


@pytest.mark.claim("auth-x-api-key-first")
def test_x_api_key_decides_when_both_headers_are_sent(api: Api) -> None:
    """When both headers are sent, only the key in x-api-key counts, whether it is valid or not."""
    good, bad = f"Bearer {api.key}", "Bearer not-a-key"
    accepting = _get_status(api, {"x-api-key": api.key, "authorization": bad})
    expect_status(accepting, SUCCESS, "with the API key in x-api-key and another as a bearer token")
    refusing = _get_status(api, {"x-api-key": "not a key", "authorization": good})
    expect_status(refusing, _UNAUTHORIZED, "with another key in x-api-key and the API key as a bearer token")


@pytest.mark.claim("auth-key-form")
@pytest.mark.needs("mock", "any key")
@pytest.mark.parametrize(
    ("key", "is_valid"),
    [
        ("cs_a", True),
        ("cs_live_Aa0-_", True),
        ("cs_" + "k" * 200, True),
        ("cs_", False),
        ("cs_" + "k" * 201, False),
        ("cs_a.b", False),
        ("sk_live_abc", False),
    ],
)
def test_every_key_of_the_right_form_is_accepted(api: Api, key: str, is_valid: bool) -> None:
    """A key of the vendor's form is accepted, and no other key is."""
    expected = SUCCESS if is_valid else _UNAUTHORIZED
    expect_status(_get_status(api, {"x-api-key": key}), expected, f"with a key of {len(key)} letters, {key[:12]}")


@pytest.mark.claim("auth-key-not-shown")
@pytest.mark.shares
@pytest.mark.probes(1)
def test_no_reply_shows_the_key(api: Api) -> None:
    """The API key of a call is in no reply: not to a status call, a create or a poll, nor in a refusal."""
    # Each reply of a run is looked at when it comes, before it is redacted. These are one of each kind.
    path = f"{_CREATE}/{shared_run(api).reply['id']}"
    for url in (_STATUS, path, _READ_UNKNOWN):
        api.get(url)
    api.create({})


@pytest.mark.claim("read-same-key")
@pytest.mark.shares
def test_a_request_is_read_with_the_key_that_created_it(api: Api) -> None:
    """The key that created a request reads it."""
    id_ = shared_run(api).reply["id"]
    response = expect_status(api.get(f"{_CREATE}/{id_}"), SUCCESS, "with the API key that created it")
    expect_equal(response.json().get("id"), id_, "id of a request that is read with the key that created it")


@pytest.mark.claim("read-other-key")
@pytest.mark.shares
@pytest.mark.needs("other key")
def test_a_request_is_not_read_with_another_key(api: Api, other_api: Api) -> None:
    """Another key does not read the request."""
    response = other_api.get(f"{_CREATE}/{shared_run(api).reply['id']}")
    circumstance = "with another API key than that of the create"
    expect(
        not response.is_success, f"{describe_call(response.request)} {circumstance}", "a refusal", response.status_code
    )


@pytest.mark.claim("scope-403")
@pytest.mark.parametrize(("scope", "statuses"), [("requests:write", (202, 403)), ("requests:read", (403, 404))])
def test_a_key_may_only_do_what_its_scopes_name(
    make_own_mock: Callable[..., Api], tmp_path: Path, scope: str, statuses: tuple[int, int]
) -> None:
    """A key without requests:read cannot poll, and a key without requests:write cannot create."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": {"cs_limited": {"scopes": [scope]}}}))
    api = make_own_mock(keys=str(file)).with_key("cs_limited")
    create_status, read_status = statuses
    expect_status(api.create(api.build_body()), create_status, f"with the scope {scope} alone")
    expect_status(api.get(_READ_UNKNOWN), read_status, f"with the scope {scope} alone")
