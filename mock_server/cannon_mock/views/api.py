"""The simulated API: status, create, read (floor 4)."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify

from cannon_mock import claim_ids
from cannon_mock.model import task_view, tasks, upstream
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import Task
from cannon_mock.views import auth, faults, new_task
from cannon_mock.views.context import (
    MockContext,
    MockRequest,
    add_evidence_header,
    current_request,
    find_asset_url,
    find_base_url,
)
from cannon_mock.views.create_body import CreateBody, read_create_body, read_idempotency_key
from cannon_mock.views.errors import ApiError
from cannon_mock.views.json_reply import JsonReply
from cannon_spec.contract.overlay import merge_patch

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

WARNINGS_HEADER = "x-mock-warnings"
_MOST_WARNINGS = 20
_WEBHOOK_CLAIMS = (
    claim_ids.WEBHOOK_URL,
    claim_ids.WEBHOOK_EVENT,
    claim_ids.WEBHOOK_SIGNATURE,
    claim_ids.WEBHOOK_RETRIES,
    claim_ids.WEBHOOK_BOTH_ENDS,
)


@blueprint.get("/status")
def show_status() -> Response:
    """The key, its scopes and its credits; creates and spends nothing."""
    request = current_request()
    mock, key = request.mock, auth.authorize(request)
    now_ms = request.now_ms
    remaining = mock.store.tasks.read_balance(key.account, key.credits, now_ms).available
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    template = mock.catalog.status_reply
    response = jsonify(
        ok=True,
        status="ok",
        message=template["message"],
        creditsRemaining=remaining,
        credits={"remaining": remaining},
        account={"email": key.email, "plan": key.plan},
        apiKey={"name": key.name, "scopes": list(key.scopes)},
        serverTime=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    claims = (claim_ids.STATUS_CODE, *template["claims"], claim_ids.CREDITS_START, claim_ids.CREDITS_HOLD)
    return add_evidence_header(mock, response, *auth.find_claims(request), *claims)


@blueprint.post("/requests")
def create() -> Response:
    """Accept a request: judge it, plan its task, store it and hold its credits, with the faults of its scenario."""
    request = current_request()
    mock, notes = request.mock, request.notes
    key = auth.authorize(request, auth.WRITE_SCOPE)
    idempotency_key = notes.idempotency_key = read_idempotency_key(request)
    body = read_create_body(request)
    notes.findings = body.findings
    scenario = new_task.choose_scenario(request, key, body)
    notes.scenario = scenario.name
    due_faults = faults.find_due_faults(mock, scenario, "create", key.account, idempotency_key=idempotency_key)
    if due_faults and any(due.is_before_create for due in due_faults):
        faults.apply_faults(notes, [due for due in due_faults if not due.fault.stored])
        return Response(status=202)  # its connection breaks: a fault with a status has raised
    planned_task = new_task.plan_task(request, key, body, scenario, idempotency_key)
    latency_ms = sum([due.fault.latency_ms for due in due_faults])
    task = new_task.store_task(request, key, planned_task, body, latency_ms)
    notes.request_id, notes.violation = task.id, task.violation
    faults.apply_faults(notes, due_faults)
    return _accept(request, task, body, scenario, is_repeat=task.id != planned_task.id)


@blueprint.get("/requests/<id_>")
def read(id_: str) -> Response:
    """The request object, for the key that created it. HEAD has the headers of a poll, and counts as none."""
    request = current_request()
    mock, notes, is_poll = request.mock, request.notes, request.method != "HEAD"
    key = auth.authorize(request, auth.READ_SCOPE)
    notes.request_id = id_[:60]
    task = mock.store.tasks.get(id_)
    if task is None or task.account != key.account:
        claims = (claim_ids.REQUEST_UNKNOWN_404, *([] if task is None else [claim_ids.READ_OTHER_KEY]))
        raise ApiError(404, "request_not_found", _explain_not_found(mock, id_), *claims)
    scenario = mock.scenarios.find_or_plain(task.scenario)
    notes.operation, notes.model, notes.scenario = task.operation, task.model, task.scenario
    notes.violation = task.violation
    faults.apply_faults(notes, faults.find_due_faults(mock, scenario, "poll", task.id, is_counted=is_poll))
    now_ms = request.now_ms
    task = _record_poll(mock, task, scenario, now_ms) if is_poll else tasks.record_poll(task, now_ms)
    view = task_view.build_view(mock.catalog, task, now_ms, find_asset_url(request))
    patches = [each for each in scenario.patches if each.on == "poll" and each.status in ("", view["status"])]
    for each in patches:
        view = merge_patch(view, each.patch)
    claims = task_view.collect_claims(mock.catalog, task, now_ms)
    return add_evidence_header(mock, JsonReply(view), *claims, *(each.claim for each in patches))


def _record_poll(mock: MockContext, task: Task, scenario: Scenario, now_ms: int) -> Task:
    """The task after this poll."""
    if tasks.record_poll(task, now_ms) is task:
        return task
    polled_task = mock.store.tasks.change(
        task.id, scenario.webhook.delay_ms, lambda each: tasks.record_poll(each, now_ms)
    )
    return polled_task or task


def _explain_not_found(mock: MockContext, id_: str) -> str:
    message = f"no request {id_[:60]} of this API key"
    forgotten_count = mock.store.tasks.count_forgotten()
    if not forgotten_count:
        return message
    limit = f"this mock keeps {mock.config.max_tasks} requests and has forgotten {forgotten_count}"
    return f"{message}; {limit} (--max-tasks and --max-memory keep more)"


def _accept(request: MockRequest, task: Task, body: CreateBody, scenario: Scenario, *, is_repeat: bool) -> Response:
    mock = request.mock
    reply = {
        "id": task.id,
        "status": mock.catalog.lifecycle["initial"],
        "operation": task.operation,
        "poll_after_ms": mock.poll_after_ms,
        "urls": {"get": f"{find_base_url(request)}/api/v1/requests/{task.id}"},
    }
    patches = [each for each in scenario.patches if each.on == "create"]
    for each in patches:
        reply = merge_patch(reply, each.patch)
    response = JsonReply(reply, 202)
    if body.findings:
        rules = dict.fromkeys(finding.rule for finding in body.findings[:_MOST_WARNINGS])
        response.headers[WARNINGS_HEADER] = ", ".join(
            rule.encode("ascii", "backslashreplace").decode() for rule in rules
        )
    claims = (*auth.find_claims(request), *_collect_claims(request, task, is_repeat), *(each.claim for each in patches))
    return add_evidence_header(mock, response, *claims)


def _collect_claims(request: MockRequest, task: Task, is_repeat: bool) -> tuple[str, ...]:
    """The claims that an accepted reply rests on."""
    mock = request.mock
    claims = [claim_ids.CREATE_ACCEPTS_VALID, claim_ids.CONTENT_TYPE_IGNORED]
    claims += [claim_ids.CREDITS_START, claim_ids.CREDITS_HOLD]
    claims += [task.price_claim, *task.claims]
    if request.notes.idempotency_key is not None:
        claims += [claim_ids.IDEMPOTENCY_SCOPE, claim_ids.IDEMPOTENCY_LIFETIME, claim_ids.IDEMPOTENCY_AFTER_VALIDATION]
    else:
        claims.append(claim_ids.IDEMPOTENCY_OPTIONAL)
    claims += [claim_ids.IDEMPOTENCY_REPEAT] if is_repeat else []
    claims += [claim_ids.POLL_AFTER_SPEED] if mock.config.speed != 1 or mock.pace.polls else []
    claims += [claim_ids.PROGRESSION_POLLS] if mock.pace.polls else []
    claims += [claim_ids.SCENARIO_HEADER] if task.scenario != mock.catalog.scenarios["default"] else []
    if upstream.find_upstream_finding(mock.catalog, request.notes.findings) is not None:
        claims.append(claim_ids.UPSTREAM_VIOLATIONS)
    claims += _WEBHOOK_CLAIMS if task.webhook_url is not None else []
    return tuple(claims)
