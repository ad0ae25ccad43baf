"""A fast decoder for JSON texts that all readers take for the same value, by msgspec (extra ``fast``; floor 1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

UNREAD: Final[Any] = object()
"""What stands for the value of a text that is left to the strict decoder."""

IMPORT_WORTH = 4_000_000
"""How many characters have to be read before msgspec saves the time of its import, about 10 ms."""

_DIGITS_BEYOND_DOUBLE = 309
"""How many digits an integer has that no double holds, at least."""

_find_digit = re.compile(r"[0-9]").search
_DIGITS = "0123456789"


class LateDecoder:
    """The fast decoder, imported when ``import_worth`` characters have passed; until then all texts are left unread.

    ``decode`` takes a text, and returns its value or UNREAD. The value has at most ``max_depth`` levels.
    """

    def __init__(self, max_depth: int, import_worth: int = IMPORT_WORTH) -> None:
        self._max_depth = max_depth
        self._import_worth = import_worth
        self.decode: Callable[[str], Any] = self._wait

    def load(self) -> None:
        """Import the decoder now. Where msgspec is not installed, all texts are left unread."""
        try:
            self.decode = load_fast_decoder(self._max_depth)
        except ImportError:
            self.decode = _leave_unread

    def _wait(self, text: str) -> Any:
        self._import_worth -= len(text)
        if self._import_worth < 0:
            self.load()
        return UNREAD


def load_fast_decoder(max_depth: int) -> Callable[[str], Any]:
    """Import the decoder: it returns the value of a text, or UNREAD if readers of JSON may disagree on the text.

    Raises ImportError where msgspec is not installed.
    """
    from msgspec import MsgspecError
    from msgspec.json import Decoder, Encoder

    decode, encode = Decoder().decode, Encoder().encode

    def decode_agreed(text: str) -> Any:
        if text.count("{") + text.count("[") > max_depth or _may_exceed_double(text) or _has_escaped_quote(text):
            return UNREAD
        try:
            value = decode(text)  # it refuses halves of surrogate pairs, fractions beyond a double, and mistakes
            written_text = encode(value)
        except (MsgspecError, ValueError, RecursionError):  # RecursionError: the caller left little stack
            return UNREAD
        # Each quote of the text is at an end of a string, or in the escape \". The value written again has as many,
        # unless a key was given twice: then a string is lost.
        return value if written_text.count(b'"') == text.count('"') else UNREAD

    return decode_agreed


def _may_exceed_double(text: str) -> bool:
    """Whether a text may have an integer beyond a double."""
    # One digit of such an integer has a place that is looked at. Most short texts have no digit there.
    first, step = _DIGITS_BEYOND_DOUBLE - 1, _DIGITS_BEYOND_DOUBLE
    letters = text[first::step]
    if _find_digit(letters) is None:
        return False
    places = (first + step * index for index, letter in enumerate(letters) if letter in _DIGITS)
    return any(_count_digits(text, place) >= _DIGITS_BEYOND_DOUBLE for place in places)


def _count_digits(text: str, place: int) -> int:
    """How many digits stand together at a place, up to twice as many as are too many."""
    before = text[max(0, place - _DIGITS_BEYOND_DOUBLE) : place]
    after = text[place : place + _DIGITS_BEYOND_DOUBLE]
    return len(before) - len(before.rstrip(_DIGITS)) + len(after) - len(after.lstrip(_DIGITS))


def _has_escaped_quote(text: str) -> bool:
    r"""Whether a text may have the escape \u0022, a quote that is none in the text."""
    return "\\" in text and "\\u0022" in text  # one letter is found several times as fast as six


def _leave_unread(_: str) -> Any:
    return UNREAD
