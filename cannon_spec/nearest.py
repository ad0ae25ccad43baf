"""Find the legal word that is nearest to a misspelt one (floor 1)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_LONGEST = 100


def find_nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that ``word`` most likely means, or None.

    A choice that differs only in case and punctuation (``aspectRatio``, ``gpt-image-2``) comes before one that differs
    in letters.
    """
    return _search(word[:_LONGEST], tuple(choices))


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
    return "".join(filter(str.isalnum, word.casefold()))
