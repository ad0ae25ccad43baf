"""A task: our record of one request, drawn whole at its creation, and what a poll sees of it (floor 3, pure)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cannon_mock.media import picture_size
from cannon_mock.model.scenarios import Scenario
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.lifecycle import FOREVER_MS, Outcome, Timeline, status_at

_NAME = re.compile(r"\$([a-z_]+)")
_ID = "req_"
_compact = json.JSONEncoder(separators=(",", ":")).encode  # ASCII: one byte a letter in memory
_PLAIN = (
    *("id", "account", "operation", "model", "input", "credits", "price_claim", "polls", "width", "height"),
    *("aspect_ratio", "size_claim", "failure", "scenario", "webhook_url", "idempotency_key"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a task after it was drawn: a poll that counts, or an end that somebody asked for."""

    at_ms: int
    kind: Literal["poll", "end"]
    outcome: Outcome = "succeeded"
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One accepted request; ``id`` is the vendor's request id.

    ``drawn`` is its timeline as planned. Where ``polls`` is not 0, each state lasts so many polls instead. ``events``
    are appended and never changed.
    """

    id: str
    account: str
    operation: str
    model: str
    input: Mapping[str, Any]
    credits: int
    price_claim: str
    planned_timeline: Timeline
    polls: int
    width: int
    height: int
    aspect_ratio: str
    size_claim: str
    failure: str | None
    scenario: str
    webhook_url: str | None = None
    idempotency_key: str | None = None
    events: tuple[Event, ...] = ()

    @property
    def timeline(self) -> Timeline:
        """When it was created, starts and ends, as far as is known now."""
        line = self.planned_timeline
        for number, event in enumerate(self.events, 1):
            if event.kind == "end":
                return Timeline(line.created_ms, min(line.started_ms, event.at_ms), event.at_ms, event.outcome)
            if number == self.polls + 1:
                line = replace(line, started_ms=event.at_ms)
            elif number == 2 * self.polls + 1:
                line = replace(line, ended_ms=event.at_ms)
        return line

    @property
    def error_message(self) -> str | None:
        """Why it failed, or is to fail."""
        ended = [event for event in self.events if event.kind == "end"]
        return ended[0].message if ended else self.failure


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast tasks go.

    ``immediate`` ends them as they are created; with ``polls`` each state lasts so many polls; else times are divided
    by ``speed``.
    """

    immediate: bool = False
    polls: int = 0
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What a task is made for: the account, its input, and what came with the create.

    ``painted`` is the input that the picture is made of: ``input``, unless a value was capped.
    """

    account: str
    operation: Operation
    input: Mapping[str, Any]
    capped_input: Mapping[str, Any]
    webhook_url: str | None = None
    idempotency_key: str | None = None


def plan_task(catalog: Catalog, order: TaskRequest, scenario: Scenario, pace: Pace, now_ms: int, seed: str) -> Task:
    """A task with its whole timeline. The same arguments give the same task."""
    chance = hashlib.sha256(seed.encode(errors="backslashreplace")).digest()
    operation = order.operation
    model = order.input.get("model", operation.data["default_model"]["id"])
    size = picture_size.size(catalog.pixels, model, order.capped_input)
    cost = operation.find_cost(order.capped_input)
    return Task(
        id=f"{_ID}{chance[:8].hex()}",
        account=order.account,
        operation=operation.id,
        model=model,
        input=order.input,
        credits=cost.credits,
        price_claim=cost.claim,
        planned_timeline=_timeline(catalog, operation, chance[16:], pace, now_ms, scenario),
        polls=0 if scenario.stuck else round(pace.polls * max(1, scenario.factor)),
        width=size.width,
        height=size.height,
        aspect_ratio=size.aspect_ratio,
        size_claim=size.claim,
        failure=scenario.message,
        scenario=scenario.name,
        webhook_url=order.webhook_url,
        idempotency_key=order.idempotency_key,
    )


def encode(task: Task) -> str:
    """A task as text, for a store."""
    line = task.planned_timeline
    events = [[event.at_ms, event.kind, event.outcome, event.message] for event in task.events]
    plain = [getattr(task, name) for name in _PLAIN]
    times = [line.created_ms, line.started_ms, line.ended_ms, line.outcome]
    return _compact([plain, times, events])


def decode(text: str) -> Task:
    """The task that was encoded."""
    plain, times, events = json.loads(text)
    drawn, seen = Timeline(*times), tuple(Event(*event) for event in events)
    return Task(planned_timeline=drawn, events=seen, **dict(zip(_PLAIN, plain, strict=True)))


def build_asset_id(catalog: Catalog, task: Task) -> str:
    """The vendor's task_id of a task, by which its files are named."""
    prefix: str = catalog.operations[task.operation].data["asset"]["task_prefix"]
    return f"{prefix}_{task.id.removeprefix(_ID)}"


def parse_asset_id(asset: str) -> str:
    """The request id of the task that an asset id would belong to."""
    return _ID + asset.partition("_")[2]


def record_poll(task: Task, now_ms: int) -> Task:
    """The task after a poll: as it was, unless its states are counted in polls and it has not ended."""
    if not task.polls or task.timeline.ended_ms <= now_ms:
        return task
    return replace(task, events=(*task.events, Event(now_ms, "poll")))


