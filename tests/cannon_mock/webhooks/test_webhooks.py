"""Webhooks: their body and signature, their schedule, and the faults of scenarios."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cannon_mock.model import deliveries
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.stores import Records, Store
from cannon_mock.webhooks import sender
from cannon_mock.webhooks.outgoing import may_call
from cannon_spec import validate_response
from tests.cannon_mock.stores.test_tasks import PLAIN
from tests.support.mocks import LONG_MS, Driver, body, build_driver
from tests.support.receiver import Receiver, receiving

MINUTE_MS, DAY_MS = 60_000, 86_400_000
SCHEDULE = [0, 5000, 300_000]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def _create_with_webhook(mock: Driver, receiver: Receiver, scenario: str = "success") -> str:
    return mock.create_and_get_id({**body(), "webhook_url": receiver.url}, headers={"x-mock-scenario": scenario})


def _delivery(mock: Driver, id_: str) -> Delivery:
    delivery = mock.store.deliveries.get(id_)
    assert delivery is not None
    return delivery


def _verify(mock: Driver, webhook: tuple[bytes, dict[str, str]]) -> Any:
    return Webhook(mock.context.webhook_sender.secret).verify(*webhook)


@pytest.mark.parametrize(("scenario", "status"), [("success", "succeeded"), ("failed-internal", "failed")])
def test_one_webhook_is_sent_at_the_end(mock: Driver, receiver: Receiver, scenario: str, status: str) -> None:
    """One webhook is sent at the end, on success and on failure: its data is the request as polled, and it verifies."""
    id_ = _create_with_webhook(mock, receiver, scenario)
    mock.clock.advance(1500)
    assert receiver.received == []
    mock.clock.advance(LONG_MS)
    event = _verify(mock, receiver.received[0])
    assert (event["type"], event["data"]) == (f"request.{status}", mock.poll(id_))
    assert validate_response("webhook", event, strictness="strict").errors == ()
    mock.clock.advance(10 * DAY_MS)
    assert len(receiver.received) == 1
    assert _delivery(mock, id_).state == "delivered"


def test_attempts_follow_the_schedule(mock: Driver, receiver: Receiver) -> None:
    """Each attempt is made at its time of the clock, with the same id and body, until the response to one is 2xx."""
    receiver.answers = [(500, {}), (301, {"Location": receiver.url}), (204, {})]
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(days=8)
    delivery = _delivery(mock, id_)
    ended_ms = mock.poll(id_)["completedAtMs"]
    assert [attempt.at_ms - ended_ms for attempt in delivery.attempts] == [0, 5000, 305_000]
    assert [attempt.status for attempt in delivery.attempts] == [500, 301, 204]
    assert len({(body, headers["webhook-id"]) for body, headers in receiver.received}) == 1
    assert delivery.state == "delivered"


def test_a_delivery_fails_after_ten_attempts(mock: Driver, receiver: Receiver) -> None:
    """After ten attempts in about three days nothing more is sent."""
    receiver.then = (500, {})
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(days=30)
    delivery = _delivery(mock, id_)
    assert (delivery.state, len(delivery.attempts), len(receiver.received)) == ("failed", 10, 10)


def test_a_response_of_410_stops_the_delivery(mock: Driver, receiver: Receiver) -> None:
    """A receiver that responds with 410 is not called again."""
    receiver.then = (410, {})
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(days=30)
    assert (_delivery(mock, id_).state, len(receiver.received)) == ("stopped", 1)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_delays_the_next_attempt(mock: Driver, receiver: Receiver, status: int, form: str) -> None:
    """Retry-After of 429 and 503 counts, in seconds or as a date, where it is longer than the schedule."""
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    receiver.answers = [(status, {"Retry-After": "60" if form == "seconds" else later})]
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(days=1)
    first, second = _delivery(mock, id_).attempts
    assert 50_000 <= second.at_ms - first.at_ms <= 61_000


FAR_YEAR = "Fri, 31 Dec 9999 23:59:59 GMT"


@pytest.mark.parametrize(
    ("value", "wait_ms"),
    [("000000000060", 60_000), ("86401", DAY_MS), ("9" * 23, DAY_MS), ("9" * 5000, DAY_MS), (FAR_YEAR, DAY_MS)],
    ids=str,
)
def test_retry_after_waits_for_a_day_at_most(mock: Driver, receiver: Receiver, value: str, wait_ms: int) -> None:
    """Law: no Retry-After puts an attempt off by more than the longest pause of the schedule."""
    receiver.answers = [(503, {"Retry-After": value})]
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(days=2)
    first, second = _delivery(mock, id_).attempts
    assert second.at_ms - first.at_ms == wait_ms


@pytest.mark.parametrize("value", ["soon", "-5", "", "Fri, 31 Dec 99999 23:59:59 GMT"])
def test_a_malformed_retry_after_is_ignored(mock: Driver, receiver: Receiver, value: str) -> None:
    """A malformed Retry-After leaves the schedule, and causes no error."""
    receiver.answers = [(503, {"Retry-After": value})]
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(LONG_MS)
    assert _delivery(mock, id_).state == "delivered"


def test_an_unreachable_receiver_is_a_failed_attempt(mock: Driver) -> None:
    """Where no receiver listens the attempt's note says so, and the next attempt follows."""
    id_ = mock.create_and_get_id({**body(), "webhook_url": "http://127.0.0.1:1/hook"})
    mock.clock.advance(LONG_MS)
    attempts = _delivery(mock, id_).attempts
    assert [attempt.status for attempt in attempts] == [None, None]
    assert attempts[0].note.startswith("ConnectError")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/x",
        "http://127.0.0.1.evil.example/",
        "http://2130706433/",
        "http://10.0.0.1/",
        "http://a[/",
        "http://localhost:99999/",
        "http://localhost:x/",
        "http://xn--/",
    ],
)
def test_another_machine_is_not_called(url: str) -> None:
    """An address of another machine is accepted, and its delivery is listed as not sent."""
    assert not may_call(url, frozenset())
    mock = build_driver()
    reply = mock.create({**body(), "webhook_url": url})
    assert reply.status_code == 202
    mock.clock.advance(LONG_MS)
    delivery = _delivery(mock, reply.get_json()["id"])
    assert delivery.state == "not-sent"
    assert "--allow-webhooks-to" in delivery.attempts[0].note


