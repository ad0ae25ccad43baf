"""The mock's own API, under /__mock__/: state, clock, scenarios, tasks, journal and webhooks (floor 4)."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import Any

from flask import Blueprint, Response, jsonify, request

from cannon_mock.config import SETTINGS
from cannon_mock.model import journal, task_view
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.keys import derive_account
from cannon_mock.model.scenarios import ScenarioRule
from cannon_mock.model.shown_texts import ShownTexts
from cannon_mock.model.tasks import Task
from cannon_mock.views import auth, query, task_end
from cannon_mock.views.context import MockContext, MockRequest, current_context, current_request, find_asset_url
from cannon_mock.views.errors import AdminError
from cannon_mock.views.foreign_pages import refuse_disguised_path, refuse_foreign_host, refuse_foreign_page
from cannon_spec import Claim, __version__, document
from cannon_spec.contract.lifecycle import FOREVER_MS, status_at
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.redaction import redact, redact_texts

blueprint = Blueprint("admin", __name__, url_prefix="/__mock__")

_OPEN_ENDPOINTS = ("admin.show_health", "admin.check_ready", "admin.show_version")
_SWITCHES = tuple(setting.name for setting in SETTINGS if setting.is_switch)
_LONGEST_TEXT = 1000
_CLOCK_FIELDS = ("advance_ms", "set_ms", "freeze", "run", "scale")
_MATCH_FIELDS = ("operation", "model", "prompt", "key")


@blueprint.before_request
def _guard() -> None:
    request = current_request()
    refuse_disguised_path(request)
    if request.endpoint not in _OPEN_ENDPOINTS:
        refuse_foreign_page(request)
        refuse_foreign_host(request)
        _check_token(request)
        query.check_query(request)


def _check_token(request: MockRequest) -> None:
    token = request.mock.config.admin_token.encode(errors="surrogateescape")
    if token and not hmac.compare_digest(auth.read_bearer(request).encode("latin-1", "replace"), token):
        raise AdminError(401, "missing or wrong token; send that of --admin-token as Authorization: Bearer TOKEN")


@blueprint.get("/health")
def show_health() -> Response:
    """Whether the mock answers; needs no key."""
    return jsonify(ok=True, name="cannon-mock", version=__version__, engine=current_context().catalog.engine)


@blueprint.get("/ready")
def check_ready() -> Response:
    """Whether the mock can work: 503 while its store fails, if only for writes."""
    mock = current_context()
    mock.clock.now_ms()
    mock.store.check()
    return jsonify(ok=True)


@blueprint.get("/version")
def show_version() -> Response:
    """The version of the mock."""
    return jsonify(name="cannon-mock", version=__version__)


@blueprint.get("/assumptions")
def list_assumptions() -> Response:
    """Every claim on the service that the vendor does not document, and the value of each switch."""
    mock = current_context()
    claims = [asdict(claim) for claim in mock.catalog.claims.values() if _is_undocumented(claim)]
    switches = {name: getattr(mock.config, name) for name in _SWITCHES}
    return jsonify(assumptions=claims, switches=switches)


@blueprint.get("/clock")
def show_clock() -> Response:
    """The time in epoch milliseconds, and how fast it passes."""
    return _build_clock_reply(current_context())


@blueprint.post("/clock")
def move_clock() -> Response:
    """Advance, set, freeze, run or scale the clock, and first run everything that becomes due."""
    content, mock_clock = _read_object(*_CLOCK_FIELDS), current_context().clock
    if len(content) != 1:
        raise AdminError(400, f"send exactly one of {', '.join(_CLOCK_FIELDS)}")
    ((field, value),) = content.items()
    if field in ("freeze", "run") and value is not True:
        raise AdminError(400, f"{field} must be true")
    if field not in ("freeze", "run") and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise AdminError(400, f"{field} must be a number")
    try:
        if field == "advance_ms":
            mock_clock.advance(int(value))
        elif field == "set_ms":
            mock_clock.set(int(value))
        else:
            mock_clock.run({"freeze": 0.0, "run": 1.0}.get(field, value))
    except ValueError as error:
        raise AdminError(400, str(error)) from None
    return _build_clock_reply(current_context())


@blueprint.get("/scenarios")
def list_scenarios() -> Response:
    """The scenarios with their texts, and the rules that choose them."""
    mock = current_context()
    default = mock.config.scenario or mock.catalog.scenarios["default"]
    rules = [_show_rule(rule) for rule in mock.scenarios.list_rules()]
    return jsonify(default=default, scenarios=mock.scenarios.list_texts(), rules=rules)


@blueprint.post("/scenarios")
def add_rule() -> tuple[Response, int]:
    """Add a rule: a ``scenario``, what a create must ``match`` (operation, model, prompt, key) and ``times``."""
    mock, content = current_context(), _read_object("scenario", "match", "times")
    match, times = content.get("match", {}), content.get("times")
    name = content.get("scenario")
    if not isinstance(name, str):
        raise AdminError(400, "scenario must be the name of one; GET /__mock__/scenarios lists the scenarios")
    if mock.scenarios.find(name) is None:
        raise AdminError(400, f"unknown scenario {name[:60]}; {mock.scenarios.suggest(name)}")
    if not isinstance(match, dict) or not all(
        name in _MATCH_FIELDS and isinstance(value, str) and len(value) <= _LONGEST_TEXT
        for name, value in match.items()
    ):
        raise AdminError(400, f"match must map some of {', '.join(_MATCH_FIELDS)} to strings")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise AdminError(400, "times must be a whole number from 1 on")
    fields = {name: value for name, value in match.items() if name != "key"}
    account = derive_account(match["key"]) if "key" in match else ""
    try:
        rule = mock.scenarios.add_rule(ScenarioRule(0, name, account=account, times=times, **fields))
    except LookupError as error:
        raise AdminError(409, str(error.args[0])) from None
    return jsonify(_show_rule(rule)), 201


@blueprint.put("/scenarios/<name>")
def add_scenario(name: str) -> tuple[Response, int]:
    """Add a scenario under a name; the body has the form of one in a scenarios file."""
    try:
        current_context().scenarios.add(name, _read_json())
    except CatalogError as error:
        raise AdminError(400, str(error)) from None
    except LookupError as error:
        raise AdminError(409, str(error.args[0])) from None
    return jsonify(scenario=name), 201


@blueprint.delete("/scenarios")
@blueprint.delete("/scenarios/<id_>")
def remove_rules(id_: str | None = None) -> Response:
    """Remove one rule, or all."""
    mock = current_context()
    ids = {str(rule.id): rule.id for rule in mock.scenarios.list_rules()}
    if id_ is not None and id_ not in ids:
        raise AdminError(404, f"no rule {id_[:60]}; GET /__mock__/scenarios lists the rules")
    return jsonify(rules=mock.scenarios.remove_rules(None if id_ is None else ids[id_]))


@blueprint.get("/tasks")
def list_tasks() -> Response:
    """Tasks, those that end last first: filter by ``key``, ``status``, ``operation``, ``model``, ``scenario``."""
    mock = current_context()
    now_ms = mock.clock.now_ms()
    items = (_summarize_task(task, now_ms) for task in mock.store.tasks.list_all())
    return jsonify(tasks=_select(items))


@blueprint.get("/tasks/<id_>")
def show_task(id_: str) -> Response:
    """One task: its timeline, its events, and the request object that a poll would get, its long texts cut off."""
    mock = current_context()
    return _build_task_reply(mock, _require_task(mock.store.tasks.get(id_), id_))


@blueprint.post("/tasks/<id_>/end")
def end_task(id_: str) -> Response:
    """End a task now, with an ``outcome`` (succeeded or failed) and a ``message``; an ended task does not change."""
    mock, content = current_context(), _read_object("outcome", "message")
    outcome, message = content.get("outcome", "succeeded"), content.get("message", task_end.MESSAGE)
    try:
        task = task_end.end_task(mock, id_, outcome, message)
    except ValueError as error:
        raise AdminError(400, str(error)) from None
    return _build_task_reply(mock, _require_task(task, id_))


@blueprint.get("/journal")
def list_exchanges() -> Response:
    """The exchanges with the simulated API, the oldest first, filtered by any field; how many are missing."""
    entries, missing = _read_journal(), current_context().store.journal.count_missing()
    exchanges = [entry._asdict() for entry in entries[-query.read_limit(current_request()) :]]
    return jsonify(exchanges=exchanges, count=len(entries), missing=missing)


@blueprint.get("/journal/count")
def count_exchanges() -> Response:
    """The number of exchanges that match."""
    return jsonify(count=len(_read_journal()))


@blueprint.get("/webhooks")
def list_webhooks() -> Response:
    """Webhooks with their attempts, and the secret that signs them."""
    mock = current_context()
    tasks_with_webhook = (task for task in mock.store.tasks.list_all() if task.webhook_url is not None)
    deliveries = (mock.store.deliveries.get(task.id) for task in tasks_with_webhook)
    items = (_show_delivery(delivery) for delivery in deliveries if delivery is not None)
    return jsonify(webhooks=_select(items), secret=mock.webhook_sender.secret)


@blueprint.post("/webhooks/<task_id>/redeliver")
def redeliver(task_id: str) -> tuple[Response, int]:
    """Send a webhook once more, now; it is named by its own id or by that of its request."""
    mock, task_id = current_context(), task_id.removeprefix("msg_")
    task = mock.store.tasks.get(task_id)
    if task is not None and task.timeline.ended_ms > mock.clock.now_ms():
        raise AdminError(409, "the request has not ended; its webhook is sent when it ends")
    delivery: Delivery | None = mock.store.deliveries.redeliver(task_id, mock.clock.now_ms())
    if delivery is None:
        raise AdminError(404, f"no webhook of a request {task_id[:60]}; GET /__mock__/webhooks lists the webhooks")
    return jsonify(_show_delivery(delivery)), 202


@blueprint.post("/reset")
def reset() -> Response:
    """Forget the ``journal``, or ``all``: tasks, keys, credits, rules and webhooks too, but not the clock."""
    what = _read_object("what").get("what", "all")
    if what not in ("all", "journal"):
        raise AdminError(400, "what must be all or journal")
    store = current_context().store
    (store.journal.forget if what == "journal" else store.forget_all)()
    return jsonify(ok=True)


def _read_object(*fields: str) -> dict[str, Any]:
    """The JSON object of the body. Raises AdminError for anything else, and for unknown fields."""
    body = _read_json()
    advice = f"send a JSON object with no field but {', '.join(fields)}"
    if not isinstance(body, dict):
        raise AdminError(400, f"the body is not an object; {advice}")
    if unknown_fields := sorted(body.keys() - set(fields)):
        raise AdminError(400, f"unknown field {', '.join(unknown_fields)}; {advice}")
    return body


def _read_json() -> Any:
    """The JSON of the body; an empty object where there is none."""
    data = request.get_data(cache=False)
    try:
        return document.loads(data) if data else {}
    except NotJSON as error:
        raise AdminError(400, str(error)) from None


def _select(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first items with each value of the query, as many as its limit allows."""
    filters = query.read_filters(current_request())
    matches = (item for item in items if all(str(item[name]) == value for name, value in filters.items()))
    return list(islice(matches, query.read_limit(current_request())))


