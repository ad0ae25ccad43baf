"""The mock's own API: what a test reads of the mock and changes, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from cannon_mock.model import journal
from cannon_mock.model.keys import derive_account
from cannon_mock.stores import StoreError
from tests.support.mocks import KEY, LONG_MS, OTHER_KEY, PRICE, START, Driver, Maker, body, driven, refusal

EXCHANGES = "/__mock__/journal"


def _post(mock: Driver, path: str, content: Any) -> TestResponse:
    return mock.client.post(f"/__mock__/{path}", data=content if isinstance(content, str) else json.dumps(content))


def _put(mock: Driver, name: str, content: Any) -> TestResponse:
    data = content if isinstance(content, str) else json.dumps(content)
    return mock.client.put(f"/__mock__/scenarios/{name}", data=data)


def _get(mock: Driver, path: str) -> Any:
    reply = mock.client.get(f"/__mock__/{path}")
    assert reply.status_code == 200, reply.get_json()
    return reply.get_json()


def _problem(reply: TestResponse) -> tuple[int, str]:
    assert reply.mimetype == "application/problem+json"
    problem = reply.get_json()
    assert problem["status"] == reply.status_code
    return reply.status_code, problem["detail"]


def test_the_clock_can_be_read_and_advanced(mock: Driver) -> None:
    """The clock can be read, advanced, set, scaled, frozen and run; each reply is its new state."""
    start = _get(mock, "clock")
    assert start == {"now_ms": mock.clock.now_ms(), "scale": 0, "frozen": True}
    assert _post(mock, "clock", {"advance_ms": 5}).get_json()["now_ms"] == start["now_ms"] + 5
    assert _post(mock, "clock", {"set_ms": start["now_ms"] + 9}).get_json()["now_ms"] == start["now_ms"] + 9
    for content, scale in (({"run": True}, 1), ({"scale": 60}, 60), ({"freeze": True}, 0)):
        state = _post(mock, "clock", content).get_json()
        assert (state["scale"], state["frozen"]) == (scale, scale == 0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "send exactly one of"),
        ({"advance_ms": 1, "run": True}, "send exactly one of"),
        ({"advance_ms": -1}, "never runs backwards"),
        ({"set_ms": 5}, "never runs backwards"),
        ({"set_ms": 10**15}, "beyond the year 9000"),
        ({"scale": -1}, "from 0 to 1000000"),
        ({"advance_ms": "5"}, "advance_ms must be a number"),
        ({"advance_ms": True}, "advance_ms must be a number"),
        ({"freeze": False}, "freeze must be true"),
        ({"advance": 5}, "no field but advance_ms, set_ms"),
        ([], "send a JSON object"),
        ("{", "JSON"),
        ('{"advance_ms": NaN}', "NaN"),
    ],
    ids=str,
)
def test_the_clock_refuses_invalid_content(mock: Driver, content: Any, message: str) -> None:
    """Invalid content is refused with what to do instead, and the clock does not change."""
    before = mock.clock.now_ms()
    status, detail = _problem(_post(mock, "clock", content))
    assert (status, message in detail) == (400, True), detail
    assert mock.clock.now_ms() == before


def test_rules_are_added_listed_and_removed(mock: Driver) -> None:
    """A rule chooses the scenario of the creates it matches, is listed without the key, and can be removed."""
    match = {"key": KEY, "model": "gptimage2", "prompt": "lone", "operation": "image.generate"}
    reply = _post(mock, "scenarios", {"scenario": "insufficient-credits", "match": match, "times": 1})
    assert reply.status_code == 201
    rule = reply.get_json()
    assert KEY not in json.dumps(rule)
    assert (rule["match"]["account"], rule["times"]) == (derive_account(KEY), 1)
    assert _get(mock, "scenarios")["rules"] == [rule]
    assert mock.create(key=OTHER_KEY).status_code == 202
    assert [mock.create().status_code for _ in range(2)] == [402, 202]
    assert _get(mock, "scenarios")["rules"] == []
    ids = [_post(mock, "scenarios", {"scenario": "slow"}).get_json()["id"] for _ in range(3)]
    assert mock.client.delete(f"/__mock__/scenarios/{ids[1]}").get_json() == {"rules": 2}
    assert _problem(mock.client.delete(f"/__mock__/scenarios/{ids[1]}"))[0] == 404
    assert mock.client.delete("/__mock__/scenarios").get_json() == {"rules": 0}


def test_a_scenario_can_be_added_to_a_running_mock(mock: Driver) -> None:
    """An added scenario is listed, a rule can choose it, and later polls follow it; the last one of a name counts."""
    rainy = {"text": "rain", "outcome": "failed", "message": "rain", "drift": [{"on": "poll", "patch": {"wet": True}}]}
    assert _put(mock, "rainy-day", {"text": "sun"}).status_code == 201
    assert _put(mock, "rainy-day", rainy).status_code == 201
    assert _get(mock, "scenarios")["scenarios"]["rainy-day"] == "rain"
    assert _post(mock, "scenarios", {"scenario": "rainy-day"}).status_code == 201
    end = mock.finished()
    assert (end["status"], end["errorMessage"], end["wet"]) == ("failed", "rain", True)
    assert _post(mock, "reset", {}).status_code == 200
    assert "rainy-day" not in _get(mock, "scenarios")["scenarios"]


@pytest.mark.parametrize(
    ("name", "entry", "status", "message"),
    [
        ("success", {}, 409, "give yours another name"),
        ("a b", {}, 400, "use names of the form"),
        ("x", {"outcome": "maybe"}, 400, "outcome"),
        ("x", {"drift": [{"on": "poll", "patch": {"wet": 1}, "claim": "no-such"}]}, 400, "no-such"),
        ("x", [], 400, "the body"),
        ("x", "{", 400, "JSON"),
    ],
    ids=str,
)
def test_an_invalid_scenario_is_refused(mock: Driver, name: str, entry: Any, status: int, message: str) -> None:
    """An invalid scenario is refused with what is wrong, and is not added."""
    before = _get(mock, "scenarios")
    reply_status, detail = _problem(_put(mock, name, entry))
    assert (reply_status, message in detail) == (status, True), detail
    assert _get(mock, "scenarios") == before


def test_the_number_of_added_scenarios_is_bounded(mock: Driver) -> None:
    """A hundred scenarios can be added; one more is refused, a new one under an old name is not."""
    assert {_put(mock, f"mine-{number}", {}).status_code for number in range(100)} == {201}
    assert _problem(_put(mock, "one-more", {}))[0] == 409
    assert _put(mock, "mine-7", {}).status_code == 201


@pytest.mark.parametrize("scenario", [None, {}, [], "no-such", 7])
def test_a_rule_names_a_scenario(mock: Driver, scenario: Any) -> None:
    """A rule without the name of a scenario is refused."""
    assert _problem(_post(mock, "scenarios", {"scenario": scenario}))[0] == 400


def test_scenarios_are_listed_with_their_texts(make_mock: Maker) -> None:
    """Each scenario is listed with its text, beside the name of the default."""
    listing = _get(make_mock(scenario="slow"), "scenarios")
    assert listing["default"] == "slow"
    assert all(listing["scenarios"].values())


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"scenario": "sucess"},
        {"scenario": "slow", "match": {"colour": "red"}},
        {"scenario": "slow", "match": {"model": 1}},
        {"scenario": "slow", "match": []},
        {"scenario": "slow", "times": 0},
        {"scenario": "slow", "times": True},
        {"scenario": "slow", "for": 1},
    ],
    ids=str,
)
def test_an_invalid_rule_is_refused(mock: Driver, content: Any) -> None:
    """A rule with an unknown scenario or field, or an invalid number, is refused and not added."""
    assert _problem(_post(mock, "scenarios", content))[0] == 400
    assert mock.parts.scenarios.list_rules() == []


def test_too_many_rules_are_refused(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of rules is bounded; one more is refused."""
    monkeypatch.setattr("cannon_mock.stores.scenario_registry.MOST_RULES", 1)
    assert _post(mock, "scenarios", {"scenario": "slow"}).status_code == 201
    assert _problem(_post(mock, "scenarios", {"scenario": "slow"}))[0] == 409


