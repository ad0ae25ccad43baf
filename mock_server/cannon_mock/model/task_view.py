"""The request object: what a poll sees of a task, built from the templates of its operation (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_mock import claim_ids
from cannon_mock.model.replies import fill_template
from cannon_mock.model.tasks import Task, build_asset_id
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.lifecycle import status_at


def build_view(catalog: Catalog, task: Task, now_ms: int, base_url: str) -> dict[str, Any]:
    """The request object as a poll at ``now_ms`` sees it; asset addresses start with ``base_url``."""
    timeline = task.timeline
    status = status_at(timeline, now_ms)
    operation = catalog.operations[task.operation]
    replies = operation.replies
    values = _build_values(catalog, task, base_url)
    has_ended, has_succeeded = status == timeline.outcome, status == "succeeded"
    previews = {
        "inputPreview": fill_template(replies["input_preview"], values),
        "outputPreview": fill_template(replies["output_preview"], values) if has_succeeded else None,
    }
    view = {
        "id": task.id,
        "operation": task.operation,
        "status": status,
        "billableCredits": task.credits,
        **(previews if has_ended else {}),
        "createdAtMs": timeline.created_ms,
        "startedAtMs": None if status == "queued" else timeline.started_ms,
        "completedAtMs": timeline.ended_ms if has_ended else None,
        "errorMessage": task.error_message if status == "failed" else None,
        "output": _build_output(operation, task, status, values),
    }
    if has_ended:
        log_output = fill_template(replies.get("log"), values) if has_succeeded else None
        view["requestLog"] = _build_log(catalog, task, now_ms, log_output)
    return view


def _build_output(operation: Operation, task: Task, status: str, values: Mapping[str, Any]) -> Any:
    """The output that a view shows in a state: without the keys that need a field which the input leaves out."""
    output = fill_template(operation.replies.get(status), values)
    if status == "succeeded":
        for name, field in operation.conditional_outputs.items():
            if field not in task.input:
                del output[name]
    return output


def preview_input(catalog: Catalog, task: Task) -> str:
    """A task's input in a few words: its prompt, say."""
    template = catalog.operations[task.operation].replies["input_preview"]
    return str(fill_template(template, _build_values(catalog, task, "")) or "")


def _build_values(catalog: Catalog, task: Task, base_url: str) -> dict[str, Any]:
    """What the variables of a template stand for.

    They are the properties of the task's media, the fields of its input and those that the service adds or changes,
    ``task_id``, ``model``, ``credits`` (what the task costs), and the address of each of its files, by the names that
    the operation gives them. A later one of these hides an earlier one.
    """
    files = catalog.operations[task.operation].files
    task_id = build_asset_id(catalog, task)
    addresses = {name: f"{base_url}/assets/{task_id}/{file}" for name, file in files.items()}
    own_values = {"task_id": task_id, "model": task.model, "credits": task.credits}
    return {**task.media.properties, **task.input, **task.adjusted_fields, **own_values, **addresses}


def collect_claims(catalog: Catalog, task: Task, now_ms: int) -> tuple[str, ...]:
    """The claims that the view of a task at ``now_ms`` rests on, beside the documented shapes."""
    operation, status = catalog.operations[task.operation], status_at(task.timeline, now_ms)
    pace_claim = catalog.pace_of(operation)["claim"]
    every_view = (
        *(pace_claim, task.price_claim, *task.claims),
        *(claim_ids.CREDITS_BILLABLE_AT_ONCE, claim_ids.REQUEST_LOG_AT_END_ONLY),
    )
    if status == "queued":
        return (*every_view, claim_ids.REQUEST_QUEUED_VIEW)
    is_swept = now_ms > _retained_until_ms(catalog, task)
    log = (claim_ids.REQUEST_LOG_AFTER_SWEEP if is_swept else claim_ids.REQUEST_LOG_INPUT_EXACT,)
    if status == "failed":
        scenario = catalog.scenarios["scenarios"].get(task.scenario, {})
        # One that an administrator ended fails for another reason.
        is_planned = task.violation is not None and task.error_message == task.failure
        violation_claims = task.violation.claims if task.violation is not None and is_planned else ()
        failure_claims = (scenario.get("claim", claim_ids.SCENARIO_HEADER), *violation_claims)
        return (*every_view, *failure_claims, claim_ids.REQUEST_FAILED_VIEW, *log)
    replies = operation.replies
    return (
        *(*every_view, *replies["claims"], *_collect_default_claims(replies, task.input)),
        *(log if status == "succeeded" else ()),
    )


def _collect_default_claims(replies: Mapping[str, Any], input: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims on the values that a reply shows for fields that the input leaves out."""
    return tuple(claim for name, claim in replies.get("default_claims", {}).items() if name not in input)


def _retained_until_ms(catalog: Catalog, task: Task) -> int:
    retention_ms: int = catalog.lifecycle["log_retention_ms"]["value"]
    return task.timeline.ended_ms + retention_ms


def _build_log(catalog: Catalog, task: Task, now_ms: int, output: Any) -> dict[str, Any]:
    until_ms = _retained_until_ms(catalog, task)
    is_retained = now_ms <= until_ms
    return {
        "available": is_retained,
        "retentionDays": catalog.lifecycle["log_retention_ms"]["value"] // 86_400_000,
        "retainedUntilMs": until_ms,
        "input": dict(task.input) if is_retained else None,
        "output": output if is_retained else None,
        "errorMessage": task.error_message if is_retained else None,
    }
