"""How much memory a JSON text may take once it is parsed, told before it is (floor 1)."""

from __future__ import annotations

_BYTES_OF_VALUES = {b"{": 232, b"[": 88, b",": 32}
"""What CPython needs for an object, an array and another member, each of which takes as little as a byte of the text.

Those in strings count too: a text with much code in it is far from any limit nevertheless.
"""


def estimate_parsed_bytes(text: bytes) -> int:
    """Count the bytes of memory that the values of a JSON text may take, beside its strings.

    The count of a text is the sum of those of its pieces, wherever it is cut.
    """
    return sum(text.count(sign) * size for sign, size in _BYTES_OF_VALUES.items())