def test_tasks_can_be_listed_and_read(mock: Driver) -> None:
    """Tasks can be filtered by key, status, model and scenario; one has its timeline and its request object."""
    first, second = mock.created(), mock.created(key=OTHER_KEY, headers={"x-mock-scenario": "stuck"})
    mock.clock.advance(LONG_MS)
    items = {each["id"]: each for each in _get(mock, "tasks")["tasks"]}
    assert {id_: each["status"] for id_, each in items.items()} == {first: "succeeded", second: "processing"}
    assert items[second]["timeline"]["ended_ms"] is None
    for query, ids in (
        (f"key={KEY}", [first]),
        ("status=processing", [second]),
        ("model=gptimage2&scenario=success", [first]),
        ("limit=1", [second]),
    ):
        assert [each["id"] for each in _get(mock, f"tasks?{query}")["tasks"]] == ids
    item = _get(mock, f"tasks/{first}")
    assert (item["request"], item["events"]) == (mock.poll(first), [])
    assert _problem(mock.client.get("/__mock__/tasks/req_0"))[0] == 404
    assert _problem(mock.client.get("/__mock__/tasks?colour=red"))[0] == 400
    assert _problem(mock.client.get("/__mock__/tasks?limit=0"))[0] == 400


def test_a_task_can_be_ended(mock: Driver) -> None:
    """A task can be ended now, as a failure with a message, which releases its credits; an ended one stays as it is."""
    id_ = mock.created(headers={"x-mock-scenario": "stuck"})
    item = _post(mock, f"tasks/{id_}/end", {"outcome": "failed", "message": "because"}).get_json()
    assert (item["status"], item["request"]["errorMessage"]) == ("failed", "because")
    assert item["request"] == mock.poll(id_)
    assert mock.credits() == START
    assert _post(mock, f"tasks/{id_}/end", {}).get_json()["status"] == "failed"
    assert _problem(_post(mock, f"tasks/{id_}/end", {"outcome": "stuck"}))[0] == 400
    assert _problem(_post(mock, "tasks/req_0/end", {}))[0] == 404


