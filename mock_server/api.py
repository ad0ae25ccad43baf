"""The simulated API: status, create, read (floor 4)."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from cannon_spec import document, validate
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Finding, Report, Strictness
from cannon_spec.pointer import from_pointer
from mock_server import scenarios, tasks
from mock_server.mock import Mock, base_url, cite, current
from mock_server.refusals import Refusal
from mock_server.stores import IdempotencyKey, KeyReused, NotEnoughCredits
from mock_server.tasks import Task

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

WARNINGS_HEADER = "x-mock-warnings"
_KEY = re.compile(r"cs_[A-Za-z0-9_-]{1,200}", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_MOST_WARNINGS = 20
_MOST_FINDINGS = 100
_MOST_SENTENCES = 5


@blueprint.get("/status")
def status() -> Response:
    """The key, its scopes and its credits; creates and spends nothing."""
    mock, account = current(), _account()
    now_ms = mock.clock.now_ms()
    remaining = mock.store.balance(account, mock.config.credits, now_ms).available
    moment = datetime.fromtimestamp(now_ms / 1000, UTC)
    said = mock.catalog.status_reply
    response = jsonify(
        ok=True,
        status="ok",
        message=said["message"],
        creditsRemaining=remaining,
        credits={"remaining": remaining},
        account=said["account"],
        apiKey=said["apiKey"],
        serverTime=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    return cite(response, *_key_claims(), "status-code", *said["claims"], "credits-start", "credits-hold")


@blueprint.post("/requests")
def create() -> Response:
    """Accept a request: judge it, draw its task, store it, hold its credits."""
    mock, account = current(), _account()
    key = _idempotency_key()
    body, warnings = _judged(mock)
    scenario = _scenario(mock)
    task = tasks.draw(
        mock.catalog,
        seed=f"{mock.seed}:{next(mock.numbers)}",
        account=account,
        operation=mock.catalog.operations[body["operation"]],
        input=body["input"],
        painted=_capped(mock, body["input"], warnings),
        scenario=scenario,
        pace=mock.pace,
        now_ms=mock.clock.now_ms(),
    )
    stored = _stored(mock, task, IdempotencyKey(key, _fingerprint(body)) if key is not None else None)
    return _accepted(mock, stored, body, warnings, repeat=stored.id != task.id)


@blueprint.get("/requests/<id_>")
def read(id_: str) -> Response:
    """The request object, for the key that created it."""
    mock, account = current(), _account()
    task = mock.store.get(id_)
    if task is None or task.account != account:
        message = f"no request {id_[:60]} of this API key"
        raise Refusal(404, "request_not_found", message, "request-unknown-404")
    now_ms = mock.clock.now_ms()
    response = jsonify(tasks.view(mock.catalog, task, now_ms, base_url(mock)))
    return cite(response, *tasks.claims(mock.catalog, task, now_ms))


def _account() -> str:
    """The API key of the request, which is also its account. Refuses one that is missing or malformed."""
    key = request.headers.get("x-api-key")
    if key is None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
    if _KEY.fullmatch(key):
        return key
    message = "no good API key: send x-api-key: cs_… or Authorization: Bearer cs_…"
    elsewhere = () if request.endpoint == "api.status" else ("auth-401-everywhere",)
    raise Refusal(401, "unauthorized", message, *elsewhere, *_key_claims(), headers={"WWW-Authenticate": "Bearer"})


def _key_claims() -> tuple[str, ...]:
    both = "x-api-key" in request.headers and "Authorization" in request.headers
    return ("auth-key-form", "auth-x-api-key-first") if both else ("auth-key-form",)


def _idempotency_key() -> str | None:
    key = request.headers.get("x-idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "x-idempotency-key has 1 to 255 printable ASCII characters"
        raise Refusal(400, "invalid_idempotency_key", message, "idempotency-key-form")
    return key


def _judged(mock: Mock) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """The body of a create and the findings that it was accepted with. Refuses one with errors."""
    try:
        body = document.loads(request.get_data(cache=False))
    except NotJSON as error:
        report = validate.refused(mock.catalog, error)
        raise _refusal(mock, report, 400, "invalid_json", str(error), error.claim) from None
    strictness: Strictness = "strict" if mock.config.strict else "normal"
    report = validate.request(mock.catalog, body, strictness)
    if not all(_is_capped(mock, finding) for finding in report.errors):
        status = mock.config.refusal_status
        raise _refusal(mock, report, status, "invalid_request", _summary(report))
    return body, report.findings


def _refusal(mock: Mock, report: Report, status: int, code: str, message: str, *claims: str) -> Refusal:
    claims = ("refusal-status", "content-type-ignored", *_caps(mock, report.findings), *claims)
    return Refusal(status, code, message, *claims, findings=report.findings[:_MOST_FINDINGS])


def _summary(report: Report) -> str:
    told, more = report.errors[:_MOST_SENTENCES], len(report.errors) - _MOST_SENTENCES
    sentences = [f"{finding.path or 'the body'}: {finding.message} ({finding.hint})" for finding in told]
    return "; ".join([*sentences, f"and {more} more"] if more > 0 else sentences)


def _is_capped(mock: Mock, finding: Finding) -> bool:
    """Whether this mock lowers the value instead of refusing it, where the vendor's word allows both."""
    return mock.config.square_4k == "cap" and bool(_caps(mock, (finding,)))


