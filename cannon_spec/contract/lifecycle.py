"""The lifecycle of a request: its timeline, and the rules on what polls of it may show (floor 1, pure).

The rules are here once: for recorded traffic, for the contract tests and for tests of the mock.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording

if TYPE_CHECKING:
    from cannon_spec.contract.catalog import Catalog

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

_REQUEST = "envelope/request"
_LOG_NAMES = ("available", "input", "output", "errorMessage")
_KEPT_WITH_LOG = ("requestLog", "inputPreview", "outputPreview")
_ADDRESS = re.compile(r"https?://\S*", re.IGNORECASE)

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
        if view[later] < view[earlier] and not _is_same_time(view[later], view[earlier]):
            hint = f"expected: {wording.show_value(view[earlier])} or later"
            yield LifecycleBreach("times", claim_ids.LIFECYCLE_ORDER, later, f"{later} is before {earlier}", hint)
    if view.get("status") == "failed" and view.get("output") is not None:
        message, hint = "a request that failed has an output", "expected: null"
        yield LifecycleBreach("failure", claim_ids.REQUEST_FAILED_VIEW, "output", message, hint)


def check_step(
    catalog: Catalog,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    after_ms: float | None,
    source: str = "an earlier poll",
) -> Iterator[LifecycleBreach]:
    """What a request object breaks against an earlier one of the same request.

    Both have a status of the contract. ``after_ms`` is when the later one was polled, in epoch milliseconds, and None
    if that is not known; ``source`` names the earlier one in messages. After the end only documented members are
    compared, and addresses are not: they may be signed anew for each poll.
    """
    lifecycle = catalog.lifecycle
    has_ended = is_terminal(lifecycle, before["status"])
    claim = claim_ids.LIFECYCLE_TERMINAL if has_ended else claim_ids.LIFECYCLE_ORDER
    if not may_follow(lifecycle, before["status"], after["status"]):
        statuses = [wording.show_value(view["status"]) for view in (after, before)]
        hint = f"legal here: {wording.show_values([before['status'], *lifecycle['steps'][before['status']]])}"
        yield LifecycleBreach("step", claim, "status", f"{statuses[0]} cannot follow {statuses[1]} in {source}", hint)
        return
    rule: RuleName = "final" if has_ended else "times"
    changes = _changed_times(lifecycle, before, after)
    if has_ended:
        changes = _changed_members(catalog, before, after, after_ms)
    for name in changes:
        place, value, new_value = _find_change(name, before, after, _list_inner_names(catalog, before).get(name, ()))
        message = f"{wording.show_value(place)} has changed since {source}: it is {wording.show_value(new_value)} now"
        hint = f"there it was {wording.show_value(value)}"
        name_claim = claim_ids.REQUEST_LOG_SEVEN_DAYS if name == "requestLog" else claim
        yield LifecycleBreach(rule, name_claim, name, message, hint)


def must_keep_log(view: Mapping[str, Any], now_ms: float) -> bool:
    """Whether the request log of a request object is still kept; False where it does not say until when."""
    log = view.get("requestLog")
    until_ms = log.get("retainedUntilMs") if isinstance(log, Mapping) else None
    return type(until_ms) is int and now_ms < until_ms


def is_key_alive(lifecycle: Mapping[str, Any], created_ms: float, now_ms: float) -> bool:
    """Whether a create at ``now_ms`` with an idempotency key of a create at ``created_ms`` is a repeat of it."""
    lifetime_ms: float = lifecycle["idempotency_ms"]["value"]
    return now_ms - created_ms < lifetime_ms


def _changed_times(lifecycle: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The times that had a value, and have another now. No page shows what the later ones are at first."""
    names = TIMES[:1] if before["status"] == lifecycle["initial"] else TIMES
    return [name for name in names if before.get(name) is not None and _has_changed(name, before, after)]


def _changed_members(
    catalog: Catalog, before: Mapping[str, Any], after: Mapping[str, Any], after_ms: float | None
) -> list[str]:
    """The documented members that had a value, and have another now.

    The log, and the previews of what it holds, may differ once the log need not be kept any longer.
    """
    is_log_kept = after_ms is not None and must_keep_log(before, after_ms)
    names = [name for name in catalog.schemas[_REQUEST]["properties"] if before.get(name) is not None]
    names = [name for name in names if is_log_kept or name not in _KEPT_WITH_LOG]
    inner_names = _list_inner_names(catalog, before)
    return [name for name in names if _has_changed(name, before, after, inner_names.get(name))]


def _list_inner_names(catalog: Catalog, view: Mapping[str, Any]) -> Mapping[str, Collection[str]]:
    """The documented names within each member that is an object."""
    return {"output": _list_output_names(catalog, view), "requestLog": _LOG_NAMES}


def _list_output_names(catalog: Catalog, view: Mapping[str, Any]) -> Collection[str]:
    """The names that the schema of its operation gives to the output of a request object."""
    operation = view.get("operation")
    known_operation = catalog.operations.get(operation) if isinstance(operation, str) else None
    if known_operation is None or known_operation.output is None:
        return ()
    return tuple(catalog.output_schema_of(known_operation)["properties"])


def _has_changed(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], inner_names: Collection[str] | None = None
) -> bool:
    """Whether a member that had a value has another now. Of an object, only ``inner_names`` count."""
    value, new_value = before[name], after.get(name)
    if name in TIMES:
        return not _is_same_time(value, new_value)
    if inner_names is not None and isinstance(value, Mapping) and isinstance(new_value, Mapping):
        return any(
            not _is_same(value[each], new_value.get(each)) for each in inner_names if value.get(each) is not None
        )
    return not _is_same(value, new_value)


def _find_change(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], inner_names: Collection[str]
) -> tuple[str, Any, Any]:
    """The name of a changed member, and both its values; of an object, those of the first changed inner name."""
    value, new_value = before.get(name), after.get(name)
    if isinstance(value, Mapping) and isinstance(new_value, Mapping):
        for each in inner_names:
            if value.get(each) is not None and not _is_same(value[each], new_value.get(each)):
                return f"{name}.{each}", value[each], new_value.get(each)
    return name, value, new_value


def _is_same(value: Any, new_value: Any) -> bool:
    """Whether two JSON values are equal but for the addresses in their texts."""
    if isinstance(value, str) and isinstance(new_value, str):
        return _ADDRESS.sub("", value) == _ADDRESS.sub("", new_value)
    if isinstance(value, list) and isinstance(new_value, list):
        return len(value) == len(new_value) and all(map(_is_same, value, new_value))
    if isinstance(value, Mapping) and isinstance(new_value, Mapping):
        return value.keys() == new_value.keys() and all(_is_same(value[name], new_value[name]) for name in value)
    return bool(value == new_value)


def _is_same_time(one: Any, other: Any) -> bool:
    """Whether two times are equal, or one of them is the other cut or rounded to whole seconds."""
    if type(one) is not int or type(other) is not int:
        return bool(one == other)
    has_whole_seconds = one % 1000 == 0 or other % 1000 == 0
    return one == other or (has_whole_seconds and abs(one - other) < 1000)
