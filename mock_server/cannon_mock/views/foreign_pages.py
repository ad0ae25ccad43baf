"""What keeps pages of other origins from the mock's own API (floor 4).

A browser sends what any page asks for, to this machine too, and only the reply is kept from the page. So a call that a
foreign page made must not do anything. Clients that are no browser send none of these headers.

The owner of a public domain can let its name lead to this machine while a page of it is open (DNS rebinding). For the
browser the mock is then of the page's origin, and the Host header alone tells.
"""

from __future__ import annotations

import re

from cannon_mock.host_and_port import parse_host_and_port
from cannon_mock.views.context import MockContext, MockRequest, current_request, find_called_host
from cannon_mock.views.errors import AdminError
from cannon_spec.hosts import strip_dot
from cannon_spec.reachability import find_host, is_reachable

_PUBLIC_END = re.compile(r"\.([a-z]{2,}|xn--[a-z0-9-]+)$")
"""What a public domain ends with: no digit, which would be an IP address, and no ``_``, as networks of Docker have."""


def refuse_public_host() -> None:
    """Raise AdminError where the request at hand calls the mock by a public name that no setting allows.

    An admin token allows each name: a page does not know it.
    """
    request = current_request()
    mock, called_host = request.mock, find_called_host(request)
    name = strip_dot(parse_host_and_port(called_host).host).lower()
    if not mock.config.admin_token and _is_public(name) and name not in _list_own_names(mock):
        raise AdminError(
            403,
            f"{name} is a public name, by which any page of its owner can call the mock's own API; call localhost, an "
            "IP address or a name of a private network, or start the mock with "
            f"--public-url {request.scheme}://{called_host} or --admin-token TOKEN",
        )


def _is_public(name: str) -> bool:
    return _PUBLIC_END.search(name) is not None and is_reachable(name)


def _list_own_names(mock: MockContext) -> set[str]:
    """The names that settings give to the mock, and the vendor's, which a bridge within a client serves."""
    return {mock.config.host.lower(), find_host(mock.config.public_url), find_host(mock.catalog.base_url)}


def refuse_foreign_page() -> None:
    """Raise AdminError where a page of another origin made the request at hand, unless a link was followed."""
    request = current_request()
    if _is_from_foreign_page(request) and not _is_link(request):
        origin = request.headers.get("Origin", "")
        page = f"a page of {origin[:100]!a}" if origin else "a page of another origin"
        raise AdminError(403, f"{page} called the mock's own API; call it from a page of the mock, or from no browser")


def _is_from_foreign_page(request: MockRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:  # the browser's own word: a proxy may have changed the host, or the scheme
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2].lower() != find_called_host(request).lower()


def _is_link(request: MockRequest) -> bool:
    """Whether the user follows a link, so that the browser shows the reply in place of the page."""
    headers = request.headers
    is_document = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    return is_document and request.method in ("GET", "HEAD")
