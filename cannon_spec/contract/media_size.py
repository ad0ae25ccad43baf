"""The size of a picture or a video in pixels, from the contract's tables (floor 1, pure)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from cannon_spec.contract.arithmetic import is_number

_LARGEST_KEY = 10**6

Tables = Mapping[str, Any]
Sides = tuple[float, float]


class MediaSize(NamedTuple):
    """Width and height in pixels, the ratio that they stand for, and the claims that this rests on.

    The last claim is that on the pixels.
    """

    width: int
    height: int
    aspect_ratio: str
    claims: tuple[str, ...]


class SideRule(NamedTuple):
    """How a size follows from the side of its tier.

    ``measure`` gives the side of a listed width and height. ``divide`` gives width and height of a side and a
    proportion, and ``round_side`` makes whole pixels of one of them.
    """

    measure: Callable[[int, int], float]
    divide: Callable[[float, float], Sides]
    round_side: Callable[[float], int]


def _divide_area(side: float, proportion: float) -> Sides:
    return side * math.sqrt(proportion), side / math.sqrt(proportion)


def _stretch(side: float, proportion: float) -> Sides:
    return side * max(1.0, proportion), side * max(1.0, 1 / proportion)


_SIDE_RULES: Mapping[str, SideRule] = {
    "area": SideRule(lambda width, height: math.sqrt(width * height), _divide_area, int),
    "short side": SideRule(min, _stretch, round),
}
"""By what the side of a tier is: that of a square of the same area, or the shorter side of each ratio."""


def find_size(tables: Tables, model: str | None, input: Mapping[str, Any]) -> MediaSize:
    """The size of what a model makes of an input: from the model's table, else computed from the side of the tier.

    ``tables`` are those of pictures or of videos in media.json. A resolution or ratio that no table lists counts as the
    model's default.
    """
    rules = tables["computed"]
    table = tables["models"].get(model, rules)
    sizes: Mapping[str, Mapping[str, str]] = table.get("sizes", {})
    tier = next(tier for tier in _iter_tiers(tables, table, input) if tier in sizes or tier in rules["side"])
    listed_sizes = sizes.get(tier, {})
    ratio = _choose_ratio(tables, table, listed_sizes, input)
    general_claims = _list_general_claims(tables, input)
    if ratio in listed_sizes:
        width, height = map(int, listed_sizes[ratio].split("x"))
        return MediaSize(width, height, ratio, (*general_claims, table["claim"]))
    width, height = _compute_size(rules, _find_side(rules, sizes, tier), _parse_ratio(rules, ratio) or 1.0)
    is_asked = any(input.get(field) == tier for field in tables["resolution_fields"])
    claims = (*general_claims, rules["claim"]) if is_asked else (*general_claims, table["claim"], rules["claim"])
    return MediaSize(width, height, ratio, tuple(dict.fromkeys(claims)))


def _list_general_claims(tables: Tables, input: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims that hold for every model: on the defaults, and on the ratio where the input names one."""
    if "ratio_claim" in tables and input.get("aspect_ratio") is not None:
        return tables["claim"], tables["ratio_claim"]
    return (tables["claim"],)


def _compute_size(rules: Tables, side: float, proportion: float) -> tuple[int, int]:
    """Width and height of a proportion, each a number of steps; the longer one is no longer than the rules allow."""
    rule, step = _SIDE_RULES[rules["rule"]], rules["step"]
    sides = rule.divide(side, proportion)
    scale = min(1.0, rules["longest_side"] / max(sides)) / step
    width, height = (max(1, rule.round_side(each * scale)) * step for each in sides)
    return width, height


def _iter_tiers(tables: Tables, table: Tables, input: Mapping[str, Any]) -> Iterator[str]:
    """The tier of the input's resolution, then of another field that stands for one, then the model's default.

    Any of them but the last may be a tier that no table has.
    """
    for field in tables["resolution_fields"]:
        resolution = input.get(field)
        if isinstance(resolution, str):
            yield resolution
    for field, tiers_by_value in table.get("tier_by", {}).items():
        tier = tiers_by_value.get(_to_key(input.get(field)))
        if tier is not None:
            yield tier
    yield table["resolution"]
    yield tables["computed"]["resolution"]


def _to_key(value: Any) -> str | None:
    """A value as the name of a member: ``2`` of 2 and of 2.0; None for a value that is no short text or number."""
    if is_number(value):
        return f"{value:g}" if -_LARGEST_KEY < value < _LARGEST_KEY else None
    return value if isinstance(value, str) else None


def _choose_ratio(tables: Tables, table: Tables, listed_ratios: Mapping[str, str], input: Mapping[str, Any]) -> str:
    """The input's ratio where it is listed or can be computed, else the model's default."""
    ratio = input.get("aspect_ratio")
    if isinstance(ratio, str):
        ratio = tables.get("ratio_words", {}).get(ratio, ratio)
        if ratio in listed_ratios or _parse_ratio(tables["computed"], ratio):
            return str(ratio)
    default: str = table["aspect_ratio"]
    return default


def _find_side(rules: Tables, sizes: Mapping[str, Mapping[str, str]], tier: str) -> float:
    """The side of a tier; that of the first listed size where only the model's table has the tier."""
    if tier in rules["side"]:
        return float(rules["side"][tier])
    width, height = map(int, next(iter(sizes[tier].values())).split("x"))
    return _SIDE_RULES[rules["rule"]].measure(width, height)


def _parse_ratio(rules: Tables, ratio: str) -> float | None:
    """Width over height of ``16:9``; None for a text that is no ratio, or one more extreme than the rules allow."""
    width, _, height = ratio.partition(":")
    if not (width.isdecimal() and height.isdecimal() and len(ratio) <= 9 and int(width) and int(height)):
        return None
    proportion = int(width) / int(height)
    extreme: float = rules["most_extreme_ratio"]
    return proportion if 1 / extreme <= proportion <= extreme else None
