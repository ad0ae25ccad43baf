"""What was said between the tests and the target, with the secrets cut out (floor 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

CUT = "(cut)"
_SECRET_HEADERS = frozenset(("x-api-key", "authorization", "cookie", "set-cookie"))
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


def exchange(request: httpx.Request, response: httpx.Response | None, secrets: Iterable[str]) -> Exchange:
    """The record of a request and its reply. ``secrets`` and what secret headers hold are cut out of every part."""
    hidden = {*secrets, *(_value(request, name) for name in _SECRET_HEADERS)} - {""}
    return Exchange(
        request=without(f"{request.method} {request.url}", hidden),
        sent_headers=_headers(request.headers, hidden),
        sent=_text(request.read(), hidden),
        status=None if response is None else response.status_code,
        headers={} if response is None else _headers(response.headers, hidden),
        body="" if response is None else _text(response.read(), hidden),
    )


def cut(known: Exchange, secrets: frozenset[str]) -> Exchange:
    """The same exchange with more secrets cut out."""
    headers = [
        {name: without(value, secrets) for name, value in each.items()} for each in (known.sent_headers, known.headers)
    ]
    return Exchange(
        without(known.request, secrets),
        headers[0],
        without(known.sent, secrets),
        known.status,
        headers[1],
        without(known.body, secrets),
    )


def _value(request: httpx.Request, name: str) -> str:
    """A secret header's value, without the word that says what it is."""
    return str(request.headers.get(name, "")).rpartition(" ")[2]


def _headers(headers: httpx.Headers, hidden: set[str]) -> dict[str, str]:
    return {name: CUT if name in _SECRET_HEADERS else without(value, hidden) for name, value in headers.items()}


def _text(content: bytes, hidden: set[str]) -> str:
    if b"\0" in content[:_MOST_LETTERS]:
        return f"({len(content)} bytes that are no text)"
    text = without(content.decode(errors="replace"), hidden)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}… ({len(text)} letters in all)"


def without(text: str, hidden: Iterable[str]) -> str:
    """A text with every secret cut out."""
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, CUT)
    return text
