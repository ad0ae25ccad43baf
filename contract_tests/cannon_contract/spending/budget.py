"""What a run may spend and has spent: each create is reckoned with before it is sent, and read back after (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cannon_contract.client.amounts import amount
from cannon_contract.client.outcomes import Untested
from cannon_contract.spending.accounts import Account, Balance, exact
from cannon_contract.spending.prices import Prices
from cannon_spec.contract import wording

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Spend:
    """One create that was sent: what it was reckoned at, what came of it, and what it counts as.

    ``request`` is the id of what was accepted, empty for none; ``said`` is what its ``billableCredits`` said last, None
    for nothing; ``seen`` is what the balance showed that it costs, where that is more.
    """

    body: Any
    reckoned: float
    charged: float
    answer: str = "has not been answered"
    request: str = ""
    said: float | None = None
    seen: float = 0.0

    @property
    def may_cost(self) -> float:
        """What the balance may fall by for it, without a surprise."""
        return max(self.charged, self.reckoned) if self.charged else 0.0


@dataclass(slots=True)
class Spending:
    """The account of a run.

    A create counts at its price from the moment it is sent. Once it was accepted it counts at what ``billableCredits``
    says, if that says anything; once it was refused (4xx) it counts nothing, if the balance was seen not to fall. What
    a balance fell by beyond all that counts too.

    ``overrun`` says what cost more than it might, empty for nothing: after it no create is admitted. ``remarks`` is
    what a reader should know, ``waiting`` the requests that were not seen to end.
    """

    allowed: float
    prices: Prices
    remarks: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    overrun: str = ""
    _sent: list[Spend] = field(default_factory=list)
    _first: dict[str, int] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _fallen: float = 0

    @property
    def spends(self) -> list[Spend]:
        """Every create that was sent, with what it has cost by now."""
        return list(self._sent)

    @property
    def charges(self) -> list[Spend]:
        """The creates that count for something."""
        return [each for each in self._sent if each.charged]

    @property
    def unexplained(self) -> float:
        """Credits that the balances fell by beyond what the creates count as."""
        return max(0.0, exact(self._fallen - self._told()))

    @property
    def spent(self) -> float:
        """Credits: what the creates count as, and what else the balances fell by."""
        return exact(self._told() + self.unexplained)

    def admit(self, body: Any) -> float:
        """The price to reckon a create at. Raises Untested where it must not be sent."""
        if not self.allowed:
            raise Untested("creates requests, which may cost credits: allow it with --allow-spend CREDITS")
        if self.overrun:
            raise Untested(self.overrun)
        price = self.prices.dearest(body)
        if price is None:
            raise Untested("its price is not known: name it in a file (--prices), or what to reckon (--assume-price)")
        if exact(self.spent + price) > self.allowed:
            raise Untested(
                f"could cross --allow-spend {self.allowed:g}: {self.spent:g} spent, and it may cost {price:g}"
            )
        return price

    def looked(self, balance: Balance) -> None:
        """A balance was looked at: where it fell by more than the creates may cost, that is an overrun."""
        self._looked(balance)
        may = exact(sum(each.may_cost for each in self._sent))
        if self._fallen > may:
            self._over(
                f"the balance fell by {self._fallen:g} in all, and the creates of this run were to cost {may:g}: "
                "they cost more than they say, or something else spends from the account"
            )

    def sending(self, body: Any) -> int:
        """A create is under way: it counts at its price. Its number; raises Untested where it must not be sent."""
        price = self.admit(body)
        self._sent.append(Spend(body, price, charged=price))
        return len(self._sent) - 1

    def accepted(self, number: int, id_: str) -> bool:
        """A create was accepted; what it cost is not known yet. Whether it is a new request, and no earlier one."""
        is_new = id_ not in self._first
        self._set(number, answer="was accepted" if is_new else "repeats an earlier one", request=named(id_))
        if is_new:
            self._first[id_] = number
            self.waiting[id_] = "accepted"
        return is_new

    def answered(self, number: int, answer: str) -> None:
        """A create was answered otherwise, or not at all; what it cost is not known yet."""
        self._set(number, answer=answer)

    def settled(
        self, number: int, before: Balance, after: Balance, *, is_free: bool = False, said: float | None = None
    ) -> None:
        """What a create cost, by what is ``said`` of it and by the balance: an overrun, if more than was reckoned.

        Where it ``is_free`` and the balance was seen not to fall, it costs nothing. What was not seen counts.
        """
        price = self._sent[number].reckoned
        told = 0.0 if is_free else price if said is None else said
        self._set(number, said=said, charged=told if before.shows(after) else max(told, price))
        beyond = self._beyond(number, before, after)
        if beyond:
            charged = exact(self._sent[number].charged + beyond)
            self._set(number, charged=charged, seen=charged)
        self._tell(number, before, after, beyond)
        self._check(number)

    def saw(self, request: Mapping[str, Any], terminal: tuple[str, ...]) -> None:
        """A poll was answered with this request object: where it costs more than was reckoned, it is an overrun."""
        id_, status = request.get("id"), request.get("status")
        if not isinstance(id_, str) or id_ not in self._first:
            return
        if id_ in self.waiting:
            self.waiting[id_] = named(str(status))
            if status in terminal:
                del self.waiting[id_]
        billable, number = amount(request.get("billableCredits")), self._first[id_]
        if billable:
            spend = self._sent[number]
            charged = max(billable, spend.seen if status in terminal else spend.charged)
            self._set(number, said=billable, charged=charged)
            self._check(number)

    def learnt(self) -> Prices:
        """The prices as this run was told them."""
        return self.prices.with_charged((each.body, each.said) for each in self._sent if each.said is not None)

    def _beyond(self, number: int, before: Balance, after: Balance) -> float:
        """What the balance fell by during a create, and nothing else explains.

        What the other creates count as, and no balance was seen to fall by before, may have been charged meanwhile.
        """
        charged = self._sent[number].charged
        to_come = max(0.0, self._told() - charged - self._fallen)
        self._looked(after)
        return max(0.0, exact(before.fell(after) - charged - to_come))

    def _tell(self, number: int, before: Balance, after: Balance, beyond: float) -> None:
        """Remark on a create that counts at something else than was said, or of which nothing was said."""
        spend, fell = self._sent[number], before.fell(after)
        what = spend.request if spend.said is not None else f"a create that {spend.answer}"
        if not before.shows(after):
            self._remark(f"{what} counts at {spend.charged:g}: whether the balance fell could not be seen")
        elif spend.said is not None:
            if beyond:
                self._remark(f"{what}: billableCredits says {spend.said:g}, and the balance fell by {fell:g}")
        elif fell and spend.charged:
            self._remark(f"{what} was charged: the balance fell by {fell:g}")
        elif spend.charged:
            self._remark(f"{what} counts at {spend.charged:g}: nothing says that it cost less")

    def _told(self) -> float:
        """What all creates count as."""
        return exact(sum(each.charged for each in self._sent))

    def _looked(self, balance: Balance) -> None:
        if not balance.key or balance.credits is None:
            return
        fresh = self._accounts.setdefault(balance.key, Account()).looked(balance.credits)
        self._fallen = exact(self._fallen + fresh)
        for key, account in self._accounts.items():
            account.told += fresh if key != balance.key else 0

    def _set(self, number: int, **changes: Any) -> None:
        self._sent[number] = replace(self._sent[number], **changes)

    def _check(self, number: int) -> None:
        spend = self._sent[number]
        if spend.charged > spend.reckoned:
            what = spend.request or f"a create that {spend.answer}"
            self._over(f"{what} costs {spend.charged:g}, and it was reckoned at {spend.reckoned:g}{_asked(spend.body)}")

    def _over(self, said: str) -> None:
        self.overrun = self.overrun or f"overrun: {said}"

    def _remark(self, said: str) -> None:
        if said not in self.remarks:
            self.remarks.append(said)


def _asked(body: Any) -> str:
    """What of a body its price goes by, to be read after a sentence."""
    input = body.get("input") if isinstance(body, dict) else None
    fields = input if isinstance(input, dict) else {}
    said = [f"{name} {named(str(fields[name]))}" for name in ("model", "resolution") if name in fields]
    return f" ({', '.join(said)})" if said else ""


def named(text: str) -> str:
    """What a target calls something, on one line and not too long."""
    return wording.escape_unprintable(text[:_LONGEST_NAME])
