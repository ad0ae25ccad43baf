"""Find the legal word that is nearest to a misspelt one (floor 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_LONGEST = 100
_LETTERS_PER_SLIP = 5
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[^0-9a-z]+(?=[0-9])")


def find_certain_value(value: Any, choices: Iterable[Any]) -> str | None:
    """The only text among the choices that differs from ``value`` in case and punctuation alone; None for none.

    Numbers stay apart where they are so in the choice: ``169`` and ``1:69`` are not ``16:9``, ``seedream-4.5`` is
    ``seedream45``.
    """
    if not isinstance(value, str) or not fold(value):
        return None
    matches = [each for each in choices if isinstance(each, str) and _is_same_word(value[:_LONGEST], each)]
    return matches[0] if len(matches) == 1 else None


def _is_same_word(word: str, choice: str) -> bool:
    separated = _separate_numbers(choice)
    return fold(word) == fold(choice) and (":" not in separated or _separate_numbers(word) == separated)


def _separate_numbers(word: str) -> str:
    return "".join(each for each in _BETWEEN_DIGITS.sub(":", word.casefold()) if each.isalnum() or each == ":")


def find_nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` most likely means, or None.

    A choice that differs only in case and punctuation (``aspectRatio``, ``gpt-image-2``) comes before one that differs
    in letters.
    """
    return _search(word[:_LONGEST], tuple(choices))


def is_slip(word: str, choice: str) -> bool:
    """Whether a word differs from a choice as by a slip of the hand: a letter for each five of the choice, at most two.

    Two letters that are swapped count as one. Case and punctuation do not count.
    """
    written, right = fold(word[:_LONGEST]), fold(choice)
    return _measure_distance(written, right) <= min(2, len(right) // _LETTERS_PER_SLIP)


def _measure_distance(one: str, other: str) -> int:
    """How many letters are added, left out, replaced or swapped between two words (optimal string alignment)."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other_letter in enumerate(other, 1):
            costs = rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != other_letter)
            row.append(min(costs))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], other_letter):
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]


def suggest_name(name: str, choices: Iterable[str], listing: str, prefix: str = "") -> str:
    """What to do about an unknown name: the nearest choice where there is one, then how to list them all.

    ``listing`` is a clause such as ``cannon-spec catalog lists the operations``. ``prefix``, which the choices have in
    common, does not make them near.
    """
    nearest = find_nearest(name.removeprefix(prefix), [choice.removeprefix(prefix) for choice in choices])
    return f"did you mean {prefix}{nearest}? {listing}" if nearest else listing


@lru_cache(maxsize=1024)
def _search(word: str, choices: tuple[str, ...]) -> str | None:
    by_letters = {fold(choice): choice for choice in reversed(choices)}
    exact = by_letters.get(fold(word))
    if exact is not None:
        return exact
    from difflib import get_close_matches  # late: only an unknown word needs it

    matches = get_close_matches(fold(word), by_letters, n=1, cutoff=0.7)
    return by_letters[matches[0]] if matches else None


def fold(word: str) -> str:
    """The letters and digits of a word, in lower case."""
    return _fold_word(word) if len(word) <= _LONGEST else _fold_word.__wrapped__(word)


@lru_cache(maxsize=4096)  # the same words are looked for in each body
def _fold_word(word: str) -> str:
    return "".join(filter(str.isalnum, word.casefold()))
