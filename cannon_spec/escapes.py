"""Undo escapes in a text, of JSON, addresses and HTML, and find what it then has in the text itself (floor 1, pure)."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

Span = tuple[int, int]
"""The start and the end of a part of a text."""

Find = Callable[[str], Iterable[Span]]
"""Finds parts of a text."""

_SIGNS = ("\\", "%", "&")
"""What each escape begins with."""

_ESCAPE = r"""(?xa)
    \\(?: u00(?P<json>[0-9a-fA-F]{2}) | x(?P<short>[0-9a-fA-F]{2}) | (?P<white>[nrtbf]) | (?P<sign>[^\w\s]) )
    | %(?:u00)?(?P<address>[0-9a-fA-F]{2})
    | &(?: \#0{0,6}(?P<number>[0-9]{2,3}) | \#[xX]0{0,6}(?P<html>[0-9a-fA-F]{2}) | (?P<name>[a-zA-Z]{2,24}));?
    """
_MOST_ROUNDS = 5
"""How often an escape may be escaped again."""


def find_spans(text: str, find: Find) -> list[Span]:
    """Find parts of a text, as it is and with escapes undone, some times: where they stand in the text, in order.

    Parts that overlap are returned as one.
    """
    spans = set(find(text))
    if any(sign in text for sign in _SIGNS):
        for plain_text, locate in _undo_escapes(text):
            spans.update((locate(start), locate(end)) for start, end in find(plain_text))
    return _join(sorted(spans)) if len(spans) > 1 else list(spans)


def replace_spans(text: str, spans: Iterable[Span], replace: Callable[[str], str]) -> str:
    """A text with other words in the place of some parts, which are in order and apart."""
    pieces, end = [], 0
    for start, next_end in spans:
        pieces += [text[end:start], replace(text[start:next_end])]
        end = next_end
    return "".join([*pieces, text[end:]])


def _undo_escapes(text: str) -> Iterator[tuple[str, Callable[[int], int]]]:
    """The text with its escapes undone once, twice and so on, each with what finds the place in the first text."""
    locators: list[Callable[[int], int]] = []

    def locate(index: int) -> int:
        for each in reversed(locators):
            index = each(index)
        return index

    for _ in range(_MOST_ROUNDS):
        # Arrays: a text of escapes alone, of 2 MiB, would take more than 100 MB as lists of numbers.
        pieces, ends, shifts, plain_end, source_end = [], array("q", [0]), array("q", [0]), 0, 0
        for match in _compile_escape().finditer(text):
            letter = _read_escape(match)
            if letter:
                pieces += [text[source_end : match.start()], letter]
                plain_end += match.start() - source_end + 1
                source_end = match.end()
                ends.append(plain_end)
                shifts.append(source_end - plain_end)
        if not pieces:
            return
        text = "".join([*pieces, text[source_end:]])
        locators.append(_build_locator(ends, shifts))
        yield text, locate


@cache
def _compile_escape() -> re.Pattern[str]:
    return re.compile(_ESCAPE)  # late, as a short command has no text with an escape


def _build_locator(ends: Sequence[int], shifts: Sequence[int]) -> Callable[[int], int]:
    """What finds the place of a letter: ``shifts`` are how much further each is from its ``ends`` on."""
    return lambda index: index + shifts[bisect_right(ends, index) - 1]


def _read_escape(match: re.Match[str]) -> str:
    """The letter that an escape stands for; empty for none of ASCII."""
    kind = str(match.lastgroup)
    value = match[kind]
    if kind == "white":
        return "\n"
    if kind == "sign":
        return value
    if kind == "name":
        from html.entities import html5  # late: few texts have one

        letter = html5.get(f"{value};", "")
        return letter if len(letter) == 1 else ""
    code = int(value, 10 if kind == "number" else 16)
    return chr(code) if code < 128 else ""


def _join(spans: list[Span]) -> list[Span]:
    joined_spans = spans[:1]
    for start, end in spans[1:]:
        last_start, last_end = joined_spans[-1]
        if start < last_end:
            joined_spans[-1] = (last_start, max(last_end, end))
        else:
            joined_spans.append((start, end))
    return joined_spans
