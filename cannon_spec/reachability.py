"""Whether the service can reach a host from the internet, as far as its name or number tells (floor 1, pure)."""

from __future__ import annotations

import re
from functools import lru_cache

_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_HOST = re.compile(r"(?:[^@]*@)?(\[[^\]]*\]|[^:]*)", re.DOTALL)
_NUMBER = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}", re.IGNORECASE | re.ASCII)
_PRIVATE_DOMAINS = ("localhost", "local", "internal", "lan", "home.arpa", "test", "invalid")
"""Domains that no public name server answers for."""

_LONGEST_KEPT = 300
"""The longest authority of which the verdict is kept: no host has more than 255 letters."""


def find_host(address: str) -> str:
    """The host of an http or https address; empty where it has none."""
    match = _AUTHORITY.match(address)
    return _read_host(match[1]) if match else ""


def may_be_reached(address: str) -> bool:
    """Whether an address has a host that is reachable, or none."""
    match = _AUTHORITY.match(address)
    if match is None:
        return True
    is_short = len(match[1]) <= _LONGEST_KEPT
    return _has_no_private_host(match[1]) if is_short else _has_no_private_host.__wrapped__(match[1])


@lru_cache(maxsize=1024)
def _has_no_private_host(authority: str) -> bool:
    host = _read_host(authority)
    return not host or is_reachable(host)


def _read_host(authority: str) -> str:
    """The host in an authority, which may have a user before it and a port after it."""
    match = _HOST.match(authority)
    return match[1].rstrip(".").lower() if match else ""


def is_reachable(host: str) -> bool:
    """Whether a host, as ``find_host`` gives it, may be reached from the internet. A host may be a name or a number."""
    if host.startswith("[") or _NUMBER.fullmatch(host):
        return _is_public_number(host)
    return "." in host and not any(host.endswith(f".{domain}") for domain in _PRIVATE_DOMAINS)


def _is_public_number(host: str) -> bool:
    from ipaddress import ip_address  # late: most hosts are names

    try:
        number = ip_address(host[1:-1] if host.startswith("[") else _read_number(host))
    except ValueError:  # no address has that number
        return False
    mapped = getattr(number, "ipv4_mapped", None) or number
    return mapped.is_global and not mapped.is_multicast


def _read_number(host: str) -> int:
    """The address that a host in decimal, octal or hexadecimal parts stands for, as browsers read it.

    Raises ValueError for parts that are too large.
    """
    *bytes_, last = (int(each, 16 if "x" in each else 8 if each.startswith("0") else 10) for each in host.split("."))
    free_bits = 8 * (4 - len(bytes_))
    if last >= 1 << free_bits or any(each > 255 for each in bytes_):
        raise ValueError(host)
    return sum(each << 8 * (3 - index) for index, each in enumerate(bytes_)) + last
