"""The values that settings of the mock take (floor 3, pure).

The pytest plugin loads this module in every run, so that it imports nothing but the standard library.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cannon_mock import origins
from cannon_mock.host_and_port import LARGEST_PORT, is_host_and_port
from cannon_mock.settings import Limits, limit_range

POLLS = re.compile(r"manual:([1-9][0-9]{0,2})")
"""A progression by polls; the group is their number."""

_HOST = re.compile(r"[^\s:/?#@*\[\]]*|[0-9A-Fa-f:.]+")  # a name, or an IPv6 address
_URL = re.compile(r"https?://([^/]+)(?:/[^\s?#]*)?")


_SIZE = re.compile(r"([1-9][0-9]{0,11}) ?([KMGT]i?)?B?", re.ASCII | re.IGNORECASE)
_FACTORS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SMALLEST_SIZE = 1_000_000


def _is_secret(text: str) -> bool:
    try:
        return text.startswith("whsec_") and 24 <= len(b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except ValueError:
        return False


def _is_url(text: str) -> bool:
    match = _URL.fullmatch(text)
    return match is not None and is_host_and_port(match[1])


def read_moment(text: str) -> datetime | None:
    """The time that a text in the form of ISO 8601 names; None for another, or a year that no clock shows."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.utcoffset() is not None and 1970 < moment.year < 9000 else None


def read_size(text: str) -> int | None:
    """The bytes that a text such as 512MiB or 2GB stands for; None for another text, or less than 1MB."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    prefix = (match[2] or "").lower()
    size = int(match[1]) * (1024 if prefix.endswith("i") else 1000) ** _FACTORS[prefix[:1]]
    return size if size >= _SMALLEST_SIZE else None


DEFAULT_MEMORY = "512MiB"
CONFLICTS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    (
        "workers",
        lambda config: config.workers > 1 and config.store == "memory",
        "use 1, or name a store that processes share: sqlite:FILE or redis://HOST:PORT/N",
    ),
    (
        "max_memory",
        lambda config: config.max_memory != DEFAULT_MEMORY and config.store != "memory",
        "leave it out, or use the store memory: its disk bounds a file, and its own maxmemory a Redis server",
    ),
)
"""Settings whose value does not go with another setting: the name, whether it is so in a Config, and what to do."""

TEXT = Limits("text")
PATH = Limits("the path of a file, as text")
FLAG = Limits("yes or no (1, true, on; 0, false, off)")
PORT = limit_range(0, LARGEST_PORT)
URL = Limits(
    "an address with http:// or https:// and a host, such as https://mock.example.com:8443/cannon",
    lambda text: not text or _is_url(text),
)
SECRET = Limits("whsec_ and 24 to 64 bytes in base64", lambda text: not text or _is_secret(text))
SIZE = Limits("a size from 1MB on, such as 512MiB or 2GB", lambda text: read_size(text) is not None)
STORE = Limits(
    "memory, sqlite:FILE or redis://HOST:PORT/N",
    lambda text: text == "memory" or re.match(r"(sqlite:|rediss?://|unix://).", text) is not None,
)
ROOT_PATH = Limits(
    "a path such as /cannon",
    lambda text: not text or re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text) is not None,
)
HOSTS = Limits(
    "names of hosts without scheme, port, path or wildcard, separated by commas",
    lambda text: all(_HOST.fullmatch(part.strip()) for part in text.split(",")),
)
ASSET_HOST = Limits(
    "a host without scheme and path, such as assets.localhost or 127.0.0.1:2267",
    lambda text: not text or is_host_and_port(text),
)
ORIGINS = Limits(
    "loopback, * or none, or origins without a path, such as https://app.example.com:8443, separated by commas",
    origins.may_be_origins,
)
MOMENT = Limits(
    "a time from 1971 to 8999 with its offset from UTC, as 2026-01-31T12:00:00Z",
    lambda text: not text or read_moment(text) is not None,
)
PROGRESSION = Limits(
    "time, immediate, or manual:N with N from 1 to 999",
    lambda text: text in ("time", "immediate") or POLLS.fullmatch(text) is not None,
)
