"""How many steps a pattern takes on a text, counted by a matcher that tries what Python's own would try."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from re import _constants as words
from re import _parser
from typing import Any

Continue = Callable[[int], bool]

_REPEATS = (words.MAX_REPEAT, words.MIN_REPEAT, words.POSSESSIVE_REPEAT)


def count_steps(pattern: re.Pattern[str], text: str, *, is_whole: bool = False) -> int:
    """How many letters and other parts of a pattern are tried, at each start or, with ``is_whole``, at the first."""
    matcher = _Matcher(text, pattern.flags)
    tree = list(_parser.parse(pattern.pattern, pattern.flags))
    for start in range(1 if is_whole else len(text) + 1):
        if matcher.matches(tree, start, lambda end: not is_whole or end == len(text)):
            break
    return matcher.steps


class _Matcher:
    """Try the parts of a pattern one after another, and the next way where one fails."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags
        self.steps = 0

    def matches(self, parts: Sequence[Any], place: int, go_on: Continue) -> bool:
        """Whether parts match from a place on, and what follows them does from where they end."""
        if not parts:
            return go_on(place)
        self.steps += 1
        (word, value), rest = parts[0], parts[1:]

        def go_on_here(end: int) -> bool:
            return self.matches(rest, end, go_on)

        if word in _REPEATS:
            return self._repeat(word, value, place, go_on_here)
        if word is words.SUBPATTERN:
            return self.matches(list(value[3]), place, go_on_here)
        if word is words.BRANCH:
            return any(self.matches(list(branch), place, go_on_here) for branch in value[1])
        if word in (words.ASSERT, words.ASSERT_NOT):
            return self._looks(value, place) is (word is words.ASSERT) and go_on_here(place)
        if word is words.AT:
            edges = {words.AT_BEGINNING: 0, words.AT_BEGINNING_STRING: 0, words.AT_END_STRING: len(self._text)}
            return place == edges[value] and go_on_here(place)
        return place < len(self._text) and self._is_letter(parts[0], self._text[place]) and go_on_here(place + 1)

    def _repeat(self, word: Any, value: Any, place: int, go_on: Continue) -> bool:
        least, most, inner = value[0], value[1], list(value[2])

        def repeat(count: int, here: int) -> bool:
            def go_on_once_more(end: int) -> bool:
                return end > here and repeat(count + 1, end)

            return (count < most and self.matches(inner, here, go_on_once_more)) or (count >= least and go_on(here))

        if word is words.POSSESSIVE_REPEAT:
            return self._repeat_for_good(least, most, inner, place, go_on)
        return repeat(0, place)

    def _repeat_for_good(self, least: int, most: int, inner: Sequence[Any], place: int, go_on: Continue) -> bool:
        count, ends = 0, [place]
        while count < most and self.matches(inner, ends[-1], lambda end: not ends.append(end)):
            count += 1
        return count >= least and go_on(ends[-1])

    def _looks(self, value: Any, place: int) -> bool:
        direction, inner = value
        start = place if direction > 0 else place - inner.getwidth()[0]
        return start >= 0 and self.matches(list(inner), start, lambda end: direction > 0 or end == place)

    def _is_letter(self, part: Any, letter: str) -> bool:
        """Whether a part that stands for one letter stands for this one."""
        return re.match(_write_letter(*part), letter, self._flags) is not None


def _write_letter(word: Any, value: Any) -> str:
    """The text of a part that stands for one letter."""
    if word is words.ANY:
        return "."
    if word is words.IN:
        return f"[{'^' * (value[0][0] is words.NEGATE)}{''.join(_write_member(*each) for each in value)}]"
    return f"[{'^' * (word is words.NOT_LITERAL)}{_write_member(words.LITERAL, value)}]"


def _write_member(word: Any, value: Any) -> str:
    if word is words.NEGATE:
        return ""
    if word is words.RANGE:
        return "-".join(re.escape(chr(each)) for each in value)
    if word is words.CATEGORY:
        return {words.CATEGORY_SPACE: r"\s", words.CATEGORY_DIGIT: r"\d", words.CATEGORY_WORD: r"\w"}[value]
    return re.escape(chr(value))
