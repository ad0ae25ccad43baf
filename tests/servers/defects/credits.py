"""Defects of credits: calls that should be free, charges that never come, come twice or are another amount."""

from __future__ import annotations

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.access import Caller
from tests.servers.plain_server.ledger import Charge, Ledger, Prices
from tests.servers.plain_server.messages import JsonObject, Reply, Request
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.rows import Fact
from tests.servers.plain_server.service import Service
from tests.servers.plain_server.tasks import Order, Task


class ChargingService(Service):
    """Charges a credit for calls that should be free."""

    def charge_credit(self, request: Request) -> None:
        """Charge the caller a credit, at once."""
        caller, now = self.access.identify(request), self.lifecycle.now_ms()
        with self.ledger.lock:
            self.ledger.find_book(caller.account.id, now).open_charges.append(Charge(now, 1))


class ChargedStatus(ChargingService):
    """Charges each status call."""

    def read_status(self, request: Request) -> Reply:
        reply = super().read_status(request)
        self.charge_credit(request)
        return reply


class ChargedPolls(ChargingService):
    """Charges each poll."""

    def read(self, request: Request, request_id: str) -> Reply:
        self.charge_credit(request)
        return super().read(request, request_id)


class NeverCharged(Ledger):
    """Never charges."""

    def charge(self, task: Task, now: int) -> None:
        pass


class ChargedTwice(Ledger):
    """Charges at the create, and at the end again."""

    def charge(self, task: Task, now: int) -> None:
        super().charge(task, now)
        super().charge(task, now)


class HigherCharge(Ledger):
    """Charges a credit more than the request says."""

    def amount(self, task: Task) -> int:
        return super().amount(task) + 1


class LowerCharge(Ledger):
    """Charges a credit less than the request says."""

    def amount(self, task: Task) -> int:
        return super().amount(task) - 1


class OtherBalance(Objects):
    """Tells two balances."""

    def build_status(self, caller: Caller, credits: int, now: int) -> JsonObject:
        return {**super().build_status(caller, credits, now), "credits": {"remaining": credits + 1}}


class OtherExactCost(Objects):
    """Tells an exact cost that is not the charge."""

    def find_fact(self, fact: Fact, task: Task) -> object:
        return task.price + 1 if fact is Fact.PRICE else super().find_fact(fact, task)


class NoBalance(Objects):
    """Tells no balance at the top."""

    def build_status(self, caller: Caller, credits: int, now: int) -> JsonObject:
        status = super().build_status(caller, credits, now)
        return {name: value for name, value in status.items() if name != "creditsRemaining"}


class DearPrompts(Prices):
    """Charges two credits for a prompt."""

    def price_duration(self, order: Order) -> int:
        return 2 * super().price_duration(order)


STATUS, POLL, NEVER, TWICE = "a status call charges", "a poll charges", "a charge that never comes", "a charge twice"
AMOUNT, BALANCES = "more than billableCredits", "two balances"

DEFECTS = (
    Defect("a status call costs a credit", STATUS, "status-free", "creditsRemaining", service=ChargedStatus),
    Defect("a poll costs a credit", POLL, "credits-billable", "poll", service=ChargedPolls),
    Defect("nothing is charged", NEVER, "credits-billable", "creditsRemaining", Parts(ledger=NeverCharged)),
    Defect("a request is charged twice", TWICE, "credits-billable", "creditsRemaining", Parts(ledger=ChargedTwice)),
    Defect("a credit more is charged", AMOUNT, "credits-billable", "creditsRemaining", Parts(ledger=HigherCharge)),
    Defect("a credit less is charged", AMOUNT, "credits-billable", "creditsRemaining", Parts(ledger=LowerCharge)),
    Defect(
        "the exact cost differs",
        *(AMOUNT, "credits-billable", "exact_cost_credits of the output is", Parts(objects=OtherExactCost)),
        operation="lipsync.generate",
        outcome="observed",
    ),
    Defect(
        "the two balances differ",
        *(BALANCES, "status-credits-agree", "credits.remaining", Parts(objects=OtherBalance)),
        outcome="observed",
    ),
    Defect("there is no balance", BALANCES, "status-reply-shape", "creditsRemaining", Parts(objects=NoBalance)),
    Defect(
        "a prompt costs two credits",
        *(AMOUNT, "enhance-price", "expected 1, got 2", Parts(prices=DearPrompts)),
        operation="prompt.enhance.image",
        exit_status=2,  # a cost above the documented price ends the run
    ),
)
