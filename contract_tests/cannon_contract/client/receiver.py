"""A receiver of webhooks that a mock in this process calls (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RECEIVER_URL = "https://receiver.example/hook"


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """The reply of a receiver: a status (None where the connection fails), and in how many milliseconds to retry."""

    status: int | None
    note: str = ""
    retry_after_ms: int | None = None


@dataclass(slots=True)
class Receiver:
    """Keeps the webhooks that it gets, and gives each of ``replies`` once, then ``default_reply``."""

    replies: list[ReceiverReply] = field(default_factory=list)
    default_reply: ReceiverReply = field(default=ReceiverReply(204))
    deliveries: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> ReceiverReply:
        """Keep a webhook and reply to it."""
        assert url == RECEIVER_URL
        self.deliveries.append((body, headers))
        return self.replies.pop(0) if self.replies else self.default_reply

    @property
    def url(self) -> str:
        """The address that the mock is to call."""
        return RECEIVER_URL

    @property
    def events(self) -> list[Any]:
        """The bodies of the webhooks, as JSON."""
        return [json.loads(body) for body, _ in self.deliveries]
