"""Small tables in plain text: what, A, B, their ratio, what it aims at, and whether that is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from measure import Pair

_LAST = ("ratio", "aim", "met")


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound of a ratio."""

    word: Literal["over", "under", "at most"]
    bound: float

    def met(self, ratio: float) -> bool:
        """Whether a ratio keeps the bound."""
        if self.word == "over":
            return ratio > self.bound
        return ratio < self.bound or (self.word == "at most" and ratio == self.bound)

    def __str__(self) -> str:
        return f"{self.word} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a pair in ``unit``, multiplied by ``scale`` to get there; without an aim it is for information."""

    what: str
    pair: Pair
    unit: str
    scale: float = 1
    aim: Aim | None = None

    def cells(self) -> tuple[str, ...]:
        """The line's texts."""
        a, b = (_number(value * self.scale) + " " + self.unit for value in (self.pair.a, self.pair.b))
        met = "-" if self.aim is None else "yes" if self.aim.met(self.pair.ratio) else "no"
        return self.what, a, b, _number(self.pair.ratio), str(self.aim or "-"), met


def rendered(title: str, a: str, b: str, rows: Sequence[Row]) -> str:
    """A table whose columns A and B are called ``a`` and ``b``; the ratio is A to B."""
    lines = [("", a, b, *_LAST), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join([title, "", *("  " + _line(line, widths) for line in lines), ""])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    texts = [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))]
    return "  ".join(texts).rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
