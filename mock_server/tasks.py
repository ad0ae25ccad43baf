"""A task: our record of one request, drawn whole at its creation, and what a poll sees of it (floor 3, pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cannon_spec.contract import Catalog, Operation
from cannon_spec.lifecycle import Timeline, status_at
from mock_server import pixels
from mock_server.scenarios import Scenario

_NAME = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Task:
    """One accepted request. ``id`` is the vendor's request id, ``asset_id`` its task_id; times are in ``timeline``."""

    id: str
    asset_id: str
    account: str
    operation: str
    model: str
    input: Mapping[str, Any]
    credits: int
    timeline: Timeline
    width: int
    height: int
    aspect_ratio: str
    size_claim: str
    error_message: str | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast tasks go: ``immediate`` ends them as they are created, else times are divided by ``speed``."""

    immediate: bool = False
    speed: float = 1.0


def draw(
    catalog: Catalog,
    *,
    seed: str,
    account: str,
    operation: Operation,
    input: Mapping[str, Any],
    painted: Mapping[str, Any],
    scenario: Scenario,
    pace: Pace,
    now_ms: int,
) -> Task:
    """A task with its whole timeline. The same arguments give the same task.

    ``painted`` is the input that the picture is made of: ``input``, unless a value was capped.
    """
    chance = hashlib.sha256(seed.encode(errors="backslashreplace")).digest()
    model = input.get("model", operation.data["default_model"]["id"])
    size = pixels.size(catalog.pixels, model, painted)
    return Task(
        id=f"req_{chance[:8].hex()}",
        asset_id=f"{operation.data['asset']['task_prefix']}_{chance[8:16].hex()}",
        account=account,
        operation=operation.id,
        model=model,
        input=input,
        credits=operation.data["price"]["credits"],
        timeline=_timeline(catalog, operation, chance[16:], pace, now_ms, scenario),
        width=size.width,
        height=size.height,
        aspect_ratio=size.aspect_ratio,
        size_claim=size.claim,
        error_message=scenario.message,
    )


def poll_after_ms(catalog: Catalog, pace: Pace) -> int:
    """When a client should first poll; it goes with the speed, so that a poll then still meets the task at work."""
    unhurried: int = catalog.lifecycle["poll_after_ms"]["value"]
    return max(1, round(unhurried / pace.speed))


def view(catalog: Catalog, task: Task, now_ms: int, base_url: str) -> dict[str, Any]:
    """The request object as a poll at ``now_ms`` sees it; asset addresses start with ``base_url``."""
    timeline, operation = task.timeline, catalog.operations[task.operation]
    status = status_at(timeline, now_ms)
    replies, values = operation.data["replies"], _values(task, operation, base_url)
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


def claims(catalog: Catalog, task: Task, now_ms: int) -> tuple[str, ...]:
    """The claims that the view of a task at ``now_ms`` rests on, beside the documented shapes."""
    operation, status = catalog.operations[task.operation], status_at(task.timeline, now_ms)
    pace = catalog.lifecycle["pace"][operation.data["asset"]["kind"]]["claim"]
    always = (pace, operation.data["price"]["claim"], "credits-billable-at-once", "request-log-at-end-only")
    if status == "queued":
        return (*always, "request-queued-view")
    swept = ("request-log-after-sweep",) if now_ms > _retained_until(catalog, task) else ()
    if status == "failed":
        return (*always, "failure-message", "request-failed-view", *swept)
    ratio = () if "aspect_ratio" in task.input else ("image-output-default-ratio",)
    return (*always, *operation.data["replies"]["claims"], *ratio, *(swept if status == "succeeded" else ()))


def _timeline(
    catalog: Catalog, operation: Operation, chance: bytes, pace: Pace, now_ms: int, scenario: Scenario
) -> Timeline:
    kind = catalog.lifecycle["pace"][operation.data["asset"]["kind"]]
    queued, working = _between(kind["queued_ms"], chance[:4]), _between(kind["processing_ms"], chance[4:8])
    if pace.immediate:
        queued = working = 0
    started = now_ms + round(queued / pace.speed)
    return Timeline(now_ms, started, started + round(working / pace.speed), scenario.outcome)


def _between(bounds: Sequence[int], chance: bytes) -> int:
    least, most = bounds
    return least + int.from_bytes(chance, "big") % (most - least + 1)


def _values(task: Task, operation: Operation, base_url: str) -> dict[str, str]:
    asset = f"{base_url}/assets/{task.asset_id}"
    suffix = operation.data["asset"]["suffix"]
    return {
        "prompt": str(task.input.get("prompt", "")),
        "task_id": task.asset_id,
        "model": task.model,
        "aspect_ratio": str(task.input.get("aspect_ratio", task.aspect_ratio)),
        "asset": f"{asset}/{operation.data['asset']['kind']}{suffix}",
        "source": f"{asset}/source{suffix}",
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