def _caps(mock: Mock, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The claims on refusing or lowering a value, of those findings for which the vendor's word allows both."""
    rules = (mock.catalog.rule_named(finding.rule) for finding in findings if "#" in finding.rule)
    return tuple(rule.cap for rule in rules if rule.cap is not None)


def _capped(mock: Mock, input: dict[str, Any], findings: tuple[Finding, ...]) -> dict[str, Any]:
    """The input that the picture is made of: each capped value is the last legal one."""
    lowered = {
        from_pointer(finding.path)[-1]: mock.catalog.rule_named(finding.rule).value[-1]
        for finding in findings
        if _is_capped(mock, finding)
    }
    return {**input, **lowered}


def _scenario(mock: Mock) -> scenarios.Scenario:
    try:
        return scenarios.choose(mock.catalog.scenarios, request.headers.get(scenarios.HEADER))
    except LookupError as error:
        raise Refusal(400, "unknown_scenario", str(error.args[0]), "scenario-header") from None


def _fingerprint(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _stored(mock: Mock, task: Task, key: IdempotencyKey | None) -> Task:
    try:
        return mock.store.create(task, key, mock.config.credits)
    except KeyReused:
        message = "this idempotency key was used with another body; use a new key for new work"
        raise Refusal(422, "idempotency_key_reused", message, "idempotency-mismatch") from None
    except NotEnoughCredits as error:
        message = f"this request costs {error.needed} credits and {error.available} are left"
        price = mock.catalog.operations[task.operation].data["price"]["claim"]
        claims = ("insufficient-credits", "credits-start", "credits-hold", price)
        raise Refusal(402, "insufficient_credits", message, *claims) from None


def _accepted(mock: Mock, task: Task, body: dict[str, Any], findings: tuple[Finding, ...], *, repeat: bool) -> Response:
    response = jsonify(
        id=task.id,
        status=mock.catalog.lifecycle["initial"],
        operation=task.operation,
        poll_after_ms=tasks.poll_after_ms(mock.catalog, mock.pace),
        urls={"get": f"{base_url(mock)}/api/v1/requests/{task.id}"},
    )
    response.status_code = 202
    if findings:
        rules = dict.fromkeys(finding.rule for finding in findings[:_MOST_WARNINGS])
        response.headers[WARNINGS_HEADER] = ", ".join(
            rule.encode("ascii", "backslashreplace").decode() for rule in rules
        )
    return cite(response, *_key_claims(), *_create_claims(mock, task, body, findings, repeat))


def _create_claims(
    mock: Mock, task: Task, body: dict[str, Any], findings: tuple[Finding, ...], repeat: bool
) -> tuple[str, ...]:
    """The claims that an accepted reply rests on."""
    data = mock.catalog.operations[task.operation].data
    claims = ["content-type-ignored", "credits-start", "credits-hold", data["price"]["claim"], *_caps(mock, findings)]
    if "x-idempotency-key" in request.headers:
        claims += ["idempotency-scope", "idempotency-lifetime", "idempotency-after-validation"]
    else:
        claims.append("idempotency-optional")
    claims += ["idempotency-repeat"] if repeat else []
    claims += ["poll-after-speed"] if mock.config.speed != 1 else []
    claims += ["scenario-header"] if scenarios.HEADER in request.headers else []
    claims += ["webhook-url"] if "webhook_url" in body else []
    claims += [data["default_model"]["claim"]] if "model" not in task.input else []
    return tuple(claims)
