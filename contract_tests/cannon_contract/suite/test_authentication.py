"""API keys: which are accepted, and what they may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import shared_run

_BAD_KEYS = [{}, {"x-api-key": ""}, {"x-api-key": "not a key"}, {"authorization": "Bearer not-a-key"}]
_CREATE, _READ = ("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_123")


def _get_status(api: Api, **headers: str) -> httpx.Response:
    """The status reply to a call with only these headers."""
    named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    response: httpx.Response = api.call("GET", "/api/v1/status", named_headers)
    return response


@pytest.mark.claim("auth-status-401")
@pytest.mark.parametrize("headers", _BAD_KEYS)
def test_a_status_without_a_valid_key_is_401(api: Api, headers: dict[str, str]) -> None:
    """A status call with a missing or invalid key is answered with 401."""
    assert api.call("GET", "/api/v1/status", headers).status_code == 401


@pytest.mark.claim("auth-401-everywhere")
@pytest.mark.parametrize("headers", _BAD_KEYS)
@pytest.mark.parametrize("call", [pytest.param(_CREATE, marks=pytest.mark.probes(1), id="create"), _READ])
def test_other_calls_without_a_valid_key_are_401(api: Api, call: tuple[str, str], headers: dict[str, str]) -> None:
    """A create or a poll with a missing or invalid key is answered with 401."""
    response = api.call(*call, headers, json.dumps(api.build_body()).encode())
    assert response.status_code == 401


@pytest.mark.claim("auth-headers")
def test_both_headers_are_accepted(api: Api) -> None:
    """A key is accepted in x-api-key and as a bearer token."""
    response, bearer_response = _get_status(api, x_api_key=api.key), _get_status(api, authorization=f"Bearer {api.key}")
    assert (response.is_success, bearer_response.is_success) == (True, True)


@pytest.mark.claim("auth-x-api-key-first")
def test_x_api_key_decides_when_both_headers_are_sent(api: Api) -> None:
    """When both headers are sent, only the key in x-api-key counts, whether it is valid or not."""
    accepting = _get_status(api, x_api_key=api.key, authorization="Bearer not-a-key")
    refusing = _get_status(api, x_api_key="not a key", authorization=f"Bearer {api.key}")
    assert (accepting.is_success, refusing.status_code) == (True, 401)


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
    assert _get_status(api, x_api_key=key).is_success is is_valid


@pytest.mark.claim("read-same-key")
@pytest.mark.shares
def test_a_request_is_read_with_the_key_that_created_it(api: Api) -> None:
    """The key that created a request reads it."""
    id_ = shared_run(api).reply["id"]
    response = api.get(f"/api/v1/requests/{id_}")
    assert response.is_success
    assert response.json()["id"] == id_


@pytest.mark.claim("read-same-key")
@pytest.mark.shares
@pytest.mark.needs("other key")
def test_a_request_is_not_read_with_another_key(api: Api, other_api: Api) -> None:
    """Another key does not read the request."""
    assert not other_api.get(f"/api/v1/requests/{shared_run(api).reply['id']}").is_success


@pytest.mark.claim("scope-403")
@pytest.mark.parametrize(("scope", "statuses"), [("requests:write", (202, 403)), ("requests:read", (403, 404))])
def test_a_key_may_only_do_what_its_scopes_name(
    make_own_mock: Callable[..., Api], tmp_path: Path, scope: str, statuses: tuple[int, int]
) -> None:
    """A key without requests:read cannot poll, and a key without requests:write cannot create."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": {"cs_limited": {"scopes": [scope]}}}))
    api = make_own_mock(keys=str(file)).with_key("cs_limited")
    responses = (api.create(api.build_body()), api.get("/api/v1/requests/req_123"))
    assert tuple(response.status_code for response in responses) == statuses
