"""The lifecycle of a request: its timeline, and the rules on what polls of it may show (floor 1, pure).

The rules are here once: for recorded traffic, for the contract tests and for tests of the mock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording

Outcome = Literal["succeeded", "failed"]

FOREVER_MS = 2**52
"""A time that does not come: the end of a request that is stuck. Exact as a floating-point number too."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """When a request was created, when work on it starts and ends (epoch milliseconds), and how it ends."""

    created_ms: int
    started_ms: int
    ended_ms: int
    outcome: Outcome

    def __post_init__(self) -> None:
        if not self.created_ms <= self.started_ms <= self.ended_ms:
            raise ValueError(f"a timeline runs forward: {self.created_ms}, {self.started_ms}, {self.ended_ms}")


def status_at(timeline: Timeline, now_ms: int) -> str:
    """queued, processing, or the outcome."""
    if now_ms >= timeline.ended_ms:
        return timeline.outcome
    return "processing" if now_ms >= timeline.started_ms else "queued"


def is_terminal(lifecycle: Mapping[str, Any], status: str) -> bool:
    """Whether a request in this status has ended."""
    return status in lifecycle["terminal"]


def may_follow(lifecycle: Mapping[str, Any], before: str, after: str) -> bool:
    """Whether a poll may see ``after`` when the one before it saw ``before``; states between two polls go unseen."""
    return before == after or after in lifecycle["steps"].get(before, ())


TIMES = ("createdAtMs", "startedAtMs", "completedAtMs")
"""The times of a request object, in the order in which they come."""

RuleName = Literal["step", "final", "times", "failure"]


class LifecycleBreach(NamedTuple):
    """A rule that a request object breaks: its name and claim, the member that shows it, and the legal value."""

    rule: RuleName
    claim: str
    member: str
    message: str
    hint: str


def check_view(view: Mapping[str, Any]) -> Iterator[LifecycleBreach]:
    """What a request object breaks by itself, beyond its schema. Members may be absent or of another type."""
    known_times = [name for name in TIMES if type(view.get(name)) is int]
    for earlier, later in pairwise(known_times):
        if view[later] < view[earlier]:
            hint = f"expected: {wording.show_value(view[earlier])} or later"
            yield LifecycleBreach("times", claim_ids.LIFECYCLE_ORDER, later, f"{later} is before {earlier}", hint)
    if view.get("status") == "failed" and view.get("output") is not None:
        message, hint = "a request that failed has an output", "expected: null"
        yield LifecycleBreach("failure", claim_ids.REQUEST_FAILED_VIEW, "output", message, hint)


def check_step(
    lifecycle: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    after_ms: float,
    source: str = "an earlier poll",
) -> Iterator[LifecycleBreach]:
    """What a request object breaks against an earlier one of the same request.

    Both have a status of the contract. ``after_ms`` is when the later one was polled, in epoch milliseconds;
    ``source`` names the earlier one in messages.
    """
    has_ended = is_terminal(lifecycle, before["status"])
    claim = claim_ids.LIFECYCLE_TERMINAL if has_ended else claim_ids.LIFECYCLE_ORDER
    if not may_follow(lifecycle, before["status"], after["status"]):
        statuses = [wording.show_value(view["status"]) for view in (after, before)]
        hint = f"legal here: {wording.show_values([before['status'], *lifecycle['steps'][before['status']]])}"
        yield LifecycleBreach("step", claim, "status", f"{statuses[0]} cannot follow {statuses[1]} in {source}", hint)
        return
    rule: RuleName = "final" if has_ended else "times"
    for name in _changed_members(before, after, after_ms) if has_ended else _changed_times(before, after):
        message = f"{wording.show_value(name)} has changed since {source}"
        hint = f"there it was {wording.show_value(before.get(name))}"
        yield LifecycleBreach(rule, claim, name, message, hint)


def must_keep_log(view: Mapping[str, Any], now_ms: float) -> bool:
    """Whether the request log of a request object is still kept; False where it does not say until when."""
    log = view.get("requestLog")
    until_ms = log.get("retainedUntilMs") if isinstance(log, Mapping) else None
    return type(until_ms) is int and now_ms < until_ms


def is_key_alive(lifecycle: Mapping[str, Any], created_ms: float, now_ms: float) -> bool:
    """Whether a create at ``now_ms`` with an idempotency key of a create at ``created_ms`` is a repeat of it."""
    lifetime_ms: float = lifecycle["idempotency_ms"]["value"]
    return now_ms - created_ms < lifetime_ms


def _changed_times(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The times that had a value, and have another now."""
    return [name for name in TIMES if before.get(name) not in (None, after.get(name))]


def _changed_members(before: Mapping[str, Any], after: Mapping[str, Any], after_ms: float) -> list[str]:
    """The members that differ. The log may differ once it need not be kept any longer."""
    absent = object()
    names = [*before, *(name for name in after if name not in before)]
    changes = [name for name in names if before.get(name, absent) != after.get(name, absent)]
    return [name for name in changes if name != "requestLog" or must_keep_log(before, after_ms)]
