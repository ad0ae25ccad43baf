"""The webhook that a request sends at its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import expect, expect_equal, expect_member
from cannon_contract.client.flows import create, poll, poll_to_end
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.client.receiver import RECEIVER_URL, Receiver, ReceiverReply
from cannon_contract.suite.webhook_runs import WebhookRun, WebhookTarget, run_with_webhook

_shares = pytest.mark.shares("webhook_url")
_HEADERS = {"webhook-id", "webhook-timestamp", "webhook-signature"}
_SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBjb250cmFjdCB0ZXN0cw=="
_DAYS_S = 4 * 86_400
_SCHEDULE_S = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]


def _create_with_webhook(api: Api, scenario: str = "success") -> dict[str, Any]:
    """The accepted reply to a create with a webhook."""
    return create(api, {**api.build_body(), "webhook_url": RECEIVER_URL}, x_mock_scenario=scenario)


def _finish_with_webhook(
    make_own_mock: Callable[..., Api], receiver: Receiver, scenario: str = "success"
) -> dict[str, Any]:
    """The request object at the end of a create with a webhook."""
    api = make_own_mock(send=receiver, webhook_secret=_SECRET)
    return poll_to_end(api, _create_with_webhook(api, scenario))[-1]


@_shares
@pytest.mark.needs("webhooks")
@pytest.mark.claim("lifecycle-webhook")
def test_a_webhook_tells_the_end(webhook_target: WebhookTarget) -> None:
    """A webhook comes when a request has ended, not before, and names the id and the status that a poll shows."""
    run = run_with_webhook(webhook_target)
    _check_early_webhooks(webhook_target.api, run)
    status = run.end["status"]
    if not run.late and status == "failed":
        raise NotTested("the request failed, and no page says that a failure is told")
    what = f"the webhook of a request that {status}"
    if not run.late:
        raise ClaimBroken(f"{what}: expected one within {run.waited_s:.0f} s after its end, got none")
    messages = [run.read(delivery) for delivery in run.late]
    message = next((each for each in messages if (each.id, each.status) == (run.end["id"], status)), messages[-1])
    for name, value in (("id", message.id), ("status", message.status)):
        if value:
            expect_equal(value, run.end[name], f"{name} in {what}, compared with the poll")


def _check_early_webhooks(api: Api, run: WebhookRun) -> None:
    """Raise ClaimBroken for a webhook that tells the end too early. Another may come: a page speaks of push updates."""
    for message in map(run.read, run.early):
        is_end = message.status in api.catalog.lifecycle["terminal"]
        expect(not is_end, "a webhook while polls show its request at work", "none that tells the end", message.status)
        api.note_deviation(claim_ids.WEBHOOK_EVENT, "a webhook came before the end of its request")


@_shares
@pytest.mark.needs("webhooks")
@pytest.mark.claim("webhook-both-ends")
def test_a_failure_of_a_server_is_told(webhook_target: WebhookTarget) -> None:
    """A webhook tells a failure too. A request of a server fails only by itself, so most runs cannot see that."""
    run = run_with_webhook(webhook_target)
    if run.end["status"] != "failed":
        told = "a webhook told that" if run.late else "no webhook told that"
        raise NotTested(f"{told} a request {run.end['status']}; none failed, so that end could not be seen")
    expect(bool(run.late), "the webhooks of a request that failed", "one", "none")


@_shares
@pytest.mark.needs("webhooks")
@pytest.mark.claim("webhook-event")
def test_a_webhook_has_the_assumed_form(webhook_target: WebhookTarget) -> None:
    """A webhook has the headers and the envelope of Standard Webhooks, with the polled request object as its data."""
    run = run_with_webhook(webhook_target)
    if not run.late:
        raise NotTested("no webhook came")
    message = run.read(run.late[-1])
    for name, value in (("id", message.id), ("status", message.status)):
        if not value:
            webhook_target.api.note_deviation(claim_ids.WEBHOOK_EVENT, f"a webhook does not name its request's {name}")
    body, headers = run.late[-1]
    try:
        event = json.loads(body)
    except ValueError:
        raise ClaimBroken(f"the body of a webhook: expected JSON, got {show(body.decode(errors='replace'))}") from None
    names = {name.lower() for name in headers}
    expect(names >= _HEADERS, "the headers of a webhook", f"{', '.join(sorted(_HEADERS))} among them", sorted(names))
    type_, data = (expect_member(event, pointer, "the webhook") for pointer in ("/type", "/data"))
    expect_equal(type_, f"request.{run.end['status']}", "type of the webhook")
    expect_equal(data, run.end, "data of the webhook, compared with the last poll")


@pytest.mark.claim("lifecycle-webhook")
def test_a_webhook_is_sent_at_the_end(make_own_mock: Callable[..., Api]) -> None:
    """No webhook is sent before the end of a request, and one is sent at its end."""
    receiver = Receiver()
    api = make_own_mock(send=receiver)
    reply = _create_with_webhook(api)
    assert poll(api, reply)["completedAtMs"] is None
    assert receiver.deliveries == []
    poll_to_end(api, reply)
    assert len(receiver.deliveries) >= 1, "the webhooks at the end of a request"


@pytest.mark.claim("webhook-both-ends")
@pytest.mark.parametrize("scenario", ["success", "failed-internal"])
def test_one_webhook_is_sent_on_success_and_on_failure(make_own_mock: Callable[..., Api], scenario: str) -> None:
    """A webhook is sent once, whether the request succeeds or fails."""
    receiver = Receiver()
    end = _finish_with_webhook(make_own_mock, receiver, scenario)
    assert [event["data"]["status"] for event in receiver.events] == [end["status"]]


@pytest.mark.claim("webhook-event")
@pytest.mark.parametrize("scenario", ["success", "failed-internal"])
def test_a_webhook_has_the_request_object(make_own_mock: Callable[..., Api], scenario: str) -> None:
    """A webhook has the type and the time of the end, the Standard Webhooks headers, and the polled request object."""
    receiver = Receiver()
    end = _finish_with_webhook(make_own_mock, receiver, scenario)
    event, headers = receiver.events[0], receiver.deliveries[0][1]
    assert (event["type"], event["data"]) == (f"request.{end['status']}", end)
    assert round(datetime.fromisoformat(event["timestamp"]).timestamp() * 1000) == end["completedAtMs"]
    assert headers.keys() >= _HEADERS


@pytest.mark.claim("webhook-signature")
def test_the_signature_verifies(make_own_mock: Callable[..., Api]) -> None:
    """The signature is that of Standard Webhooks, over id, timestamp and body."""
    receiver = Receiver()
    _finish_with_webhook(make_own_mock, receiver)
    body, headers = receiver.deliveries[0]
    try:
        Webhook(_SECRET).verify(body, dict(headers))
    except Exception as error:  # noqa: BLE001 - the library names none of its errors
        raise ClaimBroken(f"the signature does not verify: {error}", claim_ids.WEBHOOK_SIGNATURE) from None


@pytest.mark.claim("webhook-retries")
def test_a_failed_delivery_is_repeated_by_the_schedule(make_own_mock: Callable[..., Api]) -> None:
    """A receiver that always fails gets ten attempts in about three days, with the same id and body each time."""
    receiver = Receiver(default_reply=ReceiverReply(500))
    api = make_own_mock(send=receiver)
    poll_to_end(api, _create_with_webhook(api))
    counts = [len(receiver.deliveries)]
    for wait_s in _SCHEDULE_S[1:]:
        api.sleep(wait_s - 2)
        early_count = len(receiver.deliveries)
        api.sleep(2)
        counts.append(len(receiver.deliveries))
        assert early_count == counts[-2], "an attempt came before its time"
    assert counts == list(range(1, 11))
    api.sleep(_DAYS_S)
    assert len(receiver.deliveries) == 10
    assert len({(body, headers["webhook-id"]) for body, headers in receiver.deliveries}) == 1


@pytest.mark.claim("webhook-retries")
@pytest.mark.parametrize(
    ("replies", "attempts"),
    [
        ([ReceiverReply(204)], 1),
        ([ReceiverReply(410)], 1),
        ([ReceiverReply(301), ReceiverReply(200)], 2),
        ([ReceiverReply(None, "refused"), ReceiverReply(200)], 2),
        ([ReceiverReply(500), ReceiverReply(500), ReceiverReply(202)], 3),
    ],
)
def test_attempts_end_with_2xx_or_410(
    make_own_mock: Callable[..., Api], replies: list[ReceiverReply], attempts: int
) -> None:
    """A 2xx or 410 reply ends the attempts; a redirect or a lost connection does not."""
    receiver = Receiver(list(replies), default_reply=ReceiverReply(500))
    api = make_own_mock(send=receiver)
    poll_to_end(api, _create_with_webhook(api))
    api.sleep(_DAYS_S)
    assert len(receiver.deliveries) == attempts


@pytest.mark.claim("webhook-retries")
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_delays_the_next_attempt(make_own_mock: Callable[..., Api], status: int) -> None:
    """After a 429 or 503 reply the next attempt waits for the time in Retry-After."""
    receiver = Receiver([ReceiverReply(status, retry_after_ms=600_000)])
    api = make_own_mock(send=receiver)
    poll_to_end(api, _create_with_webhook(api))
    api.sleep(500)
    assert len(receiver.deliveries) == 1
    api.sleep(100)
    assert len(receiver.deliveries) == 2
