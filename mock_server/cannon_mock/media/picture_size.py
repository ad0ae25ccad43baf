"""The size of a picture in pixels, from the contract's tables (floor 3, pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
    tier = _choose_tier(rules, table, input)
    ratio = _choose_ratio(table, sizes.get(tier, {}), input)
    listed_size = sizes.get(tier, {}).get(ratio)
    if listed_size is not None:
        width, height = map(int, listed_size.split("x"))
        return Size(width, height, ratio, table["claim"])
    side, proportion, step = _find_side(rules, sizes, tier), _parse_ratio(ratio) or 1.0, rules["step"]
    width, height = (_round_down(each, step) for each in (side * math.sqrt(proportion), side / math.sqrt(proportion)))
    return Size(width, height, ratio, rules["claim"])


def _choose_tier(rules: Tables, table: Tables, input: Mapping[str, Any]) -> str:
    """The tier of the input's resolution, else of another field that stands for one, else the model's default."""
    sizes, sides = table.get("sizes", {}), rules["side"]
    values = ((tiers_by_value, input.get(field)) for field, tiers_by_value in table.get("tier_by", {}).items())
    by_fields = [tiers_by_value.get(value) for tiers_by_value, value in values if isinstance(value, str)]
    candidates = (input.get("resolution"), *by_fields, table["resolution"], rules["resolution"])
    return next(tier for tier in candidates if isinstance(tier, str) and (tier in sizes or tier in sides))


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
