"""Who may call."""

from __future__ import annotations

import httpx
import pytest

from contract_tests.journey import body
from contract_tests.target import Api

_BAD_KEYS = [{}, {"x-api-key": ""}, {"x-api-key": "not a key"}, {"authorization": "Bearer not-a-key"}]


def _call(api: Api, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """A call with just these headers to say who calls."""
    kept = {name: value for name, value in api.client.headers.items() if name != "x-api-key"}
    request = httpx.Request(method, api.client.base_url.join(path), headers={**kept, **headers}, json=body())
    return api.client.send(request)


@pytest.mark.claim("auth-status-401")
@pytest.mark.parametrize("headers", _BAD_KEYS)
def test_status_refuses_a_key_that_is_missing_or_bad(api: Api, headers: dict[str, str]) -> None:
    """Without a good key the status endpoint answers 401."""
    assert _call(api, "GET", "/api/v1/status", headers).status_code == 401


@pytest.mark.claim("auth-401-everywhere", "error-envelope")
@pytest.mark.parametrize("headers", _BAD_KEYS)
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_123")])
def test_the_other_endpoints_refuse_it_too(api: Api, method: str, path: str, headers: dict[str, str]) -> None:
    """Without a good key create and read answer 401 with the error body."""
    response = _call(api, method, path, headers)
    assert response.status_code == 401
    api.held("error", response)


@pytest.mark.claim("auth-headers")
def test_either_header_carries_the_key(api: Api) -> None:
    """The same key is taken from x-api-key and as a bearer token."""
    key = api.client.headers["x-api-key"]
    for headers in ({"x-api-key": key}, {"authorization": f"Bearer {key}"}):
        response = _call(api, "GET", "/api/v1/status", headers)
        assert response.status_code == 200
        api.held("status", response)
