"""What is wrong with a text that is not JSON, in words for people (floor 1, pure).

Python's reader says what it expected and where. The table says what stands there instead, and what to do.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import NamedTuple

from cannon_spec.json_positions import escape_letter, find_position, find_unclosed, show_token, skip_space

_EXPECTED_BY_MESSAGE = {
    "Expecting value": "value",
    "Expecting property name": "key",
    "Illegal trailing comma": "key",
    "Expecting ':'": "colon",
    "Expecting ','": "comma",
    "Extra data": "end",
    "Unterminated string": "quote",
    "Invalid control character": "character",
    "Invalid \\": "escape",
}
"""What the reader expected, by how its message begins."""

_CLOSING = {"{": "}", "[": "]"}
_OUTSIDE_STRINGS = "value key colon comma end"
_NUMBER_FORMS = "write a number as 5, 0.5, -2 or 1e3"
_QUOTE_TEXT = "put text in double quotes"


class SyntaxKind(NamedTuple):
    """A kind of mistake, and the words for it.

    ``expected`` lists what the reader may have expected. ``at`` is a pattern of what stands there. ``before`` has the
    characters of which one stands before it, apart from space: "" is the start of the text, None is anything.
    """

    expected: str
    at: str
    before: str | None
    problem: str
    advice: str


SYNTAX_KINDS = tuple(
    SyntaxKind(*row)
    for row in (
        (
            "character",
            r"[\r\n]",
            None,
            "a line break inside a string",
            r'write it as \n; if the string ends before it, close it with "',
        ),
        ("character", r"\t", None, "a tab inside a string", r"write it as \t"),
        ("character", ".", None, "the control character {it.escaped} inside a string", "write it as {it.escaped}"),
        (
            "escape",
            r'\\u[^"\s]{0,4}',
            None,
            "{it.token} is not an escape",
            r"write four hex digits after \u, as in \u00e9; write a backslash itself as \\",
        ),
        (
            "escape",
            r"\\.?",
            None,
            "{it.token} is not an escape of JSON",
            r"write a backslash itself as \\, as in C:\\Users",
        ),
        (
            "quote",
            ".",
            None,
            "the string that starts here is not closed",
            r'close it with "; write a quote inside it as \"',
        ),
        ("value", r"\Z", "", "the document is empty", "write one JSON object: {{...}}"),
        (
            "value",
            r"<[!?\w][^<>\n]*>?",
            "",
            "the text is HTML or XML",
            "check the file, or what the server answered",
        ),
        (
            "value",
            r"[A-Za-z_$]\w*:(?=\s)|---(?=\s)",
            "",
            "the text looks like YAML",
            "write it as JSON; payloads may be YAML in a file named .yaml, or with --input yaml",
        ),
        (
            "value key colon comma",
            r"\Z",
            None,
            "the document ends, but the {it.opening} at {it.opening_place} is not closed",
            "write what is missing, and close it with {it.closing}",
        ),
        (_OUTSIDE_STRINGS, r"//|/\*|#", None, "a comment ({it.token}) in JSON", "remove the comment"),
        (
            _OUTSIDE_STRINGS,
            "[\u201c\u201d\u201e\u201f\u00ab\u00bb]",
            None,
            "{it.token} is a typographic quote",
            'write the straight quote "',
        ),
        (
            _OUTSIDE_STRINGS,
            "['`\u2018\u2019\u201a\u201b]",
            None,
            "{it.token} does not quote text in JSON",
            'put text and keys in double quotes: "text"',
        ),
        (
            _OUTSIDE_STRINGS,
            r"[\x00-\x1f\x7f-\xa0\xad\u2000-\u200f\u2028-\u202f\u2060\u3000\ufeff]",
            None,
            "the invisible character {it.escaped}",
            "remove it, or write a plain space",
        ),
        (
            _OUTSIDE_STRINGS,
            r"\\.?",
            None,
            "a backslash outside of a string",
            "remove it; the document may have been escaped twice",
        ),
        (
            _OUTSIDE_STRINGS,
            r"\.\.\.|\u2026",
            None,
            "{it.token} in place of text that was left out",
            "write the whole value, or remove it",
        ),
        (
            "value key",
            r"\{\{[^}\n]*\}{0,2}|\$\{?\w*\}?|<[^<>\n]*>?|%\(?\w*\)?s?",
            None,
            "{it.token} is a placeholder",
            "put the value in its place",
        ),
        (
            "key",
            r"[{\[]",
            None,
            "{it.token} is where a key belongs",
            "put the value in place of a placeholder, or remove one {it.token}",
        ),
        ("value key", r"[}\]]", ",", "a comma before {it.token}", "remove the comma"),
        ("value", ",", ",[", "a value is missing before the comma", "write the value, or remove the comma"),
        ("key", ",", None, "a comma without a field before it", "remove the comma"),
        ("value", r"[,}\]]", ":", "the value is missing after the colon", "write the value, or remove the field"),
        ("colon", "=>?", None, "{it.token} after a key", "write a colon"),
        ("colon", r"[,}\]]", None, "a key has no value", "write a colon and the value after the key"),
        ("value key colon comma", "[;\uff0c\uff1b]", None, "{it.token} is where a comma belongs", "write a comma"),
        ("value", r"[}\]]", "", "{it.token} closes nothing", "remove it, or add what it closes"),
        (
            "value key comma",
            r"[}\]]",
            None,
            "{it.token} does not close the {it.opening} at {it.opening_place}",
            "close that with {it.closing} first",
        ),
        ("value", r"(?i:true|false|null)\b", None, "{it.token} is not a word of JSON", "write {it.lower}"),
        (
            "value",
            r"(?:None|none|nil|undefined|NONE)\b",
            None,
            "{it.token} is not a word of JSON",
            "leave the field out, or write null",
        ),
        (
            "value",
            r"(?i:[-+]?(?:nan|inf(?:inity)?))\b",
            None,
            "{it.token} is not a JSON number",
            "write a number, or leave the field out",
        ),
        ("value", r"[-+.][\w.]*", None, "{it.token} is not a JSON number", _NUMBER_FORMS),
        (
            "comma end",
            r"(?<=[^\d.]0)\d+",
            None,
            "a number begins with 0",
            f"write it without the 0 in front; {_QUOTE_TEXT}",
        ),
        (
            "comma end",
            r"(?<=[\d.])[^\s,\]}\"{\[]+",
            None,
            "{it.token} follows a number",
            f'{_QUOTE_TEXT}, as "16:9"; {_NUMBER_FORMS}',
        ),
        ("key", r"[\w$][\w$.-]*", None, "the key {it.token} has no quotes", 'write "{it.token}"'),
        (
            "value",
            r"\w[\w.:/-]*",
            None,
            "{it.token} has no quotes",
            f"{_QUOTE_TEXT}; without quotes there are only numbers, true, false and null",
        ),
        (
            "colon comma end",
            r'(?<=")\w[\w.:/-]*|[^\W\d][\w.:/-]*',
            '"',
            "{it.token} follows the end of a string",
            r"write a quote inside a string as \"",
        ),
        ("comma", ":", None, "a colon is where a comma belongs", "write a comma, or put the object in {{ and }}"),
        (
            "comma",
            r'"[^"\\\n]*"?|.',
            None,
            "a comma is missing before {it.token}",
            "put a comma after the value before it",
        ),
        (
            "colon",
            r'"[^"\\\n]*"?|.',
            None,
            "a colon is missing before {it.token}",
            "put a colon between the key and its value",
        ),
        ("end", r"[}\]]", None, "{it.token} after the end of the document", "remove it, or add what it closes"),
        (
            "end",
            ":",
            '"',
            "fields without an object around them",
            "put {{ before the first field and }} after the last",
        ),
        (
            "end",
            ".",
            None,
            "more text after the end of the document",
            "keep one document; several go in a .jsonl file, one on each line",
        ),
        ("key", ".", None, "{it.token} is where a key belongs", 'write a key in double quotes, as "prompt"'),
        ("value", ".", None, "{it.token} is where a value belongs", "write a JSON value"),
    )
)
"""The kinds of mistakes. The first that fits gives the words; the last ones fit whatever stands there."""

_PATTERNS = tuple((frozenset(kind.expected.split()), re.compile(kind.at, re.DOTALL), kind) for kind in SYNTAX_KINDS)


class SyntaxProblem(NamedTuple):
    """Where a text is not JSON, what is wrong there, and what to do."""

    offset: int
    problem: str
    advice: str


def explain_syntax(text: str, error: json.JSONDecodeError) -> SyntaxProblem:
    """What is wrong with a text that Python's reader refused with ``error``."""
    expected = next(word for start, word in _EXPECTED_BY_MESSAGE.items() if error.msg.startswith(start))
    offset = _find_offset(text, error, expected)
    before = text[:offset].rstrip()[-1:]
    for words, pattern, kind in _PATTERNS:
        match = pattern.match(text, offset) if expected in words and _may_follow(kind, before) else None
        if match is not None:
            mistake = _Mistake(text, offset, match[0])
            return SyntaxProblem(offset, kind.problem.format(it=mistake), kind.advice.format(it=mistake))
    raise LookupError(error.msg)


