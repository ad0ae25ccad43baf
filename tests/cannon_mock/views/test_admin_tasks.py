"""Tasks, journal, webhooks and reset in the mock's own API."""

from __future__ import annotations

import itertools
import json

import pytest

from cannon_mock.clock import ManualClock
from cannon_mock.model import journal, shown_texts
from cannon_mock.model.shown_texts import MOST_CHARACTERS
from cannon_spec import redaction
from tests.support.admin_calls import get, post, read_problem
from tests.support.mocks import KEY, LONG_MS, OTHER_KEY, PRICE, START, Driver, DriverFactory, body, build_driver


def test_tasks_can_be_listed_and_read(mock: Driver) -> None:
    """Tasks can be filtered by key, status, model and scenario; one has its timeline and its request object."""
    first, second = (
        mock.create_and_get_id(),
        mock.create_and_get_id(key=OTHER_KEY, headers={"x-mock-scenario": "stuck"}),
    )
    mock.clock.advance(LONG_MS)
    items = {each["id"]: each for each in get(mock, "tasks")["tasks"]}
    assert {id_: each["status"] for id_, each in items.items()} == {first: "succeeded", second: "processing"}
    assert items[second]["timeline"]["ended_ms"] is None
    for query, ids in (
        (f"key={KEY}", [first]),
        ("status=processing", [second]),
        ("model=gptimage2&scenario=success", [first]),
        ("limit=1", [second]),
    ):
        assert [each["id"] for each in get(mock, f"tasks?{query}")["tasks"]] == ids
    item = get(mock, f"tasks/{first}")
    assert (item["request"], item["events"]) == (mock.poll(first), [])
    assert read_problem(mock.client.get("/__mock__/tasks/req_0"))[0] == 404


