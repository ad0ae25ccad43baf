"""The calls of the API in a HAR file, as values (floor 1, pure).

HTTP Archive 1.2, as Chromium, Firefox, Playwright and mitmproxy write it. What only some of them write may be absent.
A member that is read here and has the wrong type makes the whole file unusable.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from cannon_spec.contract.lifecycle import FOREVER_MS
from cannon_spec.contract.wording import show_value
from cannon_spec.errors import CannonSpecError
from cannon_spec.hosts import find_domain, is_in_domain, strip_dot
from cannon_spec.pointer import Path, to_pointer

CallKind = Literal["create", "poll", "status"]
T = TypeVar("T", dict[str, Any], list[Any], str, int)

_ROUTE = re.compile(r"(.*)/api/v1/(status|requests|requests/([^/]+))", re.DOTALL)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TYPES = {dict: "an object", list: "an array", str: "a string", int: "an integer", float: "a number", bool: "a boolean"}
_BODILESS_STATUSES = (204, 205)


class NotHAR(CannonSpecError):
    """A file is no HAR, or none that can be read: what is wrong, and what to do."""

    def __init__(self, problem: str, advice: str = "save the network log as HAR once more") -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"not a HAR file that can be read: {self.problem}; {self.advice}"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of the API and its reply.

    ``entry`` is the index in the file. ``call`` is method and path as recorded. ``id`` is the request that a poll asks
    for, and empty for other calls. Times are epoch milliseconds. ``status`` is 0 or less where no reply came.
    ``request_body`` (of a create only) and ``response_body`` are None where the file has no body. A key is None where
    the file has no such header.
    """

    entry: int
    kind: CallKind
    call: str
    id: str
    started_ms: float
    ended_ms: float
    request_body: str | bytes | None
    status: int
    response_body: str | bytes | None
    api_key: str | None = field(repr=False)
    idempotency_key: str | None


class Recording(NamedTuple):
    """The calls of the API in a file.

    ``ignored_count`` is the number of the other entries. ``other_base_url`` is the first address to which calls like
    the API's go without being judged, and empty if there is none.
    """

    calls: tuple[RecordedCall, ...]
    ignored_count: int
    other_base_url: str


class _Address(NamedTuple):
    """An http or https address: its host, its origin in one spelling, and its path."""

    host: str
    origin: str
    path: str


class _Endpoint(NamedTuple):
    """The endpoint of the API that an entry calls, on whatever server."""

    kind: CallKind
    address: _Address
    prefix: str
    id: str

    @property
    def base_url(self) -> str:
        return self.address.origin + self.prefix


def parse_recording(har: Any, base_url: str, other_base_urls: Collection[str] = ()) -> Recording:
    """Find the calls of the API in a HAR, given as JSON already parsed.

    A call counts if it goes to the host of ``base_url`` or a host below its domain, or to one of ``other_base_urls``,
    which are as ``normalize_base_url`` returns them. Raises NotHAR.
    """
    if not isinstance(har, dict):
        raise NotHAR(_report_type(har, dict, ()))
    entries = _require(_require(har, "log", dict, ()), "entries", list, ("log",))
    base_urls = {normalize_base_url(base_url), *other_base_urls}
    domain = find_domain(base_url)
    calls: list[RecordedCall] = []
    other_base_url = ""
    for number, entry in enumerate(entries):
        path: Path = ("log", "entries", number)
        if not isinstance(entry, dict):
            raise NotHAR(_report_type(entry, dict, path))
        request = _require(entry, "request", dict, path)
        method = _require(request, "method", str, (*path, "request")).upper()
        endpoint = _find_endpoint(method, _require(request, "url", str, (*path, "request")))
        if endpoint is None:
            continue
        if endpoint.base_url in base_urls or (is_in_domain(endpoint.address.host, domain) and not endpoint.prefix):
            calls.append(_parse_call(number, entry, f"{method} {endpoint.address.path}", endpoint))
        else:
            other_base_url = other_base_url or endpoint.base_url
    return Recording(tuple(calls), len(entries) - len(calls), other_base_url)


def normalize_base_url(url: str) -> str:
    """Origin and path prefix of an address, in one spelling for each server.

    Raises ValueError for what is no http or https address.
    """
    address = _parse_address(url)
    if address is None:
        raise ValueError(f"{url!r} is not an http or https address with a host")
    return address.origin + address.path.rstrip("/")