@pytest.mark.parametrize("url", ["http://localhost/", "http://127.9.9.9:5/x", "http://[::1]/", "https://Me.Example/x"])
def test_this_machine_and_allowed_hosts_may_be_called(url: str) -> None:
    """Loopback addresses may be called, and allowed hosts in upper or lower case."""
    assert may_call(url, frozenset({"me.example"}))


BAD = ["webhook-stale", "webhook-wrong-secret", "webhook-changed-body"]


@pytest.mark.parametrize("scenario", BAD)
def test_a_verifier_rejects_the_webhooks_of_bad_scenarios(mock: Driver, receiver: Receiver, scenario: str) -> None:
    """A verifier rejects a stale timestamp, another secret and a changed body; the body is JSON all the same."""
    _create_with_webhook(mock, receiver, scenario)
    mock.clock.advance(LONG_MS)
    (webhook,) = receiver.received
    assert json.loads(webhook[0])["type"] == "request.succeeded"
    with pytest.raises(WebhookVerificationError):
        _verify(mock, webhook)


def test_webhooks_can_be_lost_late_and_sent_twice(mock: Driver, receiver: Receiver) -> None:
    """A lost webhook is never sent, a late one after ten minutes, a duplicate twice with one id."""
    ids = {name: _create_with_webhook(mock, receiver, f"webhook-{name}") for name in ("lost", "late", "duplicate")}
    mock.clock.advance(LONG_MS)
    assert [_verify(mock, each)["data"]["id"] for each in receiver.received] == [ids["duplicate"]] * 2
    assert len({headers["webhook-id"] for _, headers in receiver.received}) == 1
    assert _delivery(mock, ids["lost"]).state == "lost"
    mock.clock.advance(10 * MINUTE_MS)
    assert [_verify(mock, each)["data"]["id"] for each in receiver.received[2:]] == [ids["late"]]


def test_webhooks_can_come_out_of_order(mock: Driver, receiver: Receiver) -> None:
    """A reordered webhook comes after that of a request that ended later."""
    first = _create_with_webhook(mock, receiver, "webhook-reordered")
    mock.clock.advance(20_000)
    second = _create_with_webhook(mock, receiver)
    mock.clock.advance(days=1)
    assert [_verify(mock, each)["data"]["id"] for each in receiver.received] == [second, first]


@pytest.mark.parametrize("mode", ["wall", "clock"])
def test_the_timestamp_is_real_time_or_the_clock_s(receiver: Receiver, mode: str) -> None:
    """The timestamp is real time, as verifiers compare it with that, or the mock's time where the setting says so."""
    mock = build_driver(webhook_timestamps=mode)
    id_ = _create_with_webhook(mock, receiver)
    mock.clock.advance(LONG_MS)
    timestamp = int(receiver.received[0][1]["webhook-timestamp"])
    due = mock.poll(id_)["completedAtMs"] // 1000
    assert (timestamp == due) if mode == "clock" else abs(timestamp - time.time()) < 300


