"""What a browser asks and needs before a page of another origin may call the API."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.expectations import SUCCESS, expect, expect_one_of, expect_status
from cannon_contract.client.page_origin import find_page_origin

HEADERS = ("content-type", "x-api-key", "x-idempotency-key")
"""What a page sends with a create, and must be allowed to send."""


@pytest.mark.needs("pages")
@pytest.mark.claim("browser-access")
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_123")])
def test_a_preflight_request_allows_a_call_with_a_key(api: Api, method: str, path: str) -> None:
    """Without a key, a preflight request succeeds and allows a page's origin and the headers of its call.

    A browser needs no list of methods for GET and POST.
    """
    asks = {"access-control-request-method": method, "access-control-request-headers": ", ".join(HEADERS)}
    page = _find_page(api)
    response = api.call("OPTIONS", path, {"origin": page, **asks})
    expect_status(response, SUCCESS, f"as the preflight request of {method}")
    what = f"the preflight request of {method} {path}"
    _expect_origin(response, page, what)
    _expect_headers(response, what)


@pytest.mark.needs("pages")
@pytest.mark.claim("browser-access")
@pytest.mark.parametrize("has_key", [True, False])
def test_a_page_may_read_a_reply(api: Api, has_key: bool) -> None:
    """A page may read a reply with a key, and the error reply without one."""
    page = _find_page(api)
    headers = {"origin": page, **({"x-api-key": api.key} if has_key else {})}
    response = api.call("GET", "/api/v1/status", headers)
    _expect_origin(response, page, f"a status reply {'with' if has_key else 'without'} a key")


def _find_page(api: Api) -> str:
    return find_page_origin(str(api.read_switch("cors", "*")))


def _expect_origin(response: Any, page: str, what: str) -> None:
    name = "access-control-allow-origin"
    expect_one_of(response.headers.get(name), (page, "*"), f"the header {name} of {what} from a page of {page}")


def _expect_headers(response: Any, what: str) -> None:
    name = "access-control-allow-headers"
    text = response.headers.get(name, "")
    allowed_names = {each.strip().lower() for each in text.split(",")}
    is_complete = "*" in allowed_names or allowed_names.issuperset(HEADERS)  # * is for all headers but Authorization
    expect(is_complete, f"the header {name} of {what}", f"* or a list with {', '.join(HEADERS)}", text)
