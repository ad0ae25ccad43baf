"""What a run may spend and has spent: each create is reckoned with before it is sent, and read back after (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contract_tests.broken import Stopped, Untested
from contract_tests.prices import Prices, amount


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

    An accepted create costs what ``billableCredits`` says, and at least what the balance fell by meanwhile: the more
    of the two counts. Where nothing says what a create cost, it counts at what it was reckoned at. ``remarks`` is
    what a reader should know of it, ``waiting`` the requests that were not seen to end.
    """

    allowed: float
    prices: Prices
    remarks: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    _sent: list[Spend] = field(default_factory=list)
    _first: dict[str, int] = field(default_factory=dict)
    _under_way: float = 0

    @property
    def spends(self) -> list[Spend]:
        """Every create that was sent, with what it has cost by now."""
        return list(self._sent)

    @property
    def charges(self) -> list[Spend]:
        """The creates that cost something."""
        return [each for each in self._sent if each.charged]

    @property
    def spent(self) -> float:
        """Credits: what the creates cost, and what one that is under way may cost."""
        return sum(each.charged for each in self._sent) + self._under_way

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

    def sending(self, price: float) -> None:
        """A create is under way: until it is known what it cost, it counts at its price."""
        self._under_way = price

    def answered(self, id_: str) -> None:
        """A create was accepted, and what it cost is not yet known."""
        self.waiting.setdefault(id_, "accepted")

    def accepted(self, body: Any, price: float, id_: str, billable: float | None, fell: float | None) -> None:
        """What an accepted create cost. Raises Stopped where that is more than it was reckoned at."""
        self._under_way = 0
        self.waiting.setdefault(id_, "accepted")
        lost = max(0.0, fell or 0.0)
        if id_ in self._first:
            self._sent.append(Spend(body, price, "repeated", id_, lost, fell))
            if lost:
                self.remarks.append(f"{id_}: a repeat of its create was charged: the balance fell by {lost:g}")
        else:
            self._first[id_] = len(self._sent)
            self._sent.append(
                Spend(body, price, "accepted", id_, max(price if billable is None else billable, lost), fell)
            )
            if billable is not None and fell is not None and fell != billable:
                self.remarks.append(f"{id_}: billableCredits says {billable:g}, and the balance fell by {fell:g}")
        self._check(id_, self._sent[-1])

    def not_accepted(self, body: Any, price: float, answer: str, fell: float | None) -> None:
        """A create was refused or not answered. Raises Stopped where it cost more than it was reckoned at."""
        self._under_way = 0
        lost = max(0.0, fell) if fell is not None else price
        self._sent.append(Spend(body, price, answer, "", lost, fell))
        if fell is None:
            self.remarks.append(f"a create {answer}, and the balance could not be read: {price:g} count as spent")
        elif lost:
            said = f"a create that {answer} was charged: the balance fell by {lost:g}, and no request is known for it"
            self.remarks.append(said)
            self._check("it", self._sent[-1])

    def saw(self, request: Mapping[str, Any], terminal: tuple[str, ...]) -> None:
        """A poll was answered with this request object. Raises Stopped where it costs more than was reckoned."""
        id_, status = request.get("id"), request.get("status")
        if not isinstance(id_, str) or id_ not in self._first:
            return
        if id_ in self.waiting:
            self.waiting[id_] = str(status)
            if status in terminal:
                del self.waiting[id_]
        billable, index = amount(request.get("billableCredits")), self._first[id_]
        known = self._sent[index]
        if billable is not None and (billable > known.charged or (status in terminal and known.fell is not None)):
            charged = max(billable, known.fell or 0.0)
            self._sent[index] = replace(known, charged=charged)
            self._check(id_, self._sent[index])

    def _check(self, what: str, spend: Spend) -> None:
        if spend.charged > spend.reckoned:
            said = f"overrun: {what} costs {spend.charged:g}, and it was reckoned at {spend.reckoned:g}"
            self.remarks.append(said)
            raise Stopped(said)

    def learnt(self) -> Prices:
        """The prices as this run found them."""
        return self.prices.with_charged((each.body, each.charged) for each in self.charges if each.answer == "accepted")
