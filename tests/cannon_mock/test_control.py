"""The admin API: what a test reads of the mock, and what it changes, over HTTP."""

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


def _post(mock: Driver, path: str, sent: Any) -> TestResponse:
    return mock.client.post(f"/__mock__/{path}", data=sent if isinstance(sent, str) else json.dumps(sent))


def _put(mock: Driver, name: str, sent: Any) -> TestResponse:
    data = sent if isinstance(sent, str) else json.dumps(sent)
    return mock.client.put(f"/__mock__/scenarios/{name}", data=data)


def _get(mock: Driver, path: str) -> Any:
    reply = mock.client.get(f"/__mock__/{path}")
    assert reply.status_code == 200, reply.get_json()
    return reply.get_json()


def _problem(reply: TestResponse) -> tuple[int, str]:
    assert reply.mimetype == "application/problem+json"
    said = reply.get_json()
    assert said["status"] == reply.status_code
    return reply.status_code, said["detail"]


def test_the_clock_is_read_and_moved(mock: Driver) -> None:
    """The clock tells its time and can be moved, set, sped up, frozen and set going again; each answer is the state."""
    start = _get(mock, "clock")
    assert start == {"now_ms": mock.clock.now_ms(), "scale": 0, "frozen": True}
    assert _post(mock, "clock", {"advance_ms": 5}).get_json()["now_ms"] == start["now_ms"] + 5
    assert _post(mock, "clock", {"set_ms": start["now_ms"] + 9}).get_json()["now_ms"] == start["now_ms"] + 9
    for sent, scale in (({"run": True}, 1), ({"scale": 60}, 60), ({"freeze": True}, 0)):
        shown = _post(mock, "clock", sent).get_json()
        assert (shown["scale"], shown["frozen"]) == (scale, scale == 0)


@pytest.mark.parametrize(
    ("sent", "said"),
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
def test_the_clock_takes_no_nonsense(mock: Driver, sent: Any, said: str) -> None:
    """What cannot be is refused with what to do instead, and the clock stays as it is."""
    before = mock.clock.now_ms()
    status, detail = _problem(_post(mock, "clock", sent))
    assert (status, said in detail) == (400, True), detail
    assert mock.clock.now_ms() == before


def test_rules_are_set_shown_and_removed(mock: Driver) -> None:
    """A rule chooses the scenario of what it matches, is shown without the key, and can be taken back."""
    match = {"key": KEY, "model": "gptimage2", "prompt": "lone", "operation": "image.generate"}
    made = _post(mock, "scenarios", {"scenario": "insufficient-credits", "match": match, "times": 1})
    assert made.status_code == 201
    shown = made.get_json()
    assert KEY not in json.dumps(shown)
    assert (shown["match"]["account"], shown["times"]) == (derive_account(KEY), 1)
    assert _get(mock, "scenarios")["rules"] == [shown]
    assert mock.create(key=OTHER_KEY).status_code == 202
    assert [mock.create().status_code for _ in range(2)] == [402, 202]
    assert _get(mock, "scenarios")["rules"] == []
    ids = [_post(mock, "scenarios", {"scenario": "slow"}).get_json()["id"] for _ in range(3)]
    assert mock.client.delete(f"/__mock__/scenarios/{ids[1]}").get_json() == {"rules": 2}
    assert _problem(mock.client.delete(f"/__mock__/scenarios/{ids[1]}"))[0] == 404
    assert mock.client.delete("/__mock__/scenarios").get_json() == {"rules": 0}


def test_a_running_mock_is_given_a_scenario(mock: Driver) -> None:
    """It is known from then on: listed, chosen by a rule, followed by later polls; the last one of a name counts."""
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
    ("name", "entry", "status", "said"),
    [
        ("success", {}, 409, "give yours another name"),
        ("a b", {}, 400, "breaks"),
        ("x", {"outcome": "maybe"}, 400, "outcome"),
        ("x", {"drift": [{"on": "poll", "patch": {"wet": 1}, "claim": "no-such"}]}, 400, "no-such"),
        ("x", [], 400, "the body"),
        ("x", "{", 400, "JSON"),
    ],
    ids=str,
)
def test_a_scenario_that_is_none_is_refused(mock: Driver, name: str, entry: Any, status: int, said: str) -> None:
    """It is refused with what is wrong, and not known afterwards."""
    before = _get(mock, "scenarios")
    found, detail = _problem(_put(mock, name, entry))
    assert (found, said in detail) == (status, True), detail
    assert _get(mock, "scenarios") == before


