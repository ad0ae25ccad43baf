"""Credits: what an order costs, what an account has, when it is charged."""

import threading
from dataclasses import dataclass, field
from math import ceil

from tests.servers.plain_server.messages import Refusal
from tests.servers.plain_server.models import IMAGE_MODELS
from tests.servers.plain_server.settings import Settings
from tests.servers.plain_server.tasks import Order, Task

CHARGE_DELAY_MS = 300
CREDITS_SPENT_ELSEWHERE = 3
RESOLUTION_FACTORS = {"1K": 1, "2K": 2, "4K": 3}


class Prices:
    """Computes what an order costs."""

    def price(self, order: Order) -> int:
        """Price an order in whole credits."""
        if order.operation.is_picture:
            return self.price_picture(order)
        return self.price_duration(order)

    def price_picture(self, order: Order) -> int:
        """Price a picture by its model and resolution."""
        return IMAGE_MODELS[order.model].credits * RESOLUTION_FACTORS[order.resolution]

    def price_duration(self, order: Order) -> int:
        """Price anything else by a base and by its seconds."""
        rate = order.operation.rate
        seconds = order.input.get(rate.seconds_field)
        duration = seconds if isinstance(seconds, int | float) else rate.default_seconds
        return rate.base + ceil(rate.per_second * duration)


@dataclass(frozen=True)
class Charge:
    """An amount that is booked at a time."""

    due_ms: int
    amount: int


@dataclass
class Book:
    """The credits of one account, and the charges that are still to be booked."""

    balance: int
    opened_ms: int
    open_charges: list[Charge] = field(default_factory=list)
    rounds_elsewhere: int = 0

    @property
    def free_balance(self) -> int:
        """What no open charge will take."""
        return self.balance - sum(charge.amount for charge in self.open_charges)


class Ledger:
    """Keeps the books of all accounts; whoever reads one books what has come due."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.books: dict[str, Book] = {}
        self.lock = threading.Lock()

    def find_book(self, account_id: str, now: int) -> Book:
        """Find the book of an account, with everything booked that is due."""
        book = self.books.setdefault(account_id, Book(self.settings.balance, now))
        self.book_charges(book, now)
        self.spend_elsewhere(book, now)
        return book

    def remaining(self, account_id: str, now: int) -> int:
        """Tell the balance of an account."""
        with self.lock:
            return self.find_book(account_id, now).balance

    def check_funds(self, account_id: str, price: int, now: int) -> None:
        """Refuse a price that the account cannot pay beside its open charges."""
        with self.lock:
            if self.find_book(account_id, now).free_balance < price:
                raise Refusal(402, "The credits of this account do not suffice for the request.")

    def charge(self, task: Task, now: int) -> None:
        """Note what a task will cost; nothing is booked before it is due."""
        with self.lock:
            book = self.find_book(task.account_id, now)
            book.open_charges.append(Charge(self.due_ms(task), self.amount(task)))

    def amount(self, task: Task) -> int:
        """Tell what a task is charged: its price, and nothing for a failure."""
        return 0 if task.failure else task.price

    def due_ms(self, task: Task) -> int:
        """Tell when a task is charged: shortly after its end."""
        return task.completed_ms + self.settings.shorten(CHARGE_DELAY_MS)

    def book_charges(self, book: Book, now: int) -> None:
        """Take the charges that are due from the balance."""
        book.balance -= sum(charge.amount for charge in book.open_charges if charge.due_ms <= now)
        book.open_charges = [charge for charge in book.open_charges if charge.due_ms > now]

    def spend_elsewhere(self, book: Book, now: int) -> None:
        """Spend what others spend with the same account, but never what an open charge needs."""
        if self.settings.busy_ms <= 0:
            return
        rounds = int((now - book.opened_ms) / self.settings.busy_ms)
        spending = CREDITS_SPENT_ELSEWHERE * max(0, rounds - book.rounds_elsewhere)
        book.balance -= min(spending, max(0, book.free_balance))
        book.rounds_elsewhere = max(rounds, book.rounds_elsewhere)
