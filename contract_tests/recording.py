"""What was said between the tests and the target, with the secrets cut out (floor 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx

CUT = "(cut)"
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


def cleaned(response: httpx.Response, hidden: Iterable[str]) -> httpx.Response:
    """A reply as it is, or, where it has a secret anywhere, the same without."""
    secrets = [secret.encode() for secret in sorted(hidden, key=len, reverse=True)]
    content, raw = response.read(), response.headers.raw
    if not any(secret in each for secret in secrets for each in (content, *(value for _, value in raw))):
        return response
    kept = [(name, _cleaned(value, secrets)) for name, value in raw if name.lower() not in _OF_THE_WIRE]
    return httpx.Response(
        response.status_code, headers=kept, content=_cleaned(content, secrets), request=response.request
    )


def _cleaned(content: bytes, secrets: Iterable[bytes]) -> bytes:
    for secret in secrets:
        content = content.replace(secret, CUT.encode())
    return content


def cut(value: Any, hidden: Iterable[str]) -> Any:
    """A value of JSON with every secret cut out of its texts, the names in it too."""
    if isinstance(value, str):
        return without(value, hidden)
    if isinstance(value, dict):
        return {cut(name, hidden): cut(each, hidden) for name, each in value.items()}
    return [cut(each, hidden) for each in value] if isinstance(value, list | tuple) else value


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
