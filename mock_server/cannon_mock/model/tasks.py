"""A task: our record of one request, with its timeline planned at its creation (floor 3, pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from cannon_mock.compact_json import read_json, write_json
from cannon_mock.model.scenarios import Scenario
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.lifecycle import FOREVER_MS, Outcome, Timeline
from cannon_spec.contract.media_types import SIZE_PROPERTIES

_ID_PREFIX = "req_"
_LONGEST_TEXT_KEPT = 4096
_STORED_FIELDS = (
    *("id", "account", "operation", "model", "input", "credits", "price_claim", "polls"),
    *("failure", "scenario", "webhook_url", "idempotency_key"),
)
_read_stored_fields = attrgetter(*_STORED_FIELDS)
_ABSENT_REST: list[Any] = [{}, (), None]
"""The adjusted fields, the claims and the violation of a task whose text does not have them."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a task after it was planned: a poll that counts, or an end that a caller asked for."""

    at_ms: int
    kind: Literal["poll", "end"]
    outcome: Outcome = "succeeded"
    message: str | None = None


class Media(NamedTuple):
    """What a task produces: its kind (image, video, audio, text, scene) and properties, as ``width`` or ``duration``.

    ``claims`` are those that the properties rest on.
    """

    kind: str
    properties: Mapping[str, Any]
    claims: tuple[str, ...] = ()


class UpstreamViolation(NamedTuple):
    """How a request breaks a rule of its provider's, for which it fails: what the finding on it says.

    ``claims`` are those that the rule and the message of the failure rest on.
    """

    path: str
    rule: str
    problem: str
    claims: tuple[str, ...]

    @property
    def text(self) -> str:
        """One line on it: the place, the problem and the rule."""
        return f"{self.path}: {self.problem} ({self.rule})"


class Task(NamedTuple):
    """One accepted request; ``id`` is the vendor's request id.

    ``input`` is as it was sent, and ``adjusted_fields`` are those that the service adds to it or changes. ``claims``
    say so, and name the defaults of ``media``. Where ``polls`` is not 0, each state lasts that many polls instead of
    the times of ``planned_timeline``. ``violation`` is what it fails for where its provider refuses it. ``events`` are
    appended and never changed.
    """

    id: str
    account: str
    operation: str
    model: str | None
    input: Mapping[str, Any]
    credits: int
    price_claim: str
    planned_timeline: Timeline
    polls: int
    media: Media
    failure: str | None
    scenario: str
    webhook_url: str | None = None
    idempotency_key: str | None = None
    adjusted_fields: Mapping[str, Any] = MappingProxyType({})
    claims: tuple[str, ...] = ()
    violation: UpstreamViolation | None = None
    events: tuple[Event, ...] = ()

    @property
    def timeline(self) -> Timeline:
        """When the task was created, starts and ends, with every event so far taken into account."""
        timeline = self.planned_timeline
        if not self.events:
            return timeline
        for number, event in enumerate(self.events, 1):
            if event.kind == "end":
                started_ms = min(timeline.started_ms, event.at_ms)
                return Timeline(timeline.created_ms, started_ms, event.at_ms, event.outcome)
            if number == self.polls + 1:
                timeline = replace(timeline, started_ms=event.at_ms)
            elif number == 2 * self.polls + 1:
                timeline = replace(timeline, ended_ms=event.at_ms)
        return timeline

    @property
    def error_message(self) -> str | None:
        """Why the task fails; None where it does not, or where no reason is given."""
        end = next((event for event in self.events if event.kind == "end"), None)
        return self.failure if end is None else end.message


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast tasks proceed.

    With ``immediate`` a task ends as it is created; with ``polls`` each state lasts that many polls; otherwise times
    are divided by ``speed``.
    """

    immediate: bool = False
    polls: int = 0
    speed: float = 1.0


class TaskRequest(NamedTuple):
    """What a task is planned from: the account, the input, the media it asks for, and what came with the create.

    ``effective_input`` is the input as the service takes it, with defaults, and with values that it lowers or rounds,
    as ``claims`` say: price and media follow it. ``failure`` is the message with which it fails for a ``violation``, in
    place of that of its scenario.
    """

    account: str
    operation: Operation
    input: Mapping[str, Any]
    effective_input: Mapping[str, Any]
    claims: tuple[str, ...]
    media: Media
    webhook_url: str | None = None
    idempotency_key: str | None = None
    failure: str | None = None
    violation: UpstreamViolation | None = None


def plan_task(catalog: Catalog, request: TaskRequest, scenario: Scenario, pace: Pace, now_ms: int, seed: str) -> Task:
    """A task with its whole timeline. The same arguments give the same task."""
    random_bytes = hashlib.sha256(seed.encode(errors="backslashreplace")).digest()
    operation = request.operation
    effective_input = request.effective_input
    cost = operation.find_cost(effective_input)
    return Task(
        id=f"{_ID_PREFIX}{random_bytes[:8].hex()}",
        account=request.account,
        operation=operation.id,
        model=operation.choose_model(effective_input),
        input=request.input,
        credits=cost.credits,
        price_claim=cost.claim,
        planned_timeline=_plan_timeline(catalog, operation, random_bytes[16:], pace, now_ms, scenario),
        polls=0 if scenario.stuck else round(pace.polls * max(1, scenario.factor)),
        media=request.media,
        failure=request.failure or scenario.message,
        scenario=scenario.name,
        webhook_url=request.webhook_url,
        idempotency_key=request.idempotency_key,
        adjusted_fields=_find_differences(request.input, effective_input),
        claims=request.claims,
        violation=request.violation,
    )


def encode(task: Task) -> str:
    """A task as text, for a store."""
    # Values without names, as a store keeps many tasks in memory. Another form needs another layout of the stores.
    timeline = task.planned_timeline
    events = [[event.at_ms, event.kind, event.outcome, event.message] for event in task.events]
    times = [timeline.created_ms, timeline.started_ms, timeline.ended_ms, timeline.outcome]
    whole: list[Any] = [_read_stored_fields(task), times, _encode_media(task.media), events]
    # Few tasks have these, and stores of earlier versions have none.
    if task.violation is not None:
        whole += [dict(task.adjusted_fields), task.claims, task.violation]
    elif task.claims:
        whole += [task.adjusted_fields, task.claims]
    return write_json(whole).decode()


def decode(text: str) -> Task:
    """The task that was encoded. Callers share its values, so that none may change them."""
    return _decode_again(text) if len(text) <= _LONGEST_TEXT_KEPT else _decode(text)


def _decode(text: str) -> Task:
    values, times, media, events, *rest = read_json(text)
    adjusted_fields, claims, violation = rest + _ABSENT_REST[len(rest) :]
    return Task(
        planned_timeline=Timeline(*times),
        media=_decode_media(*media),
        events=tuple(Event(*event) for event in events),
        adjusted_fields=adjusted_fields,
        claims=tuple(claims),
        violation=None if violation is None else _decode_violation(*violation),
        **dict(zip(_STORED_FIELDS, values, strict=True)),
    )


_decode_again = lru_cache(maxsize=500)(_decode)
"""A task is polled again and again, and changes at most a few times."""


def _find_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``after`` that are absent in ``before`` or have another value there."""
    if before == after:  # most inputs
        return {}
    absent = object()
    return {name: value for name, value in after.items() if before.get(name, absent) != value}


