"""The size of a picture in pixels, from the contract's tables (floor 3, pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MOST_EXTREME = 8.0


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels, the ratio they stand for, and the claim they rest on."""

    width: int
    height: int
    aspect_ratio: str
    claim: str


def size(pixels: Mapping[str, Any], model: str, input: Mapping[str, Any]) -> Size:
    """The size of what ``model`` makes of ``input``: from its table, else worked out from the area of the tier.

    A resolution or ratio that no table knows is taken as the model's default.
    """
    computed = pixels["computed"]
    table = pixels["models"].get(model, computed)
    sizes: Mapping[str, Mapping[str, str]] = table.get("sizes", {})
    tiers = {**computed["side"], **sizes}
    quality = input.get("quality")
    named = table.get("quality", {}).get(quality) if isinstance(quality, str) else None
    tier = _first(tiers, input.get("resolution"), named, table["resolution"], computed["resolution"])
    ratio = input.get("aspect_ratio")
    ratio = ratio if isinstance(ratio, str) and (_proportion(ratio) or ratio in sizes.get(tier, {})) else None
    ratio = ratio or table["aspect_ratio"]
    listed = sizes.get(tier, {}).get(ratio)
    if listed is not None:
        wide, high = listed.split("x")
        return Size(int(wide), int(high), ratio, table["claim"])
    side, step, proportion = _side(computed, sizes, tier), computed["step"], _proportion(ratio) or 1.0
    width, height = side * math.sqrt(proportion), side / math.sqrt(proportion)
    return Size(_rounded(width, step), _rounded(height, step), ratio, computed["claim"])


def _side(computed: Mapping[str, Any], sizes: Mapping[str, Mapping[str, str]], tier: str) -> float:
    """The side of a square of the tier's area: as computed, or of the first entry where only the table has the tier."""
    if tier in computed["side"]:
        return float(computed["side"][tier])
    width, height = next(iter(sizes[tier].values())).split("x")
    return math.sqrt(int(width) * int(height))


def _first(known: Mapping[str, Any], *names: Any) -> str:
    return next(name for name in names if isinstance(name, str) and name in known)


def _proportion(ratio: str) -> float | None:
    """Width over height of ``16:9``; None for what is no ratio, or too extreme to paint."""
    width, _, height = ratio.partition(":")
    if not (width.isdecimal() and height.isdecimal() and len(ratio) <= 9 and int(width) and int(height)):
        return None
    proportion = int(width) / int(height)
    return proportion if 1 / _MOST_EXTREME <= proportion <= _MOST_EXTREME else None


def _rounded(side: float, step: int) -> int:
    return max(step, int(side / step) * step)