def end_task(task: Task, now_ms: int, outcome: Outcome, message: str | None) -> Task:
    """The task after somebody ended it: as it was, if it had ended."""
    if task.timeline.ended_ms <= now_ms:
        return task
    said = message if outcome == "failed" else None
    return replace(task, events=(*task.events, Event(now_ms, "end", outcome, said)))


def compute_poll_after_ms(catalog: Catalog, pace: Pace) -> int:
    """When a client should first poll: it goes with the speed, and where states are counted in polls it is at once."""
    unhurried: int = catalog.lifecycle["poll_after_ms"]["value"]
    return 1 if pace.polls else max(1, round(unhurried / pace.speed))


def build_view(catalog: Catalog, task: Task, now_ms: int, base_url: str) -> dict[str, Any]:
    """The request object as a poll at ``now_ms`` sees it; asset addresses start with ``base_url``."""
    timeline, operation = task.timeline, catalog.operations[task.operation]
    status = status_at(timeline, now_ms)
    replies, values = operation.data["replies"], _values(catalog, task, base_url)
    ended, succeeded = status == timeline.outcome, status == "succeeded"
    previews = {
        "inputPreview": _filled(replies["input_preview"], values),
        "outputPreview": _filled(replies["output_preview"], values) if succeeded else None,
    }
    seen = {
        "id": task.id,
        "operation": task.operation,
        "status": status,
        "billableCredits": task.credits,
        **(previews if ended else {}),
        "createdAtMs": timeline.created_ms,
        "startedAtMs": None if status == "queued" else timeline.started_ms,
        "completedAtMs": timeline.ended_ms if ended else None,
        "errorMessage": task.error_message if status == "failed" else None,
        "output": _filled(replies.get(status), values),
    }
    if ended:
        seen["requestLog"] = _log(catalog, task, now_ms, _filled(replies["log"], values) if succeeded else None)
    return seen


def collect_claims(catalog: Catalog, task: Task, now_ms: int) -> tuple[str, ...]:
    """The claims that the view of a task at ``now_ms`` rests on, beside the documented shapes."""
    operation, status = catalog.operations[task.operation], status_at(task.timeline, now_ms)
    pace = catalog.lifecycle["pace"][operation.data["asset"]["kind"]]["claim"]
    always = (pace, task.price_claim, "credits-billable-at-once", "request-log-at-end-only")
    if status == "queued":
        return (*always, "request-queued-view")
    swept = ("request-log-after-sweep",) if now_ms > _retained_until(catalog, task) else ()
    if status == "failed":
        said = catalog.scenarios["scenarios"].get(task.scenario, {}).get("claim", "scenario-header")
        return (*always, said, "request-failed-view", *swept)
    ratio = () if "aspect_ratio" in task.input else ("image-output-default-ratio",)
    return (*always, *operation.data["replies"]["claims"], *ratio, *(swept if status == "succeeded" else ()))


def _timeline(
    catalog: Catalog, operation: Operation, chance: bytes, pace: Pace, now_ms: int, scenario: Scenario
) -> Timeline:
    if scenario.stuck:
        started = FOREVER_MS if scenario.stuck == catalog.lifecycle["initial"] else now_ms
        return Timeline(now_ms, started, FOREVER_MS, scenario.outcome)
    if pace.polls:
        return Timeline(now_ms, FOREVER_MS, FOREVER_MS, scenario.outcome)
    kind = catalog.lifecycle["pace"][operation.data["asset"]["kind"]]
    factor = 0 if pace.immediate else scenario.factor / pace.speed
    queued, working = _between(kind["queued_ms"], chance[:4]), _between(kind["processing_ms"], chance[4:8])
    started = now_ms + round(queued * factor)
    return Timeline(now_ms, started, started + round(working * factor), scenario.outcome)


def _between(bounds: Sequence[int], chance: bytes) -> int:
    least, most = bounds
    return least + int.from_bytes(chance, "big") % (most - least + 1)


def _values(catalog: Catalog, task: Task, base_url: str) -> dict[str, str]:
    form, task_id = catalog.operations[task.operation].data["asset"], build_asset_id(catalog, task)
    asset = f"{base_url}/assets/{task_id}"
    return {
        "prompt": str(task.input.get("prompt", "")),
        "task_id": task_id,
        "model": task.model,
        "aspect_ratio": str(task.input.get("aspect_ratio", task.aspect_ratio)),
        "asset": f"{asset}/{form['kind']}{form['suffix']}",
        "source": f"{asset}/source{form['suffix']}",
    }


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """A reply's template from the catalog with each ``$name`` replaced."""
    if isinstance(template, str):
        return _NAME.sub(lambda found: values[found[1]], template) if "$" in template else template
    if isinstance(template, dict):
        return {key: _filled(item, values) for key, item in template.items()}
    if isinstance(template, list):
        return [_filled(item, values) for item in template]
    return template


def _retained_until(catalog: Catalog, task: Task) -> int:
    retention: int = catalog.lifecycle["log_retention_ms"]["value"]
    return task.timeline.ended_ms + retention


def _log(catalog: Catalog, task: Task, now_ms: int, output: Any) -> dict[str, Any]:
    until = _retained_until(catalog, task)
    kept = now_ms <= until
    return {
        "available": kept,
        "retentionDays": catalog.lifecycle["log_retention_ms"]["value"] // 86_400_000,
        "retainedUntilMs": until,
        "input": dict(task.input) if kept else None,
        "output": output if kept else None,
        "errorMessage": task.error_message if kept else None,
    }
