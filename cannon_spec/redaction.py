"""Removes secrets from texts, as they are and in each form in which they may be escaped (floor 1, pure).

``redact`` removes what has the form of a secret: API keys, secrets of webhooks, and what an address has of them. A
``Redactor`` removes secrets that are known, whatever their form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from cannon_spec.escapes import Span, find_spans, replace_spans

MASK = "(cut)"
"""What takes the place of a secret that is known."""

_CUT = "..."
"""What takes the place of what has the form of a secret, behind its public prefix."""

_MARKS = ("cs_", "whs", "@", "=", "&")
_SIGNS = ("\\", "%")
"""A text without any of these has no secret. The last ones begin an escape, as ``&`` does."""

_ESCAPED_MARK = "(?:u00|x|%|25)(?:63|73|5[fF]|77|68|40|3[dD]|26)"
"""The escape of a letter of ``_MARKS``: most texts with escapes have none, and to undo them all takes longer."""

_KEYS = {
    # Within a word, as metrics_1 or docs_final, the prefix of a key says nothing, but for that of the documented form.
    # cs_CZ is the locale of Czech.
    r"cs_(?:(?<![A-Za-z0-9_]cs_)|(?<=_cs_)(?=(?:live|test)_))(?!CZ(?![A-Za-z0-9_-]))(?P<secret>[A-Za-z0-9_-]+)": "cs_",
    r"whs(?<![A-Za-z0-9]whs)(?:ec|k)_(?P<secret>[A-Za-z0-9+/=_-]+)": "whs",
}
_PARAMETER = r"""(?xa)[?&;\#]
    (?:[\w.\[-]{0,60}[_.\[-]|[\w.\[-]{0,60}(?=[A-Z])|(?i:api|auth|access|private|client|session))?
    (?i:key|token|sig|signature|secret|pass|passwd|password|pwd|auth|authorization|credentials?|session|jwt|hmac)
    \]?=(?P<secret>[^&;\#\s"'<>]+)"""
"""A parameter of an address. Prose has some too, with short values: ``genre=lofi;key=Am``."""

_IN_ADDRESSES = {
    r"""(?a)://(?P<secret>[^\s/?#"<>]+)@""": "@",  # a name and a password
    # A password may have signs that an address cannot have: behind a name and what is no port, or in the address of a
    # store. Where no @ ends it, the text is taken whole, else it would be searched again from each address in it.
    r"""(?xa)://
    (?:(?<=redis://)|(?<=rediss://)|(?<=unix://)|(?!\[)(?=[^\s/?\#"<>:@]*:(?![0-9]{1,5}\\{0,9}[/?\#])))
    (?:(?P<secret>[^\s"<>]+)@|[^\s"<>]+)""": "@",
    _PARAMETER: "=",
}
"""Patterns, each with a sign without which it finds nothing: to look for that costs much less.

A pattern begins with fixed letters where it can, so that ``re`` skips all else at once.
"""
_END_OF_ADDRESS = r"""(?a)[\s"'<>]"""
_START_OF_PATH = r"(?a)(?<!\w)/"
_SHORTEST_SECRET = 8
"""How many signs the value of a parameter has at least, to be a secret wherever it stands."""

_NEVER = r"(?!)"
"""A pattern that finds nothing."""

_LOOK_AHEAD = 1024
"""How many characters more than it returns ``redact_start`` looks at."""


def redact(text: str) -> str:
    """A text without what has the form of a secret: of each its public prefix stays, and dots."""
    # Loops in place of generators: the mock redacts eight texts of each exchange.
    for mark in _MARKS:
        if mark in text:
            break
    else:
        for sign in _SIGNS:
            if sign in text and _compile(_ESCAPED_MARK).search(text):
                break
        else:
            return text
    spans = find_spans(text, _find_secrets)
    return replace_spans(text, spans, lambda _: _CUT) if spans else text


def redact_start(text: str, most: int) -> str:
    """The first characters of a text, redacted: what is cut off may decide that something is a secret."""
    return redact(text[: most + _LOOK_AHEAD])[:most] if len(text) > most else redact(text)


def redact_texts(value: Any, redact_text: Callable[[str], str]) -> Any:
    """A JSON value with each of its texts redacted; names of members stay."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {name: redact_texts(each, redact_text) for name, each in value.items()}
    return [redact_texts(each, redact_text) for each in value] if isinstance(value, list | tuple) else value


_ALL = _KEYS | _IN_ADDRESSES


def _find_secrets(text: str, patterns: Mapping[str, str] = _ALL) -> list[Span]:
    return [
        match.span("secret")
        for pattern, mark in patterns.items()
        if mark in text
        for match in (_find_parameters(text) if pattern is _PARAMETER else _compile(pattern).finditer(text))
        if match["secret"]
    ]


def _find_parameters(text: str) -> Iterator[re.Match[str]]:
    """The parameters of addresses, and those with a value as long as a secret."""
    last_place, is_in_address = 0, False
    for match in _compile(_PARAMETER).finditer(text):
        # Only what stands between two of them: to look back to the start of the address takes longer with each.
        between = text[last_place : match.start() + 1]
        word = _compile(_END_OF_ADDRESS).split(between)[-1]
        is_in_address = (is_in_address and len(word) == len(between)) or _begins_address(word)
        last_place = match.start() + 1
        if is_in_address or len(match["secret"]) >= _SHORTEST_SECRET:
            yield match


def _begins_address(word: str) -> bool:
    """Whether a word has the start of an address in it, or of its path: ``h/x?``, but not ``4/4``."""
    behind_slash = word.partition("/")[2]
    return "?" in behind_slash or "#" in behind_slash or _compile(_START_OF_PATH).search(word) is not None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)  # when it is needed: a short command has few texts, and none with a secret


class Redactor:
    """Removes secrets from texts, with any of their letters escaped for JSON, an address, or HTML, in any case.

    ``list_near_secrets`` lists for a secret what is nearly that secret, and must go too: a reader could guess from it.
    """

    def __init__(
        self, secrets: Iterable[str], list_near_secrets: Callable[[str], Iterable[str]] = lambda _: ()
    ) -> None:
        self._list_near_secrets = list_near_secrets
        self._secrets = tuple(dict.fromkeys(secret for secret in secrets if secret))
        near_secrets = (near for secret in self._secrets for near in list_near_secrets(secret))
        self._pattern = _build_pattern(text.lower() for text in (*self._secrets, *near_secrets))
        self._exact_pattern = _build_pattern(self._secrets)

    def with_secret(self, secret: str) -> Redactor:
        """A redactor that removes one more secret: the same where it removes that one already."""
        return self if secret in self._secrets else Redactor((*self._secrets, secret), self._list_near_secrets)

    def finds_secret(self, content: bytes) -> bool:
        """Whether bytes have a whole secret in them."""
        return bool(find_spans(content.decode("latin-1"), lambda each: _find(self._exact_pattern, each)))

    def redact_text(self, text: str) -> str:
        """A text without its secrets, and without those in addresses."""
        letters = _to_letters(text)
        spans = find_spans(letters, lambda each: (*self._find(each), *_find_secrets(each, _IN_ADDRESSES)))
        return _cut(letters, spans).decode(errors="surrogatepass") if spans else text

    def redact_bytes(self, content: bytes) -> bytes:
        """Bytes without their secrets."""
        letters = content.decode("latin-1")
        spans = find_spans(letters, self._find)
        return _cut(letters, spans) if spans else content

    def redact_value(self, value: Any) -> Any:
        """A JSON value whose texts have no secrets; names of members stay."""
        return redact_texts(value, self.redact_text)

    def _find(self, letters: str) -> Iterator[Span]:
        return _find(self._pattern, letters.lower())


def _to_letters(text: str) -> str:
    """A letter for each byte of a text."""
    return text.encode(errors="surrogatepass").decode("latin-1")


def _cut(letters: str, spans: Iterable[Span]) -> bytes:
    return replace_spans(letters, spans, lambda _: MASK).encode("latin-1")


def _build_pattern(texts: Iterable[str]) -> re.Pattern[str]:
    """What finds any of the texts. Of one with backslashes some may be lost where others are escaped more often."""
    forms = {_to_letters(form) for text in texts for form in (text, text.replace("\\", "")) if form}
    # The longest first: a secret that has another one in it must not be left in part.
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or _NEVER)


def _find(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    return (match.span() for match in pattern.finditer(text))
