"""Who may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.flows import shared_run

_BAD_KEYS = [{}, {"x-api-key": ""}, {"x-api-key": "not a key"}, {"authorization": "Bearer not-a-key"}]
_POST, _READ = ("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_123")


def _status(api: Api, **headers: str) -> httpx.Response:
    """The status reply to a call with just these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: httpx.Response = api.call("GET", "/api/v1/status", named)
    return response


@pytest.mark.claim("auth-status-401")
@pytest.mark.parametrize("headers", _BAD_KEYS)
def test_status_refuses_a_key_that_is_missing_or_bad(api: Api, headers: dict[str, str]) -> None:
    """Without a good key the status endpoint answers 401."""
    assert api.call("GET", "/api/v1/status", headers).status_code == 401


@pytest.mark.claim("auth-401-everywhere")
@pytest.mark.parametrize("headers", _BAD_KEYS)
@pytest.mark.parametrize("call", [pytest.param(_POST, marks=pytest.mark.probes(1), id="create"), _READ])
def test_the_other_endpoints_refuse_it_too(api: Api, call: tuple[str, str], headers: dict[str, str]) -> None:
    """Without a good key create and read answer 401."""
    response = api.call(*call, headers, json.dumps(api.build_body()).encode())
    assert response.status_code == 401


@pytest.mark.claim("auth-headers")
def test_either_header_carries_the_key(api: Api) -> None:
    """The same key is taken from x-api-key and as a bearer token."""
    plain_key, bearer = _status(api, x_api_key=api.key), _status(api, authorization=f"Bearer {api.key}")
    assert (plain_key.is_success, bearer.is_success) == (True, True)


@pytest.mark.claim("auth-x-api-key-first")
def test_of_two_keys_the_one_of_x_api_key_counts(api: Api) -> None:
    """When both headers are sent, x-api-key decides, for good and for bad."""
    good = _status(api, x_api_key=api.key, authorization="Bearer not-a-key")
    bad = _status(api, x_api_key="not a key", authorization=f"Bearer {api.key}")
    assert (good.is_success, bad.status_code) == (True, 401)


@pytest.mark.claim("auth-key-form")
@pytest.mark.needs("mock", "any key")
@pytest.mark.parametrize(
    ("key", "is_good"),
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
def test_any_well_formed_key_is_good(api: Api, key: str, is_good: bool) -> None:
    """A key of the vendor's form is good, each other is not."""
    assert _status(api, x_api_key=key).is_success is is_good


@pytest.mark.claim("read-same-key")
@pytest.mark.shares
def test_the_key_that_created_it_reads_it(api: Api) -> None:
    """A request is read with the key that created it."""
    id_ = shared_run(api).reply["id"]
    response = api.get(f"/api/v1/requests/{id_}")
    assert response.is_success
    assert response.json()["id"] == id_


@pytest.mark.claim("read-same-key")
@pytest.mark.shares
@pytest.mark.needs("other key")
def test_another_key_cannot_read_it(api: Api, other: Api) -> None:
    """A request is not read with another key."""
    assert not other.get(f"/api/v1/requests/{shared_run(api).reply['id']}").is_success


@pytest.mark.claim("scope-403")
@pytest.mark.parametrize(("scope", "statuses"), [("requests:write", (202, 403)), ("requests:read", (403, 404))])
def test_a_key_may_do_what_its_scopes_name(
    own: Callable[..., Api], tmp_path: Path, scope: str, statuses: tuple[int, int]
) -> None:
    """A key that may only write cannot read, and one that may only read cannot create."""
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": {"cs_limited": {"scopes": [scope]}}}))
    api = own(keys=str(file)).with_key("cs_limited")
    assert (api.create(api.build_body()).status_code, api.get("/api/v1/requests/req_123").status_code) == statuses
