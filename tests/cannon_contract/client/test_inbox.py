"""What the body of a webhook says of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cannon_contract.client.inbox import Message, read_message

OBJECT = {"id": "req_1", "operation": "image.generate", "status": "succeeded"}


@pytest.mark.parametrize(
    "body",
    [
        OBJECT,
        {"type": "request.succeeded", "data": OBJECT},
        {"id": "evt_1", "status": "sent", "events": [{"payload": {"request_id": "req_1", "status": "succeeded"}}]},
        [{"requestId": "req_1", "status": "succeeded"}],
    ],
)
def test_a_request_is_found_in_any_envelope(body: Any) -> None:
    """The object that has the id of the request is found wherever it is, whatever the name of its id."""
    assert read_message(json.dumps(body).encode(), "req_1") == Message("req_1", "succeeded")


def test_another_request_object_is_found_by_its_members() -> None:
    """An object with the members of a request and another id is taken for what the webhook is about."""
    body = json.dumps({"data": {**OBJECT, "id": "img_1"}}).encode()
    assert read_message(body, "req_1") == Message("img_1", "succeeded")


@pytest.mark.parametrize("body", [b"", b"{}", b"[[[", b"status=sent", b'{"id": "evt_1", "status": "sent"}', b"\xff"])
def test_a_body_without_a_request_says_nothing(body: bytes) -> None:
    """No page shows the body of a webhook, so one that names no request is nothing that can be read."""
    assert read_message(body, "req_1") == Message()