def test_a_task_can_progress_by_polls(make_mock: Maker) -> None:
    """With manual:2 each state lasts two polls; the timeline has the times of the polls that changed the state."""
    mock = make_mock(progression="manual:2")
    reply = mock.create()
    id_ = reply.get_json()["id"]
    assert reply.get_json()["poll_after_ms"] == 1
    states = []
    for _ in range(6):
        mock.clock.advance(10)
        states.append(mock.poll(id_)["status"])
    assert states == ["queued"] * 2 + ["processing"] * 2 + ["succeeded"] * 2
    line = _get(mock, f"tasks/{id_}")["timeline"]
    assert [line[name] - line["created_ms"] for name in ("started_ms", "ended_ms")] == [30, 50]
    assert mock.credits() == START - PRICE


def test_every_exchange_is_in_the_journal(mock: Driver) -> None:
    """The journal has each exchange with the API once, with both bodies, and none with the mock's own API."""
    id_ = mock.created(headers={"x-idempotency-key": "order-1"})
    mock.poll(id_)
    mock.create({"operation": "image.generate", "input": {"prompt": "", "model": "flux2"}}, key=OTHER_KEY)
    mock.client.get("/api/v1/status")
    page = _get(mock, "journal")
    assert page["count"] == 4
    assert [(each["method"], each["status"]) for each in page["exchanges"]] == [
        *(("POST", 202), ("GET", 200)),
        *(("POST", 400), ("GET", 401)),
    ]
    first = page["exchanges"][0]
    assert json.loads(first["request_body"]) == body()
    assert json.loads(first["response_body"])["id"] == first["request_id"] == id_
    assert (first["idempotency_key"], first["scenario"], first["fault"]) == ("order-1", "success", None)
    for query, count in (
        (f"key={KEY}", 2),
        (f"key={KEY}&method=GET", 1),
        ("status=400", 1),
        ("model=flux2", 1),
        ("operation=image.generate", 3),
        ("idempotency_key=order-1", 1),
        (f"request_id={id_}", 2),
        ("path=/api/v1/requests", 3),
        ("scenario=slow", 0),
    ):
        assert _get(mock, f"journal/count?{query}") == {"count": count}, query
    assert _problem(mock.client.get("/__mock__/journal/count?colour=red"))[0] == 400


