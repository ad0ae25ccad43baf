"""How long a video, a sound or its subtitles last, from the contract's data on an operation (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cannon_spec.contract.arithmetic import is_number

Number = int | float
_DECIMALS = 3


class MediaDuration(NamedTuple):
    """Seconds, a finite number above 0, and the claim that they rest on."""

    seconds: Number
    claim: str


def find_duration(bounds: Mapping[str, Any], rule: Mapping[str, Any], input: Mapping[str, Any]) -> MediaDuration:
    """How long the files of an input last, by the ``duration`` of its operation and the ``duration`` of media.json.

    A field counts that has a number above 0. Without one, the default counts: where the field is absent, and for -1,
    with which a model chooses the length itself. No file is shorter or longer than the bounds.
    """
    # Each is limited before they are added: a number of an input may be larger than any float.
    longest: Number = bounds["most"]
    seconds = _read_seconds(rule, input) or rule["default"]
    addition = _find_positive(rule.get("plus", ()), input) or 0
    total = min(min(seconds, longest) + min(addition, longest), longest)
    return MediaDuration(round(max(bounds["least"], total), _DECIMALS), rule["claim"])


def _read_seconds(rule: Mapping[str, Any], input: Mapping[str, Any]) -> Number | None:
    if "text" in rule:
        text = input.get(rule["text"])
        return len(text) / rule["characters_per_second"] if isinstance(text, str) else None
    return _find_positive(rule.get("fields", ()), input)


def _find_positive(fields: Iterable[str], input: Mapping[str, Any]) -> Number | None:
    """The value of the first field that has a number above 0."""
    for name in fields:
        value: Any = input.get(name)
        if is_number(value) and value > 0:
            seconds: Number = value
            return seconds
    return None