def _find_offset(text: str, error: json.JSONDecodeError, expected: str) -> int:
    """Where the mistake stands: versions of Python differ in whether they point at it or at what is before it."""
    offset = error.pos
    if expected in ("quote", "character"):
        return offset
    if expected == "escape":
        return text.rfind("\\", 0, offset + 1)
    if error.msg.startswith("Illegal"):  # it points at the comma before a bracket
        offset += 1
    return skip_space(text, offset)


def _may_follow(kind: SyntaxKind, before: str) -> bool:
    return kind.before is None or (before in kind.before if before else not kind.before)


class _Mistake:
    """What a text of the table may name: what stands at a place, and what is open there."""

    def __init__(self, text: str, offset: int, token: str) -> None:
        self._text, self._offset, self._token = text, offset, token

    @property
    def token(self) -> str:
        return show_token(self._token)

    @property
    def escaped(self) -> str:
        return escape_letter(self._token)

    @property
    def lower(self) -> str:
        return self._token.lower()

    @property
    def opening(self) -> str:
        return self._text[self._opening_offset]

    @property
    def closing(self) -> str:
        return _CLOSING[self.opening]

    @property
    def opening_place(self) -> str:
        """The place of the opening; without its line if that is the line of the mistake."""
        offset = self._opening_offset
        line, column = find_position(self._text, offset)
        is_same_line = "\n" not in self._text[offset : self._offset]
        return f"column {column}" if is_same_line else f"line {line}, column {column}"

    @cached_property
    def _opening_offset(self) -> int:
        offset = find_unclosed(self._text, self._offset)
        assert offset is not None, "only kinds of mistakes inside an object or array name its opening"
        return offset
