"""The webhook that a request sends at its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.flows import create, poll, poll_to_end
from cannon_contract.client.outcomes import ClaimBroken
from cannon_contract.client.receiver import RECEIVER_URL, Receiver, ReceiverReply

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
    assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= headers.keys()


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
