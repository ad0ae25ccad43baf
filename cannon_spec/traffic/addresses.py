"""Which endpoint of the API a recorded address is, on whatever server (floor 2, pure)."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from cannon_spec.hosts import strip_dot

CallKind = Literal["create", "poll", "status"]

_ROUTE = re.compile(r"(.*)/api/v1/(status|requests|requests/([^/]+))", re.DOTALL)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """An http or https address: its host, its origin in one spelling, and its path."""

    host: str
    origin: str
    path: str


class Endpoint(NamedTuple):
    """The endpoint of the API that an entry calls, on whatever server."""

    kind: CallKind
    address: Address
    prefix: str
    id: str

    @property
    def base_url(self) -> str:
        """Where the API is: what stands before /api/v1."""
        return self.address.origin + self.prefix


def normalize_base_url(url: str) -> str:
    """Origin and path prefix of an address, in one spelling for each server.

    Raises ValueError for what is no http or https address.
    """
    address = _parse_address(url)
    if address is None:
        raise ValueError(f"{url!r} is not an http or https address with a host")
    return address.origin + address.path.rstrip("/")


def _parse_address(url: str) -> Address | None:
    """None for what is no http or https address."""
    if not url[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(url)
        host, port = strip_dot(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not host:
        return None
    literal = f"[{host}]" if ":" in host else host  # an IPv6 address
    end = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return Address(host, f"{parts.scheme}://{literal}{end}", parts.path)


def find_endpoint(method: str, url: str) -> Endpoint | None:
    """The endpoint that a call goes to; None where it is no endpoint of the API."""
    address = _parse_address(url)
    route = address and _ROUTE.fullmatch(address.path)
    if not address or not route:
        return None
    prefix, endpoint, id_ = route.groups()
    kinds: dict[tuple[str, str], CallKind] = {
        ("POST", "requests"): "create",
        ("GET", "status"): "status",
        ("GET", f"requests/{id_}"): "poll",
    }
    kind = kinds.get((method, endpoint))
    return None if kind is None else Endpoint(kind, address, prefix, unquote(id_ or ""))
