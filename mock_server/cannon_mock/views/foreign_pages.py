"""What keeps pages of other origins, and paths in disguise, from the mock's own API (floor 4).

A browser sends what any page asks for, to this machine too, and only the reply is kept from the page. So a call that a
foreign page made must not do anything. Clients that are no browser send none of these headers.

The owner of a public domain can let its name lead to this machine while a page of it is open (DNS rebinding). For the
browser the mock is then of the page's origin, and the Host header alone tells.
"""

from __future__ import annotations

import re

from werkzeug.exceptions import NotFound

from cannon_mock.host_and_port import is_loopback_host, normalize_host, parse_host_and_port
from cannon_mock.views.context import MockRequest, find_called_host, quote_prefix
from cannon_mock.views.errors import AdminError
from cannon_spec.reachability import find_host

_PLAIN_PATH = re.compile(r"(?:[A-Za-z]+://[^/]*)?(?:/(?!\.\.?/)[A-Za-z0-9._~-]+)*/__mock__/")
"""How a target starts that calls the mock's own API: as it is written, below the prefix of a proxy if there is one."""


def refuse_disguised_path(request: MockRequest) -> None:
    """Raise NotFound where the path is another spelling of an address, with ``%5F``, ``//`` or the like.

    Whoever keeps clients from ``/__mock__/`` by a rule of a proxy would not see that it is one.
    """
    environ = request.environ
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI") or environ["PATH_INFO"]
    start = _PLAIN_PATH.match(target.removeprefix(quote_prefix(request)))
    if start is None or not _is_rule_plain(request, start.string[start.end() :]):
        raise NotFound


def refuse_foreign_host(request: MockRequest) -> None:
    """Raise AdminError where the request calls the mock by a host that no setting allows.

    A mock that listens on a loopback address is called by a loopback host. Elsewhere, as in a container, any host is
    taken unless ``allow_host`` names some. A WSGI server that is not ours tells in SERVER_NAME where it listens.
    """
    config, called_host = request.mock.config, find_called_host(request)
    host = normalize_host(parse_host_and_port(called_host).host)
    own_hosts = config.allowed_hosts | {normalize_host(find_host(config.public_url))}
    if is_loopback_host(host) or host in own_hosts:
        return
    is_local = is_loopback_host(config.host) and is_loopback_host(request.environ["SERVER_NAME"])
    if is_local or config.allowed_hosts:
        raise AdminError(
            403,
            f"the mock's own API is not called by the host {host}: pages of any site can have such a name lead here "
            f"(DNS rebinding); call localhost or 127.0.0.1, or start the mock with --allow-host {host} or --public-url {request.scheme}://{called_host}",
        )


def refuse_foreign_page(request: MockRequest) -> None:
    """Raise AdminError where a page of another origin made the request, unless a link was followed."""
    if _is_from_foreign_page(request) and not _is_link(request):
        origin = request.headers.get("Origin", "")
        page = f"a page of {origin[:100]!a}" if origin else "a page of another origin"
        raise AdminError(403, f"{page} called the mock's own API; call it from a page of the mock, or from no browser")


def _is_rule_plain(request: MockRequest, rest: str) -> bool:
    """Whether what follows ``/__mock__/`` in a target is written as its rule is, but for names and ids."""
    rule = request.url_rule
    if rule is None:
        return True
    parts = re.split("[?#]", rest, maxsplit=1)[0].split("/")
    rule_parts = rule.rule.rpartition("/__mock__/")[2].split("/")
    return all(part == rule_part or "<" in rule_part for part, rule_part in zip(parts, rule_parts, strict=False))


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
