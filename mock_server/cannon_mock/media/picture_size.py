"""The size of a picture in pixels, from the contract's tables (floor 3, pure)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_MOST_EXTREME_RATIO = 8.0

Tables = Mapping[str, Any]


class Size(NamedTuple):
    """Width and height in pixels, the ratio they stand for, and the claim they rest on."""

    width: int
    height: int
    aspect_ratio: str
    claim: str


def describe(
    media: Mapping[str, Any], model: str | None, input: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Width, height and aspect ratio of a picture, and the claims on them, from the contract's data on media."""
    size = find_size(media["image"], model, input)
    properties = {"width": size.width, "height": size.height, "aspect_ratio": size.aspect_ratio}
    return properties, (media["image"]["claim"], size.claim)


def find_size(tables: Tables, model: str | None, input: Mapping[str, Any]) -> Size:
    """The size of what a model makes of an input: from the model's table, else computed from the area of the tier.

    A resolution or ratio that no table lists counts as the model's default.
    """
    rules = tables["computed"]
    table = tables["models"].get(model, rules)
    sizes: Mapping[str, Mapping[str, str]] = table.get("sizes", {})
    tier = next(tier for tier in _iter_tiers(rules, table, input) if tier in sizes or tier in rules["side"])
    listed_sizes = sizes.get(tier, {})
    ratio = _choose_ratio(table, listed_sizes, input)
    if ratio in listed_sizes:
        width, height = map(int, listed_sizes[ratio].split("x"))
        return Size(width, height, ratio, table["claim"])
    side, proportion, step = _find_side(rules, sizes, tier), _parse_ratio(ratio) or 1.0, rules["step"]
    width, height = (_round_down(each, step) for each in (side * math.sqrt(proportion), side / math.sqrt(proportion)))
    return Size(width, height, ratio, rules["claim"])


def _iter_tiers(rules: Tables, table: Tables, input: Mapping[str, Any]) -> Iterator[str]:
    """The tier of the input's resolution, then of another field that stands for one, then the model's default.

    Any of them but the last may be a tier that no table has.
    """
    resolution = input.get("resolution")
    if isinstance(resolution, str):
        yield resolution
    for field, tiers_by_value in table.get("tier_by", {}).items():
        value = input.get(field)
        if isinstance(value, str) and value in tiers_by_value:
            yield tiers_by_value[value]
    yield table["resolution"]
    yield rules["resolution"]


def _choose_ratio(table: Tables, listed_ratios: Mapping[str, str], input: Mapping[str, Any]) -> str:
    """The input's ratio where it is listed or can be computed, else the model's default."""
    ratio = input.get("aspect_ratio")
    if isinstance(ratio, str) and (ratio in listed_ratios or _parse_ratio(ratio)):
        return ratio
    default: str = table["aspect_ratio"]
    return default


def _find_side(rules: Tables, sizes: Mapping[str, Mapping[str, str]], tier: str) -> float:
    """The side of a square of the tier's area; of the first listed size where only the model's table has the tier."""
    if tier in rules["side"]:
        return float(rules["side"][tier])
    width, height = next(iter(sizes[tier].values())).split("x")
    return math.sqrt(int(width) * int(height))


def _parse_ratio(ratio: str) -> float | None:
    """Width over height of ``16:9``; None for a text that is no ratio, or one too extreme to paint."""
    width, _, height = ratio.partition(":")
    if not (width.isdecimal() and height.isdecimal() and len(ratio) <= 9 and int(width) and int(height)):
        return None
    proportion = int(width) / int(height)
    return proportion if 1 / _MOST_EXTREME_RATIO <= proportion <= _MOST_EXTREME_RATIO else None


def _round_down(side: float, step: int) -> int:
    return max(step, int(side / step) * step)
