"""A receiver of webhooks, as a mock in this process calls it (floor 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RECEIVER_URL = "https://receiver.example/hook"


@dataclass(frozen=True, slots=True)
class ReceiverReply:
    """What a receiver says: a status, and in how many milliseconds to come back."""

    status: int | None
    note: str = ""
    retry_after_ms: int | None = None


@dataclass(slots=True)
class Receiver:
    """Keeps what is sent to it and says ``then``, after each of ``answers`` once."""

    replies: list[ReceiverReply] = field(default_factory=list)
    default_reply: ReceiverReply = field(default=ReceiverReply(204))
    deliveries: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> ReceiverReply:
        """Take a webhook."""
        assert url == RECEIVER_URL
        self.deliveries.append((body, headers))
        return self.replies.pop(0) if self.replies else self.default_reply

    @property
    def events(self) -> list[Any]:
        """What was sent."""
        return [json.loads(body) for body, _ in self.deliveries]
