"""The nearest of the legal words to the one that was sent (floor 1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_LONGEST = 100


def find_nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` most likely meant, or None.

    A choice that differs only in case and punctuation (``aspectRatio``, ``gpt-image-2``) comes before one that differs
    in letters.
    """
    return _nearest(word[:_LONGEST], tuple(choices))


@lru_cache(maxsize=1024)
def _nearest(word: str, choices: tuple[str, ...]) -> str | None:
    folded = {fold(choice): choice for choice in reversed(choices)}
    exact = folded.get(fold(word))
    if exact is not None:
        return exact
    from difflib import get_close_matches  # late: only a misspelt word needs it

    close = get_close_matches(fold(word), folded, n=1, cutoff=0.7)
    return folded[close[0]] if close else None


def fold(word: str) -> str:
    """``word`` in lower case, its letters and digits only."""
    return "".join(filter(str.isalnum, word.casefold()))