def _parse_address(url: str) -> _Address | None:
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
    return _Address(host, f"{parts.scheme}://{literal}{end}", parts.path)


def _find_endpoint(method: str, url: str) -> _Endpoint | None:
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
    return None if kind is None else _Endpoint(kind, address, prefix, unquote(id_ or ""))


def _parse_call(number: int, entry: Mapping[str, Any], call: str, endpoint: _Endpoint) -> RecordedCall:
    path: Path = ("log", "entries", number)
    request, response = entry["request"], _get(entry, "response", dict, path) or {}
    status = _get(response, "status", int, (*path, "response")) or 0
    started_ms, headers = _parse_time(entry, path), _parse_headers(request, (*path, "request"))
    is_create = endpoint.kind == "create"
    return RecordedCall(
        entry=number,
        kind=endpoint.kind,
        call=call,
        id=endpoint.id,
        started_ms=started_ms,
        ended_ms=started_ms + _get_duration_ms(entry),
        request_body=_parse_body(request, "postData", (*path, "request")) if is_create else None,
        status=status,
        response_body=_parse_body(response, "content", (*path, "response")) if _has_body(status) else None,
        api_key=_find_api_key(headers),
        idempotency_key=headers.get("x-idempotency-key") or None,
    )


def _find_api_key(headers: Mapping[str, str]) -> str | None:
    """The API key of a call, which either of two headers may carry."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return headers.get("x-api-key") or bearer or None


def _has_body(status: int) -> bool:
    """Whether a reply with this status has a body to judge: a redirect and "not modified" have none."""
    return (200 <= status < 300 and status not in _BODILESS_STATUSES) or status >= 400


def _parse_time(entry: Mapping[str, Any], path: Path) -> float:
    """The start of a call in epoch milliseconds."""
    text = _require(entry, "startedDateTime", str, path)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        place = to_pointer((*path, "startedDateTime"))
        raise NotHAR(f"expected an ISO 8601 time with a time zone at {place}, got {show_value(text)}")
    return time.timestamp() * 1000


def _get_duration_ms(entry: Mapping[str, Any]) -> float:
    """How long the call took; 0 where the file does not know (-1 or absent)."""
    time: Any = entry.get("time")
    return float(time) if type(time) in (int, float) and 0 <= time < FOREVER_MS else 0.0


def _parse_headers(request: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Names in lower case with their values; of a name that occurs twice the first counts."""
    headers: dict[str, str] = {}
    for index, header in enumerate(_get(request, "headers", list, path) or ()):
        place = (*path, "headers", index)
        if not isinstance(header, dict):
            raise NotHAR(_report_type(header, dict, place))
        name = _require(header, "name", str, place).lower()
        headers.setdefault(name, _get(header, "value", str, place) or "")
    return headers


def _parse_body(parent: Mapping[str, Any], name: str, path: Path) -> str | bytes | None:
    """The body in ``postData`` or ``content``; None for an empty text, which some recorders write for no body."""
    holder, place = _get(parent, name, dict, path) or {}, (*path, name)
    text = _get(holder, "text", str, place)
    if not text or (_get(holder, "encoding", str, place) or "").lower() != "base64":
        return text or None
    try:
        return b64decode(text)
    except (binascii.Error, ValueError):  # ValueError: the text is not ASCII
        raise NotHAR(f"{to_pointer((*place, 'text'))} is not base64, as its encoding says") from None


def _get(node: Mapping[str, Any], name: str, kind: type[T], path: Path) -> T | None:
    """A member of an object; None where it is absent or null. Raises NotHAR for one of another type."""
    value = node.get(name)
    if value is None or type(value) is kind:
        return value
    raise NotHAR(_report_type(value, kind, (*path, name)))


def _require(node: Mapping[str, Any], name: str, kind: type[T], path: Path) -> T:
    """A member that must be there. Raises NotHAR."""
    value = _get(node, name, kind, path)
    if value is None:
        raise NotHAR(f"{to_pointer((*path, name))} is missing")
    return value


def _report_type(value: Any, kind: type, path: Path) -> str:
    """What is wrong with a value of another type. The value is not shown: it may be a secret."""
    place = to_pointer(path) or "the top of the document"
    return f"expected {_TYPES[kind]} at {place}, got {_TYPES.get(type(value), 'null')}"