def test_the_journal_names_the_fault(mock: Driver) -> None:
    """The entry of an exchange with a fault names it."""
    mock.create(headers={"x-mock-scenario": "truncated-json"})
    (exchange,) = _get(mock, "journal?scenario=truncated-json")["exchanges"]
    assert exchange["fault"] == "truncated"


def test_the_journal_is_bounded(make_mock: Maker) -> None:
    """The journal has at most as many exchanges as the setting says, of each body the beginning, and with 0 none."""
    mock = make_mock(journal=3)
    for number in range(5):
        mock.get(f"/api/v1/requests/req_{number}")
    mock.post("x" * 500_000)
    exchanges = _get(mock, "journal")["exchanges"]
    assert [each["request_id"] for each in exchanges] == ["req_3", "req_4", None]
    assert len(exchanges[2]["request_body"]) < journal.LONGEST_BODY + 50
    assert exchanges[2]["request_body"].endswith("(500000 bytes)")
    silent = make_mock(journal=0)
    silent.created()
    assert _get(silent, "journal")["count"] == 0


def test_secrets_are_redacted(mock: Driver) -> None:
    """Neither the API key nor anything that looks like a secret is stored, in a body, a task or a name."""
    mock.create(body(prompt=f"my key is {KEY} and whsec_abcDEF+/="), headers={"x-idempotency-key": "k"})
    mock.get("/api/v1/requests/req_1", authorization=f"Bearer {KEY}")
    text = json.dumps([_get(mock, "journal"), _get(mock, "tasks")])
    assert KEY not in text
    assert "my key is cs_... and whsec_..." in text
    records = mock.store.records
    assert not any(KEY in name for name in records._records)  # type: ignore[attr-defined]


def test_a_reset_forgets_the_journal_or_all(mock: Driver) -> None:
    """A reset of the journal leaves the rest; a whole one leaves only the clock, and no id comes twice."""
    before = mock.created(headers={"x-idempotency-key": "k"})
    _post(mock, "scenarios", {"scenario": "slow"})
    mock.clock.advance(5)
    assert _post(mock, "reset", {"what": "journal"}).get_json() == {"ok": True}
    assert (_get(mock, "journal")["count"], mock.credits()) == (0, START - PRICE)
    now_ms, secret = mock.clock.now_ms(), mock.parts.webhook_sender.secret
    _post(mock, "reset", "")
    assert (_get(mock, "tasks"), _get(mock, "scenarios")["rules"], mock.credits()) == ({"tasks": []}, [], START)
    assert (mock.clock.now_ms(), _get(mock, "webhooks")["secret"]) == (now_ms, secret)
    assert mock.created(headers={"x-idempotency-key": "k"}) != before
    assert _problem(_post(mock, "reset", {"what": "some"}))[0] == 400


def test_webhooks_can_be_listed_and_sent_again() -> None:
    """Webhooks are listed with their attempts, can be filtered, and can be sent once more."""
    mock = driven(send=lambda *_: None)
    id_ = mock.created({**body(), "webhook_url": "https://example.com/x"})
    mock.created()
    mock.clock.advance(LONG_MS)
    (hook,) = _get(mock, f"webhooks?key={KEY}&state=not-sent")["webhooks"]
    assert (hook["task_id"], len(hook["attempts"])) == (id_, 1)
    assert _get(mock, "webhooks?state=pending")["webhooks"] == []
    assert _post(mock, f"webhooks/{id_}/redeliver", "").status_code == 202
    (hook,) = _get(mock, "webhooks")["webhooks"]
    assert len(hook["attempts"]) == 2
    assert _post(mock, f"webhooks/{hook['id']}/redeliver", "").status_code == 202
    assert _problem(_post(mock, "webhooks/req_0/redeliver", ""))[0] == 404


