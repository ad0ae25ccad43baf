"""What recorded exchanges say against one another: the way of each request, and who created it (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.lifecycle import is_terminal, may_follow
from cannon_spec.finding import Finding
from cannon_spec.pointer import to_pointer

if TYPE_CHECKING:
    from cannon_spec.traffic.har import RecordedCall

WORDS = {
    "traffic-accepted": "A create is answered with success, but not with 202.",
    "traffic-step": "A poll sees a state that cannot follow the one that an earlier poll saw.",
    "traffic-final": "A request that has ended looks different at a later poll.",
    "traffic-times": "A request's times run backwards, or a time once given has changed.",
    "traffic-failure": "A failed request has an output.",
    "traffic-repeat": "A create repeated with the same idempotency key and body has made a second request.",
    "traffic-same-id": "Creates with different idempotency keys were given the same id.",
    "traffic-early": "A warning: the first poll came sooner after the create than poll_after_ms says.",
    "traffic-other-key": "A request was read with another API key than the one that created it.",
}
"""The rules on recorded traffic that are no keyword of a schema. Where none is named, the claim's strength decides
whether it is an error or a warning."""

_TIMES = ("createdAtMs", "startedAtMs", "completedAtMs")
_ACCEPTED, _OK = 202, 200
_ROUNDING_MS = 1
"""By so much a recorded time may be off: most are cut to whole milliseconds."""


class Seen(NamedTuple):
    """An exchange, with the JSON of its bodies: None for one that is absent or no JSON."""

    exchange: RecordedCall
    sent: Any
    received: Any


def findings(catalog: Catalog, seens: Iterable[Seen]) -> Iterator[tuple[int, Finding]]:
    """What is wrong in the sequence of exchanges, each with the entry that shows it.

    They are taken in the order in which they were sent. Polls of one id that overlap in time are not compared: which of
    them the service answered first is not recorded.
    """
    history = _History(catalog)
    for seen in sorted(seens, key=lambda each: each.exchange.started_ms):
        exchange = seen.exchange
        if exchange.kind == "create" and _OK <= exchange.status < 300:
            yield from ((exchange.entry, each) for each in history.create(seen))
        elif exchange.kind == "poll":
            yield from ((exchange.entry, each) for each in history.poll(seen))


class _History:
    """What was seen so far."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lifecycle = catalog.lifecycle
        self._by_key: dict[tuple[str | None, str], Seen] = {}
        self._created: dict[str, Seen] = {}
        self._polled: set[str] = set()
        self._last: dict[str, Seen] = {}

    def create(self, seen: Seen) -> Iterator[Finding]:
        """A create that was answered with success."""
        status = seen.exchange.status
        if status != _ACCEPTED:
            message = f"the create was answered with {status}"
            yield self._finding("traffic-accepted", claim_ids.CREATE_ACCEPTED, seen, "status", message, "expected: 202")
        id_ = seen.received.get("id") if isinstance(seen.received, dict) else None
        if isinstance(id_, str):
            yield from self._repeat(seen, id_)
            yield from self._same_id(seen, id_)
            self._created.setdefault(id_, seen)

    def poll(self, seen: Seen) -> Iterator[Finding]:
        """A poll, whatever it was answered with."""
        id_ = seen.exchange.id
        created = self._created.get(id_)
        if created is not None:
            yield from self._early(seen, created)
            yield from self._other_key(seen, created)
        self._polled.add(id_)
        if seen.exchange.status == _OK and isinstance(seen.received, dict):
            yield from self._one_view(seen)
            yield from self._two_views(seen)

    def _repeat(self, seen: Seen, id_: str) -> Iterator[Finding]:
        exchange = seen.exchange
        if exchange.idempotency_key is None:
            return
        key = exchange.api_key, exchange.idempotency_key
        first = self._by_key.get(key)
        lifetime_ms = self._lifecycle["idempotency_ms"]["value"]
        if first is None or exchange.started_ms - first.exchange.started_ms >= lifetime_ms:
            self._by_key[key] = seen
        elif seen.sent is not None and seen.sent == first.sent and id_ != first.received["id"]:
            message = f"idempotency key and body are those of entry {first.exchange.entry}, the id is another"
            hint = f"expected: {wording.show_value(first.received['id'])}"
            yield self._finding("traffic-repeat", claim_ids.CREATE_IDEMPOTENT, seen, "content/id", message, hint)

    def _same_id(self, seen: Seen, id_: str) -> Iterator[Finding]:
        created = self._created.get(id_)
        if created is None:
            return
        mine, theirs = seen.exchange, created.exchange
        keys = mine.idempotency_key, theirs.idempotency_key
        if None not in keys and keys[0] != keys[1] and mine.api_key == theirs.api_key:
            message = f"the id is that of the create in entry {theirs.entry}, which had another idempotency key"
            hint = "expected: an id of its own"
            yield self._finding("traffic-same-id", claim_ids.CREATE_IDEMPOTENT, seen, "content/id", message, hint)

    def _early(self, seen: Seen, created: Seen) -> Iterator[Finding]:
        wait_ms = created.received.get("poll_after_ms")
        waited_ms = seen.exchange.started_ms - created.exchange.ended_ms
        if type(wait_ms) is int and waited_ms < wait_ms - _ROUNDING_MS and seen.exchange.id not in self._polled:
            place = to_pointer((*_entry(seen), "startedDateTime"))
            message = f"the first poll came {max(0, round(waited_ms))} ms after the answer to the create in entry "
            message += f"{created.exchange.entry}, whose poll_after_ms is {wording.show_value(wait_ms)}"
            evidence = self._catalog.claims[claim_ids.POLL_AFTER].evidence
            hint = "wait as long as poll_after_ms says before the first poll"
            yield Finding(place, "traffic-early", "warning", message, hint, evidence)

    def _other_key(self, seen: Seen, created: Seen) -> Iterator[Finding]:
        mine, theirs = seen.exchange, created.exchange
        if mine.status == _OK and None not in (mine.api_key, theirs.api_key) and mine.api_key != theirs.api_key:
            message = f"the request was read with another API key than created it in entry {theirs.entry}"
            hint = "read a request with the key that created it"
            yield self._finding("traffic-other-key", claim_ids.READ_SAME_KEY, seen, "status", message, hint)

    def _one_view(self, seen: Seen) -> Iterator[Finding]:
        """What one request object says against itself."""
        view = seen.received
        times = [name for name in _TIMES if type(view.get(name)) is int]
        for before, after in pairwise(times):
            if view[after] < view[before]:
                message = f"{after} is before {before}"
                hint = f"expected: {wording.show_value(view[before])} or later"
                yield self._finding("traffic-times", claim_ids.LIFECYCLE_ORDER, seen, f"content/{after}", message, hint)
        if view.get("status") == "failed" and view.get("output") is not None:
            message, hint = "a request that failed has an output", "expected: null"
            yield self._finding("traffic-failure", claim_ids.REQUEST_FAILED_VIEW, seen, "content/output", message, hint)

    def _two_views(self, seen: Seen) -> Iterator[Finding]:
        """What a request object says against the one that the poll before saw."""
        exchange, last = seen.exchange, self._last.get(seen.exchange.id)
        if seen.received.get("status") not in self._lifecycle["states"]:
            return  # which its schema has found already
        if last is None:
            self._last[exchange.id] = seen
        elif last.exchange.ended_ms <= exchange.started_ms + _ROUNDING_MS:
            self._last[exchange.id] = seen
            yield from self._step(seen, last)

    def _step(self, seen: Seen, last: Seen) -> Iterator[Finding]:
        before, after = last.received["status"], seen.received["status"]
        ended = is_terminal(self._lifecycle, before)
        claim = claim_ids.LIFECYCLE_TERMINAL if ended else claim_ids.LIFECYCLE_ORDER
        if may_follow(self._lifecycle, before, after):
            rule, names = ("traffic-final", _changed(seen, last)) if ended else ("traffic-times", _moved(seen, last))
            for name in names:
                message = f"{wording.show_value(name)} is not what it was in entry {last.exchange.entry}"
                hint = f"there it was {wording.show_value(last.received.get(name))}"
                yield self._finding(rule, claim, seen, f"content/{name}", message, hint)
        else:
            message = f"{wording.show_value(after)} cannot follow {wording.show_value(before)}, seen in entry "
            message += str(last.exchange.entry)
            hint = f"legal here: {wording.show_values([before, *self._lifecycle['steps'][before]])}"
            yield self._finding("traffic-step", claim, seen, "content/status", message, hint)

    def _finding(self, rule: str, claim: str, seen: Seen, place: str, message: str, hint: str) -> Finding:
        """A finding on the reply, whose severity is that of its claim."""
        held = self._catalog.claims[claim]
        path = to_pointer((*_entry(seen), "response", *place.split("/", 1)))
        return Finding(path, rule, held.severity, message, hint, held.evidence)


def _entry(seen: Seen) -> tuple[str | int, ...]:
    return "log", "entries", seen.exchange.entry


def _moved(seen: Seen, last: Seen) -> list[str]:
    """The times that were given already, and are others now."""
    return [name for name in _TIMES if last.received.get(name) not in (None, seen.received.get(name))]


def _changed(seen: Seen, last: Seen) -> list[str]:
    """The members that differ. The log may, once it need not be kept any longer."""
    before: Mapping[str, Any] = last.received
    names = [*before, *(name for name in seen.received if name not in before)]
    absent = object()
    different = [name for name in names if before.get(name, absent) != seen.received.get(name, absent)]
    log = before.get("requestLog")
    until_ms = log.get("retainedUntilMs") if isinstance(log, dict) else None
    kept = type(until_ms) is int and seen.exchange.started_ms < until_ms
    return [name for name in different if name != "requestLog" or kept]
