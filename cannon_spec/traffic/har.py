"""The calls of the API in a HAR file, as values (floor 1, pure).

HTTP Archive 1.2, as Chromium, Firefox, Playwright and mitmproxy write it. What only some of them write may be absent;
of what is read here, a value of the wrong type refuses the file.
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
from cannon_spec.errors import CannonSpecError
from cannon_spec.pointer import Path, to_pointer

Kind = Literal["create", "poll", "status"]
T = TypeVar("T", dict[str, Any], list[Any], str, int)

_ROUTE = re.compile(r"(.*)/api/v1/(status|requests|requests/([^/]+))", re.DOTALL)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TYPES = {dict: "an object", list: "a list", str: "a text", int: "a whole number"}
_BODILESS = (204, 205)


class NotHAR(CannonSpecError):
    """A file is no HAR, or none that can be read: what is wrong, and what to do."""

    def __init__(self, problem: str, advice: str = "save the network log as HAR once more") -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"no HAR that can be read: {self.problem}; {self.advice}"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of the API and its reply.

    ``entry`` is the index in the file; ``call`` is method and path as recorded; ``id`` is what a poll asks for, and
    empty otherwise. A time is in epoch milliseconds. ``status`` is 0 or less where no reply came. ``sent`` (of a
    create) and ``received`` are None where the file has no body. A key is None where the file has no such header.
    """

    entry: int
    kind: Kind
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
    """The exchanges of a file, how many entries are none, and where calls like the API's go that were not asked for."""

    exchanges: tuple[RecordedCall, ...]
    ignored: int
    elsewhere: str


class _Call(NamedTuple):
    kind: Kind
    host: str
    origin: str
    prefix: str
    path: str
    id: str


def recording(har: Any, base_url: str, others: Collection[str] = ()) -> Recording:
    """The calls of the API in a HAR, which is JSON as parsed.

    They go to the host of ``base_url`` and its domain, or to one of ``others``, as ``normalize_base_url`` gives them.
    Raises NotHAR.
    """
    if not isinstance(har, dict):
        raise NotHAR("the document is not an object")
    log = _needed(har, "log", dict, ())
    entries = _needed(log, "entries", list, ("log",))
    bases = {normalize_base_url(base_url), *others}
    domain = (urlsplit(base_url).hostname or "").removeprefix("www.")
    exchanges: list[RecordedCall] = []
    elsewhere = ""
    for number, entry in enumerate(entries):
        path = ("log", "entries", number)
        if not isinstance(entry, dict):
            raise NotHAR(f"{to_pointer(path)} is not {_TYPES[dict]}")
        request = _needed(entry, "request", dict, path)
        method = _needed(request, "method", str, (*path, "request")).upper()
        call = _call(method, _needed(request, "url", str, (*path, "request")))
        if call is None:
            continue
        if call.origin + call.prefix in bases or (_within(call.host, domain) and not call.prefix):
            exchanges.append(_exchange(number, entry, request, f"{method} {call.path}", call))
        else:
            elsewhere = elsewhere or call.origin + call.prefix
    return Recording(tuple(exchanges), len(entries) - len(exchanges), elsewhere)


def normalize_base_url(url: str) -> str:
    """Origin and path prefix of an address, each origin written in one way only. Raises ValueError for none."""
    address = _address(url)
    if address is None:
        raise ValueError(f"{url!r} is not an http or https address with a host")
    _, origin, path = address
    return origin + path.rstrip("/")


def _address(url: str) -> tuple[str, str, str] | None:
    """Host, origin and path of an http or https address; None for another."""
    if not url[:8].lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if not host:
        return None
    shown = f"[{host}]" if ":" in host else host
    end = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return host, f"{parts.scheme}://{shown}{end}", parts.path


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith("." + domain)


