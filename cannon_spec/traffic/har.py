"""The calls of the API in a HAR file, as values (floor 2, pure).

HTTP Archive 1.2, as Chromium, Firefox, Playwright and mitmproxy write it. What only some of them write may be absent.
An entry that cannot be read is skipped, and the others are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from cannon_spec.contract.lifecycle import FOREVER_MS
from cannon_spec.errors import CannonSpecError
from cannon_spec.hosts import find_domain, is_in_domain
from cannon_spec.pointer import Path, to_pointer
from cannon_spec.traffic.addresses import CallKind, Endpoint, find_endpoint, normalize_base_url
from cannon_spec.traffic.bodies import BodyReader, ReadFile, RecordedBody, refuse_file
from cannon_spec.traffic.placeholders import is_masked

T = TypeVar("T", dict[str, Any], list[Any], str, int)

_TYPES = {dict: "an object", list: "an array", str: "a string", int: "an integer", float: "a number", bool: "a boolean"}
_BODILESS_STATUSES = (204, 205)
_MOST_SKIPPED = 10_000
"""A file with more entries that cannot be read is refused: it is no HAR, and to name them takes time and memory."""


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
    for, and empty for other calls. Times are epoch milliseconds, and None where the file has none that can be used.
    ``status`` is 0 or less where no reply came. ``request_body`` (of a create only) and ``response_body`` are None
    where the file has no body that can be read, and ``body_problems`` says why. ``api_key`` is None where the file does
    not tell it, ``idempotency_key`` too; that is empty where the call had none.
    """

    entry: int
    kind: CallKind
    call: str
    id: str
    started_ms: float | None
    ended_ms: float | None
    request_body: str | bytes | None
    status: int
    response_body: str | bytes | None
    body_problems: tuple[str, ...]
    api_key: str | None = field(repr=False)
    idempotency_key: str | None

    @property
    def lacks_body(self) -> bool:
        """Whether a body that is judged in such a call is not at hand."""
        return self.response_body is None or (self.kind == "create" and self.request_body is None)


class SkippedEntry(NamedTuple):
    """An entry that cannot be read, by its index in the file, and why."""

    entry: int
    problem: str


class Recording(NamedTuple):
    """The calls of the API in a file.

    ``ignored_count`` is the number of the entries that are no calls of the API. ``other_base_url`` is the first address
    to which calls like the API's go without being judged, and empty if there is none.
    """

    calls: tuple[RecordedCall, ...]
    ignored_count: int
    other_base_url: str
    skipped_entries: tuple[SkippedEntry, ...]


def parse_recording(
    har: Any, base_url: str, other_base_urls: Collection[str] = (), read_file: ReadFile = refuse_file
) -> Recording:
    """Find the calls of the API in a HAR, given as JSON already parsed.

    A call counts if it goes to the host of ``base_url`` or a host below its domain, or to one of ``other_base_urls``,
    which are as ``normalize_base_url`` returns them. ``read_file`` reads the bodies that lie beside the file. Raises
    NotHAR for what has no list of entries.
    """
    if not isinstance(har, dict):
        raise NotHAR(_report_type(har, dict, ()))
    entries = _require(_require(har, "log", dict, ()), "entries", list, ("log",))
    parser = _EntryParser(base_url, other_base_urls, BodyReader(read_file))
    calls: list[RecordedCall] = []
    skipped_entries: list[SkippedEntry] = []
    for number, entry in enumerate(entries):
        try:
            call = parser.parse(number, entry)
        except NotHAR as error:
            skipped_entries.append(SkippedEntry(number, error.problem))
            if len(skipped_entries) > _MOST_SKIPPED:
                raise NotHAR(f"more than {_MOST_SKIPPED} of its entries cannot be read") from None
        else:
            calls += [call] if call else []
    ignored_count = len(entries) - len(calls) - len(skipped_entries)
    return Recording(tuple(calls), ignored_count, parser.other_base_url, tuple(skipped_entries))


