"""The simulated API: status, create, read (floor 4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from cannon_mock import media
from cannon_mock.model import scenarios, task_view, tasks
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.keys import Key
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import Task, TaskRequest
from cannon_mock.stores import IdempotencyKey, KeyBusy, KeyReused, NotEnoughCredits
from cannon_mock.views import auth, faults
from cannon_mock.views.context import MockContext, add_evidence_header, current_context, current_notes, find_base_url
from cannon_mock.views.create_body import CreateBody, read_create_body
from cannon_mock.views.errors import ApiError
from cannon_spec.contract.overlay import merge_patch

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

WARNINGS_HEADER = "x-mock-warnings"
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_MOST_WARNINGS = 20
_WEBHOOK_CLAIMS = ["webhook-url", "webhook-event", "webhook-signature", "webhook-retries", "webhook-both-ends"]


@blueprint.get("/status")
def status() -> Response:
    """The key, its scopes and its credits; creates and spends nothing."""
    mock = current_context()
    key = auth.authorize(mock, current_notes())
    now_ms = mock.clock.now_ms()
    remaining = mock.store.tasks.read_balance(key.account, key.credits, now_ms).available
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    said = mock.catalog.status_reply
    response = jsonify(
        ok=True,
        status="ok",
        message=said["message"],
        creditsRemaining=remaining,
        credits={"remaining": remaining},
        account={"email": key.email, "plan": key.plan},
        apiKey={"name": key.name, "scopes": list(key.scopes)},
        serverTime=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    return add_evidence_header(
        response, *auth.find_claims(), "status-code", *said["claims"], "credits-start", "credits-hold"
    )


@blueprint.post("/requests")
def create() -> Response:
    """Accept a request: judge it, draw its task, store it, hold its credits; and let go wrong what is to."""
    mock, seen = current_context(), current_notes()
    key = auth.authorize(mock, seen, auth.WRITE)
    idempotency_key = seen.idempotency_key = _idempotency_key()
    submission = read_create_body(mock, seen)
    scenario = _scenario(mock, key, submission)
    seen.scenario = scenario.name
    who = f"{key.account} {idempotency_key or ''}"
    struck = faults.find_due_faults(mock, scenario, "create", who, keyed=idempotency_key is not None)
    for fault, wait_s in struck:
        if not fault.stored and (fault.status or fault.connection):
            mock.clock.sleep_ms(fault.latency_ms)
            seen.apply_fault(fault)
            faults.raise_status(fault, wait_s)
            if fault.connection:
                return Response(status=202)
    latency_ms = sum(fault.latency_ms for fault, _ in struck)
    drawn = _drawn(mock, key, submission, scenario, idempotency_key)
    stored = _stored(mock, key, drawn, submission, latency_ms)
    seen.request_id = stored.id
    for fault, wait_s in struck:
        seen.apply_fault(fault)
        faults.raise_status(fault, wait_s)
    return _accepted(mock, stored, submission, scenario, repeat=stored.id != drawn.id)


@blueprint.get("/requests/<id_>")
def read(id_: str) -> Response:
    """The request object, for the key that created it."""
    mock, seen = current_context(), current_notes()
    key = auth.authorize(mock, seen, auth.READ)
    seen.request_id = id_[:60]
    task = mock.store.tasks.get(id_)
    if task is None or task.account != key.account:
        raise ApiError(404, "request_not_found", _not_found(mock, id_), "request-unknown-404")
    scenario = mock.scenarios.find_or_plain(task.scenario)
    seen.operation, seen.model, seen.scenario = task.operation, task.model, task.scenario
    for fault, wait_s in faults.find_due_faults(mock, scenario, "poll", task.id):
        mock.clock.sleep_ms(fault.latency_ms)
        seen.apply_fault(fault)
        faults.raise_status(fault, wait_s)
    task, now_ms = _polled(mock, task, scenario)
    view = task_view.build_view(mock.catalog, task, now_ms, find_base_url(mock))
    drift = [each for each in scenario.patches if each.on == "poll" and each.status in ("", view["status"])]
    for each in drift:
        view = merge_patch(view, each.patch)
    claims = task_view.collect_claims(mock.catalog, task, now_ms)
    return add_evidence_header(jsonify(view), *claims, *(each.claim for each in drift))


def _polled(mock: MockContext, task: Task, scenario: Scenario) -> tuple[Task, int]:
    """The task after this poll, and the time of it."""
    now_ms = mock.clock.now_ms()
    if tasks.record_poll(task, now_ms) is task:
        return task, now_ms
    after = mock.store.tasks.change(task.id, scenario.webhook.delay_ms, lambda each: tasks.record_poll(each, now_ms))
    return after or task, now_ms


def _not_found(mock: MockContext, id_: str) -> str:
    forgotten = mock.store.tasks.count_forgotten()
    if not forgotten:
        return f"no request {id_[:60]} of this API key"
    kept = f"this mock keeps {mock.config.max_tasks} requests and has forgotten {forgotten} (--max-tasks keeps more)"
    return f"no request {id_[:60]} of this API key; {kept}"


def _idempotency_key() -> str | None:
    key = request.headers.get("x-idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "x-idempotency-key has 1 to 255 printable ASCII characters"
        raise ApiError(400, "invalid_idempotency_key", message, "idempotency-key-form")
    return key


def _scenario(mock: MockContext, key: Key, submission: CreateBody) -> Scenario:
    """The scenario of a create: by header, by rule, by a word in the prompt, or the default."""
    name = (
        request.headers.get(scenarios.HEADER)
        or mock.scenarios.choose_by_rule(submission.operation, submission.input, key.account)
        or scenarios.find_name_in_prompt(submission.input.get("prompt"))
        or mock.config.scenario
        or mock.catalog.scenarios["default"]
    )
    found = mock.scenarios.find(name)
    if found is None:
        message = f"no scenario {name[:60]}; known: {', '.join(mock.scenarios.list_texts())}"
        raise ApiError(400, "unknown_scenario", message, "scenario-header")
    return found


def _drawn(
    mock: MockContext, key: Key, submission: CreateBody, scenario: Scenario, idempotency_key: str | None
) -> Task:
    operation = mock.catalog.operations[submission.operation]
    task_request = TaskRequest(
        account=key.account,
        operation=operation,
        input=submission.input,
        capped_input=submission.painted,
        media=media.describe(mock.catalog, operation, submission.painted),
        webhook_url=submission.webhook_url,
        idempotency_key=idempotency_key,
    )
    seed = f"{mock.seed}:{next(mock.numbers)}"
    return tasks.plan_task(mock.catalog, task_request, scenario, mock.config.pace, mock.clock.now_ms(), seed)


def _stored(mock: MockContext, key: Key, task: Task, submission: CreateBody, latency_ms: int) -> Task:
    """The task as stored, or the earlier one of the same idempotency key, after ``latency_ms``."""
    now_ms, known = task.planned_timeline.created_ms, None
    if task.idempotency_key is not None:
        expires_ms = now_ms + mock.catalog.lifecycle["idempotency_ms"]["value"]
        busy_until_ms = now_ms + latency_ms if latency_ms else 0
        known = IdempotencyKey(task.idempotency_key, submission.fingerprint, expires_ms, busy_until_ms)
    try:
        stored = mock.store.tasks.create(task, known, key.credits, now_ms, _delivery(mock, task))
    except KeyReused:
        message = "this idempotency key was used with another body; use a new key for new work"
        status = mock.config.mismatch_status
        raise ApiError(status, "idempotency_key_reused", message, "idempotency-mismatch") from None
    except KeyBusy as error:
        message = "a create with this idempotency key is under way; try again"
        headers = {"Retry-After": str(-(-error.wait_ms // 1000))}
        raise ApiError(409, "idempotency_key_busy", message, "idempotency-in-flight", headers=headers) from None
    except NotEnoughCredits as error:
        message = f"this request costs {error.cost} credits and {error.available} are left"
        claims = ("insufficient-credits", "credits-start", "credits-hold", task.price_claim)
        raise ApiError(402, "insufficient_credits", message, *claims) from None
    if latency_ms:
        mock.clock.sleep_ms(latency_ms)
        if known is not None:
            mock.store.tasks.release_key(task.account, known)
    return stored


def _delivery(mock: MockContext, task: Task) -> Delivery | None:
    if task.webhook_url is None:
        return None
    delay_ms = mock.scenarios.find_or_plain(task.scenario).webhook.delay_ms
    due_ms = task.timeline.ended_ms + delay_ms
    return Delivery(f"msg_{task.id}", task.id, task.account, task.webhook_url, find_base_url(mock), due_ms)


def _accepted(mock: MockContext, task: Task, submission: CreateBody, scenario: Scenario, *, repeat: bool) -> Response:
    reply = {
        "id": task.id,
        "status": mock.catalog.lifecycle["initial"],
        "operation": task.operation,
        "poll_after_ms": tasks.compute_poll_after_ms(mock.catalog, mock.config.pace),
        "urls": {"get": f"{find_base_url(mock)}/api/v1/requests/{task.id}"},
    }
    drift = [each for each in scenario.patches if each.on == "create"]
    for each in drift:
        reply = merge_patch(reply, each.patch)
    response = jsonify(reply)
    response.status_code = 202
    if submission.findings:
        rules = dict.fromkeys(finding.rule for finding in submission.findings[:_MOST_WARNINGS])
        response.headers[WARNINGS_HEADER] = ", ".join(
            rule.encode("ascii", "backslashreplace").decode() for rule in rules
        )
    drifted = (each.claim for each in drift)
    return add_evidence_header(response, *auth.find_claims(), *_create_claims(mock, task, submission, repeat), *drifted)


def _create_claims(mock: MockContext, task: Task, submission: CreateBody, repeat: bool) -> tuple[str, ...]:
    """The claims that an accepted reply rests on."""
    claims = ["content-type-ignored", "credits-start", "credits-hold", task.price_claim, *submission.caps]
    if "x-idempotency-key" in request.headers:
        claims += ["idempotency-scope", "idempotency-lifetime", "idempotency-after-validation"]
    else:
        claims.append("idempotency-optional")
    claims += ["idempotency-repeat"] if repeat else []
    claims += ["poll-after-speed"] if mock.config.speed != 1 or mock.config.pace.polls else []
    claims += ["progression-polls"] if mock.config.pace.polls else []
    claims += ["scenario-header"] if task.scenario != mock.catalog.scenarios["default"] else []
    claims += _WEBHOOK_CLAIMS if task.webhook_url is not None else []
    default = mock.catalog.operations[task.operation].data["default_model"]["claim"]
    claims += [default] if "model" not in task.input else []
    return tuple(claims)
