"""Removes the user's API keys from texts, in every form in which a target may send them back (floor 6)."""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from cannon_contract.client.wrong_keys import list_keys_to_redact

MASK = "(cut)"
_ESCAPE_SIGNS = (b"\\", b"%", b"&")
"""What the escape of a letter begins with: in JSON, in an address, and in HTML."""
_ESCAPE = re.compile(
    rb"""\\\\{0,3}(?: u00(?P<json>[0-9a-fA-F]{2}) | x(?P<short>[0-9a-fA-F]{2}) | (?P<sign>[^\w\s]) )
    | %(?:25){0,3}(?:u00)?(?P<address>[0-9a-fA-F]{2})
    | &(?:amp;){0,3}(?: \#0{0,6}(?P<number>[0-9]{2,3}) | \#[xX]0{0,6}(?P<html>[0-9a-fA-F]{2}) | (?P<name>[a-zA-Z]+));?
    """,
    re.VERBOSE,
)
"""The escape of a letter, which may be escaped again, some times."""


class Redactor:
    """Removes secrets from texts: as they are, and with any of their letters escaped for JSON, an address, or HTML.

    It removes keys that are nearly a secret too, since a reader could guess the secret from them.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(dict.fromkeys(secret for secret in secrets if secret))
        near_secrets = (near for secret in self._secrets for near in list_keys_to_redact(secret))
        # The longest first: a secret that has another one in it must not be left in part.
        self._texts = tuple(sorted({*self._secrets, *near_secrets}, key=len, reverse=True))

    def with_secret(self, secret: str) -> Redactor:
        """A redactor that removes one more secret: the same where it removes that one already."""
        return self if secret in self._secrets else Redactor((*self._secrets, secret))

    def finds_secret(self, content: bytes) -> bool:
        """Whether bytes have a whole secret in them."""
        is_plain = any(secret.encode() in content for secret in self._secrets)
        return is_plain or any(each.search(content) for each in _list_patterns(self._secrets, content))

    def redact_text(self, text: str) -> str:
        """A text without its secrets."""
        return self.redact_bytes(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")

    def redact_bytes(self, content: bytes) -> bytes:
        """Bytes without their secrets."""
        patterns = _list_patterns(self._texts, content)
        for pattern in patterns:
            content = pattern.sub(MASK.encode(), content)
        for text in () if patterns else self._texts:
            content = content.replace(text.encode(), MASK.encode())
        return content

    def redact_value(self, value: Any) -> Any:
        """A JSON value whose texts have no secrets; names of members stay."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, dict):
            return {name: self.redact_value(each) for name, each in value.items()}
        return [self.redact_value(each) for each in value] if isinstance(value, list | tuple) else value


def _list_patterns(texts: tuple[str, ...], content: bytes) -> tuple[re.Pattern[bytes], ...]:
    """The patterns that find texts, escaped or not; none where no escape can be of one, as in most contents."""
    if not any(sign in content for sign in _ESCAPE_SIGNS):
        return ()
    plain_content = _ESCAPE.sub(_undo_escape, content)
    return _build_patterns(texts) if any(text.encode() in plain_content for text in texts) else ()


def _undo_escape(match: re.Match[bytes]) -> bytes:
    """The letter that an escape stands for; the escape itself where that is none of ASCII."""
    kind = str(match.lastgroup)
    value = match[kind]
    if kind == "sign":
        return value
    if kind == "name":
        letter = html.entities.html5.get(f"{value.decode()};", "")
        return letter.encode() if len(letter) == 1 else match[0]
    code = int(value, 10 if kind == "number" else 16)
    return bytes([code]) if code < 128 else match[0]


@lru_cache(maxsize=16)
def _build_patterns(texts: tuple[str, ...]) -> tuple[re.Pattern[bytes], ...]:
    """Build patterns that find texts, whichever of their letters are escaped: one for each first letter."""
    # Texts that begin alike are one pattern whose first letter stands alone: re skips what cannot be a start at once.
    rests: dict[str, list[str]] = {}
    for text in texts:
        rests.setdefault(text[0], []).append("".join(map(_escape_letter, text[1:])))
    patterns = (f"{_escape_letter(first)}(?:{'|'.join(each)})" for first, each in rests.items())
    return tuple(re.compile(pattern.encode()) for pattern in patterns)


@lru_cache(maxsize=256)
def _escape_letter(letter: str) -> str:
    """Write a pattern of all that may stand for a letter. An escape may be escaped again, some times."""
    code, literal = ord(letter), re.escape(letter)
    digits = "".join(f"[{each}{each.upper()}]" if each.isalpha() else each for each in f"{code:x}")
    # How often a part repeats is bounded: else a long run of backslashes would be read again from each of them.
    in_json = rf"\\\\{{0,3}}(?:u0{{0,2}}{digits}|x{digits}{'' if letter.isalnum() else '|' + literal})"
    in_address = rf"%(?:25){{0,3}}(?:u00)?{digits}"
    names = "".join(f"|{name.rstrip(';')}" for name, value in html.entities.html5.items() if value == letter)
    in_html = rf"&(?:amp;){{0,3}}(?:#0{{0,6}}{code}|#[xX]0{{0,6}}{digits}{names});?"
    return f"(?:{literal}|{in_json}|{in_address}|{in_html})"
