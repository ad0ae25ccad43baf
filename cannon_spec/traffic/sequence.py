"""Checks on the sequence of recorded calls: the lifecycle of each request, and who created it (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.lifecycle import LifecycleBreach, check_step, check_view, is_key_alive
from cannon_spec.finding import Finding
from cannon_spec.pointer import to_pointer

if TYPE_CHECKING:
    from cannon_spec.traffic.har import RecordedCall

TRAFFIC_RULES = {
    "traffic-accepted": "A create was answered with a success status other than 202.",
    "traffic-step": "A poll shows a status that cannot follow the status of an earlier poll.",
    "traffic-final": "A request changed after its end.",
    "traffic-times": "The times of a request run backwards, or a time that was set has changed.",
    "traffic-failure": "A failed request has an output.",
    "traffic-repeat": "A repeat of a create, with the same idempotency key and body, made a second request.",
    "traffic-same-id": "Creates with different idempotency keys have the same id.",
    "traffic-early": "A warning: the first poll came sooner after the create than poll_after_ms says.",
    "traffic-other-key": "A request was read with another API key than the one that created it.",
}
"""The rules on recorded traffic that are no keyword of a schema. Unless the text says so, the strength of the claim
decides whether a breach is an error or a warning."""

_CREATED_STATUS, _OK = 202, 200
_ROUNDING_MS = 1
"""Recorded times may be off by this much: most recorders cut them to whole milliseconds."""


class ParsedCall(NamedTuple):
    """A recorded call with the JSON of its bodies: None for a body that is absent or not JSON."""

    call: RecordedCall
    request: Any
    response: Any


def check_sequence(catalog: Catalog, calls: Iterable[ParsedCall]) -> Iterator[tuple[int, Finding]]:
    """The findings on the sequence of calls, each with the entry that shows it.

    Calls are checked in the order in which they were sent. Polls of one id that overlap in time are not compared: a
    recording does not say which of them the service answered first.
    """
    history = _CallHistory(catalog)
    for each in sorted(calls, key=lambda each: each.call.started_ms):
        if each.call.kind == "create" and _OK <= each.call.status < 300:
            yield from ((each.call.entry, finding) for finding in history.add_create(each))
        elif each.call.kind == "poll":
            yield from ((each.call.entry, finding) for finding in history.add_poll(each))


class _CallHistory:
    """The calls so far, by idempotency key and by request id."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lifecycle = catalog.lifecycle
        self._creates_by_key: dict[tuple[str | None, str], ParsedCall] = {}
        self._creates: dict[str, ParsedCall] = {}
        self._polled_ids: set[str] = set()
        self._last_polls: dict[str, ParsedCall] = {}

    def add_create(self, create: ParsedCall) -> Iterator[Finding]:
        """Check a create that was answered with success, and remember it."""
        status = create.call.status
        if status != _CREATED_STATUS:
            message = f"the create was answered with {status}"
            yield self._finding(
                "traffic-accepted", claim_ids.CREATE_ACCEPTED, create, "status", message, "expected: 202"
            )
        id_ = create.response.get("id") if isinstance(create.response, dict) else None
        if isinstance(id_, str):
            yield from self._check_repeat(create, id_)
            yield from self._check_same_id(create, id_)
            self._creates.setdefault(id_, create)

    def add_poll(self, poll: ParsedCall) -> Iterator[Finding]:
        """Check a poll, whatever its answer is, and remember it."""
        create = self._creates.get(poll.call.id)
        if create is not None:
            yield from self._check_early(poll, create)
            yield from self._check_other_key(poll, create)
        self._polled_ids.add(poll.call.id)
        if poll.call.status == _OK and isinstance(poll.response, dict):
            yield from (self._lifecycle_finding(breach, poll) for breach in check_view(poll.response))
            yield from self._check_step(poll)

    def _check_repeat(self, create: ParsedCall, id_: str) -> Iterator[Finding]:
        call = create.call
        if call.idempotency_key is None:
            return
        key = call.api_key, call.idempotency_key
        first = self._creates_by_key.get(key)
        if first is None or not is_key_alive(self._lifecycle, first.call.started_ms, call.started_ms):
            self._creates_by_key[key] = create
        elif create.request is not None and create.request == first.request and id_ != first.response["id"]:
            message = f"idempotency key and body are those of entry {first.call.entry}, the id is another"
            hint = f"expected: {wording.show_value(first.response['id'])}"
            yield self._finding("traffic-repeat", claim_ids.CREATE_IDEMPOTENT, create, "content/id", message, hint)

    def _check_same_id(self, create: ParsedCall, id_: str) -> Iterator[Finding]:
        first = self._creates.get(id_)
        if first is None:
            return
        keys = create.call.idempotency_key, first.call.idempotency_key
        if None not in keys and keys[0] != keys[1] and create.call.api_key == first.call.api_key:
            message = f"the id is that of the create in entry {first.call.entry}, which has another idempotency key"
            hint = "expected: an id of its own"
            yield self._finding("traffic-same-id", claim_ids.CREATE_IDEMPOTENT, create, "content/id", message, hint)

    def _check_early(self, poll: ParsedCall, create: ParsedCall) -> Iterator[Finding]:
        wait_ms = create.response.get("poll_after_ms")
        waited_ms = poll.call.started_ms - create.call.ended_ms
        if type(wait_ms) is int and waited_ms < wait_ms - _ROUNDING_MS and poll.call.id not in self._polled_ids:
            path = to_pointer((*_entry_path(poll), "startedDateTime"))
            message = f"the first poll came {max(0, round(waited_ms))} ms after the answer to the create in entry "
            message += f"{create.call.entry}, whose poll_after_ms is {wording.show_value(wait_ms)}"
            evidence = self._catalog.claims[claim_ids.POLL_AFTER].evidence
            hint = "wait as long as poll_after_ms says before the first poll"
            yield Finding(path, "traffic-early", "warning", message, hint, evidence)

    def _check_other_key(self, poll: ParsedCall, create: ParsedCall) -> Iterator[Finding]:
        keys = poll.call.api_key, create.call.api_key
        if poll.call.status == _OK and None not in keys and keys[0] != keys[1]:
            message = f"the request was read with another API key than created it in entry {create.call.entry}"
            hint = "read a request with the key that created it"
            yield self._finding("traffic-other-key", claim_ids.READ_SAME_KEY, poll, "status", message, hint)

    def _check_step(self, poll: ParsedCall) -> Iterator[Finding]:
        """Check a request object against the one of the last poll that had ended when this one began."""
        last = self._last_polls.get(poll.call.id)
        if poll.response.get("status") not in self._lifecycle["states"]:
            return  # its schema reports that
        if last is None:
            self._last_polls[poll.call.id] = poll
        elif last.call.ended_ms <= poll.call.started_ms + _ROUNDING_MS:
            self._last_polls[poll.call.id] = poll
            source = f"entry {last.call.entry}"
            breaches = check_step(self._catalog, last.response, poll.response, poll.call.started_ms, source)
            yield from (self._lifecycle_finding(breach, poll) for breach in breaches)

    def _lifecycle_finding(self, breach: LifecycleBreach, poll: ParsedCall) -> Finding:
        rule, member = f"traffic-{breach.rule}", f"content/{breach.member}"
        return self._finding(rule, breach.claim, poll, member, breach.message, breach.hint)

    def _finding(self, rule: str, claim_id: str, each: ParsedCall, member: str, message: str, hint: str) -> Finding:
        """A finding on the reply, whose severity is that of its claim. ``member`` is below ``response``."""
        claim = self._catalog.claims[claim_id]
        path = to_pointer((*_entry_path(each), "response", *member.split("/", 1)))
        return Finding(path, rule, claim.severity, message, hint, claim.evidence)


def _entry_path(each: ParsedCall) -> tuple[str | int, ...]:
    return "log", "entries", each.call.entry
