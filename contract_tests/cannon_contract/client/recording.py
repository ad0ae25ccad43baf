"""Records of the calls between the tests and a target, without secrets (floor 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from cannon_contract.client.bounded_reading import LARGEST_REPLY
from cannon_contract.client.wrong_keys import list_keys_to_redact
from cannon_spec.redaction import MASK, Redactor

_SECRET_HEADERS = frozenset(("x-api-key", "authorization", "cookie", "set-cookie"))
_TRANSFER_HEADERS = (b"content-encoding", b"content-length", b"transfer-encoding")
LARGEST_BODY = 4096
"""How many bytes of a body a record has at most."""

_SHORTEST_SECRET = 8
"""A shorter value of a header is no key: to remove it would spoil words that have it in them."""
_LONGEST_PATH = 80
_LONGEST_ADDRESS = 500
_LONGEST_HEADER = 300
_MOST_HEADERS = 40
_SIZE_NOTE = re.compile(r"… \((\d+) bytes in all\)\Z")
_NOTE_BYTES = 40


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply, as a report shows them; ``status`` is None where no reply came.

    Of a long body it has the first part.
    """

    request: str
    request_headers: dict[str, str]
    request_body: str
    status: int | None
    headers: dict[str, str]
    body: str


def build_redactor(keys: Iterable[str]) -> Redactor:
    """What removes API keys, and keys that are nearly one of them."""
    return Redactor(keys, list_keys_to_redact)


def record_exchange(request: httpx.Request, response: httpx.Response | None, secrets: Iterable[str]) -> Exchange:
    """The record of a request and its reply, without ``secrets`` and without the values of secret headers."""
    redactor = build_redactor((*secrets, *(each for each in find_keys(request) if len(each) >= _SHORTEST_SECRET)))
    return Exchange(
        request=_cut_text(redactor.redact_text(f"{request.method} {request.url}"), _LONGEST_ADDRESS),
        request_headers=_redact_headers(request.headers, redactor),
        request_body=_redact_body(request.read(), redactor),
        status=None if response is None else response.status_code,
        headers={} if response is None else _redact_headers(response.headers, redactor),
        body="" if response is None else _redact_body(response.read(), redactor),
    )


def describe_call(request: httpx.Request) -> str:
    """The method and the path of a call, with ``{id}`` for the id of a request."""
    start, separator, id_ = request.url.path.partition("/requests/")
    return f"{request.method} {_cut_text(f'{start}{separator}{{id}}' if id_ else start, _LONGEST_PATH)}"


def cut_body(text: str, most_bytes: int, size: int | None = None) -> str:
    """A body of at most so many bytes: of a longer one the first part, and how many bytes it has in all.

    ``size`` is that number where the text is only a part of the body.
    """
    content = text.encode()
    if size is None and len(content) <= most_bytes:
        return text
    note = _SIZE_NOTE.search(text)
    size = size or (int(note[1]) if note else len(content))
    return f"{content[: max(0, most_bytes - _NOTE_BYTES)].decode(errors='ignore')}… ({size} bytes in all)"


SHOWS_KEY = "shows_key"
"""The extension of a redacted response that says whether it had a whole secret."""


def redact_response(response: httpx.Response, redactor: Redactor) -> httpx.Response:
    """A response without secrets: the same object where it has none. Its extensions say whether it had one.

    Only the start of a large file is searched: no more of it is ever shown, and the search takes time and memory.
    """
    content, raw_headers = response.read(), response.headers.raw
    start = content[:LARGEST_REPLY]
    safe_start = redactor.redact_bytes(start)
    safe_headers = [(redactor.redact_bytes(name), redactor.redact_bytes(value)) for name, value in raw_headers]
    if safe_headers == raw_headers and safe_start == start:
        return response
    # The content is decoded and may have another length now: httpx must not decode or measure it again.
    headers = [(name, value) for name, value in safe_headers if name.lower() not in _TRANSFER_HEADERS]
    shows_secret = any(map(redactor.finds_secret, (start, *(part for header in raw_headers for part in header))))
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=b"".join((safe_start, memoryview(content)[len(start) :])),
        request=response.request,
        extensions={SHOWS_KEY: shows_secret},
    )


def find_keys(request: httpx.Request) -> list[str]:
    """Find the values of the secret headers of a call, without a scheme such as Bearer."""
    return [_read_secret(request, name) for name in _SECRET_HEADERS]


def _read_secret(request: httpx.Request, name: str) -> str:
    """The value of a secret header, without a scheme such as Bearer."""
    value = str(request.headers.get(name, ""))
    return (name == "authorization" and value.partition(" ")[2]) or value


def _redact_headers(headers: httpx.Headers, redactor: Redactor) -> dict[str, str]:
    pairs = list(headers.items())
    texts = {
        _cut_text(name, _LONGEST_HEADER): MASK if name in _SECRET_HEADERS else _redact_header(value, redactor)
        for name, value in pairs[:_MOST_HEADERS]
    }
    return texts if len(pairs) <= _MOST_HEADERS else {**texts, "…": f"{len(pairs) - _MOST_HEADERS} more"}


def _redact_header(value: str, redactor: Redactor) -> str:
    return _cut_text(redactor.redact_text(value), _LONGEST_HEADER)


def _redact_body(content: bytes, redactor: Redactor) -> str:
    if b"\0" in content[:LARGEST_BODY]:
        return f"({len(content)} bytes that are no text)"
    # More than is recorded, so that a secret at the cut is found. A file may be large, and only its start is decoded.
    start = content[: 4 * LARGEST_BODY]
    text = redactor.redact_text(start.decode(errors="replace"))
    return cut_body(text, LARGEST_BODY, len(content) if len(start) < len(content) else None)


def _cut_text(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + "…"
