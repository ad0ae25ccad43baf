"""The requests to the mock and their responses, as values: bounded, and without secrets (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cannon_mock.compact_json import read_json, write_text
from cannon_spec.redaction import redact, redact_start

LOG = "journal"
"""The log of a store that holds the entries."""

LONGEST_BODY = 4096
"""How many bytes of a body an entry keeps."""

LONGEST_LABEL = 255
"""How many characters of any other text an entry keeps."""

FILTERS = ("account", "method", "path", "status", "operation", "model", "idempotency_key", "request_id", "scenario")
"""The fields of an entry that a search can name."""


class JournalEntry(NamedTuple):
    """One request and its response. A field that does not apply is None.

    ``fault`` names the fault that was applied; ``violation`` says for which rule of the provider's the request fails.
    """

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
    violation: str | None = None  # in no entry of an earlier version


def redact_body(data: bytes) -> str:
    """The beginning of a body as text, with secrets cut."""
    if len(data) <= LONGEST_BODY:
        return redact(data.decode(errors="replace"))
    # Redacted first: what is left of a password or an escape that is cut in two could not be told from other text.
    text = redact(data[: 2 * LONGEST_BODY].decode(errors="replace"))
    return f"{text.encode()[:LONGEST_BODY].decode(errors='replace')}... ({len(data)} bytes)"


def redact_text(text: str | None) -> str | None:
    """The beginning of a text that a client sent, with secrets cut."""
    if text is None or len(text) <= LONGEST_LABEL:
        return None if text is None else redact(text)
    return f"{redact_start(text, LONGEST_LABEL)}... ({len(text)} characters)"


def redact_filters(filters: Mapping[str, str]) -> dict[str, str]:
    """What to search for: values as entries have them, without the secrets in them."""
    return {name: redact_text(text) or "" for name, text in filters.items()}


def encode(entry: JournalEntry) -> str:
    """An entry as text, for a store."""
    return write_text(tuple(entry))


def decode(text: str) -> JournalEntry:
    """The entry that was encoded."""
    return JournalEntry(*read_json(text))


def matches(entry: JournalEntry, filters: Mapping[str, str]) -> bool:
    """Whether an entry has each value of ``filters``; a path may be given by its beginning."""
    for name, text in filters.items():
        value = getattr(entry, name)
        is_match = str(value).startswith(text) if name == "path" else str(value) == text
        if value is None or not is_match:
            return False
    return True
