"""The origins of pages that may call the simulated API, as the setting ``cors`` lists them (floor 3, pure).

The pytest plugin loads this module in every run, so that it imports nothing but the standard library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cannon_mock.host_and_port import HostAndPort, is_host_and_port, is_loopback_host, parse_host_and_port

LOOPBACK, ALL, NONE = "loopback", "*", "none"
"""The words that stand for the pages of this machine, for all pages, and for none."""

# null: a page of a file, or in a sandbox
_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^\s/?#@,*]+")

DEFAULT_PORTS = {"http": 80, "https": 443}
"""The port of an address that names none, by its scheme."""


@dataclass(frozen=True, slots=True)
class AllowedOrigins:
    """Which origins may call: the ``names``, those of this machine, or all."""

    names: frozenset[str] = frozenset()
    has_loopback: bool = False
    has_all: bool = False

    def __contains__(self, origin: str) -> bool:
        """Whether a page of that origin, as a browser writes it in the header Origin, may call."""
        return self.has_all or origin in self.names or (self.has_loopback and is_loopback(origin))


def read_origins(text: str) -> AllowedOrigins:
    """The origins of a list with commas. Raises ValueError for what is neither an origin nor one of the words."""
    names = {_normalize(part) for part in text.lower().split(",") if part.strip()}
    word = text.strip().lower()
    if word in (ALL, NONE):
        return AllowedOrigins(has_all=word == ALL)
    origins = frozenset(names - {LOOPBACK})
    if not (names and text.isascii() and all(map(_may_be_origin, origins))):
        raise ValueError(f"{text} lists no origins")
    return AllowedOrigins(origins, has_loopback=LOOPBACK in names)


def may_be_origins(text: str) -> bool:
    """Whether a text is a list of origins, or one of the words."""
    try:
        read_origins(text)
    except ValueError:
        return False
    return True


def is_loopback(origin: str) -> bool:
    """Whether an origin is of a page that this machine serves by http or https, at any port."""
    scheme, _, place = origin.lower().partition("://")
    if scheme not in DEFAULT_PORTS or not is_host_and_port(place):
        return False
    return is_loopback_host(parse_host_and_port(place).host)


def _may_be_origin(text: str) -> bool:
    """Whether a text is an origin; that of an application, as of a browser's extension, may have a host of any form."""
    scheme, _, place = text.partition("://")
    return _ORIGIN.fullmatch(text) is not None and (scheme not in DEFAULT_PORTS or is_host_and_port(place))


def _normalize(origin: str) -> str:
    """An origin as browsers write it: without the port where it is the default one."""
    origin = origin.strip()
    scheme, _, place = origin.partition("://")
    if scheme not in DEFAULT_PORTS or not is_host_and_port(place):
        return origin
    host_and_port = parse_host_and_port(place)
    is_default = host_and_port.port == DEFAULT_PORTS[scheme]
    return f"{scheme}://{HostAndPort(host_and_port.host) if is_default else host_and_port}"
