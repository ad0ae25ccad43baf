"""What a browser asks and needs before a page of another origin may call the API."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.expectations import expect, expect_one_of

PAGE = "http://localhost:5173"
"""The origin of a page in development."""


@pytest.mark.needs("pages")
@pytest.mark.claim("browser-access")
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_123")])
def test_a_preflight_request_allows_a_call_with_a_key(api: Api, method: str, path: str) -> None:
    """Without a key, a preflight request from a page is answered with the page's origin, the method and x-api-key."""
    names = "content-type, x-api-key, x-idempotency-key"
    asks = {"access-control-request-method": method, "access-control-request-headers": names}
    response = api.call("OPTIONS", path, {"origin": PAGE, **asks})
    what = f"the preflight request of {method} {path}"
    _expect_origin(response, what)
    _expect_list(response, "access-control-allow-methods", {method}, what)
    _expect_list(response, "access-control-allow-headers", set(names.split(", ")), what)


@pytest.mark.needs("pages")
@pytest.mark.claim("browser-access")
@pytest.mark.parametrize("has_key", [True, False])
def test_a_page_may_read_a_reply(api: Api, has_key: bool) -> None:
    """A page may read a reply with a key, and the error reply without one."""
    headers = {"origin": PAGE, **({"x-api-key": api.key} if has_key else {})}
    response = api.call("GET", "/api/v1/status", headers)
    _expect_origin(response, f"a status reply {'with' if has_key else 'without'} a key")


def _expect_origin(response: Any, what: str) -> None:
    name = "access-control-allow-origin"
    expect_one_of(response.headers.get(name), (PAGE, "*"), f"the header {name} of {what} from a page of {PAGE}")


def _expect_list(response: Any, name: str, expected_names: set[str], what: str) -> None:
    text = response.headers.get(name, "")
    allowed_names = {each.strip().lower() for each in text.split(",")}
    is_complete = {each.lower() for each in expected_names} <= allowed_names
    expect(is_complete, f"the header {name} of {what}", f"a list with {', '.join(sorted(expected_names))}", text)
