"""A mock as a test holds it: what it was asked, what becomes of the next requests, its time (floor 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from flask import Flask

from cannon_mock.clock import Clock
from cannon_mock.model import journal
from cannon_mock.model.deliveries import Delivery, DeliveryResponse
from cannon_mock.model.journal import JournalEntry
from cannon_mock.model.scenarios import ScenarioRule
from cannon_mock.model.tasks import Task
from cannon_mock.views import context
from cannon_mock.views.context import MockContext
from cannon_mock.webhooks.outgoing import Send

WebhookReceiver = Callable[[bytes, Mapping[str, str]], int | None]
"""Is given the body and the headers of a webhook; answers with a status, or with None for 200."""

_SHOWN = 300


class Mailbox:
    """Where webhooks of a test's mock go: to its receiver, else out to this machine."""

    def __init__(self, outside: Send) -> None:
        self._outside = outside
        self.receivers: dict[str, WebhookReceiver] = {}
        self.errors: list[BaseException] = []
        self.account_of: Callable[[str], str] = lambda _: ""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryResponse | None:
        """See Send. What a receiver raises is kept for the end of its test, and is a failed attempt."""
        account = self.account_of(json.loads(body)["data"]["id"]) if self.receivers else ""
        receiver = self.receivers.get(account) or self.receivers.get("")
        if receiver is None:
            return self._outside(url, body, headers)
        try:
            return DeliveryResponse(receiver(body, headers) or 200)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - it is raised at the end of the test
            self.errors.append(error)
            return DeliveryResponse(500, f"{type(error).__name__}: {error}"[:200])


@dataclass(slots=True, repr=False)
class MockHandle:
    """One mock for one test. With ``account`` it sees and rules that account alone; ``key`` is its API key."""

    app: Flask
    url: str
    key: str
    mailbox: Mailbox
    account: str = ""
    unknown: list[str] = field(default_factory=list)
    _rules: list[int] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<mock at {self.url}>"

    @property
    def clock(self) -> Clock:
        """The mock's time."""
        return self._mock.clock

    @property
    def journal(self) -> list[JournalEntry]:
        """What was asked and answered, the oldest first."""
        return self.calls()

    @property
    def tasks(self) -> list[Task]:
        """The requests that were accepted, those that end last first."""
        return [task for task in self._mock.store.tasks.list_all() if self.account in ("", task.account)]

    @property
    def webhooks(self) -> list[Delivery]:
        """Deliveries with their attempts, in the order of ``tasks``."""
        found = (self._mock.store.deliveries.get(task.id) for task in self.tasks)
        return [delivery for delivery in found if delivery is not None]

    @property
    def webhook_secret(self) -> str:
        """What webhooks are signed with."""
        return self._mock.webhook_sender.secret

    def scenario(
        self, name: str, *, times: int | None = None, operation: str = "", model: str = "", prompt: str = ""
    ) -> None:
        """Let that become of the next creates that fit, ``times`` of them if given; a retry is one more of them.

        Raises LookupError for an unknown name, ValueError for ``times`` below 1.
        """
        if times is not None and times < 1:
            raise ValueError(f"times {times}: a number from 1 on")
        if self._mock.scenarios.find(name) is None:
            raise LookupError(f"no scenario {name}; known: {', '.join(self._mock.scenarios.list_texts())}")
        rule = self._mock.scenarios.add_rule(ScenarioRule(0, name, operation, model, prompt, self.account, times))
        self._rules.append(rule.id)

    def advance(
        self, ms: float = 0, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> int:
        """Move the clock on; what falls due is done first. The time then, in epoch milliseconds."""
        return self.clock.advance(ms, seconds=seconds, minutes=minutes, hours=hours, days=days)

    def on_webhook(self, receiver: WebhookReceiver | None) -> None:
        """Give webhooks to ``receiver(body, headers)`` instead of calling their address.

        What it returns is the status of its answer, None is 200. What it raises fails the test at its end.
        """
        self.mailbox.receivers.pop(self.account, None)
        if receiver is not None:
            self.mailbox.receivers[self.account] = receiver

    def calls(self, **wanted: str | int) -> list[JournalEntry]:
        """The exchanges that have each value wanted: fields of an Exchange; a path by its beginning."""
        unknown = wanted.keys() - set(journal.FILTERS)
        if unknown:
            raise LookupError(f"no field {min(unknown)}; known: {', '.join(journal.FILTERS)}")
        fields = {name: str(value) for name, value in wanted.items()} | (
            {"account": self.account} if self.account else {}
        )
        entries = self._mock.store.records.entries(journal.LOG, self._mock.config.journal)
        return [exchange for exchange in map(journal.decode, entries) if journal.matches(exchange, fields)]

    def assert_called(self, times: int | None = None, **wanted: str | int) -> None:
        """Fail, showing what was sent, unless there were ``times`` such exchanges (at least one, if not given)."""
        __tracebackhide__ = True
        found = len(self.calls(**wanted))
        if found != times if times is not None else not found:
            asked = "at least one" if times is None else f"{times}"
            sought = ", ".join(f"{name}={value}" for name, value in wanted.items()) or "any"
            raise AssertionError(f"{asked} expected, {found} seen of: {sought}\n{self.describe_calls()}")

    def describe_calls(self) -> str:
        """What was sent, in lines to be read."""
        lines = [_line(exchange) for exchange in self.journal]
        return "\n".join(lines) or "nothing was sent to the mock"

    def close(self) -> None:
        """Take back what this test has set. Raises what a receiver of webhooks raised."""
        for id_ in self._rules:
            self._mock.scenarios.remove_rules(id_)
        self.on_webhook(None)
        errors = tuple(self.mailbox.errors)
        self.mailbox.errors.clear()
        for error in errors:
            raise error

    @property
    def _mock(self) -> MockContext:
        return context.find_context(self.app)


def _line(exchange: JournalEntry) -> str:
    what = f"{exchange.method} {exchange.path} -> {exchange.status}"
    fault = f" ({exchange.fault}, by the scenario {exchange.scenario})" if exchange.fault else ""
    sent = f"\n    sent: {exchange.request_body[:_SHOWN]}" if exchange.request_body else ""
    refused = f"\n    answer: {exchange.response_body[:_SHOWN].strip()}" if exchange.status >= 400 else ""
    return f"{what}{fault}{sent}{refused}"
