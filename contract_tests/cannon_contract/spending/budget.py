"""The budget of a run: each create is estimated before it is sent, and its cost read back afterwards (floor 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cannon_contract.client.balance import AccountUse
from cannon_contract.client.outcomes import NotTested
from cannon_contract.spending.accounts import Account, BalanceReading
from cannon_contract.spending.price_list import PriceList
from cannon_contract.spending.time_limit import WaitAllowance
from cannon_spec.amounts import round_credits, to_credits
from cannon_spec.printable import escape_unprintable

_LONGEST_NAME = 100
_LONGEST_WAITS_S = 900.0


@dataclass(frozen=True, slots=True)
class SentCreate:
    """One create that was sent, with its costs in credits.

    ``estimate`` is what it was expected to cost at most, ``cost`` what it counts as by now. ``stated_cost`` is the last
    ``billableCredits`` of its request, None for none; ``observed_cost`` is what the fall of the balance shows, where
    that is more. ``request_id`` is empty where no request was accepted; ``answer`` completes "a create that …".
    """

    body: Any
    estimate: float
    cost: float
    answer: str = "has not been answered"
    request_id: str = ""
    stated_cost: float | None = None
    observed_cost: float = 0.0

    @property
    def highest_cost(self) -> float:
        """The most that the balance may fall for it without an overrun."""
        return max(self.cost, self.estimate) if self.cost else 0.0

    @property
    def is_estimated(self) -> bool:
        """Whether nothing shows what it cost, so that it counts at its estimate."""
        return bool(self.cost) and self.stated_cost is None and not self.observed_cost

    def to_dict(self) -> dict[str, Any]:
        """Convert the entry to plain JSON values, for a report."""
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
    """The credits of a run: what it may spend and what it has spent.

    A create counts at its estimate from the moment it is sent. Once accepted, it counts at its ``billableCredits``, if
    it has any. Once refused (4xx), it counts nothing, if the balance visibly did not fall. Falls of a balance beyond
    all that count too, if nothing else uses the account: else a fall counts for the create during which it came, up to
    its estimate, and the rest is only shown.

    ``ceiling`` is the most that it may spend, which ``ceiling_name`` names for the reader; ``most_creates`` is how
    many creates it may send, None for any number.

    ``plain_body`` is that of the run's plain creates: a body without an operation of the contract should be refused,
    and is estimated as that, should a target take it. ``may_accept`` says of a body whether the contract allows it.

    ``overrun_reason`` says what cost more than it might; it is empty for nothing. After an overrun no create is
    admitted. ``suspicion`` is the reason of an overrun that rests on a fall of the balance alone: it holds until
    somebody has looked whether the account is used from elsewhere. ``account_use`` says what else moves the balance.
    ``remarks`` are notes for the reader, ``open_requests`` maps each request that has not ended to its last status.
    ``waits`` is how long the reading of balances and costs may wait in all, where the target asks for it.
    """

    ceiling: float
    prices: PriceList
    most_creates: int | None = None
    plain_body: Any = None
    may_accept: Callable[[Any], bool] = lambda _: True
    ceiling_name: str = "--allow-spend"
    remarks: list[str] = field(default_factory=list)
    open_requests: dict[str, str] = field(default_factory=dict)
    overrun_reason: str = ""
    suspicion: str = ""
    account_use: AccountUse = field(default_factory=AccountUse)
    waits: WaitAllowance = field(default_factory=lambda: WaitAllowance(_LONGEST_WAITS_S))
    _creates: list[SentCreate] = field(default_factory=list)
    _first_creates: dict[str, int] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _total_fall: float = 0

    @property
    def creates(self) -> list[SentCreate]:
        """All creates that were sent, with their costs by now."""
        return list(self._creates)

    @property
    def charges(self) -> list[SentCreate]:
        """The creates that count as costing something, some of them at their estimate."""
        return [each for each in self._creates if each.cost]

    @property
    def unexplained_fall(self) -> float:
        """The credits that the balances fell by beyond the costs of the creates."""
        return max(0.0, round_credits(self._total_fall - self._sum_costs()))

    @property
    def spent_credits(self) -> float:
        """The costs of the creates and, if nothing else uses the account, the unexplained fall of the balances."""
        return round_credits(self._sum_costs() + (0.0 if self.account_use.elsewhere else self.unexplained_fall))

    @property
    def open_credits(self) -> float:
        """The costs of creates that no balance has shown: they may be charged at any time."""
        return max(0.0, round_credits(self._sum_costs() - self._total_fall))

    def admit(self, bodies: Sequence[Any]) -> list[float]:
        """Estimate creates that are sent together. Raises NotTested where they may not all be sent."""
        if not self.ceiling:
            raise NotTested("creates requests, which may cost credits: allow it with --allow-spend CREDITS")
        if self.overrun_reason:
            raise NotTested(self.overrun_reason)
        if self.account_use.reading_cost:
            raise NotTested(self.account_use.describe_reading_cost())
        if self.most_creates is not None and len(self._creates) + len(bodies) > self.most_creates:
            raise NotTested(f"would send more creates than --max-creates {self.most_creates} allows")
        estimates = [estimate for body in bodies if (estimate := self._estimate(body)) is not None]
        if len(estimates) < len(bodies):
            raise NotTested("its price is unknown: name it in a file (--prices), or give an estimate (--assume-price)")
        if round_credits(self.spent_credits + sum(estimates)) > self.ceiling:
            limit = f"{self.ceiling_name} {self.ceiling:g}"
            subject = "it" if len(bodies) == 1 else f"its {len(bodies)} creates"
            spent_credits, estimate = self.spent_credits, sum(estimates)
            raise NotTested(f"could cross {limit}: {spent_credits:g} spent, and {subject} may cost {estimate:g}")
        return estimates

    def _estimate(self, body: Any) -> float | None:
        """Estimate the most that a create may cost; None where no price is known."""
        is_plain = self.plain_body is None or self.prices.has_known_operation(body)
        return self.prices.estimate(body if is_plain else self.plain_body)

    def record_balance(self, reading: BalanceReading) -> None:
        """Record a reading; a fall in all beyond what the creates may cost is suspicious."""
        self._add_reading(reading)
        if not self._creates:
            self._total_fall = 0  # no create of this run has cost that
            return
        # Late charges are no overrun: a create that states less than its estimate may still be charged up to it.
        highest = round_credits(sum(each.highest_cost for each in self._creates))
        if self._total_fall > highest:
            self._suspect(
                f"the balance fell by {self._total_fall:g} in all, and the creates of this run may cost {highest:g}: "
                "they cost more than they say, or something else spends from the account"
            )

    def end_suspicion(self) -> None:
        """Make a suspicion an overrun, or drop it where the account is used from elsewhere."""
        if self.suspicion and not self.account_use.elsewhere:
            self._set_overrun(self.suspicion)
        elif self.suspicion:
            for number in range(len(self._creates)):
                self._limit_to_estimate(number)
        self.suspicion = ""

    def begin_creates(self, *bodies: Any) -> list[int]:
        """Record creates that are about to be sent together, each at its estimate. Returns their numbers.

        Raises NotTested, and records none, where they may not all be sent.
        """
        start = len(self._creates)
        for body, estimate in zip(bodies, self.admit(bodies), strict=True):
            self._creates.append(SentCreate(body, estimate, cost=estimate))
        return [*range(start, len(self._creates))]

    def record_acceptance(self, number: int, id_: str) -> bool:
        """Record that a create was accepted. Returns whether its request is new, and not a repeat of an earlier one."""
        is_new = id_ not in self._first_creates
        answer = "was accepted" if is_new else "repeats an earlier one"
        self._update(number, answer=answer, request_id=to_short_line(id_))
        if is_new:
            self._first_creates[id_] = number
            self.open_requests[id_] = "accepted"
        return is_new

    def record_answer(self, number: int, answer: str) -> None:
        """Record any other answer to a create, or that there was none."""
        self._update(number, answer=answer)

    def settle(
        self,
        number: int,
        before: BalanceReading,
        after: BalanceReading,
        *,
        is_free: bool = False,
        stated_cost: float | None = None,
    ) -> None:
        """Set the cost of a create by its stated cost and by the balance.

        If it states more than its estimate, that is an overrun; if only the balance says so, it is suspicious. Where it
        ``is_free`` and the balance visibly did not fall, it costs nothing.
        """
        estimate = self._creates[number].estimate
        cost = 0.0 if is_free else estimate if stated_cost is None else stated_cost
        # Where the balance cannot show a charge, there may be one: the create counts at its estimate at least.
        self._update(
            number, stated_cost=stated_cost, cost=cost if before.can_show_charge(after) else max(cost, estimate)
        )
        extra = self._find_extra_charge(number, before, after)
        if extra:
            observed_cost = round_credits(self._creates[number].cost + extra)
            self._update(number, cost=observed_cost, observed_cost=observed_cost)
        if self.account_use.elsewhere:
            self._limit_to_estimate(number)
        self._explain_cost(number, before, after, extra)
        self._check_estimate(number)

    def record_poll(self, request: Mapping[str, Any], terminal: tuple[str, ...]) -> None:
        """Record the request object of a poll; a stated cost above the estimate is an overrun."""
        id_, status = request.get("id"), request.get("status")
        if not isinstance(id_, str) or id_ not in self._first_creates:
            return
        if id_ in self.open_requests:
            self.open_requests[id_] = to_short_line(str(status))
            if status in terminal:
                del self.open_requests[id_]
        stated_cost, number = to_credits(request.get("billableCredits")), self._first_creates[id_]
        if stated_cost:
            create = self._creates[number]
            # At work a request may state more than it did, not less. At its end it may state less, as after a refund,
            # but never less than what the balance fell by for it.
            floor = create.observed_cost if status in terminal else create.cost
            self._update(number, stated_cost=stated_cost, cost=max(stated_cost, floor))
            self._check_estimate(number)

    def learn_prices(self, written_at: datetime) -> PriceList:
        """Build the price list of the next run from what the requests of this one stated, as of a time."""
        # Falls of the balance teach no price: somebody else may spend from the same account.
        stated_costs = ((each.body, each.stated_cost) for each in self._creates)
        charges = ((body, cost) for body, cost in stated_costs if cost is not None)
        return self.prices.with_charges(charges, written_at)

    def _find_extra_charge(self, number: int, before: BalanceReading, after: BalanceReading) -> float:
        """Find how far the balance fell during a create beyond its cost and beyond late charges of other creates."""
        cost = self._creates[number].cost
        # Costs of other creates that no balance has shown yet may be charged just now, late. Counted before the new
        # reading is added: it would already contain them.
        late_charges = max(0.0, self._sum_costs() - cost - self._total_fall)
        self._add_reading(after)
        return max(0.0, round_credits(before.fall_until(after) - cost - late_charges))

    def _explain_cost(self, number: int, before: BalanceReading, after: BalanceReading, extra: float) -> None:
        """Remark on a create whose cost differs from what it states, or that states nothing."""
        create, fall = self._creates[number], before.fall_until(after)
        name = create.request_id if create.stated_cost is not None else f"a create that {create.answer}"
        if not before.can_show_charge(after):
            self._add_remark(f"{name} counts at {create.cost:g}: whether the balance fell could not be seen")
        elif create.stated_cost is not None:
            if extra and not self.account_use.elsewhere:
                self._add_remark(
                    f"{name}: billableCredits says {create.stated_cost:g}, and the balance fell by {fall:g}"
                )
        elif fall and create.cost and self.account_use.elsewhere:
            self._add_remark(f"{name} counts at {create.cost:g}: the balance fell by {fall:g}, perhaps for others")
        elif fall and create.cost:
            self._add_remark(f"{name} was charged: the balance fell by {fall:g}")
        elif create.cost:
            self._add_remark(f"{name} counts at {create.cost:g}: nothing says that it cost less")

    def _sum_costs(self) -> float:
        return round_credits(sum(each.cost for each in self._creates))

    def _add_reading(self, reading: BalanceReading) -> None:
        if not reading.key or reading.credits is None:
            return
        new_fall = self._accounts.setdefault(reading.key, Account()).record_balance(reading.credits)
        self._total_fall = round_credits(self._total_fall + new_fall)
        # Other keys may be of the same account: each of them is going to see this fall too.
        for key, account in self._accounts.items():
            account.falls_of_others += new_fall if key != reading.key else 0

    def _update(self, number: int, **changes: Any) -> None:
        self._creates[number] = replace(self._creates[number], **changes)

    def _check_estimate(self, number: int) -> None:
        create = self._creates[number]
        if create.cost > create.estimate:
            name = create.request_id or f"a create that {create.answer}"
            fields = self.prices.describe_body(create.body)
            reason = f"{name} costs {create.cost:g}, and its estimate was {create.estimate:g}{fields}"
            is_stated = (create.stated_cost or 0.0) > create.estimate
            (self._set_overrun if is_stated else self._suspect)(reason)

    def _limit_to_estimate(self, number: int) -> None:
        """Count no more for a create than it states or was expected to cost: what fell beyond that others spent."""
        create = self._creates[number]
        most = max(create.estimate, create.stated_cost or 0.0)
        cost, observed_cost = min(create.cost, most), min(create.observed_cost, most)
        self._update(number, cost=cost, observed_cost=observed_cost)

    def _suspect(self, reason: str) -> None:
        if not self.account_use.elsewhere:
            self.suspicion = self.suspicion or reason

    def _set_overrun(self, reason: str) -> None:
        self.overrun_reason = self.overrun_reason or f"overrun: {reason}"

    def _add_remark(self, remark: str) -> None:
        if remark not in self.remarks:
            self.remarks.append(remark)


def to_short_line(text: str) -> str:
    """Make one line of at most 100 characters of a text that a target sent."""
    return escape_unprintable(text[:_LONGEST_NAME])
