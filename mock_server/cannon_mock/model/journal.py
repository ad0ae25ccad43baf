"""What was asked and answered: exchanges as values, bounded, with secrets cut (floor 3, pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

LOG = "journal"
"""The log of a store that exchanges are kept in."""

LONGEST_BODY = 4096
"""How many bytes of a body are kept."""

LONGEST_LABEL = 255
"""How many letters of another word are kept."""

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_SECRET = re.compile(rb"(cs|whsec)_[A-Za-z0-9_+/=-]+")
FILTERS = ("account", "method", "path", "status", "operation", "model", "idempotency_key", "request_id", "scenario")
"""What exchanges can be told apart by; each is a field of one."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request and its answer. A field that does not apply is None; ``fault`` says what was made to go wrong."""

    at_ms: int
    method: str
    path: str
    status: int
    account: str | None
    operation: str | None
    model: str | None
    idempotency_key: str | None
    request_id: str | None
    scenario: str | None
    fault: str | None
    request_body: str
    response_body: str


def redact_body(data: bytes) -> str:
    """A body as it is kept: its beginning, secrets cut."""
    kept = data[:LONGEST_BODY]
    if b"cs_" in kept or b"whsec_" in kept:
        kept = _SECRET.sub(rb"\1_...", kept)
    shown = kept.decode(errors="replace")
    return shown if len(data) <= LONGEST_BODY else f"{shown}... ({len(data)} bytes)"


def redact_text(text: str | None) -> str | None:
    """A word that a client sent as it is kept: its beginning, secrets cut."""
    return None if text is None else _SECRET.sub(rb"\1_...", text[:LONGEST_LABEL].encode(errors="replace")).decode()


def encode(exchange: JournalEntry) -> str:
    """An exchange as text, for a store."""
    return _compact([getattr(exchange, name) for name in exchange.__slots__])


def decode(text: str) -> JournalEntry:
    """The exchange that was encoded."""
    return JournalEntry(*json.loads(text))


def matches(exchange: JournalEntry, wanted: Mapping[str, str]) -> bool:
    """Whether an exchange has each value that is wanted; a path may be given by its beginning."""
    for name, value in wanted.items():
        seen = getattr(exchange, name)
        fits = str(seen).startswith(value) if name == "path" else str(seen) == value
        if seen is None or not fits:
            return False
    return True


def to_dict(exchange: JournalEntry) -> dict[str, Any]:
    """An exchange as the admin API shows it."""
    return asdict(exchange)
