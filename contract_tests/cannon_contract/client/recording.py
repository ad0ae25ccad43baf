"""Records of the calls between the tests and a target, without secrets (floor 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from cannon_contract.client.redact import MASK, Redactor

_SECRET_HEADERS = frozenset(("x-api-key", "authorization", "cookie", "set-cookie"))
_TRANSFER_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding")
_LONGEST_BODY = 4000
_LONGEST_PATH = 80


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply, as a report shows them; ``status`` is None where no reply came.

    Of a long body it has the first part.
    """

    request: str
    sent_headers: dict[str, str]
    sent: str
    status: int | None
    headers: dict[str, str]
    body: str


def record_exchange(request: httpx.Request, response: httpx.Response | None, secrets: Iterable[str]) -> Exchange:
    """The record of a request and its reply, without ``secrets`` and without the values of secret headers."""
    redactor = Redactor((*secrets, *(_read_secret(request, name) for name in _SECRET_HEADERS)))
    return Exchange(
        request=redactor.redact_text(f"{request.method} {request.url}"),
        sent_headers=_redact_headers(request.headers, redactor),
        sent=_redact_body(request.read(), redactor),
        status=None if response is None else response.status_code,
        headers={} if response is None else _redact_headers(response.headers, redactor),
        body="" if response is None else _redact_body(response.read(), redactor),
    )


def describe_call(request: httpx.Request) -> str:
    """The method and the path of a call, with ``{id}`` for the id of a request."""
    start, separator, id_ = request.url.path.partition("/requests/")
    path = f"{start}{separator}{{id}}" if id_ else start
    return f"{request.method} {path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + '…'}"


def redact_response(response: httpx.Response, redactor: Redactor) -> httpx.Response:
    """A response without secrets: the same object where it has none."""
    content, raw_headers = response.read(), response.headers.raw
    safe_content = redactor.redact_bytes(content)
    safe_headers = [(redactor.redact_bytes(name), redactor.redact_bytes(value)) for name, value in raw_headers]
    if safe_headers == raw_headers and safe_content == content:
        return response
    # The content is decoded and may have another length now: httpx must not decode or measure it again.
    headers = [(name, value) for name, value in safe_headers if name.lower() not in _TRANSFER_HEADERS]
    return httpx.Response(response.status_code, headers=headers, content=safe_content, request=response.request)


def _read_secret(request: httpx.Request, name: str) -> str:
    """The value of a secret header, without a scheme such as Bearer."""
    return str(request.headers.get(name, "")).rpartition(" ")[2]


def _redact_headers(headers: httpx.Headers, redactor: Redactor) -> dict[str, str]:
    return {name: MASK if name in _SECRET_HEADERS else redactor.redact_text(value) for name, value in headers.items()}


def _redact_body(content: bytes, redactor: Redactor) -> str:
    if b"\0" in content[:_LONGEST_BODY]:
        return f"({len(content)} bytes that are no text)"
    text = redactor.redact_text(content.decode(errors="replace"))
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}… ({len(text)} letters in all)"
