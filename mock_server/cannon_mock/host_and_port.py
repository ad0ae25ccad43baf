"""A host with its port, as a Host header, an origin and settings write it (floor 3, pure).

The pytest plugin loads this module in every run, so that it imports nothing but the standard library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

LARGEST_PORT = 65_535
"""The largest number of a port."""

_LABEL = r"[A-Za-z0-9_-]{1,63}"  # services of Docker Compose may have a _
_FORM = re.compile(rf"({_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{{0,4}}))?")


@dataclass(frozen=True, slots=True)
class HostAndPort:
    """A host and its port; None where none is named. The host is a name, IPv4, or IPv6 in brackets."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


@lru_cache(maxsize=256)
def parse_host_and_port(text: str) -> HostAndPort:
    """The host and the port in ``localhost:2266``, ``[::1]:2266`` or ``my_mock``. Raises ValueError for another text.

    A port has no leading zero and is not empty: no client writes those, and an address with them is another text.
    """
    match = _FORM.fullmatch(text)
    if match is None or int(match[2] or 0) > LARGEST_PORT:
        raise ValueError(f"{text!r} is no host with a port")
    if text.startswith("["):
        IPv6Address(match[1][1:-1])  # raises ValueError
    return HostAndPort(match[1], int(match[2]) if match[2] else None)


def is_host_and_port(text: str) -> bool:
    """Whether a text is a host, alone or with a port."""
    try:
        parse_host_and_port(text)
    except ValueError:
        return False
    return True


def normalize_host(host: str) -> str:
    """The host in one spelling for all of its spellings: ``LocalHost.`` as ``localhost``, ``[0::1]`` as ``::1``."""
    name = host.strip().rstrip(".").lower()
    return str(find_ip_address(name) or name)


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine for every client on it, and for nobody else."""
    name = normalize_host(host)
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761: browsers resolve these to this machine
        return True
    address = find_ip_address(name)
    return address is not None and address.is_loopback


def find_ip_address(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is, IPv6 with or without brackets; None for a name."""
    try:
        return ip_address(host[1:-1] if host.startswith("[") else host)
    except ValueError:
        return None
