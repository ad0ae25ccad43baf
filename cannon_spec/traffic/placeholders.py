"""Recognise what a recorder or a sanitizer wrote in place of a value (floor 2, pure)."""

from __future__ import annotations

import re
from typing import Any

_MAX_LENGTH = 120
_WORD = r"redact|sanitiz|sanitis|scrub|mask|filtered|removed|hidden|omitted|censored|obfuscat|anonymi|truncated"
_PATTERNS = (
    rf"""[\[<({{*#]+[^\[\]<>"]*(?:{_WORD})[^\[\]<>"]*[\])>}}*#]+""",  # [application/json redacted]
    rf"(?:{_WORD})\w*(?:[-_:#.]\w{{1,40}})?",  # REDACTED, redacted-7
    r"[*•●█x·.…#_-]{3,}",  # ******
)
_PLACEHOLDER = re.compile("|".join(_PATTERNS), re.IGNORECASE)
_MASKED_SECRET = re.compile(
    rf"{_WORD}|placeholder|your[-_ ]|\*\*|•|…|\.\.\.|x{{4}}|^[\[<{{$%]|^(?:sha\d+|md5|hash)\b", re.IGNORECASE
)


def is_placeholder(value: Any) -> bool:
    """Whether a value is a text that stands for one that was redacted."""
    return isinstance(value, str) and len(value) <= _MAX_LENGTH and _PLACEHOLDER.fullmatch(value.strip()) is not None


def is_masked(secret: str) -> bool:
    """Whether a key is redacted, in whole or in part, so that it can be compared with no other key."""
    return is_placeholder(secret) or _MASKED_SECRET.search(secret) is not None


def has_placeholder(value: Any) -> bool:
    """Whether a JSON value has a placeholder at any depth."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return is_placeholder(value) or any(map(has_placeholder, items))


def fill_placeholders(value: Any, other: Any) -> Any:
    """A copy of a JSON value, with what another one has in the place of each placeholder."""
    if is_placeholder(value):
        return other
    if isinstance(value, dict) and isinstance(other, dict):
        return {name: fill_placeholders(item, other.get(name, item)) for name, item in value.items()}
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        return list(map(fill_placeholders, value, other))
    return value
