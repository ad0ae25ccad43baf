"""The sum of what bodies cost, and how much of it is known in which way (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from cannon_spec.contract.arithmetic import Number, to_fraction, to_number
from cannon_spec.contract.claim import STRENGTHS
from cannon_spec.pricing.body_cost import BodyCost, Obstacle

if TYPE_CHECKING:
    from fractions import Fraction

    Exact = int | Fraction


class CostShare(NamedTuple):
    """How many bodies there are of a kind, and their credits, which are exact."""

    bodies: int = 0
    credits: Exact = 0


@dataclass(frozen=True, slots=True)
class CostTotals:
    """The credits of all bodies so far.

    ``shares`` has those that are counted by the strength of their price, ``obstacles`` the number of the others by the
    reason.
    """

    shares: Mapping[str, CostShare] = field(default_factory=dict)
    obstacles: Mapping[Obstacle, int] = field(default_factory=dict)

    @property
    def counted_bodies(self) -> int:
        """How many bodies are counted."""
        return sum(share.bodies for share in self.shares.values())

    @property
    def uncounted_bodies(self) -> int:
        """How many bodies are not counted."""
        return sum(self.obstacles.values())

    @property
    def credits(self) -> Number:
        """The credits of the counted bodies."""
        return _to_number(self._sum())

    @property
    def average(self) -> Number | None:
        """The credits of a counted body on average, to two decimals; None without one."""
        return _to_number(round(to_fraction(1) * self._sum() / self.counted_bodies, 2)) if self.counted_bodies else None

    def plus(self, cost: BodyCost) -> CostTotals:
        """The totals with one body more."""
        if cost.credits is None or cost.evidence is None:
            return replace(self, obstacles={**self.obstacles, cost.obstacle: self.obstacles.get(cost.obstacle, 0) + 1})
        bodies, credits = self.shares.get(cost.evidence.strength, CostShare())
        share = CostShare(bodies + 1, credits + _to_exact(cost.credits))
        return replace(self, shares={**self.shares, cost.evidence.strength: share})

    def join(self, other: CostTotals) -> CostTotals:
        """The totals over the bodies of both."""
        shares, obstacles = dict(self.shares), dict(self.obstacles)
        for name, share in other.shares.items():
            bodies, credits = shares.get(name, CostShare())
            shares[name] = CostShare(bodies + share.bodies, credits + share.credits)
        for obstacle, number in other.obstacles.items():
            obstacles[obstacle] = obstacles.get(obstacle, 0) + number
        return CostTotals(shares, obstacles)

    def list_shares(self) -> list[tuple[str, int, Number]]:
        """The strength, the bodies and the credits of each share, the strongest first."""
        names = [name for name in STRENGTHS if name in self.shares]
        return [(name, self.shares[name].bodies, _to_number(self.shares[name].credits)) for name in names]

    def to_dict(self) -> dict[str, Any]:
        """The totals as JSON.

        ``{"credits", "average", "counted_bodies", "uncounted_bodies", "credits_by_strength": {"assumed": 31}}``
        """
        return {
            "credits": self.credits,
            "average": self.average,
            "counted_bodies": self.counted_bodies,
            "uncounted_bodies": self.uncounted_bodies,
            "credits_by_strength": {name: credits for name, _, credits in self.list_shares()},
        }

    def _sum(self) -> Exact:
        return sum((share.credits for share in self.shares.values()), start=0)


def _to_exact(credits: Number) -> Exact:
    # Floats would add up to a sum that is off by a fraction; whole numbers, the usual case, are exact as they are.
    return credits if isinstance(credits, int) else to_fraction(credits)


def _to_number(credits: Exact) -> Number:
    return credits if isinstance(credits, int) else to_number(credits)
