"""What a run may spend and has spent: each create is reckoned with before it is sent, and read back after (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cannon_contract.client.amounts import to_credits
from cannon_contract.client.outcomes import NotTested
from cannon_contract.spending.accounts import Account, BalanceReading, round_credits
from cannon_contract.spending.prices import Prices
from cannon_spec.contract import wording

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class SentCreate:
    """One create that was sent: what it was reckoned at, what came of it, and what it counts as.

    ``request`` is the id of what was accepted, empty for none; ``said`` is what its ``billableCredits`` said last, None
    for nothing; ``seen`` is what the balance showed that it costs, where that is more.
    """

    body: Any
    estimate: float
    cost: float
    answer: str = "has not been answered"
    request_id: str = ""
    stated_cost: float | None = None
    observed_cost: float = 0.0

    @property
    def may_cost(self) -> float:
        """What the balance may fall by for it, without a surprise."""
        return max(self.cost, self.estimate) if self.cost else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The entry of a report: plain JSON values."""
        return {
            "body": self.body,
            "reckoned": self.estimate,
            "charged": self.cost,
            "answer": self.answer,
            "request": self.request_id,
            "said": self.stated_cost,
            "seen": self.observed_cost,
        }


@dataclass(slots=True)
class Budget:
    """The account of a run.

    A create counts at its price from the moment it is sent. Once it was accepted it counts at what ``billableCredits``
    says, if that says anything; once it was refused (4xx) it counts nothing, if the balance was seen not to fall. What
    a balance fell by beyond all that counts too.

    ``overrun`` says what cost more than it might, empty for nothing: after it no create is admitted. ``remarks`` is
    what a reader should know, ``waiting`` the requests that were not seen to end.
    """

    ceiling: float
    prices: Prices
    remarks: list[str] = field(default_factory=list)
    open_requests: dict[str, str] = field(default_factory=dict)
    overrun: str = ""
    _creates: list[SentCreate] = field(default_factory=list)
    _first_creates: dict[str, int] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _total_fall: float = 0

    @property
    def creates(self) -> list[SentCreate]:
        """Every create that was sent, with what it has cost by now."""
        return list(self._creates)

    @property
    def charges(self) -> list[SentCreate]:
        """The creates that count for something."""
        return [each for each in self._creates if each.cost]

    @property
    def unexplained_fall(self) -> float:
        """Credits that the balances fell by beyond what the creates count as."""
        return max(0.0, round_credits(self._total_fall - self._sum_costs()))

    @property
    def spent_credits(self) -> float:
        """Credits: what the creates count as, and what else the balances fell by."""
        return round_credits(self._sum_costs() + self.unexplained_fall)

    def admit(self, body: Any) -> float:
        """The price to reckon a create at. Raises NotTested where it must not be sent."""
        if not self.ceiling:
            raise NotTested("creates requests, which may cost credits: allow it with --allow-spend CREDITS")
        if self.overrun:
            raise NotTested(self.overrun)
        price = self.prices.dearest(body)
        if price is None:
            raise NotTested("its price is not known: name it in a file (--prices), or what to reckon (--assume-price)")
        if round_credits(self.spent_credits + price) > self.ceiling:
            raise NotTested(
                f"could cross --allow-spend {self.ceiling:g}: {self.spent_credits:g} spent, and it may cost {price:g}"
            )
        return price

    def record_balance(self, balance: BalanceReading) -> None:
        """A balance was looked at: where it fell by more than the creates may cost, that is an overrun."""
        self._add_balance(balance)
        may = round_credits(sum(each.may_cost for each in self._creates))
        if self._total_fall > may:
            self._set_overrun(
                f"the balance fell by {self._total_fall:g} in all, and the creates of this run were to cost {may:g}: "
                "they cost more than they say, or something else spends from the account"
            )

    def begin_create(self, body: Any) -> int:
        """A create is under way: it counts at its price. Its number; raises NotTested where it must not be sent."""
        price = self.admit(body)
        self._creates.append(SentCreate(body, price, cost=price))
        return len(self._creates) - 1

    def record_acceptance(self, number: int, id_: str) -> bool:
        """A create was accepted; what it cost is not known yet. Whether it is a new request, and no earlier one."""
        is_new = id_ not in self._first_creates
        self._update(
            number, answer="was accepted" if is_new else "repeats an earlier one", request_id=to_short_line(id_)
        )
        if is_new:
            self._first_creates[id_] = number
            self.open_requests[id_] = "accepted"
        return is_new

    def record_answer(self, number: int, answer: str) -> None:
        """A create was answered otherwise, or not at all; what it cost is not known yet."""
        self._update(number, answer=answer)

    def settle(
        self,
        number: int,
        before: BalanceReading,
        after: BalanceReading,
        *,
        is_free: bool = False,
        said: float | None = None,
    ) -> None:
        """What a create cost, by what is ``said`` of it and by the balance: an overrun, if more than was reckoned.

        Where it ``is_free`` and the balance was seen not to fall, it costs nothing. What was not seen counts.
        """
        price = self._creates[number].estimate
        told = 0.0 if is_free else price if said is None else said
        self._update(number, stated_cost=said, cost=told if before.can_show_charge(after) else max(told, price))
        beyond = self._find_extra_charge(number, before, after)
        if beyond:
            charged = round_credits(self._creates[number].cost + beyond)
            self._update(number, cost=charged, observed_cost=charged)
        self._explain_cost(number, before, after, beyond)
        self._check_estimate(number)

    def record_poll(self, request: Mapping[str, Any], terminal: tuple[str, ...]) -> None:
        """A poll was answered with this request object: where it costs more than was reckoned, it is an overrun."""
        id_, status = request.get("id"), request.get("status")
        if not isinstance(id_, str) or id_ not in self._first_creates:
            return
        if id_ in self.open_requests:
            self.open_requests[id_] = to_short_line(str(status))
            if status in terminal:
                del self.open_requests[id_]
        billable, number = to_credits(request.get("billableCredits")), self._first_creates[id_]
        if billable:
            spend = self._creates[number]
            charged = max(billable, spend.observed_cost if status in terminal else spend.cost)
            self._update(number, stated_cost=billable, cost=charged)
            self._check_estimate(number)

    def learn_prices(self) -> Prices:
        """The prices as this run was told them."""
        return self.prices.with_charged(
            (each.body, each.stated_cost) for each in self._creates if each.stated_cost is not None
        )

    def _find_extra_charge(self, number: int, before: BalanceReading, after: BalanceReading) -> float:
        """What the balance fell by during a create, and nothing else explains.

        What the other creates count as, and no balance was seen to fall by before, may have been charged meanwhile.
        """
        charged = self._creates[number].cost
        to_come = max(0.0, self._sum_costs() - charged - self._total_fall)
        self._add_balance(after)
        return max(0.0, round_credits(before.fall_until(after) - charged - to_come))

    def _explain_cost(self, number: int, before: BalanceReading, after: BalanceReading, beyond: float) -> None:
        """Remark on a create that counts at something else than was said, or of which nothing was said."""
        spend, fell = self._creates[number], before.fall_until(after)
        what = spend.request_id if spend.stated_cost is not None else f"a create that {spend.answer}"
        if not before.can_show_charge(after):
            self._add_remark(f"{what} counts at {spend.cost:g}: whether the balance fell could not be seen")
        elif spend.stated_cost is not None:
            if beyond:
                self._add_remark(
                    f"{what}: billableCredits says {spend.stated_cost:g}, and the balance fell by {fell:g}"
                )
        elif fell and spend.cost:
            self._add_remark(f"{what} was charged: the balance fell by {fell:g}")
        elif spend.cost:
            self._add_remark(f"{what} counts at {spend.cost:g}: nothing says that it cost less")

    def _sum_costs(self) -> float:
        """What all creates count as."""
        return round_credits(sum(each.cost for each in self._creates))

    def _add_balance(self, balance: BalanceReading) -> None:
        if not balance.key or balance.credits is None:
            return
        fresh = self._accounts.setdefault(balance.key, Account()).record_balance(balance.credits)
        self._total_fall = round_credits(self._total_fall + fresh)
        for key, account in self._accounts.items():
            account.falls_of_others += fresh if key != balance.key else 0

    def _update(self, number: int, **changes: Any) -> None:
        self._creates[number] = replace(self._creates[number], **changes)

    def _check_estimate(self, number: int) -> None:
        spend = self._creates[number]
        if spend.cost > spend.estimate:
            what = spend.request_id or f"a create that {spend.answer}"
            self._set_overrun(
                f"{what} costs {spend.cost:g}, and it was reckoned at {spend.estimate:g}{_price_fields(spend.body)}"
            )

    def _set_overrun(self, said: str) -> None:
        self.overrun = self.overrun or f"overrun: {said}"

    def _add_remark(self, said: str) -> None:
        if said not in self.remarks:
            self.remarks.append(said)


def _price_fields(body: Any) -> str:
    """What of a body its price goes by, to be read after a sentence."""
    input = body.get("input") if isinstance(body, dict) else None
    fields = input if isinstance(input, dict) else {}
    said = [f"{name} {to_short_line(str(fields[name]))}" for name in ("model", "resolution") if name in fields]
    return f" ({', '.join(said)})" if said else ""


def to_short_line(text: str) -> str:
    """What a target calls something, on one line and not too long."""
    return wording.escape_unprintable(text[:_LONGEST_NAME])
