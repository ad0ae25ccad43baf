"""A receiver of webhooks, as a mock in this process calls it (floor 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RECEIVER_URL = "https://receiver.example/hook"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver says: a status, and in how many milliseconds to come back."""

    status: int | None
    note: str = ""
    retry_after_ms: int | None = None


@dataclass(slots=True)
class Receiver:
    """Keeps what is sent to it and says ``then``, after each of ``answers`` once."""

    answers: list[Answer] = field(default_factory=list)
    then: Answer = field(default=Answer(204))
    received: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Take a webhook."""
        assert url == RECEIVER_URL
        self.received.append((body, headers))
        return self.answers.pop(0) if self.answers else self.then

    @property
    def events(self) -> list[Any]:
        """What was sent."""
        return [json.loads(body) for body, _ in self.received]
