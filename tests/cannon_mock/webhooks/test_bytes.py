"""The bytes of a webhook: correctly signed, the same JSON value, and written as no common writer writes them."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.webhooks.event import write_event
from tests.support.mocks import LONG_MS, Driver, body, build_driver

SEPARATORS = [(",", ":"), (", ", ": "), (",", ": "), None]
"""Those of JSON.stringify, of Python, and of writers that break lines."""


def _write_in_common_ways(value: Any) -> set[bytes]:
    """A value as writers of several languages write it: spacing, escapes, order of keys and line breaks."""
    ways = product(SEPARATORS, (True, False), (True, False), (None, 0, 2, 4, "\t"), (False, True))
    return {
        json.dumps(value, separators=separators, ensure_ascii=is_ascii, sort_keys=is_sorted, indent=indent)
        .replace("/", r"\/" if has_escaped_slashes else "/")
        .encode()
        for separators, is_ascii, is_sorted, indent, has_escaped_slashes in ways
    }


def _receive(scenario: str = "success", **settings: Any) -> tuple[Driver, str, bytes, dict[str, str]]:
    """A mock that has sent one webhook, the id of its request, its body and its headers."""
    received: list[tuple[bytes, Any]] = []

    def send(_url: str, data: bytes, headers: Any) -> DeliveryResponse:
        received.append((data, headers))
        return DeliveryResponse(200)

    mock = build_driver(send=send, **settings)
    payload = {**body(prompt="Café 1/2"), "webhook_url": "http://127.0.0.1/x"}
    id_ = mock.create_and_get_id(payload, headers={"x-mock-scenario": scenario})
    mock.clock.advance(LONG_MS)
    ((data, headers),) = received
    return mock, id_, data, headers


@pytest.mark.parametrize("scenario", ["success", "failed-internal", "webhook-respelled-body"])
def test_a_round_trip_through_json_changes_the_bytes(scenario: str) -> None:
    """M11: the bytes verify, and differ from what any common writer makes of the parsed body, which does not verify."""
    mock, id_, data, headers = _receive(scenario)
    verifier = Webhook(mock.context.webhook_sender.secret)
    event = verifier.verify(data, headers)
    assert event["data"] == mock.poll(id_)
    copies = _write_in_common_ways(event)
    assert len(copies) > 50
    assert data not in copies
    for copy in copies:
        with pytest.raises(WebhookVerificationError):
            verifier.verify(copy, headers)


def test_a_setting_writes_as_javascript_does() -> None:
    """M11: with the setting, the body is what JSON.stringify makes of it, so that code that parses first passes."""
    mock, id_, data, headers = _receive(webhook_body="compact")
    copy = json.dumps(json.loads(data), separators=(",", ":"), ensure_ascii=False).encode()
    assert Webhook(mock.context.webhook_sender.secret).verify(copy, headers)["data"]["id"] == id_
    assert "Café 1/2".encode() in data


EVENT = {"b": [1, True, None, -0.5, "é/"], "a": {"y": 10**13, "x": {}}}


@pytest.mark.parametrize(
    ("is_compact", "is_respelled", "text"),
    [
        (False, False, rb'{"b":[1, true, null, -0.5, "\u00e9\/"], "a":{"y":10000000000000, "x":{}}}'),
        (True, False, '{"b":[1,true,null,-0.5,"é/"],"a":{"y":10000000000000,"x":{}}}'.encode()),
        (False, True, rb'{"a":{"x":{}, "y":10000000000000.0}, "b":[1.0, true, null, -0.5, "\u00e9\/"]}'),
        (True, True, rb'{"a":{"x":{}, "y":10000000000000.0}, "b":[1.0, true, null, -0.5, "\u00e9\/"]}'),
    ],
)
def test_an_event_is_written(is_compact: bool, is_respelled: bool, text: bytes) -> None:
    """M11: spacing, escapes, the form of numbers and the order of keys are what a parser does not keep."""
    written = write_event(EVENT, is_compact=is_compact, is_respelled=is_respelled)
    assert written == text
    assert json.loads(written) == EVENT