class _EntryParser:
    """Parse entries, and remember the first address of calls like the API's that are not judged."""

    def __init__(self, base_url: str, other_base_urls: Iterable[str], body_reader: BodyReader) -> None:
        self._base_urls = {normalize_base_url(base_url), *other_base_urls}
        self._domain = find_domain(base_url)
        self._body_reader = body_reader
        self.other_base_url = ""

    def parse(self, number: int, entry: Any) -> RecordedCall | None:
        """The call of an entry; None for what is no call of the API. Raises NotHAR."""
        path: Path = ("log", "entries", number)
        if not isinstance(entry, dict):
            raise NotHAR(_report_type(entry, dict, path))
        request = _require(entry, "request", dict, path)
        method = _require(request, "method", str, (*path, "request")).upper()
        endpoint = find_endpoint(method, _require(request, "url", str, (*path, "request")))
        if endpoint is None:
            return None
        if self._is_judged(endpoint):
            return self._parse_call(number, entry, f"{method} {endpoint.address.path}", endpoint)
        self.other_base_url = self.other_base_url or endpoint.base_url
        return None

    def _is_judged(self, endpoint: Endpoint) -> bool:
        is_vendor = is_in_domain(endpoint.address.host, self._domain) and not endpoint.prefix
        return is_vendor or endpoint.base_url in self._base_urls

    def _parse_call(self, number: int, entry: Mapping[str, Any], call: str, endpoint: Endpoint) -> RecordedCall:
        path: Path = ("log", "entries", number)
        request, response = entry["request"], _get(entry, "response", dict, path) or {}
        status = _get(response, "status", int, (*path, "response")) or 0
        started_ms, headers = _parse_time(entry), _parse_headers(request)
        no_body = RecordedBody()
        is_create = endpoint.kind == "create"
        request_body = self._read_body(request, "postData", (*path, "request")) if is_create else no_body
        response_body = self._read_body(response, "content", (*path, "response")) if _has_body(status) else no_body
        return RecordedCall(
            entry=number,
            kind=endpoint.kind,
            call=call,
            id=endpoint.id,
            started_ms=started_ms,
            ended_ms=None if started_ms is None else started_ms + _get_duration_ms(entry),
            request_body=request_body.content,
            status=status,
            response_body=response_body.content,
            body_problems=tuple(body.problem for body in (request_body, response_body) if body.problem),
            api_key=_find_api_key(headers),
            idempotency_key=_find_idempotency_key(headers),
        )

    def _read_body(self, message: Mapping[str, Any], name: str, path: Path) -> RecordedBody:
        return self._body_reader.read(_get(message, name, dict, path) or {}, _parse_headers(message))


def _find_api_key(headers: Mapping[str, str]) -> str | None:
    """The API key of a call, which either of two headers may carry; None for one that was redacted."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    key = headers.get("x-api-key") or bearer
    return None if not key or is_masked(key) else key


def _find_idempotency_key(headers: Mapping[str, str]) -> str | None:
    """The idempotency key of a call, empty for none; None if it was redacted, or no header was recorded."""
    key = headers.get("x-idempotency-key", "")
    return None if not headers or is_masked(key) else key


def _has_body(status: int) -> bool:
    """Whether a reply with this status has a body to judge: a redirect and "not modified" have none."""
    return (200 <= status < 300 and status not in _BODILESS_STATUSES) or status >= 400


def _parse_time(entry: Mapping[str, Any]) -> float | None:
    """The start of a call in epoch milliseconds; None where the file has no time with a time zone."""
    text = entry.get("startedDateTime")
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if time is None or time.tzinfo is None else time.timestamp() * 1000


def _get_duration_ms(entry: Mapping[str, Any]) -> float:
    """How long the call took; 0 where the file does not know (-1 or absent)."""
    time: Any = entry.get("time")
    return float(time) if type(time) in (int, float) and 0 <= time < FOREVER_MS else 0.0


def _parse_headers(message: Mapping[str, Any]) -> dict[str, str]:
    """Names in lower case with their values; of a name that occurs twice the first counts.

    What is no header is left out: the call is judged without it.
    """
    headers: dict[str, str] = {}
    recorded_headers = message.get("headers")
    for header in recorded_headers if isinstance(recorded_headers, list) else ():
        name, value = (header.get("name"), header.get("value")) if isinstance(header, dict) else (None, None)
        if isinstance(name, str) and isinstance(value, str):
            headers.setdefault(name.lower(), value)
    return headers


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
