"""What keeps pages of other origins from the mock's own API (floor 4).

A browser sends what any page asks for, to this machine too, and only the reply is kept from the page. So a call that a
foreign page made must not do anything. Clients that are no browser send none of these headers.
"""

from __future__ import annotations

from cannon_mock.views.context import MockRequest, current_request, find_called_host
from cannon_mock.views.errors import AdminError


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
