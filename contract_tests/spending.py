"""What a run may spend and has spent: each create is reckoned with before it is sent, and read back after (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract_tests.broken import Stopped, Untested
from contract_tests.prices import Prices


@dataclass(frozen=True, slots=True)
class Spend:
    """One create that was sent: what it was reckoned at, what came of it, and what that cost.

    ``request`` is the id of what was accepted, empty for none; ``fell`` is how far the balance fell meanwhile, None
    where it could not be read.
    """

    body: Any
    reckoned: float
    answer: str
    request: str
    charged: float
    fell: float | None


@dataclass(slots=True)
class Spending:
    """The account of a run.

    ``billableCredits`` says what an accepted create costs. Where none was accepted, what the balance fell by counts
    as spent, as if it were that create's. ``remarks`` is what a reader should know of it.
    """

    allowed: float
    prices: Prices
    spends: list[Spend] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    _charged: dict[str, float] = field(default_factory=dict)
    _reserved: dict[str, float] = field(default_factory=dict)
    _lost: float = 0

    @property
    def spent(self) -> float:
        """Credits: what was charged, what is set aside for requests that say no price yet, and what was lost."""
        return sum(self._charged.values()) + sum(self._reserved.values()) + self._lost

    @property
    def charges(self) -> list[Spend]:
        """The creates that cost something."""
        return [each for each in self.spends if each.charged]

    def admit(self, body: Any) -> float:
        """The price to reckon a create at. Raises Untested where it must not be sent."""
        if not self.allowed:
            raise Untested("creates requests, which may cost credits: allow it with --allow-spend CREDITS")
        price = self.prices.dearest(body)
        if price is None:
            raise Untested("its price is not known: name it in a file (--prices), or what to reckon (--assume-price)")
        if self.spent + price > self.allowed:
            raise Untested(
                f"could cross --allow-spend {self.allowed:g}: {self.spent:g} spent, and it may cost {price:g}"
            )
        return price

    def accepted(self, body: Any, price: float, id_: str, billable: float | None, fell: float | None) -> None:
        """A create was accepted. Raises Stopped where it costs more than it was reckoned at."""
        is_new = id_ not in self._charged and id_ not in self._reserved
        self.waiting.setdefault(id_, "accepted")
        if billable is None:
            self._reserved.setdefault(id_, price)
        else:
            self._settle(id_, billable)
        charged = self._charged.get(id_, self._reserved.get(id_, price)) if is_new else 0
        self.spends.append(Spend(body, price, "accepted", id_, charged, fell))
        if is_new and billable is not None and fell is not None and fell != billable:
            self.remarks.append(f"{id_}: billableCredits says {billable:g}, and the balance fell by {fell:g}")
        self._check(f"{id_} costs {charged:g}", charged, price)

    def not_accepted(self, body: Any, price: float, answer: str, fell: float | None) -> None:
        """A create was refused or not answered. Raises Stopped where it cost more than it was reckoned at."""
        lost = max(0.0, fell or 0.0)
        self._lost += lost
        self.spends.append(Spend(body, price, answer, "", lost, fell))
        if lost:
            said = f"a create that {answer} was charged: the balance fell by {lost:g}, and no request is known for it"
            self.remarks.append(said)
            self._check(said, lost, price)
        elif fell is None:
            self._lost += price
            self.remarks.append(f"a create {answer}, and the balance could not be read: {price:g} count as spent")

    def saw(self, request: Mapping[str, Any], terminal: tuple[str, ...]) -> None:
        """A poll was answered with this request object."""
        id_, status, billable = request.get("id"), request.get("status"), request.get("billableCredits")
        if not isinstance(id_, str) or id_ not in self.waiting:
            return
        self.waiting[id_] = str(status)
        if isinstance(billable, int | float) and (billable or status in terminal):
            before = self._reserved.get(id_)
            self._settle(id_, billable)
            if before is not None:
                self._check(f"{id_} costs {billable:g}", billable, before)
        if status in terminal:
            del self.waiting[id_]

    def _settle(self, id_: str, billable: float) -> None:
        self._reserved.pop(id_, None)
        self._charged[id_] = max(billable, self._charged.get(id_, 0))

    def _check(self, what: str, cost: float, price: float) -> None:
        if cost > price:
            self.remarks.append(f"overrun: {what}, and it was reckoned at {price:g}")
            raise Stopped(self.remarks[-1])

    def learnt(self) -> Prices:
        """The prices as this run found them."""
        return self.prices.with_charged(
            (spend.body, self._charged[spend.request])
            for spend in self.spends
            if spend.request in self._charged and spend.charged
        )
