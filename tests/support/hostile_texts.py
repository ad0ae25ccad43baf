"""Texts near JSON with all that its readers disagree on."""

from __future__ import annotations

import json

from hypothesis import strategies as st

_SCALARS = (
    *("0", "-0", "7", "01", "1.", ".5", "1e5", "1E-400", "1e999", "-1e400", "18446744073709551616", "9" * 308),
    *("9" * 309, "0." + "1" * 400, "9" * 5000, "NaN", "Infinity", "-Infinity", "true", "null", "True", "nul", ""),
    *('"16:9"', '"a\\"b"', '"\\\\ud800"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\uDFFF"', '"\ud800"'),
    *('"é😀"', '"\\u0000"', '"\t"', '"\x7f"', '"\\x"', '"', "'a'", "\ud800", "٣"),
)
_KEYS = ('"a"', '"\\u0061"', '"b"', '""', '"prompt"', '"\\ud800"', "a")
_SPACES = ("", " ", "\r\n", "\t", "\xa0", "\x0b", "\ufeff", "x", "]", ",")

_numbers = st.one_of(st.integers(-(2**1030), 2**1030), st.floats()).map(json.dumps)
_decimals = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,3})?", fullmatch=True)
_strings = st.builds(json.dumps, st.text(max_size=8), ensure_ascii=st.booleans())
_keys = st.sampled_from(_KEYS) | _strings
_spaces = st.sampled_from(("", "", "", *_SPACES[:4]))


def _write_array(items: list[str], space: str) -> str:
    return f"[{space}" + f"{space},".join(items) + "]"


def _write_object(members: list[tuple[str, str]], space: str) -> str:
    return "{" + f",{space}".join(f"{key}{space}:{value}" for key, value in members) + f"{space}}}"


def _nest(text: str, levels: int) -> str:
    return "[" * levels + text + "]" * levels


def _put_in(text: str, place: int, piece: str) -> str:
    place %= len(text) + 1
    return text[:place] + piece + text[place:]


_documents = st.recursive(
    st.sampled_from(_SCALARS) | _numbers | _decimals | _strings,
    lambda inner: (
        st.builds(_write_array, st.lists(inner, max_size=3), _spaces)
        | st.builds(_write_object, st.lists(st.tuples(_keys, inner), max_size=3), _spaces)
    ),
    max_leaves=6,
)
_nested = st.builds(_nest, _documents, st.sampled_from((0, 0, 0, 1, 60, 63, 64, 65)))

hostile_texts = _nested | st.builds(_put_in, _nested, st.integers(0, 200), st.sampled_from(_SPACES))
"""Documents with numbers that are too large, keys given twice, halves of surrogate pairs, levels, and mistakes."""