def test_a_running_mock_is_given_no_end_of_scenarios(mock: Driver) -> None:
    """A hundred are known; one more is refused, one of a known name is not."""
    assert {_put(mock, f"mine-{number}", {}).status_code for number in range(100)} == {201}
    assert _problem(_put(mock, "one-more", {}))[0] == 409
    assert _put(mock, "mine-7", {}).status_code == 201


@pytest.mark.parametrize("scenario", [None, {}, [], "no-such", 7])
def test_a_rule_names_a_scenario(mock: Driver, scenario: Any) -> None:
    """A rule for what is no scenario is refused."""
    assert _problem(_post(mock, "scenarios", {"scenario": scenario}))[0] == 400


def test_scenarios_are_listed_with_what_they_do(make_mock: Maker) -> None:
    """Each scenario is listed with its text, and the default that is in force."""
    shown = _get(make_mock(scenario="slow"), "scenarios")
    assert shown["default"] == "slow"
    assert all(shown["scenarios"].values())


@pytest.mark.parametrize(
    "sent",
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
def test_a_rule_that_cannot_be_is_refused(mock: Driver, sent: Any) -> None:
    """A rule with an unknown scenario, field or number is refused and not kept."""
    assert _problem(_post(mock, "scenarios", sent))[0] == 400
    assert mock.parts.scenarios.list_rules() == []


def test_too_many_rules_are_refused(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are bounded."""
    monkeypatch.setattr("cannon_mock.stores.scenario_registry.MOST_RULES", 1)
    assert _post(mock, "scenarios", {"scenario": "slow"}).status_code == 201
    assert _problem(_post(mock, "scenarios", {"scenario": "slow"}))[0] == 409


def test_tasks_are_listed_and_shown(mock: Driver) -> None:
    """Tasks can be filtered by whose they are and how they stand; one is shown with its timeline and as polled."""
    first, second = mock.created(), mock.created(key=OTHER_KEY, headers={"x-mock-scenario": "stuck"})
    mock.clock.advance(LONG_MS)
    listed = {each["id"]: each for each in _get(mock, "tasks")["tasks"]}
    assert {id_: each["status"] for id_, each in listed.items()} == {first: "succeeded", second: "processing"}
    assert listed[second]["timeline"]["ended_ms"] is None
    for query, expected in (
        (f"key={KEY}", [first]),
        ("status=processing", [second]),
        ("model=gptimage2&scenario=success", [first]),
        ("limit=1", [second]),
    ):
        assert [each["id"] for each in _get(mock, f"tasks?{query}")["tasks"]] == expected
    shown = _get(mock, f"tasks/{first}")
    assert (shown["request"], shown["events"]) == (mock.poll(first), [])
    assert _problem(mock.client.get("/__mock__/tasks/req_0"))[0] == 404
    assert _problem(mock.client.get("/__mock__/tasks?colour=red"))[0] == 400
    assert _problem(mock.client.get("/__mock__/tasks?limit=0"))[0] == 400


def test_a_task_is_ended_on_demand(mock: Driver) -> None:
    """A task can be ended now, as a failure with a message, which gives its credits back; an ended one stays."""
    id_ = mock.created(headers={"x-mock-scenario": "stuck"})
    shown = _post(mock, f"tasks/{id_}/end", {"outcome": "failed", "message": "because"}).get_json()
    assert (shown["status"], shown["request"]["errorMessage"]) == ("failed", "because")
    assert shown["request"] == mock.poll(id_)
    assert mock.credits() == START
    assert _post(mock, f"tasks/{id_}/end", {}).get_json()["status"] == "failed"
    assert _problem(_post(mock, f"tasks/{id_}/end", {"outcome": "stuck"}))[0] == 400
    assert _problem(_post(mock, "tasks/req_0/end", {}))[0] == 404


def test_a_task_that_counts_polls_can_be_driven(make_mock: Maker) -> None:
    """With manual:2 each state lasts two polls; the timeline has the times of the polls that moved it on."""
    mock = make_mock(progression="manual:2")
    reply = mock.create()
    id_ = reply.get_json()["id"]
    assert reply.get_json()["poll_after_ms"] == 1
    seen = []
    for _ in range(6):
        mock.clock.advance(10)
        seen.append(mock.poll(id_)["status"])
    assert seen == ["queued"] * 2 + ["processing"] * 2 + ["succeeded"] * 2
    line = _get(mock, f"tasks/{id_}")["timeline"]
    assert [line[name] - line["created_ms"] for name in ("started_ms", "ended_ms")] == [30, 50]
    assert mock.credits() == START - PRICE


def test_every_exchange_is_in_the_journal(mock: Driver) -> None:
    """Each exchange with the API is there once, with what was asked and answered; the mock's own calls are not."""
    id_ = mock.created(headers={"x-idempotency-key": "order-1"})
    mock.poll(id_)
    mock.create({"operation": "image.generate", "input": {"prompt": "", "model": "flux2"}}, key=OTHER_KEY)
    mock.client.get("/api/v1/status")
    shown = _get(mock, "journal")
    assert shown["count"] == 4
    assert [(each["method"], each["status"]) for each in shown["exchanges"]] == [
        *(("POST", 202), ("GET", 200)),
        *(("POST", 400), ("GET", 401)),
    ]
    first = shown["exchanges"][0]
    assert json.loads(first["request_body"]) == body()
    assert json.loads(first["response_body"])["id"] == first["request_id"] == id_
    assert (first["idempotency_key"], first["scenario"], first["fault"]) == ("order-1", "success", None)
    for query, expected in (
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
        assert _get(mock, f"journal/count?{query}") == {"count": expected}, query
    assert _problem(mock.client.get("/__mock__/journal/count?colour=red"))[0] == 400


def test_the_journal_tells_what_went_wrong(mock: Driver) -> None:
    """An exchange that a scenario spoilt names the fault."""
    mock.create(headers={"x-mock-scenario": "truncated-json"})
    (exchange,) = _get(mock, "journal?scenario=truncated-json")["exchanges"]
    assert exchange["fault"] == "truncated"


def test_the_journal_is_bounded(make_mock: Maker) -> None:
    """No more exchanges are kept than asked for, of each body only its beginning, and none where none is wanted."""
    mock = make_mock(journal=3)
    for number in range(5):
        mock.get(f"/api/v1/requests/req_{number}")
    mock.post("x" * 500_000)
    shown = _get(mock, "journal")["exchanges"]
    assert [each["request_id"] for each in shown] == ["req_3", "req_4", None]
    assert len(shown[2]["request_body"]) < journal.LONGEST_BODY + 50
    assert shown[2]["request_body"].endswith("(500000 bytes)")
    silent = make_mock(journal=0)
    silent.created()
    assert _get(silent, "journal")["count"] == 0


def test_secrets_are_cut(mock: Driver) -> None:
    """Neither the API key nor anything that looks like a secret is kept, in a body, a task or the store."""
    mock.create(body(prompt=f"my key is {KEY} and whsec_abcDEF+/="), headers={"x-idempotency-key": "k"})
    mock.get("/api/v1/requests/req_1", authorization=f"Bearer {KEY}")
    kept = json.dumps([_get(mock, "journal"), _get(mock, "tasks")])
    assert KEY not in kept
    assert "my key is cs_... and whsec_..." in kept
    records = mock.store.records
    assert not any(KEY in name for name in records._records)  # type: ignore[attr-defined]


def test_forgetting_is_narrow_or_whole(mock: Driver) -> None:
    """A reset of the journal leaves the rest; a whole one leaves the clock alone, and ids are not given out twice."""
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


def test_webhooks_are_listed_and_sent_again() -> None:
    """Deliveries are listed with their attempts, can be filtered, and sent once more."""
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
    """With a token the admin API asks for it, but for health, ready and version; the simulated API does not."""
    mock = make_mock(admin_token="letmein")
    for path, status in (("health", 200), ("ready", 200), ("version", 200), ("clock", 401), ("journal", 401)):
        assert mock.client.get(f"/__mock__/{path}").status_code == status
    reply = mock.client.get("/__mock__/clock", headers={"Authorization": "Bearer letmei"})
    assert (_problem(reply)[0], reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert mock.client.get("/__mock__/clock", headers={"Authorization": "Bearer letmein"}).status_code == 200
    assert mock.create().status_code == 202


def test_without_admin_there_is_none(make_mock: Maker) -> None:
    """Switched off, nothing answers under the prefix, and the simulated API does."""
    mock = make_mock(admin=False)
    assert mock.client.get("/__mock__/health").status_code == 404
    assert mock.create().status_code == 202


def test_a_mock_without_its_store_is_not_ready(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store cannot be reached the mock is healthy but not ready, and says so to clients with 503."""

    def broken(*_: Any) -> Any:
        raise StoreError("redis://gone: no answer")

    monkeypatch.setattr(mock.store.records, "get", broken)
    assert _problem(mock.client.get("/__mock__/ready")) == (503, "redis://gone: no answer")
    assert mock.client.get("/__mock__/health").status_code == 200
    assert refusal(mock.get("/api/v1/requests/req_1")) == (503, "store_unavailable")


def test_a_keys_file_says_who_may_do_what(make_mock: Maker, tmp_path: Path) -> None:
    """Keys have the names, scopes, plans and credits of the file; a revoked one is refused; others work, or not."""
    listed: dict[str, Any] = {
        "cs_reader": {"name": "Reader", "scopes": ["requests:read"], "plan": "pro", "email": "r@example.com"},
        "cs_writer": {"scopes": ["requests:write"], "credits": PRICE},
        "cs_gone": {"revoked": True},
    }
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": listed}))
    mock = make_mock(keys=str(file))
    shown = mock.get("/api/v1/status", "cs_reader").get_json()
    assert (shown["apiKey"], shown["account"]) == (
        {"name": "Reader", "scopes": ["requests:read"]},
        {"email": "r@example.com", "plan": "pro"},
    )
    assert refusal(mock.create(key="cs_reader")) == (403, "missing_scope")
    assert [mock.create(key="cs_writer").status_code for _ in range(2)] == [202, 402]
    assert refusal(mock.get("/api/v1/requests/req_1", "cs_writer")) == (403, "missing_scope")
    assert refusal(mock.get("/api/v1/status", "cs_gone")) == (401, "unauthorized")
    assert mock.get("/api/v1/status", "cs_other").status_code == 200
    file.write_text(json.dumps({"keys": listed, "others": False}))
    assert refusal(make_mock(keys=str(file)).get("/api/v1/status", "cs_other")) == (401, "unauthorized")


@pytest.mark.parametrize("status", [422, 400, 409])
def test_the_status_of_a_mismatch_can_be_chosen(make_mock: Maker, status: int) -> None:
    """A key with another body is refused with the status of the profile that is chosen."""
    mock = make_mock(mismatch_status=status)
    mock.create(headers={"x-idempotency-key": "k"})
    other = mock.create(body(prompt="other"), headers={"x-idempotency-key": "k"})
    assert refusal(other) == (status, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("model", "resolution", "credits"),
    [("gptimage2", "1K", 31), ("gptimage2", "4K", 81), ("gptimage2", None, 31), ("seedream5", None, 28)],
)
def test_a_price_is_that_of_model_and_resolution(mock: Driver, model: str, resolution: Any, credits: int) -> None:
    """What is held, and billed, is the price of the model at the resolution."""
    id_ = mock.created(body(model=model, resolution=resolution))
    assert (mock.credits(), mock.poll(id_)["billableCredits"]) == (START - credits, credits)


def test_scenarios_of_a_file_join_those_shipped(make_mock: Maker, tmp_path: Path) -> None:
    """A file's scenarios can be named beside the others, replace one of the same name, and set the default."""
    file = tmp_path / "mine.json"
    mine = {"outcome": "failed", "message": "rain", "pace": {"factor": 0}}
    file.write_text(json.dumps({"default": "rainy-day", "scenarios": {"rainy-day": mine}}))
    mock = make_mock(catalog=None, scenarios=str(file))
    assert mock.poll(mock.created())["errorMessage"] == "rain"
    assert mock.finished(headers={"x-mock-scenario": "success"})["status"] == "succeeded"


def test_a_forgotten_request_is_said_to_be_one(make_mock: Maker) -> None:
    """A poll of a request that had to make room says so."""
    mock = make_mock(max_tasks=1)
    first = mock.created()
    assert "forgotten" not in mock.get("/api/v1/requests/req_0").get_json()["error"]["message"]
    mock.created()
    reply = mock.get(f"/api/v1/requests/{first}")
    assert refusal(reply) == (404, "request_not_found")
    assert "keeps 1 requests and has forgotten 1" in reply.get_json()["error"]["message"]


def test_a_webhook_is_not_sent_before_its_end(mock: Driver) -> None:
    """A request that has not ended cannot have its webhook delivered again, nor one that never ends."""
    for scenario in ("success", "stuck"):
        headers = {"x-mock-scenario": scenario}
        id_ = mock.created({**body(), "webhook_url": "http://127.0.0.1:1/x"}, headers=headers)
        assert _problem(_post(mock, f"webhooks/{id_}/redeliver", ""))[0] == 409


def test_a_refused_body_leaves_no_long_word_in_the_journal(mock: Driver) -> None:
    """However long a word of a body or a path is, and whatever secret it holds, its exchange stays short."""
    mock.create({"operation": "o" * 500_000, "input": {"prompt": "x", "model": f"{KEY} " * 50_000}})
    mock.get("/" + "p" * 5000)
    (entry, other) = mock.store.records.entries(journal.LOG, 9)
    assert len(entry) < 3 * journal.LONGEST_BODY
    assert len(other) < 3 * journal.LONGEST_BODY
    assert KEY not in entry


def test_faults_add_up(make_mock: Maker, tmp_path: Path) -> None:
    """A scenario with latency and another fault has both, in whichever order they stand."""
    late, cut = (
        {"on": "create", "stored": True, "latency_ms": 700},
        {"on": "create", "stored": True, "body": "truncated"},
    )
    refused = {"on": "create", "latency_ms": 300, "status": 503, "code": "busy", "message": "later"}
    file = tmp_path / "mine.json"
    mine = {"one": [late, cut], "two": [cut, late], "three": [refused]}
    file.write_text(json.dumps({"scenarios": {name: {"faults": faults} for name, faults in mine.items()}}))
    mock = make_mock(catalog=None, scenarios=str(file))
    for name, taken in (("one", 700), ("two", 700), ("three", 300)):
        before = mock.clock.now_ms()
        reply = mock.create(headers={"x-mock-scenario": name})
        assert mock.clock.now_ms() - before == taken
        assert reply.get_json(silent=True) is None or (name, reply.status_code) == ("three", 503)


@pytest.mark.parametrize(("path", "method", "status"), [("nothing", "GET", 404), ("clock", "PUT", 405)])
def test_an_address_that_is_none_is_a_problem(mock: Driver, path: str, method: str, status: int) -> None:
    """Under the prefix every error is a problem, also for an address or a method that there is not."""
    assert _problem(mock.client.open(f"/__mock__/{path}", method=method))[0] == status
