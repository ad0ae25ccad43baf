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
    tier = _first(tiers, input.get("resolution"), table.get("quality", {}).get(input.get("quality")))
    tier = tier or table["resolution"]
    ratio = input.get("aspect_ratio")
    ratio = ratio if isinstance(ratio, str) and (_proportion(ratio) or ratio in sizes.get(tier, {})) else None
    ratio = ratio or table["aspect_ratio"]
    listed = sizes.get(tier, {}).get(ratio)
    if listed is not None:
        width, height = listed.split("x")
        return Size(int(width), int(height), ratio, table["claim"])
    proportion = _proportion(ratio) or 1.0
    side, step = computed["side"][tier], computed["step"]
    return Size(
        _rounded(side * math.sqrt(proportion), step),
        _rounded(side / math.sqrt(proportion), step),
        ratio,
        computed["claim"],
    )


def _first(known: Mapping[str, Any], *names: Any) -> str | None:
    return next((name for name in names if isinstance(name, str) and name in known), None)


def _proportion(ratio: str) -> float | None:
    """Width over height of ``16:9``; None for what is no ratio, or too extreme to paint."""
    width, _, height = ratio.partition(":")
    if not (width.isdecimal() and height.isdecimal() and len(ratio) <= 9 and int(width) and int(height)):
        return None
    proportion = int(width) / int(height)
    return proportion if 1 / _MOST_EXTREME <= proportion <= _MOST_EXTREME else None


def _rounded(side: float, step: int) -> int:
    return max(step, round(side / step) * step)