def test_the_texts_of_a_task_are_shown_as_far_as_they_fit(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of texts with more characters than one reply shows, one that does not fit is cut off before it is redacted."""
    id_ = mock.create_and_finish(body(prompt="x" * 20 * MOST_CHARACTERS))["id"]
    lengths: list[int] = []

    def count(text: str) -> str:
        lengths.append(len(text))
        return text

    monkeypatch.setattr(redaction, "redact", count)
    monkeypatch.setattr(shown_texts, "redact", count)
    text = json.dumps(get(mock, f"tasks/{id_}")["request"])
    assert f"({20 * MOST_CHARACTERS} characters)" in text
    assert MOST_CHARACTERS / 2 < sum(lengths) < 2 * MOST_CHARACTERS
    assert MOST_CHARACTERS / 2 < len(text) < MOST_CHARACTERS + 10_000


def test_a_task_can_be_ended(mock: Driver) -> None:
    """A task can be ended now, as a failure with a message, which releases its credits; an ended one stays as it is."""
    id_ = mock.create_and_get_id(headers={"x-mock-scenario": "stuck"})
    item = post(mock, f"tasks/{id_}/end", {"outcome": "failed", "message": "because"}).get_json()
    assert (item["status"], item["request"]["errorMessage"]) == ("failed", "because")
    assert item["request"] == mock.poll(id_)
    assert mock.read_credits() == START
    assert post(mock, f"tasks/{id_}/end", {}).get_json()["status"] == "failed"
    assert read_problem(post(mock, f"tasks/{id_}/end", {"outcome": "stuck"}))[0] == 400
    assert read_problem(post(mock, "tasks/req_0/end", {}))[0] == 404


def test_a_task_can_progress_by_polls(make_mock: DriverFactory) -> None:
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
    line = get(mock, f"tasks/{id_}")["timeline"]
    assert [line[name] - line["created_ms"] for name in ("started_ms", "ended_ms")] == [30, 50]
    assert mock.read_credits() == START - PRICE


def test_every_exchange_is_in_the_journal(mock: Driver) -> None:
    """The journal has each exchange with the API once, with both bodies, and none with the mock's own API."""
    id_ = mock.create_and_get_id(headers={"x-idempotency-key": "order-1"})
    mock.poll(id_)
    mock.create({"operation": "image.generate", "input": {"prompt": "", "model": "flux2"}}, key=OTHER_KEY)
    mock.client.get("/api/v1/status")
    page = get(mock, "journal")
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
        assert get(mock, f"journal/count?{query}") == {"count": count}, query
    assert read_problem(mock.client.get("/__mock__/journal/count?colour=red"))[0] == 400


class _TickingClock(ManualClock):
    """A clock that is 1 ms later at each reading."""

    def __init__(self) -> None:
        super().__init__()
        self._ticks = itertools.count()

    def now_ms(self) -> int:
        """See Clock."""
        return super().now_ms() + next(self._ticks)


def test_an_exchange_has_one_time() -> None:
    """The journal shows a create at the time at which its task was created."""
    mock = build_driver(clock=_TickingClock())
    task = mock.poll(mock.create_and_get_id())
    assert get(mock, "journal")["exchanges"][0]["at_ms"] == task["createdAtMs"]


def test_the_journal_names_the_fault(mock: Driver) -> None:
    """The entry of an exchange with a fault names it."""
    mock.create(headers={"x-mock-scenario": "truncated-json"})
    (exchange,) = get(mock, "journal?scenario=truncated-json")["exchanges"]
    assert exchange["fault"] == "truncated"


def test_the_journal_is_bounded(make_mock: DriverFactory) -> None:
    """The journal has at most as many exchanges as the setting says, of each body the beginning, and with 0 none."""
    mock = make_mock(journal=3)
    for number in range(5):
        mock.get(f"/api/v1/requests/req_{number}")
    mock.post("x" * 500_000)
    exchanges = get(mock, "journal")["exchanges"]
    assert [each["request_id"] for each in exchanges] == ["req_3", "req_4", None]
    assert len(exchanges[2]["request_body"]) < journal.LONGEST_BODY + 50
    assert exchanges[2]["request_body"].endswith("(500000 bytes)")
    silent = make_mock(journal=0)
    silent.create_and_get_id()
    assert get(silent, "journal")["count"] == 0


def test_secrets_are_redacted(mock: Driver) -> None:
    """Neither the API key nor anything that looks like a secret is stored, in a body, a task or a name."""
    mock.create(body(prompt=f"my key is {KEY} and whsec_abcDEF+/="), headers={"x-idempotency-key": "k"})
    mock.get("/api/v1/requests/req_1", authorization=f"Bearer {KEY}")
    text = json.dumps([get(mock, "journal"), get(mock, "tasks")])
    assert KEY not in text
    assert "my key is cs_... and whsec_..." in text
    records = mock.store.records
    assert not any(KEY in name for name in records._records)  # type: ignore[attr-defined]


def test_a_reset_forgets_the_journal_or_all(mock: Driver) -> None:
    """A reset of the journal leaves the rest; a whole one leaves only the clock, and no id comes twice."""
    before = mock.create_and_get_id(headers={"x-idempotency-key": "k"})
    post(mock, "scenarios", {"scenario": "slow"})
    mock.clock.advance(5)
    assert post(mock, "reset", {"what": "journal"}).get_json() == {"ok": True}
    assert (get(mock, "journal")["count"], mock.read_credits()) == (0, START - PRICE)
    now_ms, secret = mock.clock.now_ms(), mock.context.webhook_sender.secret
    post(mock, "reset", "")
    assert (get(mock, "tasks"), get(mock, "scenarios")["rules"], mock.read_credits()) == ({"tasks": []}, [], START)
    assert (mock.clock.now_ms(), get(mock, "webhooks")["secret"]) == (now_ms, secret)
    assert mock.create_and_get_id(headers={"x-idempotency-key": "k"}) != before
    assert read_problem(post(mock, "reset", {"what": "some"}))[0] == 400


def test_webhooks_can_be_listed_and_sent_again() -> None:
    """Webhooks are listed with their attempts, can be filtered, and can be sent once more."""
    mock = build_driver(send=lambda *_: None)
    id_ = mock.create_and_get_id({**body(), "webhook_url": "https://example.com/x"})
    mock.create_and_get_id()
    mock.clock.advance(LONG_MS)
    (hook,) = get(mock, f"webhooks?key={KEY}&state=not-sent")["webhooks"]
    assert (hook["task_id"], len(hook["attempts"])) == (id_, 1)
    assert get(mock, "webhooks?state=pending")["webhooks"] == []
    assert post(mock, f"webhooks/{id_}/redeliver", "").status_code == 202
    (hook,) = get(mock, "webhooks")["webhooks"]
    assert len(hook["attempts"]) == 2
    assert post(mock, f"webhooks/{hook['id']}/redeliver", "").status_code == 202
    assert read_problem(post(mock, "webhooks/req_0/redeliver", ""))[0] == 404


def test_a_webhook_is_not_sent_before_its_request_ends(mock: Driver) -> None:
    """The webhook of a request that has not ended, or never ends, cannot be sent again."""
    for scenario in ("success", "stuck"):
        headers = {"x-mock-scenario": scenario}
        id_ = mock.create_and_get_id({**body(), "webhook_url": "http://127.0.0.1:1/x"}, headers=headers)
        assert read_problem(post(mock, f"webhooks/{id_}/redeliver", ""))[0] == 409


def test_an_entry_of_the_journal_stays_short(mock: Driver) -> None:
    """However long a method, a path, a query or a value of a body is, its entry is short, marked, and has no secret."""
    mock.create({"operation": "o" * 500_000, "input": {"prompt": "x", "model": f"{KEY} " * 50_000}})
    mock.get("/" + "p" * 5000 + "?" + "q" * 5000)
    mock.client.open("/", method="M" * 250_000)
    entries = mock.store.records.entries(journal.LOG, 9)
    assert [len(entry) < 3 * journal.LONGEST_BODY for entry in entries] == [True] * 3
    create, path, method = map(journal.decode, entries)
    cut_texts = (create.operation, path.path, method.method)
    assert [str(text).partition("... ")[2] for text in cut_texts] == [
        f"({count} characters)" for count in (500_000, 5001, 250_000)
    ]
    assert KEY not in entries[0]
