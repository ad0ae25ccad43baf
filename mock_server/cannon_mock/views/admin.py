"""The mock's own API, under /__mock__/: its state, its clock, its scenarios, what it was asked (floor 4)."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from flask import Blueprint, Response, jsonify, request

from cannon_mock.config import SETTINGS
from cannon_mock.model import journal, task_view, tasks
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.keys import derive_account
from cannon_mock.model.scenarios import ScenarioRule
from cannon_mock.model.tasks import Task
from cannon_mock.stores import StoreError
from cannon_mock.views.context import MockContext, current_context, find_base_url
from cannon_mock.views.errors import AdminError
from cannon_spec import Claim, __version__, document
from cannon_spec.contract.lifecycle import FOREVER_MS, status_at
from cannon_spec.errors import CatalogError, NotJSON

blueprint = Blueprint("admin", __name__, url_prefix="/__mock__")

_OPEN = ("admin.health", "admin.ready", "admin.version")
_SWITCHES = tuple(setting.name for setting in SETTINGS if setting.is_switch)
_MOST = 1000
_MATCH = ("operation", "model", "prompt", "key")


@blueprint.before_request
def _authorize() -> None:
    token = current_context().config.admin_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and request.endpoint not in _OPEN and not hmac.compare_digest(sent.encode(), token.encode()):
        raise AdminError(401, "send the token of --admin-token as Authorization: Bearer TOKEN")


@blueprint.get("/health")
def health() -> Response:
    """Whether the mock answers; needs no key."""
    return jsonify(ok=True, name="cannon-mock", version=__version__, engine=current_context().catalog.engine)


@blueprint.get("/ready")
def ready() -> Response:
    """Whether the mock can do its work: 503 while its store cannot be reached."""
    try:
        current_context().clock.now_ms()
        current_context().store.records.get("ready")
    except StoreError as error:
        raise AdminError(503, str(error)) from None
    return jsonify(ok=True)


@blueprint.get("/version")
def version() -> Response:
    """The version of the mock."""
    return jsonify(name="cannon-mock", version=__version__)


@blueprint.get("/assumptions")
def assumptions() -> Response:
    """Every claim on the service that the vendor does not document, and the switches that are in force."""
    mock = current_context()
    claims = [asdict(claim) for claim in mock.catalog.claims.values() if _is_weak(claim)]
    switches = {name: getattr(mock.config, name) for name in _SWITCHES}
    return jsonify(assumptions=claims, switches=switches)


@blueprint.get("/clock")
def clock() -> Response:
    """The time, and how fast it goes."""
    return _clock(current_context())


@blueprint.post("/clock")
def move_clock() -> Response:
    """Move the clock: ``advance_ms``, ``set_ms``, ``freeze``, ``run`` or ``scale``. What falls due is done first."""
    asked, known = _asked("advance_ms", "set_ms", "freeze", "run", "scale"), current_context().clock
    if len(asked) != 1:
        raise AdminError(400, "name one of advance_ms, set_ms, freeze, run, scale")
    ((word, value),) = asked.items()
    if word in ("freeze", "run") and value is not True:
        raise AdminError(400, f"{word} is true")
    if word not in ("freeze", "run") and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise AdminError(400, f"{word} is a number")
    try:
        if word == "advance_ms":
            known.advance(int(value))
        elif word == "set_ms":
            known.set(int(value))
        else:
            known.run({"freeze": 0.0, "run": 1.0}.get(word, value))
    except ValueError as error:
        raise AdminError(400, str(error)) from None
    return _clock(current_context())


@blueprint.get("/scenarios")
def scenarios() -> Response:
    """The scenarios there are, and the rules that choose them."""
    mock = current_context()
    default = mock.config.scenario or mock.catalog.scenarios["default"]
    rules = [_shown_rule(rule) for rule in mock.scenarios.list_rules()]
    return jsonify(default=default, scenarios=mock.scenarios.list_texts(), rules=rules)


@blueprint.post("/scenarios")
def add_rule() -> tuple[Response, int]:
    """Add a rule: ``scenario``, what creates must ``match`` (operation, model, prompt, key), and for how many."""
    mock, asked = current_context(), _asked("scenario", "match", "times")
    match, times = asked.get("match", {}), asked.get("times")
    known = mock.scenarios.list_texts()
    if not isinstance(asked.get("scenario"), str) or asked["scenario"] not in known:
        raise AdminError(400, f"scenario names one of {', '.join(known)}")
    if not isinstance(match, dict) or not all(
        name in _MATCH and isinstance(value, str) and len(value) <= _MOST for name, value in match.items()
    ):
        raise AdminError(400, f"match maps some of {', '.join(_MATCH)} to strings")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise AdminError(400, "times is a number from 1 on")
    fields = {name: value for name, value in match.items() if name != "key"}
    account = derive_account(match["key"]) if "key" in match else ""
    try:
        rule = mock.scenarios.add_rule(ScenarioRule(0, asked["scenario"], account=account, times=times, **fields))
    except LookupError as error:
        raise AdminError(409, str(error.args[0])) from None
    return jsonify(_shown_rule(rule)), 201


@blueprint.put("/scenarios/<name>")
def add_scenario(name: str) -> tuple[Response, int]:
    """Know a scenario of that name from now on: the body is what a scenarios file has of one."""
    try:
        current_context().scenarios.add(name, _sent())
    except CatalogError as error:
        raise AdminError(400, str(error)) from None
    except LookupError as error:
        raise AdminError(409, str(error.args[0])) from None
    return jsonify(scenario=name), 201


@blueprint.delete("/scenarios")
@blueprint.delete("/scenarios/<int:id_>")
def drop_rules(id_: int | None = None) -> Response:
    """Remove one rule, or all."""
    mock = current_context()
    if id_ is not None and id_ not in {rule.id for rule in mock.scenarios.list_rules()}:
        raise AdminError(404, f"no rule {id_}")
    return jsonify(rules=mock.scenarios.remove_rules(id_))


@blueprint.get("/tasks")
def list_tasks() -> Response:
    """Tasks, those that end last first: filter by ``key``, ``status``, ``operation``, ``model``, ``scenario``."""
    mock, wanted = current_context(), _wanted("account", "status", "operation", "model", "scenario")
    now_ms = mock.clock.now_ms()
    return jsonify(tasks=_found((_shown_task(task, now_ms) for task in mock.store.tasks.list_all()), wanted))


@blueprint.get("/tasks/<id_>")
def one_task(id_: str) -> Response:
    """One task: its timeline, what happened to it, and the request object as a poll would see it."""
    mock = current_context()
    return _whole_task(mock, _known(mock.store.tasks.get(id_), id_))


@blueprint.post("/tasks/<id_>/end")
def end_task(id_: str) -> Response:
    """End a task now, as ``outcome`` (succeeded or failed) with ``message``; one that has ended stays as it is."""
    mock, asked = current_context(), _asked("outcome", "message")
    outcome, message = asked.get("outcome", "succeeded"), asked.get("message", "ended by the test")
    if outcome not in mock.catalog.lifecycle["terminal"] or not isinstance(message, str):
        raise AdminError(400, "outcome is succeeded or failed, message is text")
    now_ms = mock.clock.now_ms()
    known = _known(mock.store.tasks.get(id_), id_)
    delay_ms = mock.scenarios.find_or_plain(known.scenario).webhook.delay_ms
    changed = mock.store.tasks.change(id_, delay_ms, lambda task: tasks.end_task(task, now_ms, outcome, message))
    return _whole_task(mock, _known(changed, id_))


@blueprint.get("/journal")
def exchanges() -> Response:
    """The exchanges with the simulated API, the oldest first, filtered by any field."""
    found = _matching()
    return jsonify(exchanges=[asdict(each) for each in found[-_limit() :]], count=len(found))


@blueprint.get("/journal/count")
def count_exchanges() -> Response:
    """How many exchanges match."""
    return jsonify(count=len(_matching()))


@blueprint.get("/webhooks")
def list_webhooks() -> Response:
    """Deliveries and their attempts, with the secret that signs them."""
    mock, wanted = current_context(), _wanted("account", "state", "task_id")
    hooks = (mock.store.deliveries.get(task.id) for task in mock.store.tasks.list_all() if task.webhook_url is not None)
    shown = (asdict(hook) for hook in hooks if hook is not None)
    return jsonify(webhooks=_found(shown, wanted), secret=mock.webhook_sender.secret)


@blueprint.post("/webhooks/<task_id>/redeliver")
def redeliver(task_id: str) -> tuple[Response, int]:
    """Deliver a webhook once more, now; it goes by its own id or by that of its request."""
    mock, task_id = current_context(), task_id.removeprefix("msg_")
    task = mock.store.tasks.get(task_id)
    if task is not None and task.timeline.ended_ms > mock.clock.now_ms():
        raise AdminError(409, "the request has not ended; its webhook comes when it has")
    delivery: Delivery | None = mock.store.deliveries.redeliver(task_id, mock.clock.now_ms())
    if delivery is None:
        raise AdminError(404, f"no webhook of a request {task_id[:60]}")
    return jsonify(asdict(delivery)), 202


@blueprint.post("/reset")
def forget() -> Response:
    """Forget the ``journal``, or ``all``: tasks, keys, credits, rules, webhooks too. The clock stays as it is."""
    what = _asked("what").get("what", "all")
    if what not in ("all", "journal"):
        raise AdminError(400, "what is all or journal")
    store = current_context().store
    (store.forget_journal if what == "journal" else store.forget_all)()
    return jsonify(ok=True)


def _asked(*words: str) -> dict[str, Any]:
    """The JSON object that was sent, held to the words it may have."""
    body = _sent()
    if not isinstance(body, dict) or body.keys() - set(words):
        raise AdminError(400, f"send a JSON object with some of {', '.join(words)}")
    return body


def _sent() -> Any:
    """The JSON that was sent; an empty object where nothing was."""
    data = request.get_data(cache=False)
    try:
        return document.loads(data) if data else {}
    except NotJSON as error:
        raise AdminError(400, str(error)) from None


def _wanted(*names: str) -> Mapping[str, str]:
    """The filters of the query; ``key`` stands for the account of an API key."""
    wanted = {name: value for name, value in request.args.items() if name not in ("limit", "key")}
    unknown = wanted.keys() - set(names)
    if unknown:
        raise AdminError(400, f"no filter {min(unknown)[:60]}: there are key, limit, {', '.join(names)}")
    if "key" in request.args:
        wanted["account"] = derive_account(request.args["key"])
    return wanted


def _limit() -> int:
    text = request.args.get("limit", "100")
    if not text.isdecimal() or not 1 <= int(text[:9]) <= _MOST:
        raise AdminError(400, f"limit is a number from 1 to {_MOST}")
    return int(text)


def _found(shown: Iterable[dict[str, Any]], wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """The first of those that have each value wanted, as many as the limit allows."""
    fitting = (each for each in shown if all(str(each[name]) == value for name, value in wanted.items()))
    return list(islice(fitting, _limit()))


def _matching() -> list[journal.JournalEntry]:
    wanted = _wanted(*journal.FILTERS)
    mock = current_context()
    entries = mock.store.records.entries(journal.LOG, mock.config.journal)
    return [exchange for exchange in map(journal.decode, entries) if journal.matches(exchange, wanted)]


def _known(task: Task | None, id_: str) -> Task:
    if task is None:
        raise AdminError(404, f"no request {id_[:60]}")
    return task


def _clock(mock: MockContext) -> Response:
    scale = mock.clock.scale
    return jsonify(now_ms=mock.clock.now_ms(), scale=scale, frozen=scale == 0)


def _shown_rule(rule: ScenarioRule) -> dict[str, Any]:
    match = {name: getattr(rule, name) for name in ("operation", "model", "prompt", "account") if getattr(rule, name)}
    return {"id": rule.id, "scenario": rule.scenario, "match": match, "times": rule.times}


def _shown_task(task: Task, now_ms: int) -> dict[str, Any]:
    shown = ("id", "account", "operation", "model", "credits", "scenario", "idempotency_key", "webhook_url")
    line = task.timeline
    return {
        **{name: getattr(task, name) for name in shown},
        "status": status_at(line, now_ms),
        "timeline": {name: _moment(getattr(line, name)) for name in ("created_ms", "started_ms", "ended_ms")},
        "outcome": line.outcome,
    }


def _moment(at_ms: int) -> int | None:
    """A time of a timeline; None where it does not come by itself."""
    return at_ms if at_ms < FOREVER_MS else None


def _whole_task(mock: MockContext, task: Task) -> Response:
    now_ms = mock.clock.now_ms()
    events = [asdict(event) for event in task.events]
    view = task_view.build_view(mock.catalog, task, now_ms, find_base_url(mock))
    return jsonify({**_shown_task(task, now_ms), "events": events, "request": view})


def _is_weak(claim: Claim) -> bool:
    return claim.strength == "assumed" or (claim.kind == "behaviour" and claim.severity == "warning")
