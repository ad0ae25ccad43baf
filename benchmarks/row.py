"""One row of the table: what is measured, beside what, and what it aims at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.measure import Pair

if TYPE_CHECKING:
    from benchmarks.bench import Bench


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound of the ratio, or of our own figure, in the unit of the row."""

    of: Literal["ratio", "ours"]
    word: Literal["at least", "at most"]
    bound: float

    def is_met(self, pair: Pair, scale: float) -> bool:
        """Whether a pair keeps the bound."""
        value = pair.ours * scale if self.of == "ours" else pair.ratio
        if value is None:
            return False
        return value >= self.bound if self.word == "at least" else value <= self.bound

    def describe(self, unit: str) -> str:
        """The bound as a text: ``at most 1.5 x``."""
        return f"{self.word} {self.bound:g} {'x' if self.of == 'ratio' else unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Row:
    """A measure. ``scale`` turns its figures into ``unit``.

    ``meaning`` says what is measured in a sentence. ``remark`` says why the aim is not reached, where it is not.
    """

    name: str
    what: str
    ours: str
    peer: str | None
    unit: str
    measure: Callable[[Bench], Pair]
    meaning: str
    scale: float = 1
    aims: tuple[Aim, ...] = ()
    remark: str = ""
    has_npm_peer: bool = False

    def tabulate(self, pair: Pair, peer_name: str | None) -> dict[str, Any]:
        """The row with its figures as JSON values."""
        return {
            "row": self.name,
            "what": self.what,
            "unit": self.unit,
            "ours": pair.ours * self.scale,
            "ours_is": self.ours,
            "peer": None if pair.peer is None else pair.peer * self.scale,
            "peer_is": peer_name,
            "ratio": pair.ratio,
            "aims": [aim.describe(self.unit) for aim in self.aims],
            "is_met": all(aim.is_met(pair, self.scale) for aim in self.aims) if self.aims else None,
            "meaning": self.meaning,
            "remark": self.remark,
        }