def test_webhooks_come_in_the_order_in_which_they_are_due(mock: Driver, receiver: Receiver) -> None:
    """Moving the clock far sends everything that becomes due in order, first attempts and later ones mixed."""
    receiver.answers = [(500, {})]
    slow, fast = _create_with_webhook(mock, receiver), _create_with_webhook(mock, receiver)
    mock.clock.advance(days=1)
    webhooks = [json.loads(data)["data"]["id"] for data, _ in receiver.received]
    attempts = sorted((attempt.at_ms, id_) for id_ in (slow, fast) for attempt in _delivery(mock, id_).attempts)
    assert webhooks == [id_ for _, id_ in attempts]


def test_a_receiver_may_call_the_mock(mock: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that polls, and one that moves the clock, gets its response, and no webhook is sent twice."""
    wait_s = 20
    monkeypatch.setattr(sender, "_OTHERS_S", wait_s)  # a receiver that waited for itself would wait so long
    began_s = time.monotonic()
    states: list[Any] = []

    def send(_url: str, body: bytes, _headers: Any) -> DeliveryResponse:
        id_ = json.loads(body)["data"]["id"]
        states.append(driver.poll(id_)["status"])
        driver.clock.advance(LONG_MS)
        return DeliveryResponse(200)

    driver = build_driver(send=send)
    ids = [driver.create_and_get_id({**body(), "webhook_url": "http://127.0.0.1/x"}) for _ in range(3)]
    driver.clock.advance(LONG_MS)
    assert states == ["succeeded"] * 3
    assert [_delivery(driver, id_).state for id_ in ids] == ["delivered"] * 3
    assert time.monotonic() - began_s < wait_s


def test_the_next_request_sends_due_webhooks(receiver: Receiver) -> None:
    """In an application that no server runs, due webhooks are sent at the end of a request to the mock."""
    mock = build_driver(progression="immediate")
    _create_with_webhook(mock, receiver)
    assert len(receiver.received) == 1


DELIVERY = Delivery("msg_1", "req_1", "acct_a", "http://x", "http://m", 5000)


@pytest.fixture
def store(records: Records) -> Store:
    store = Store(records, 100, SCHEDULE, 30_000)
    store.tasks.create(PLAIN._replace(id="req_1", webhook_url="http://x"), None, 100, 1000, DELIVERY)
    return store


def test_an_attempt_is_claimed_once(store: Store) -> None:
    """A due attempt is claimed once, at its time and not before; its response decides on the next attempt."""
    assert store.deliveries.claim(4999) is None
    delivery = store.deliveries.claim(5000)
    assert delivery is not None
    assert (
        store.deliveries.claim(5000),
        store.deliveries.count_attempts_under_way(),
        store.deliveries.find_next_due_ms(),
    ) == (None, 1, None)
    store.deliveries.finish(delivery, DeliveryResponse(500), 5000)
    assert (store.deliveries.count_attempts_under_way(), store.deliveries.find_next_due_ms()) == (0, 10_000)
    again = store.deliveries.claim(10_000)
    assert again is not None
    store.deliveries.finish(again, DeliveryResponse(200), 10_000)
    assert (store.deliveries.find_next_due_ms(), store.deliveries.claim(DAY_MS)) == (None, None)


def test_the_next_attempt_counts_from_the_start_of_the_one_before(store: Store) -> None:
    """Law: an attempt begins when it is claimed, on a move of the clock when it was due; waits count from that."""
    late = store.deliveries.claim(7000)
    assert late is not None
    store.deliveries.finish(late, DeliveryResponse(None, "no response"), 60_000)
    assert (late.attempts[0].at_ms, store.deliveries.find_next_due_ms()) == (7000, 12_000)
    on_a_move = store.deliveries.claim(DAY_MS, since_ms=100)
    assert on_a_move is not None
    assert on_a_move.attempts[1].at_ms == 12_000


def test_an_attempt_on_a_move_begins_no_earlier_than_the_move(store: Store) -> None:
    """Law: what was due before a move of the clock begins with the move, so that no attempts follow all at once."""
    delivery = store.deliveries.claim(DAY_MS, since_ms=80_000)
    assert delivery is not None
    assert delivery.attempts[0].at_ms == 80_000


def test_an_attempt_of_an_ended_process_fails(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt of a process that must have ended fails: the next one follows, and a late response has no effect."""
    store = Store(records, 100, SCHEDULE, 30_000)
    store.tasks.create(PLAIN._replace(id="req_1"), None, 100, 1000, DELIVERY)
    delivery = store.deliveries.claim(5000)
    assert delivery is not None
    real_ms = records.now_ms()
    monkeypatch.setattr(records, "now_ms", lambda: real_ms + 31_000)
    assert store.deliveries.claim(5000) is None
    stored_delivery = store.deliveries.get("req_1")
    assert stored_delivery is not None
    assert (stored_delivery.due_ms, stored_delivery.attempts[0].note) == (
        10_000,
        "the process that made this attempt has ended",
    )
    second = store.deliveries.claim(10_000)
    assert second is not None
    store.deliveries.finish(delivery, DeliveryResponse(200), 10_000)
    assert store.deliveries.count_attempts_under_way() == 1


def test_a_delivery_can_be_repeated(store: Store) -> None:
    """A redelivery is due at once, for a delivered one too; a task without webhook has none."""
    delivery = store.deliveries.claim(5000)
    assert delivery is not None
    store.deliveries.finish(delivery, DeliveryResponse(200), 5000)
    again = store.deliveries.redeliver("req_1", 7000)
    assert again is not None
    assert (again.state, store.deliveries.find_next_due_ms()) == ("pending", 7000)
    assert store.deliveries.redeliver("req_2", 7000) is None


@pytest.mark.parametrize("status", [200, 500, None], ids=["delivered", "failed", "not-sent"])
def test_a_redelivery_follows_the_attempt_under_way(store: Store, status: int | None) -> None:
    """A redelivery that is asked for during an attempt is made after it, however it ends, and takes nothing from it."""
    delivery = store.deliveries.claim(5000)
    assert delivery is not None
    assert store.deliveries.redeliver("req_1", 6000) is not None
    assert store.deliveries.claim(6000) is None
    if status is None:
        store.deliveries.cancel(delivery, "not-sent", "not sent")
    else:
        store.deliveries.finish(delivery, DeliveryResponse(status), 6500)
    again = store.deliveries.claim(6500)
    assert again is not None
    assert [attempt.status for attempt in again.attempts] == [status, None]
    store.deliveries.finish(again, DeliveryResponse(204), 6500)
    last = store.deliveries.get("req_1")
    assert last is not None
    assert (last.state, last.redelivery_ms, store.deliveries.claim(DAY_MS)) == ("delivered", None, None)


def test_nothing_is_left_of_a_delivery_that_was_forgotten(store: Store) -> None:
    """A delivery that a reset forgot during an attempt is not stored again, however the attempt ends."""
    delivery = store.deliveries.claim(5000)
    assert delivery is not None
    store.forget_all()
    store.deliveries.cancel(delivery, "failed", "the request was forgotten")
    store.deliveries.finish(delivery, DeliveryResponse(200), 5000)
    assert (store.deliveries.get("req_1"), store.deliveries.count_attempts_under_way()) == (None, 0)


def test_the_attempts_of_a_delivery_are_bounded() -> None:
    """However often a webhook is delivered once more, its last attempts alone are kept."""
    delivery = DELIVERY
    for at_ms in range(deliveries.MOST_ATTEMPTS + 9):
        delivery = deliveries.start_attempt(deliveries.request_redelivery(delivery, at_ms), at_ms)
        delivery = deliveries.finish_attempt(delivery, DeliveryResponse(200), SCHEDULE, at_ms)
    assert len(delivery.attempts) == deliveries.MOST_ATTEMPTS
    assert delivery.attempts[-1].at_ms == deliveries.MOST_ATTEMPTS + 8


def test_a_webhook_follows_the_end_of_its_task(store: Store) -> None:
    """The webhook of a task that is ended early is due then, after the delay of its scenario."""
    from cannon_mock.model import tasks

    store.tasks.change("req_1", 250, lambda task: tasks.end_task(task, 3000, "failed", "no"))
    assert store.deliveries.find_next_due_ms() == 3250
    assert store.deliveries.claim(3250) is not None
    assert store.deliveries.claim(DAY_MS) is None


TRIED_DELIVERY = deliveries.start_attempt(DELIVERY, 5)


@pytest.mark.parametrize(
    "delivery",
    [DELIVERY, TRIED_DELIVERY, deliveries.request_redelivery(TRIED_DELIVERY, 6)],
    ids=["new", "tried", "asked-for"],
)
def test_a_delivery_survives_the_store(delivery: Delivery) -> None:
    """What is decoded is what was encoded."""
    assert deliveries.decode(deliveries.encode(delivery)) == delivery