def _read_journal() -> list[journal.JournalEntry]:
    mock, filters = current_context(), journal.redact_filters(query.read_filters(current_request()))
    entries = mock.store.journal.list_entries(mock.config.journal)
    return [entry for entry in entries if journal.matches(entry, filters)]


def _require_task(task: Task | None, id_: str) -> Task:
    if task is None:
        raise AdminError(404, f"no request {id_[:60]}")
    return task


def _build_clock_reply(mock: MockContext) -> Response:
    scale = mock.clock.scale
    return jsonify(now_ms=mock.clock.now_ms(), scale=scale, frozen=scale == 0)


def _show_rule(rule: ScenarioRule) -> dict[str, Any]:
    names = ("operation", "model", "prompt", "account")
    match = {name: redact(getattr(rule, name)) for name in names if getattr(rule, name)}
    return {"id": rule.id, "scenario": rule.scenario, "match": match, "times": rule.times}


def _show_delivery(delivery: Delivery) -> dict[str, Any]:
    """A webhook without the secrets in its address."""
    values: dict[str, Any] = redact_texts(asdict(delivery), redact)
    return values


def _summarize_task(task: Task, now_ms: int) -> dict[str, Any]:
    fields = ("id", "account", "operation", "model", "credits", "scenario", "idempotency_key", "webhook_url")
    timeline = task.timeline
    return {
        **redact_texts({name: getattr(task, name) for name in fields}, redact),
        "status": status_at(timeline, now_ms),
        "timeline": {name: _show_moment(getattr(timeline, name)) for name in ("created_ms", "started_ms", "ended_ms")},
        "outcome": timeline.outcome,
    }


def _show_moment(at_ms: int) -> int | None:
    """A time of a timeline; None where it is not reached by itself."""
    return at_ms if at_ms < FOREVER_MS else None


def _build_task_reply(mock: MockContext, task: Task) -> Response:
    now_ms = mock.clock.now_ms()
    events = [redact_texts(asdict(event), redact) for event in task.events]
    view = task_view.build_view(mock.catalog, task, now_ms, find_asset_url(current_request()))
    violation = None if task.violation is None else redact_texts(task.violation._asdict(), redact)
    details = {"violation": violation, "events": events, "request": redact_texts(view, ShownTexts().redact)}
    return jsonify({**_summarize_task(task, now_ms), **details})


def _is_undocumented(claim: Claim) -> bool:
    return claim.strength == "assumed" or (claim.kind == "behaviour" and claim.severity == "warning")
