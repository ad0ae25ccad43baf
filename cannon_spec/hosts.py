"""Whether a host belongs to the domain of an address, as the vendor's hosts do (floor 1)."""

from __future__ import annotations

from urllib.parse import urlsplit


def find_domain(url: str) -> str:
    """The domain of an address: its host without ``www.``; empty where the address has no host.

    Raises ValueError for an address that cannot be parsed.
    """
    return strip_dot(urlsplit(url).hostname or "").removeprefix("www.")


def is_in_domain(host: str, domain: str) -> bool:
    """Whether a host is the domain itself or a host below it."""
    host = strip_dot(host).lower()
    return bool(domain) and (host == domain or host.endswith("." + domain))


def strip_dot(host: str) -> str:
    """A host name without the dot that may end it; with the dot it names the same host."""
    return host.rstrip(".")