def _encode_media(media: Media) -> list[Any]:
    is_usual = tuple(media.properties) == SIZE_PROPERTIES
    return [media.kind, list(media.properties.values()) if is_usual else media.properties, media.claims]


def _decode_media(kind: str, properties: Any, claims: list[str]) -> Media:
    if isinstance(properties, list):
        properties = dict(zip(SIZE_PROPERTIES, properties, strict=True))
    return Media(kind, properties, tuple(claims))


def _decode_violation(path: str, rule: str, problem: str, claims: list[str]) -> UpstreamViolation:
    return UpstreamViolation(path, rule, problem, tuple(claims))


def build_asset_id(catalog: Catalog, task: Task) -> str:
    """The vendor's task_id of a task, by which its files are named."""
    prefix: str = catalog.operations[task.operation].data["media"]["task_prefix"]
    return f"{prefix}_{task.id.removeprefix(_ID_PREFIX)}"


def parse_asset_id(asset: str) -> str:
    """The request id of the task that an asset id would belong to."""
    return _ID_PREFIX + asset.partition("_")[2]


def record_poll(task: Task, now_ms: int) -> Task:
    """The task after a poll: unchanged unless its states are counted in polls and it has not ended."""
    if not task.polls or task.timeline.ended_ms <= now_ms:
        return task
    return task._replace(events=(*task.events, Event(now_ms, "poll")))


def end_task(task: Task, now_ms: int, outcome: Outcome, message: str | None) -> Task:
    """The task after it was ended at ``now_ms``; unchanged if it had ended before."""
    if task.timeline.ended_ms <= now_ms:
        return task
    end = Event(now_ms, "end", outcome, message if outcome == "failed" else None)
    return task._replace(events=(*task.events, end))


def compute_poll_after_ms(catalog: Catalog, pace: Pace) -> int:
    """When a client should first poll: sooner at a higher speed, after 1 ms where states are counted in polls."""
    poll_after_ms: int = catalog.lifecycle["poll_after_ms"]["value"]
    return 1 if pace.polls else max(1, round(poll_after_ms / pace.speed))


def _plan_timeline(
    catalog: Catalog, operation: Operation, random_bytes: bytes, pace: Pace, now_ms: int, scenario: Scenario
) -> Timeline:
    if scenario.stuck:
        started_ms = FOREVER_MS if scenario.stuck == catalog.lifecycle["initial"] else now_ms
        return Timeline(now_ms, started_ms, FOREVER_MS, scenario.outcome)
    if pace.polls:
        return Timeline(now_ms, FOREVER_MS, FOREVER_MS, scenario.outcome)
    times = catalog.pace_of(operation)
    factor = 0 if pace.immediate else scenario.factor / pace.speed
    queued_ms = _pick_between(times["queued_ms"], random_bytes[:4])
    processing_ms = _pick_between(scenario.processing_ms or times["processing_ms"], random_bytes[4:8])
    started_ms = now_ms + round(queued_ms * factor)
    return Timeline(now_ms, started_ms, started_ms + round(processing_ms * factor), scenario.outcome)


def _pick_between(bounds: Sequence[int], random_bytes: bytes) -> int:
    least, most = bounds
    return least + int.from_bytes(random_bytes, "big") % (most - least + 1)