def test_a_token_protects_all_but_health(make_mock: Maker) -> None:
    """With a token the mock's own API needs it, except health, ready and version; the simulated API does not."""
    mock = make_mock(admin_token="letmein")
    for path, status in (("health", 200), ("ready", 200), ("version", 200), ("clock", 401), ("journal", 401)):
        assert mock.client.get(f"/__mock__/{path}").status_code == status
    reply = mock.client.get("/__mock__/clock", headers={"Authorization": "Bearer letmei"})
    assert (_problem(reply)[0], reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert mock.client.get("/__mock__/clock", headers={"Authorization": "Bearer letmein"}).status_code == 200
    assert mock.create().status_code == 202


def test_the_own_api_can_be_turned_off(make_mock: Maker) -> None:
    """With admin off nothing answers under /__mock__/, and the simulated API does."""
    mock = make_mock(admin=False)
    assert mock.client.get("/__mock__/health").status_code == 404
    assert mock.create().status_code == 202


def test_a_mock_without_its_store_is_not_ready(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its store cannot be reached the mock is healthy but not ready, and answers clients with 503."""

    def fail(*_: Any) -> Any:
        raise StoreError("redis://gone: no answer")

    monkeypatch.setattr(mock.store.records, "get", fail)
    assert _problem(mock.client.get("/__mock__/ready")) == (503, "redis://gone: no answer")
    assert mock.client.get("/__mock__/health").status_code == 200
    assert refusal(mock.get("/api/v1/requests/req_1")) == (503, "store_unavailable")


def test_a_file_of_keys_sets_names_scopes_and_credits(make_mock: Maker, tmp_path: Path) -> None:
    """Keys have the names, scopes, plans and credits of the file; a revoked one is refused; others may be allowed."""
    entries: dict[str, Any] = {
        "cs_reader": {"name": "Reader", "scopes": ["requests:read"], "plan": "pro", "email": "r@example.com"},
        "cs_writer": {"scopes": ["requests:write"], "credits": PRICE},
        "cs_gone": {"revoked": True},
    }
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": entries}))
    mock = make_mock(keys=str(file))
    status = mock.get("/api/v1/status", "cs_reader").get_json()
    assert (status["apiKey"], status["account"]) == (
        {"name": "Reader", "scopes": ["requests:read"]},
        {"email": "r@example.com", "plan": "pro"},
    )
    assert refusal(mock.create(key="cs_reader")) == (403, "missing_scope")
    assert [mock.create(key="cs_writer").status_code for _ in range(2)] == [202, 402]
    assert refusal(mock.get("/api/v1/requests/req_1", "cs_writer")) == (403, "missing_scope")
    assert refusal(mock.get("/api/v1/status", "cs_gone")) == (401, "unauthorized")
    assert mock.get("/api/v1/status", "cs_other").status_code == 200
    file.write_text(json.dumps({"keys": entries, "others": False}))
    assert refusal(make_mock(keys=str(file)).get("/api/v1/status", "cs_other")) == (401, "unauthorized")


@pytest.mark.parametrize("status", [422, 400, 409])
def test_the_status_of_a_mismatch_can_be_chosen(make_mock: Maker, status: int) -> None:
    """An idempotency key with another body is refused with the status that the settings say."""
    mock = make_mock(mismatch_status=status)
    mock.create(headers={"x-idempotency-key": "k"})
    other = mock.create(body(prompt="other"), headers={"x-idempotency-key": "k"})
    assert refusal(other) == (status, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("model", "resolution", "credits"),
    [("gptimage2", "1K", 31), ("gptimage2", "4K", 81), ("gptimage2", None, 31), ("seedream5", None, 28)],
)
def test_a_price_depends_on_model_and_resolution(mock: Driver, model: str, resolution: Any, credits: int) -> None:
    """The credits held and billed are the price of the model at the resolution."""
    id_ = mock.created(body(model=model, resolution=resolution))
    assert (mock.credits(), mock.poll(id_)["billableCredits"]) == (START - credits, credits)


def test_a_file_adds_scenarios(make_mock: Maker, tmp_path: Path) -> None:
    """A file adds scenarios beside the shipped ones, and can set the default."""
    file = tmp_path / "mine.json"
    mine = {"outcome": "failed", "message": "rain", "pace": {"factor": 0}}
    file.write_text(json.dumps({"default": "rainy-day", "scenarios": {"rainy-day": mine}}))
    mock = make_mock(catalog=None, scenarios=str(file))
    assert mock.poll(mock.created())["errorMessage"] == "rain"
    assert mock.finished(headers={"x-mock-scenario": "success"})["status"] == "succeeded"


def test_the_error_for_a_forgotten_request_says_so(make_mock: Maker) -> None:
    """The error for a poll of a request that the mock has dropped says how many were dropped."""
    mock = make_mock(max_tasks=1)
    first = mock.created()
    assert "forgotten" not in mock.get("/api/v1/requests/req_0").get_json()["error"]["message"]
    mock.created()
    reply = mock.get(f"/api/v1/requests/{first}")
    assert refusal(reply) == (404, "request_not_found")
    assert "keeps 1 requests and has forgotten 1" in reply.get_json()["error"]["message"]


def test_a_webhook_is_not_sent_before_its_request_ends(mock: Driver) -> None:
    """The webhook of a request that has not ended, or never ends, cannot be sent again."""
    for scenario in ("success", "stuck"):
        headers = {"x-mock-scenario": scenario}
        id_ = mock.created({**body(), "webhook_url": "http://127.0.0.1:1/x"}, headers=headers)
        assert _problem(_post(mock, f"webhooks/{id_}/redeliver", ""))[0] == 409


def test_an_entry_of_the_journal_stays_short(mock: Driver) -> None:
    """However long a value of a body or a path is, its entry in the journal is short, and has no secret."""
    mock.create({"operation": "o" * 500_000, "input": {"prompt": "x", "model": f"{KEY} " * 50_000}})
    mock.get("/" + "p" * 5000)
    (entry, other) = mock.store.records.entries(journal.LOG, 9)
    assert len(entry) < 3 * journal.LONGEST_BODY
    assert len(other) < 3 * journal.LONGEST_BODY
    assert KEY not in entry


def test_several_faults_of_one_create_all_apply(make_mock: Maker, tmp_path: Path) -> None:
    """A scenario with latency and another fault applies both, in either order."""
    latency, truncation = (
        {"on": "create", "stored": True, "latency_ms": 700},
        {"on": "create", "stored": True, "body": "truncated"},
    )
    rejection = {"on": "create", "latency_ms": 300, "status": 503, "code": "busy", "message": "later"}
    file = tmp_path / "mine.json"
    mine = {"one": [latency, truncation], "two": [truncation, latency], "three": [rejection]}
    file.write_text(json.dumps({"scenarios": {name: {"faults": faults} for name, faults in mine.items()}}))
    mock = make_mock(catalog=None, scenarios=str(file))
    for name, duration_ms in (("one", 700), ("two", 700), ("three", 300)):
        before_ms = mock.clock.now_ms()
        reply = mock.create(headers={"x-mock-scenario": name})
        assert mock.clock.now_ms() - before_ms == duration_ms
        assert reply.get_json(silent=True) is None or (name, reply.status_code) == ("three", 503)


@pytest.mark.parametrize(("path", "method", "status"), [("nothing", "GET", 404), ("clock", "PUT", 405)])
def test_an_unknown_address_is_a_problem(mock: Driver, path: str, method: str, status: int) -> None:
    """Under /__mock__/ every error has the form of RFC 9457, also for an unknown address or method."""
    assert _problem(mock.client.open(f"/__mock__/{path}", method=method))[0] == status
