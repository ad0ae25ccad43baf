"""The event of a webhook: its body, and the headers that sign it (floor 4)."""

from __future__ import annotations

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from cannon_mock.model import task_view
from cannon_mock.model.scenarios import WebhookFaults
from cannon_mock.model.tasks import Task
from cannon_spec.contract.catalog import Catalog


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """The body of a webhook with its headers, to be sent to ``url``, ``copies`` times."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    copies: int


def build_event(catalog: Catalog, task: Task, base_url: str) -> dict[str, Any]:
    """The event of a task's webhook: the same at each attempt."""
    ended_ms = task.timeline.ended_ms
    view = task_view.build_view(catalog, task, ended_ms, base_url)
    moment = datetime.fromtimestamp(ended_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": f"request.{view['status']}", "timestamp": moment, "data": view}


def write_event(event: Any, *, is_compact: bool, is_respelled: bool) -> bytes:
    """An event as JSON: as JavaScript writes it where ``is_compact``, else with bytes that no common writer produces.

    Code that verifies a signature over JSON which it has parsed and written again then fails, as it would at any sender
    that writes JSON otherwise than its receiver. ``is_respelled`` changes more of what a parser does not keep: each
    whole number is written as 1.0, and the keys of each object in reverse order.
    """
    event = _respell(event) if is_respelled else event
    if is_compact and not is_respelled:
        return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    # A space behind a comma alone; what is not ASCII, and each slash, as an escape. A slash stands in strings only.
    return json.dumps(event, separators=(", ", ":")).replace("/", r"\/").encode()


def _respell(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _respell(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [_respell(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def sign_event(
    id_: str, body: bytes, secret: str, clock_s: int | None, faults: WebhookFaults
) -> tuple[Mapping[str, str], bytes]:
    """The headers and the body to send, with the faults of a scenario applied. The time is real where it is None."""
    timestamp = (int(time.time()) if clock_s is None else clock_s) - faults.age_s
    signer = Webhook(derive_other_secret(secret) if faults.wrong_secret else secret)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "cannon-mock",
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signer.sign(id_, datetime.fromtimestamp(timestamp, UTC), body.decode()),
    }
    # Changed after it was signed; the space makes it another body where it has no such word.
    return headers, body.replace(b'"succeeded"', b'"failed"', 1) + b" " if faults.changed_body else body


def encode_secret(random_bytes: bytes) -> str:
    """Random bytes as a signing secret."""
    return f"whsec_{b64encode(random_bytes).decode()}"


def derive_other_secret(secret: str) -> str:
    """Another secret, always the same one for the same secret."""
    return encode_secret(hashlib.sha256(secret.encode()).digest())