def _call(method: str, url: str) -> _Call | None:
    """What an entry asks of the API, wherever it is; None where no endpoint is asked."""
    address = _address(url)
    route = address and _ROUTE.fullmatch(address[2])
    if not address or not route:
        return None
    host, origin, path = address
    prefix, endpoint, id_ = route.groups()
    kinds: dict[tuple[str, str], Kind] = {
        ("POST", "requests"): "create",
        ("GET", "status"): "status",
        ("GET", f"requests/{id_}"): "poll",
    }
    kind = kinds.get((method, endpoint))
    return None if kind is None else _Call(kind, host, origin, prefix, path, unquote(id_ or ""))


def _exchange(
    number: int, entry: Mapping[str, Any], request: Mapping[str, Any], call: str, asked: _Call
) -> RecordedCall:
    path: Path = ("log", "entries", number)
    response = _member(entry, "response", dict, path) or {}
    status = _member(response, "status", int, (*path, "response")) or 0
    started_ms, headers = _moment(entry, path), _headers(request, (*path, "request"))
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    posted = asked.kind == "create"
    return RecordedCall(
        entry=number,
        kind=asked.kind,
        call=call,
        id=asked.id,
        started_ms=started_ms,
        ended_ms=started_ms + _duration_ms(entry),
        request_body=_text(request, "postData", (*path, "request")) if posted else None,
        status=status,
        response_body=_text(response, "content", (*path, "response")) if _has_body(status) else None,
        api_key=headers.get("x-api-key") or bearer or None,
        idempotency_key=headers.get("x-idempotency-key") or None,
    )


def _has_body(status: int) -> bool:
    """Whether a reply with this status has something to judge: a redirect, or what is not modified, has not."""
    return (200 <= status < 300 and status not in _BODILESS) or status >= 400


def _moment(entry: Mapping[str, Any], path: Path) -> float:
    text = _needed(entry, "startedDateTime", str, path)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise NotHAR(f"{to_pointer((*path, 'startedDateTime'))} is not an ISO 8601 time with a zone")
    return moment.timestamp() * 1000


def _duration_ms(entry: Mapping[str, Any]) -> float:
    """How long the call took; nothing where the file does not know (-1 or absent)."""
    time: Any = entry.get("time")
    return float(time) if type(time) in (int, float) and 0 <= time < FOREVER_MS else 0.0


def _headers(request: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Names in small letters with their values; of a name given twice the first counts."""
    found: dict[str, str] = {}
    for index, header in enumerate(_member(request, "headers", list, path) or ()):
        place = (*path, "headers", index)
        if not isinstance(header, dict):
            raise NotHAR(f"{to_pointer(place)} is not {_TYPES[dict]}")
        name = _needed(header, "name", str, place).lower()
        found.setdefault(name, _member(header, "value", str, place) or "")
    return found


def _text(parent: Mapping[str, Any], name: str, path: Path) -> str | bytes | None:
    """The body that ``postData`` or ``content`` holds; None for an empty one, as some write it for none."""
    holder, place = _member(parent, name, dict, path) or {}, (*path, name)
    text = _member(holder, "text", str, place)
    if not text or (_member(holder, "encoding", str, place) or "").lower() != "base64":
        return text or None
    try:
        return b64decode(text)
    except (binascii.Error, ValueError):  # a text that is not ASCII is the latter
        raise NotHAR(f"{to_pointer((*place, 'text'))} is not base64, as its encoding says") from None


def _member(node: Mapping[str, Any], name: str, kind: type[T], path: Path) -> T | None:
    """A member of an object; None where it is absent or null. Raises NotHAR for one of another type."""
    value = node.get(name)
    if value is None or type(value) is kind:
        return value
    raise NotHAR(f"{to_pointer((*path, name))} is not {_TYPES[kind]}")


def _needed(node: Mapping[str, Any], name: str, kind: type[T], path: Path) -> T:
    """A member that must be there. Raises NotHAR."""
    value = _member(node, name, kind, path)
    if value is None:
        raise NotHAR(f"{to_pointer((*path, name))} is missing")
    return value
