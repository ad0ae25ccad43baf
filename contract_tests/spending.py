"""What a run may spend and has spent: each create is reckoned with before it is sent, and read back after (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cannon_spec import wording
from contract_tests.account import Account, Balance
from contract_tests.broken import Untested
from contract_tests.prices import Prices, amount

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Spend:
    """One create that was sent: what it was reckoned at, what came of it, and what it counts as.

    ``request`` is the id of what was accepted, empty for none; ``said`` is what its ``billableCredits`` said last, None
    for nothing; ``account`` is the number of the API key that it was sent with, 0 for one that was not taken.
    """

    body: Any
    reckoned: float
    charged: float
    answer: str = "has not been answered"
    request: str = ""
    said: float | None = None
    account: int = 0

    @property
    def may_cost(self) -> float:
        """What the balance may fall by for it, without a surprise."""
        return max(self.charged, self.reckoned) if self.charged else 0.0


@dataclass(slots=True)
class Spending:
    """The account of a run.

    A create counts at its price from the moment it is sent. Once it was accepted it counts at what ``billableCredits``
    says, if that says anything; once it was refused (4xx) it counts nothing, if the balance was seen not to fall. What
    a balance fell by beyond all that counts too; since two keys may be of one account, what falls later than during a
    create is held against the creates with all keys. ``overrun`` says what cost more than it might, empty for nothing:
    after it no create is admitted. ``remarks`` is what a reader should know, ``waiting`` the requests that were not
    seen to end.
    """

    allowed: float
    prices: Prices
    remarks: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    overrun: str = ""
    _sent: list[Spend] = field(default_factory=list)
    _first: dict[str, int] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)

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
        """Credits that a balance fell by beyond what the creates count as."""
        told = sum(each.charged for each in self._sent)
        return max(0.0, max((account.fallen for account in self._accounts.values()), default=0.0) - told)

    @property
    def spent(self) -> float:
        """Credits: what the creates count as, and what else the balances fell by."""
        return sum(each.charged for each in self._sent) + self.unexplained

    def admit(self, body: Any) -> float:
        """The price to reckon a create at. Raises Untested where it must not be sent."""
        if not self.allowed:
            raise Untested("creates requests, which may cost credits: allow it with --allow-spend CREDITS")
        if self.overrun:
            raise Untested(self.overrun)
        price = self.prices.dearest(body)
        if price is None:
            raise Untested("its price is not known: name it in a file (--prices), or what to reckon (--assume-price)")
        if self.spent + price > self.allowed:
            raise Untested(
                f"could cross --allow-spend {self.allowed:g}: {self.spent:g} spent, and it may cost {price:g}"
            )
        return price

    def looked(self, balance: Balance) -> None:
        """A balance was looked at: where it fell by more than the creates may cost, that is an overrun."""
        account = self._looked(balance)
        may = sum(each.may_cost for each in self._sent)
        if account.fallen > may:
            self._over(
                f"the balance fell by {account.fallen:g} in all, and the creates of this run were to cost {may:g}: "
                "they cost more than they say, or something else spends from the account"
            )

    def sending(self, body: Any, before: Balance) -> int:
        """A create is under way: it counts at its price. Its number; raises Untested where it must not be sent."""
        price = self.admit(body)
        self._sent.append(Spend(body, price, charged=price, account=self._of(before).number))
        return len(self._sent) - 1

    def accepted(self, number: int, id_: str) -> None:
        """A create was accepted; what it cost is not known yet."""
        answer = "repeats an earlier one" if id_ in self._first else "was accepted"
        self._set(number, answer=answer, request=named(id_))
        if id_ not in self._first:
            self._first[id_] = number
            self.waiting[id_] = "accepted"

    def settled(self, number: int, billable: float | None, before: Balance, after: Balance) -> None:
        """What an accepted create cost: where that is more than it was reckoned at, it is an overrun."""
        spend = self._sent[number]
        if number not in self._first.values():
            self._settle_unsaid(number, 0.0, before, after)
        else:
            # what nobody saw not to fall may have fallen: then no less than its price counts
            sure = billable if before.shows(after) else max(billable or 0.0, spend.reckoned)
            self._set(number, said=billable, charged=spend.reckoned if billable is None else sure)
            self._attribute(number, before, after)
        self._check(number)

    def not_accepted(self, number: int, answer: str, is_refusal: bool, before: Balance, after: Balance) -> None:
        """A create was refused or not answered: where it cost more than it was reckoned at, it is an overrun."""
        self._set(number, answer=answer)
        self._settle_unsaid(number, 0.0 if is_refusal else self._sent[number].reckoned, before, after)
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
            charged = billable if status in terminal else max(billable, self._sent[number].charged)
            self._set(number, said=billable, charged=charged)
            self._check(number)

    def learnt(self) -> Prices:
        """The prices as this run was told them."""
        return self.prices.with_charged((each.body, each.said) for each in self._sent if each.said is not None)

    def _settle_unsaid(self, number: int, least: float, before: Balance, after: Balance) -> None:
        """Count a create of which no request says what it cost at ``least``, or more where the balance tells so."""
        spend, shows = self._sent[number], before.shows(after)
        self._set(number, charged=least if shows else spend.reckoned)
        what = f"a create that {spend.answer}"
        if not shows:
            self._remark(f"{what} counts at {spend.reckoned:g}: whether the balance fell could not be seen")
        elif self._attribute(number, before, after) or (least and before.fell(after)):
            self._remark(f"{what} was charged: the balance fell by {before.fell(after):g}")
        elif least:
            self._remark(f"{what} counts at {least:g}: it may have been stored")

    def _attribute(self, number: int, before: Balance, after: Balance) -> float:
        """Count what the balance fell by during a create, and nothing else explains, as its cost; how much that is.

        What earlier creates with the same key count as, and was not seen to leave the balance, explains a fall.
        """
        spend, account, fell = self._sent[number], self._looked(after), before.fell(after)
        told = sum(each.charged for each in self._sent if each.account == account.number) - spend.charged
        to_come = max(0.0, told - (account.fallen - fell))
        beyond = max(0.0, fell - spend.charged - to_come)
        if beyond and spend.said is not None:
            self._remark(f"{spend.request}: billableCredits says {spend.said:g}, and the balance fell by {fell:g}")
        self._set(number, charged=spend.charged + beyond)
        return beyond

    def _looked(self, balance: Balance) -> Account:
        account = self._of(balance)
        if balance.key and balance.credits is not None:
            account.looked(balance.credits)
        return account

    def _of(self, balance: Balance) -> Account:
        if not balance.key:
            return Account(0)
        return self._accounts.setdefault(balance.key, Account(len(self._accounts) + 1))

    def _set(self, number: int, **changes: Any) -> None:
        self._sent[number] = replace(self._sent[number], **changes)

    def _check(self, number: int) -> None:
        spend = self._sent[number]
        if spend.charged > spend.reckoned:
            what = spend.request or f"a create that {spend.answer}"
            self._over(f"{what} costs {spend.charged:g}, and it was reckoned at {spend.reckoned:g}")

    def _over(self, said: str) -> None:
        self.overrun = self.overrun or f"overrun: {said}"

    def _remark(self, said: str) -> None:
        if said not in self.remarks:
            self.remarks.append(said)


def named(text: str) -> str:
    """What a target calls something, on one line and not too long."""
    return wording.printable(text[:_LONGEST_NAME])
