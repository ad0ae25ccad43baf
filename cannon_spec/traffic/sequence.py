"""Checks on what the service answered in a sequence of recorded calls: lifecycles and repeats (floor 2, pure)."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.lifecycle import LifecycleBreach, check_step, check_view, is_key_alive
from cannon_spec.finding import Finding, Severity
from cannon_spec.pointer import to_pointer
from cannon_spec.traffic.placeholders import fill_placeholders, has_placeholder, is_placeholder

if TYPE_CHECKING:
    from cannon_spec.traffic.har import RecordedCall

TRAFFIC_RULES = {
    "traffic-accepted": "A create was answered with a success status other than 202; "
    "only a warning if it may be a repeat.",
    "traffic-step": "A poll shows a status that cannot follow the status of an earlier poll.",
    "traffic-final": "A request changed after its end.",
    "traffic-times": "The times of a request run backwards, or a time that was set has changed.",
    "traffic-failure": "A failed request has an output.",
    "traffic-repeat": "A repeat of a create, with the same idempotency key and body, made a second request; "
    "only a warning if the recording does not tell the API keys.",
    "traffic-same-id": "Creates with different idempotency keys have the same id.",
    "traffic-early": "A warning: the first poll came sooner after the create than poll_after_ms says.",
    "traffic-fast": "A warning: polls came sooner after each other than poll_after_ms says.",
    "traffic-after-end": "A warning: polling went on after the end of the request.",
    "traffic-other-key": "A warning: a request was read with another API key than the one that created it.",
    "traffic-retry-without-key": "A warning: a create was sent again, after no answer or a server error, "
    "without an idempotency key that both have.",
    "traffic-retry-new-key": "A warning: a create was sent again, after no answer or a server error, "
    "with another idempotency key.",
}
"""The rules on recorded traffic that are no keyword of a schema. Unless the text says so, the strength of the claim
decides whether a breach is an error or a warning."""

UNREAD: Final[Any] = object()
"""Stands for the JSON of a body that is absent or not JSON."""

OK = 200
_CREATED_STATUS = 202
ROUNDING_MS = 1
"""Recorded times may be off by this much."""


class ParsedCall(NamedTuple):
    """A recorded call with the JSON of its bodies: UNREAD for a body that is absent or not JSON."""

    call: RecordedCall
    request: Any
    response: Any


def check_sequence(catalog: Catalog, calls: Sequence[ParsedCall]) -> Iterator[tuple[int, Finding]]:
    """The findings on the sequence of calls, each with the entry that shows it.

    Calls are checked in the order in which they were sent; those without a time are checked by themselves. Polls of one
    id that overlap in time are not compared: a recording does not say which of them the service answered first.
    """
    history = _CallHistory(catalog, has_whole_seconds(calls), find_repeats(calls))
    for each in sort_calls(calls):
        if each.call.kind == "create" and OK <= each.call.status < 300:
            yield from ((each.call.entry, finding) for finding in history.add_create(each))
        elif each.call.kind == "poll" and each.call.status == OK and isinstance(each.response, dict):
            yield from ((each.call.entry, finding) for finding in history.add_poll(each))


def sort_calls(calls: Iterable[ParsedCall]) -> list[ParsedCall]:
    """The calls in the order in which they were sent; those without a time come last."""
    return sorted(calls, key=lambda each: float("inf") if each.call.started_ms is None else each.call.started_ms)


def has_whole_seconds(calls: Iterable[ParsedCall]) -> bool:
    """Whether the times of a recording are cut to whole seconds. Most recorders cut them to milliseconds."""
    times = [each.call.started_ms for each in calls if each.call.started_ms is not None]
    return all(time % 1000 == 0 for time in times)


def has_ended_before(earlier: RecordedCall, later: RecordedCall, is_coarse: bool) -> bool:
    """Whether one call had ended when another began, as far as the times of the recording tell.

    ``is_coarse`` says that they are whole seconds: of two calls in one second nobody knows which came first.
    """
    if earlier.ended_ms is None or earlier.started_ms is None or later.started_ms is None:
        return False
    if is_coarse and earlier.started_ms == later.started_ms:
        return False
    return earlier.ended_ms <= later.started_ms + ROUNDING_MS


def find_id(create: ParsedCall) -> str | None:
    """The id in the reply to a create; None for one that was redacted too."""
    id_ = create.response.get("id") if isinstance(create.response, dict) else None
    return id_ if isinstance(id_, str) and not is_placeholder(id_) else None


def is_whole(request: Any) -> bool:
    """Whether the JSON of a create was read, and has no placeholder: else two that look equal need not be."""
    return request is not UNREAD and not has_placeholder(request)


def have_other_keys(one: RecordedCall, other: RecordedCall) -> bool:
    """Whether two calls are known to have different API keys."""
    return None not in (one.api_key, other.api_key) and one.api_key != other.api_key


def may_be_repeat(create: RecordedCall) -> bool:
    """Whether a create may repeat one that is not in the recording."""
    return create.idempotency_key != ""


def find_repeats(calls: Iterable[ParsedCall]) -> frozenset[int]:
    """The entries of the creates that may repeat another one of the recording, by its idempotency key or id.

    Of two that overlap in time each may be the repeat.
    """
    groups: dict[tuple[str, str], list[ParsedCall]] = defaultdict(list)
    for each in calls:
        if each.call.kind == "create":
            marks = ("key", each.call.idempotency_key), ("id", find_id(each))
            for kind, mark in marks:
                if mark:
                    groups[kind, mark].append(each)
    return frozenset(entry for group in groups.values() for entry in _list_repeats(group))


def _list_repeats(group: Sequence[ParsedCall]) -> Iterator[int]:
    """The entries of the creates in a group that did not surely come first."""
    starts = sorted(float("-inf") if each.call.started_ms is None else each.call.started_ms for each in group)
    for each in group:
        call = each.call
        other_start = starts[1:2] if call.started_ms is None or call.started_ms == starts[0] else starts[:1]
        if other_start and (call.ended_ms is None or other_start[0] <= call.ended_ms):
            yield call.entry


class _LiveCreates:
    """The creates with one idempotency key that a repeat may repeat, the oldest first: one of each API key."""

    def __init__(self) -> None:
        self._creates: OrderedDict[str | None, ParsedCall] = OrderedDict()

    def forget(self, is_over: Callable[[ParsedCall], bool]) -> None:
        """Forget the creates whose time is over; that of an older one is over first."""
        while self._creates and is_over(next(iter(self._creates.values()))):
            self._creates.popitem(last=False)

    def find_or_add(self, create: ParsedCall) -> ParsedCall | None:
        """The first create that may have the same API key; None where there is none, and this one is added."""
        key = create.call.api_key
        # One whose key the recording does not tell may have any key, so that none was added after it.
        first = self._creates.get(key) or self._creates.get(None)
        if first is None and key is None:
            first = next(iter(self._creates.values()), None)
        if first is None:
            self._creates[key] = create
        return first


class _CallHistory:
    """The calls so far, by idempotency key and by request id."""

    def __init__(self, catalog: Catalog, is_coarse: bool, repeats: frozenset[int]) -> None:
        self._catalog = catalog
        self._is_coarse = is_coarse
        self._repeats = repeats
        self._creates_by_key: dict[str, _LiveCreates] = defaultdict(_LiveCreates)
        self._creates: dict[str, ParsedCall] = {}
        self._last_polls: dict[str, ParsedCall] = {}

    def add_create(self, create: ParsedCall) -> Iterator[Finding]:
        """Check a create that was answered with success, and remember it."""
        if create.call.status != _CREATED_STATUS and create.call.entry not in self._repeats:
            yield self._check_status(create)
        id_ = find_id(create)
        if id_ is not None:
            yield from self._check_repeat(create, id_)
            yield from self._check_same_id(create, id_)
            self._creates.setdefault(id_, create)

    def add_poll(self, poll: ParsedCall) -> Iterator[Finding]:
        """Check the request object that a poll shows, and remember it."""
        yield from (self._lifecycle_finding(breach, poll) for breach in check_view(poll.response))
        if poll.call.started_ms is not None and not is_placeholder(poll.call.id):
            yield from self._check_step(poll)

    def _check_status(self, create: ParsedCall) -> Finding:
        message, hint = f"the create was answered with {create.call.status}", "expected: 202"
        severity: Severity | None = None
        if may_be_repeat(create.call):
            severity, hint = "warning", f"{hint}, unless this repeats a create that is not in the recording"
        return self._finding("traffic-accepted", claim_ids.CREATE_ACCEPTED, create, "status", message, hint, severity)

    def _check_repeat(self, create: ParsedCall, id_: str) -> Iterator[Finding]:
        """Check a create against the first one with its key. Keys live for a time, so both need one."""
        call = create.call
        if not call.idempotency_key or call.started_ms is None:
            return
        creates = self._creates_by_key[call.idempotency_key]
        creates.forget(lambda each: not self._is_key_alive(each, call.started_ms or 0.0))
        first = creates.find_or_add(create)
        if first is None:
            return
        if is_whole(create.request) and create.request == first.request and id_ != find_id(first):
            message = f"idempotency key and body are those of entry {first.call.entry}, the id is another"
            hint = f"expected: {wording.show_value(find_id(first))}"
            severity: Severity | None = None
            if None in (call.api_key, first.call.api_key):
                hint, severity = f"{hint}, if both creates have the same API key", "warning"
            yield self._finding(
                "traffic-repeat", claim_ids.CREATE_IDEMPOTENT, create, "content/id", message, hint, severity
            )

    def _is_key_alive(self, create: ParsedCall, now_ms: float) -> bool:
        created_ms = create.call.started_ms
        return created_ms is not None and is_key_alive(self._catalog.lifecycle, created_ms, now_ms)

    def _check_same_id(self, create: ParsedCall, id_: str) -> Iterator[Finding]:
        first = self._creates.get(id_)
        if first is None or have_other_keys(create.call, first.call):
            return
        keys = create.call.idempotency_key, first.call.idempotency_key
        if all(keys) and keys[0] != keys[1]:
            message = f"the id is that of the create in entry {first.call.entry}, which has another idempotency key"
            hint = "expected: an id of its own"
            yield self._finding("traffic-same-id", claim_ids.CREATE_IDEMPOTENT, create, "content/id", message, hint)

    def _check_step(self, poll: ParsedCall) -> Iterator[Finding]:
        """Check a request object against the one of the last poll that had ended when this one began."""
        last = self._last_polls.get(poll.call.id)
        if poll.response.get("status") not in self._catalog.lifecycle["states"]:
            return  # its schema reports that
        if last is None:
            self._last_polls[poll.call.id] = poll
        elif has_ended_before(last.call, poll.call, self._is_coarse):
            self._last_polls[poll.call.id] = poll
            source = f"entry {last.call.entry}"
            before = fill_placeholders(last.response, poll.response)
            after = fill_placeholders(poll.response, before)
            breaches = check_step(self._catalog, before, after, poll.call.started_ms, source)
            yield from (self._lifecycle_finding(breach, poll) for breach in breaches)

    def _lifecycle_finding(self, breach: LifecycleBreach, poll: ParsedCall) -> Finding:
        rule, member = f"traffic-{breach.rule}", f"content/{breach.member}"
        return self._finding(rule, breach.claim, poll, member, breach.message, breach.hint)

    def _finding(
        self,
        rule: str,
        claim_id: str,
        each: ParsedCall,
        member: str,
        message: str,
        hint: str,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding on the reply; its severity is that of its claim if none is given. ``member`` is in ``response``."""
        claim = self._catalog.claims[claim_id]
        path = to_pointer(("log", "entries", each.call.entry, "response", *member.split("/", 1)))
        return Finding(path, rule, severity or claim.severity, message, hint, claim.evidence)
