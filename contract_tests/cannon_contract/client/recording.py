"""What was said between the tests and the target, with the secrets cut out (floor 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from cannon_contract.client.redact import MASK, Redactor

_SECRET_HEADERS = frozenset(("x-api-key", "authorization", "cookie", "set-cookie"))
_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")
_MOST_LETTERS = 4000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply; ``status`` is None where none came. Of a long body it has the first part."""

    request: str
    sent_headers: dict[str, str]
    sent: str
    status: int | None
    headers: dict[str, str]
    body: str


def record_exchange(request: httpx.Request, response: httpx.Response | None, secrets: Iterable[str]) -> Exchange:
    """The record of a request and its reply. ``secrets`` and what secret headers hold are cut out of every part."""
    hidden = Redactor((*secrets, *(_value(request, name) for name in _SECRET_HEADERS)))
    return Exchange(
        request=hidden.redact_text(f"{request.method} {request.url}"),
        sent_headers=_headers(request.headers, hidden),
        sent=_text(request.read(), hidden),
        status=None if response is None else response.status_code,
        headers={} if response is None else _headers(response.headers, hidden),
        body="" if response is None else _text(response.read(), hidden),
    )


def redact_response(response: httpx.Response, hidden: Redactor) -> httpx.Response:
    """A reply as it is, or, where it has a secret anywhere, the same without."""
    content, raw = response.read(), response.headers.raw
    kept = [(hidden.redact_bytes(name), hidden.redact_bytes(value)) for name, value in raw]
    if kept == raw and hidden.redact_bytes(content) == content:
        return response
    headers = [(name, value) for name, value in kept if name.lower() not in _OF_THE_WIRE]
    return httpx.Response(
        response.status_code, headers=headers, content=hidden.redact_bytes(content), request=response.request
    )


def _value(request: httpx.Request, name: str) -> str:
    """A secret header's value, without the word that says what it is."""
    return str(request.headers.get(name, "")).rpartition(" ")[2]


def _headers(headers: httpx.Headers, hidden: Redactor) -> dict[str, str]:
    return {name: MASK if name in _SECRET_HEADERS else hidden.redact_text(value) for name, value in headers.items()}


def _text(content: bytes, hidden: Redactor) -> str:
    if b"\0" in content[:_MOST_LETTERS]:
        return f"({len(content)} bytes that are no text)"
    text = hidden.redact_text(content.decode(errors="replace"))
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}… ({len(text)} letters in all)"
