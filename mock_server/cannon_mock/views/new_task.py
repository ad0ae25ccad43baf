"""The task of a create: its scenario, its plan, and how it is stored once (floor 4)."""

from __future__ import annotations

from functools import partial
from typing import Any

from cannon_mock import claim_ids, media
from cannon_mock.model import scenarios, tasks, upstream
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.keys import Key
from cannon_mock.model.replies import fill_template
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import Task, TaskRequest
from cannon_mock.stores import IdempotencyKey, KeyBusy, KeyReused, NotEnoughCredits, StoreFull
from cannon_mock.views.context import MockContext, MockRequest, find_asset_url
from cannon_mock.views.create_body import CreateBody
from cannon_mock.views.errors import ApiError

_SCENARIO_HEADER = scenarios.HEADER.upper().replace("-", "_")
_LATE_FAILURE = "failed-upstream"


def choose_scenario(request: MockRequest, key: Key, body: CreateBody) -> Scenario:
    """The scenario that the header names, else a rule, the prompt, a setting that fits the body, or the default.

    Raises ApiError for an unknown name.
    """
    mock = request.mock
    input = _add_prompt(mock, body)
    name = (
        request.read_header(_SCENARIO_HEADER)
        or mock.scenarios.choose_by_rule(body.operation, input, key.account)
        or scenarios.find_name_in_prompt(input["prompt"])
        or _find_shut_down_scenario(mock, body)
        or _find_violation_scenario(mock, body)
        or mock.config.scenario
        or mock.catalog.scenarios["default"]
    )
    scenario = mock.scenarios.find(name)
    if scenario is None:
        message = f"unknown scenario {name[:60]}; {mock.scenarios.suggest(name)}"
        raise ApiError(400, "unknown_scenario", message, claim_ids.SCENARIO_HEADER)
    return scenario


def _add_prompt(mock: MockContext, body: CreateBody) -> dict[str, Any]:
    """The input of a create. In place of a prompt that it does not have stands what the preview of the input shows."""
    if "prompt" in body.input:
        return body.input
    template = mock.catalog.operations[body.operation].replies["input_preview"]
    return {**body.input, "prompt": fill_template(template, body.effective_input)}


def _find_shut_down_scenario(mock: MockContext, body: CreateBody) -> str | None:
    """The scenario for what its maker has shut down; None where that works, or where nothing was shut down."""
    if mock.config.shut_down == "works":
        return None
    operation = mock.catalog.operations[body.operation]
    model = operation.models.get(operation.choose_model(body.effective_input) or "")
    is_shut_down = operation.shut_down is not None or (model is not None and model.shut_down is not None)
    return f"shut-down-{mock.config.shut_down}" if is_shut_down else None


def _find_violation_scenario(mock: MockContext, body: CreateBody) -> str | None:
    """The scenario for what only the provider refuses; None where it refuses nothing, or where that only warns."""
    if mock.config.upstream_violations == "warn" or upstream.find_upstream_finding(mock.catalog, body.findings) is None:
        return None
    return _LATE_FAILURE


def plan_task(
    request: MockRequest, key: Key, body: CreateBody, scenario: Scenario, idempotency_key: str | None
) -> Task:
    """A task with its whole timeline, not stored yet."""
    mock = request.mock
    operation = mock.catalog.operations[body.operation]
    failure = upstream.plan_failure(mock.catalog, scenario, body.findings, body.content)
    task_request = TaskRequest(
        account=key.account,
        operation=operation,
        input=body.input,
        effective_input=body.effective_input,
        claims=(*body.claims, *media.list_default_claims(operation, body.effective_input)),
        media=media.describe(mock.catalog, operation, body.effective_input),
        webhook_url=body.webhook_url,
        idempotency_key=idempotency_key,
        failure=failure.message,
        violation=failure.violation,
    )
    seed = f"{mock.seed}:{next(mock.numbers)}"
    return tasks.plan_task(mock.catalog, task_request, scenario, mock.pace, request.now_ms, seed)


def store_task(request: MockRequest, key: Key, task: Task, body: CreateBody, latency_ms: int) -> Task:
    """Store a task, or find the earlier one of its idempotency key.

    Until the reply, which comes ``latency_ms`` later, a retry finds the key in use, as on a slow server. Raises
    ApiError where the key was used with another body or is in use, and where credits or room are missing.
    """
    mock, now_ms = request.mock, task.planned_timeline.created_ms
    idempotency = _build_idempotency(mock, task, body, now_ms, latency_ms)
    try:
        stored_task = mock.store.tasks.create(task, idempotency, key.credits, now_ms, _build_delivery(request, task))
    except KeyReused:
        message = "this idempotency key was used with another body; use a new key for new work"
        status = mock.config.mismatch_status
        raise ApiError(status, "idempotency_key_reused", message, claim_ids.IDEMPOTENCY_MISMATCH) from None
    except KeyBusy as error:
        message = "a create with this idempotency key is under way; try again"
        headers = {"Retry-After": str(-(-error.wait_ms // 1000))}
        raise ApiError(409, "idempotency_key_busy", message, claim_ids.IDEMPOTENCY_IN_FLIGHT, headers=headers) from None
    except NotEnoughCredits as error:
        message = f"this request costs {error.cost} credits and {error.available} are left"
        claims = (claim_ids.INSUFFICIENT_CREDITS, claim_ids.CREDITS_START, claim_ids.CREDITS_HOLD, task.price_claim)
        raise ApiError(402, "insufficient_credits", message, *claims) from None
    except StoreFull as error:
        raise ApiError(507, "mock_full", _explain_full(mock, error)) from None
    if latency_ms and idempotency is not None:
        request.notes.delay.steps.append(partial(mock.store.tasks.release_key, task.account, idempotency))
    return stored_task


def _explain_full(mock: MockContext, error: StoreFull) -> str:
    note = "(the service has no such answer)"
    if error.limit == "bytes of one":
        limit = f"this request alone is too large for a mock that keeps {mock.config.max_memory}"
        return f"{limit}; shorten it, or start the mock with a larger --max-memory {note}"
    if error.limit == "tasks":
        limit, flag = f"the mock keeps {mock.config.max_tasks} requests", "--max-tasks"
    else:
        limit, flag = f"the mock keeps {mock.config.max_memory} of requests and the like", "--max-memory"
    advice = f"let requests end, start the mock with a larger {flag}, or reset it"
    return f"{limit}, and none that has ended is left to forget for this one; {advice} {note}"


def _build_idempotency(
    mock: MockContext, task: Task, body: CreateBody, now_ms: int, latency_ms: int
) -> IdempotencyKey | None:
    if task.idempotency_key is None:
        return None
    expires_ms = now_ms + mock.catalog.lifecycle["idempotency_ms"]["value"]
    busy_until_ms = now_ms + latency_ms if latency_ms else 0
    return IdempotencyKey(task.idempotency_key, body.fingerprint, expires_ms, busy_until_ms)


def _build_delivery(request: MockRequest, task: Task) -> Delivery | None:
    if task.webhook_url is None:
        return None
    delay_ms = request.mock.scenarios.find_or_plain(task.scenario).webhook.delay_ms
    due_ms = task.timeline.ended_ms + delay_ms
    return Delivery(f"msg_{task.id}", task.id, task.account, task.webhook_url, find_asset_url(request), due_ms)
