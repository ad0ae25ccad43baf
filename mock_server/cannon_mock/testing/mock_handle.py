"""The mock as a test uses it: its journal, the scenarios of the next requests, its time (floor 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from flask import Flask

from cannon_mock.clock import Clock
from cannon_mock.model import journal
from cannon_mock.model.deliveries import Delivery
from cannon_mock.model.journal import JournalEntry
from cannon_mock.model.keys import derive_account, is_key
from cannon_mock.model.scenarios import ScenarioRule
from cannon_mock.model.tasks import Task
from cannon_mock.testing.ad_hoc_scenario import build_scenario, describe_problem
from cannon_mock.testing.call_recorder import CallRecorder, ReceivedCall, describe_keys
from cannon_mock.testing.webhook_dispatcher import WebhookDispatcher
from cannon_mock.testing.webhook_receivers import NOT_GIVEN, WebhookReceiver
from cannon_mock.views import context, task_end
from cannon_mock.views.context import MockContext
from cannon_spec.contract.wording import format_count
from cannon_spec.errors import CatalogError
from cannon_spec.nearest import suggest_name
from cannon_spec.printable import escape_lines, escape_unprintable
from cannon_spec.redaction import redact

_MOST_CHARACTERS = 300
_MOST_CREDITS = 10**12


@dataclass(slots=True, repr=False)
class MockHandle:
    """One mock for one test; ``key`` is the API key to call with.

    With ``account`` it shows what happens to that account and to those that are watched, from ``since_ms`` on.
    """

    app: Flask
    url: str
    key: str
    webhook_dispatcher: WebhookDispatcher
    account: str = ""
    since_ms: int = 0
    recorder: CallRecorder = field(default_factory=CallRecorder)
    unknown_calls: list[str] = field(default_factory=list)
    _watched_accounts: list[str] = field(default_factory=list)
    _rules: list[ScenarioRule] = field(default_factory=list)
    _rule_ids: list[int] = field(default_factory=list)
    _set_receiver: Callable[[str], None] | None = None
    _ad_hoc_names: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<mock at {self.url}>"

    @property
    def vendor_url(self) -> str:
        """The address of the service that is mocked."""
        return self._mock.catalog.base_url

    @property
    def clock(self) -> Clock:
        """The mock's time."""
        return self._mock.clock

    @property
    def journal(self) -> list[JournalEntry]:
        """The exchanges with the mock, the oldest first."""
        return self.calls()

    @property
    def tasks(self) -> list[Task]:
        """The accepted requests, those that end last first. A test may change their inputs: the mock keeps its own."""
        return [
            deepcopy(task)
            for task in self._mock.store.tasks.list_all()
            if self._is_shown(task.account, task.planned_timeline.created_ms)
        ]

    @property
    def webhooks(self) -> list[Delivery]:
        """Deliveries with their attempts, in the order of ``tasks``."""
        deliveries = (self._mock.store.deliveries.get(task.id) for task in self.tasks)
        return [delivery for delivery in deliveries if delivery is not None]

    @property
    def credits(self) -> int:
        """The credits that are left to the account of the last call, before the first one to that of ``key``.

        Credits on hold for a request that has not ended are not among them.
        """
        mock = self._mock
        accounts = [each.account for each in self.journal if each.account is not None]
        account = accounts[-1] if accounts else derive_account(self.key)
        start = mock.keys.find_start_credits(account)
        return mock.store.tasks.read_balance(account, start, mock.clock.now_ms()).available

    def set_credits(self, credits: int) -> None:
        """Give each account that the handle shows so many credits from now on: an empty account, or a paid bill.

        Raises ValueError for what is no whole number from 0 to 1,000,000,000,000.
        """
        _check_whole("credits", credits, 0, _MOST_CREDITS)
        mock, accounts = self._mock, self.accounts
        if not self.account:  # all accounts, those that have not called yet too
            mock.keys.set_start_credits(credits)
            accounts = [*mock.keys.list_accounts(), *dict.fromkeys(task.account for task in self.tasks)]
        for account in accounts:
            mock.store.tasks.set_balance(account, credits, mock.clock.now_ms())

    def end(self, task: Task | str, outcome: str = "succeeded", message: str = task_end.MESSAGE) -> None:
        """End a request now, and send its webhook; one that has ended stays as it is.

        A request is one of ``tasks``, or its id. ``outcome`` is succeeded or failed; ``message`` is that of a failure.
        Raises LookupError for a request that the handle does not show, ValueError for another outcome.
        """
        id_ = task.id if isinstance(task, Task) else task
        if id_ not in {each.id for each in self.tasks}:
            raise LookupError(f"no request {id_}; tasks lists the requests")
        task_end.end_task(self._mock, id_, outcome, message)
        self._mock.webhook_sender.deliver()

    @property
    def webhook_secret(self) -> str:
        """The secret that signs webhooks."""
        return self._mock.webhook_sender.secret

    def scenario(
        self,
        name: str | None = None,
        *,
        times: int | None = None,
        operation: str = "",
        model: str = "",
        prompt: str = "",
        **words: Any,
    ) -> None:
        """Apply a scenario to the next creates that match, to ``times`` of them if given; a retry counts as one more.

        Those with ``times`` come first, in their order; without ``times`` a later scenario replaces an earlier one of
        the same match. In place of a name, ``words`` say what happens: ``status=503``, ``outcome="failed"`` with a
        ``message``, and all else that a scenario of a file can have (see build_scenario). Raises LookupError for an
        unknown name, ValueError for ``times`` below 1 and for words that are not legal.
        """
        if times is not None:
            _check_whole("times", times, 1)
        if "match" in words:
            raise ValueError("match is of the admin API; use prompt=…, model=… or operation=… here")
        if name is None:
            name, times = self._add_ad_hoc_scenario(words, times)
        elif words:
            raise ValueError(f"{name} is a scenario with a name; leave out {', '.join(words)}, or the name")
        elif self._mock.scenarios.find(name) is None:
            raise LookupError(f"unknown scenario {name}; {self._mock.scenarios.suggest(name)}")
        rule = ScenarioRule(0, name, operation, model, prompt, times=times)
        self._rules.append(rule)
        for account in self.accounts:
            self._add_rule(replace(rule, account=account))

    def _add_ad_hoc_scenario(self, words: Mapping[str, Any], times: int | None) -> tuple[str, int | None]:
        scenario = build_scenario(self._mock.catalog, words, times)
        try:
            name = self._mock.scenarios.add_unnamed(scenario.entry)
        except CatalogError as error:
            raise ValueError(describe_problem(error)) from None
        self._ad_hoc_names.append(name)
        return name, scenario.times

    def advance(
        self,
        ms: float | timedelta = 0,
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> int:
        """Advance the clock and run everything that becomes due; the new time in epoch milliseconds."""
        return self.clock.advance(ms, seconds=seconds, minutes=minutes, hours=hours, days=days)

    def on_webhook(
        self, receiver: WebhookReceiver | None = NOT_GIVEN, *, app: Any = None, path: str | None = None
    ) -> None:
        """Pass webhooks to ``receiver(body, headers)``, or to an application, instead of sending them; None ends that.

        A receiver may be async; it then runs in an event loop of its own. It returns None (200), a status, a bool, or a
        response of a web framework or a client. ``app`` is a WSGI or an ASGI application; it gets the request that
        would come over the network, at ``path`` or else at the path of ``webhook_url``. What a receiver raises, and
        any other value that it returns, fails the test at its end. Raises TypeError for what cannot receive, and
        ValueError for a path that does not start with /.
        """
        self._set_receiver = lambda account: self.webhook_dispatcher.set_receiver(account, receiver, app, path)
        for account in self.accounts:
            self._set_receiver(account)

    def watch(self, key: str) -> None:
        """Show the calls by another API key too, from the start of this test on, with its requests and webhooks.

        The scenarios and the receiver of webhooks of this handle are also for that key; ``times`` of a scenario counts
        for each key by itself. Raises ValueError for what is no API key.
        """
        if not (isinstance(key, str) and is_key(key)):
            raise ValueError(f"a {type(key).__name__} that is no API key; watch the key that the code sends, cs_…")
        account = derive_account(key)
        if not self.account or account in self.accounts:
            return
        self._watched_accounts.append(account)
        for rule in self._rules:
            self._add_rule(replace(rule, account=account))
        if self._set_receiver is not None:
            self._set_receiver(account)

    def calls(self, **filters: str | int) -> list[JournalEntry]:
        """The exchanges with each of the values: of fields of a JournalEntry; a path by its beginning."""
        unknown_fields = filters.keys() - set(journal.FILTERS)
        if unknown_fields:
            advice = suggest_name(min(unknown_fields), journal.FILTERS, f"there are {', '.join(journal.FILTERS)}")
            raise LookupError(f"unknown field {min(unknown_fields)}; {advice}")
        fields = journal.redact_filters({name: str(value) for name, value in filters.items()})
        entries = self._mock.store.journal.list_entries(self._mock.config.journal)
        own_entries = (entry for entry in entries if self._is_shown(entry.account, entry.at_ms))
        return [entry for entry in own_entries if journal.matches(entry, fields)]

    @property
    def unwatched_calls(self) -> list[ReceivedCall]:
        """The calls since the start of this test that the handle does not show, to any server of the session."""
        return [call for call in self.recorder.calls if not self.shows(call)]

    def shows(self, call: ReceivedCall) -> bool:
        """Whether a call is one of those that the handle shows."""
        return not self.account or (call.app is self.app and call.account in self.accounts)

    def describe_keys(self, calls: Iterable[ReceivedCall]) -> list[str]:
        """A sentence for each API key by which calls came that the handle does not show."""
        own_calls = [call for call in calls if call.app is self.app]
        other_calls = [call for call in calls if call.app is not self.app]
        place = f"while cannon_server is at {self.url}: a mark gives this test a server with other settings"
        return [
            *describe_keys(own_calls, "which this test does not watch; cannon_server.watch(key) adds its calls"),
            *describe_keys(other_calls, place),
        ]

    def assert_called(self, times: int | None = None, **filters: str | int) -> None:
        """Fail, and show what was sent, unless ``times`` exchanges match (at least one, if not given).

        Raises LookupError for an unknown field, ValueError for ``times`` that is no whole number from 0 on.
        """
        __tracebackhide__ = True
        if times is not None:
            _check_whole("times", times, 0)
        count = len(self.calls(**filters))
        if count != times if times is not None else not count:
            expected_count = "at least one exchange" if times is None else format_count(times, "exchange")
            filter_text = ", ".join(f"{name}={value}" for name, value in filters.items())
            filter_text = escape_unprintable(redact(filter_text)) or "any"
            raise AssertionError(f"expected {expected_count} with {filter_text}, got {count}\n{self.describe_calls()}")

    def describe_calls(self) -> str:
        """Every exchange and webhook in readable lines, and the calls that came with other keys, or without one."""
        lines = [_describe_exchange(exchange) for exchange in self.journal] or ["nothing was sent to the mock"]
        ends_ms = {task.id: task.timeline.ended_ms for task in self.tasks}
        now_ms = self.clock.now_ms()
        lines += [_describe_webhook(delivery, ends_ms[delivery.task_id] <= now_ms) for delivery in self.webhooks]
        calls = self.unwatched_calls
        lines += self.describe_keys(calls)
        lines += [f"{call.text} (without a valid API key)" for call in calls if call.account is None]
        return escape_lines("\n".join(lines))

    def close(self) -> None:
        """Remove the scenarios and the receiver that this test set. Raises what a receiver raised."""
        for id_ in self._rule_ids:
            self._mock.scenarios.remove_rules(id_)
        self._mock.scenarios.remove(self._ad_hoc_names)
        for account in self.accounts:
            self.webhook_dispatcher.remove_receiver(account)
        self.webhook_dispatcher.raise_error()

    @property
    def accounts(self) -> list[str]:
        """The accounts whose calls it shows; an empty name stands for all."""
        return [self.account, *self._watched_accounts]

    def _is_shown(self, account: str | None, at_ms: int) -> bool:
        return at_ms >= self.since_ms and (not self.account or account in self.accounts)

    def _add_rule(self, rule: ScenarioRule) -> None:
        self._rule_ids.append(self._mock.scenarios.add_rule(rule).id)

    @property
    def _mock(self) -> MockContext:
        return context.find_context(self.app)


def _check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Raise ValueError for what is no whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        bounds = f"from {least} on" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {value!r}; use a whole number {bounds}")


def _describe_webhook(delivery: Delivery, has_ended: bool) -> str:
    if not has_ended:
        result = f"not due: {delivery.task_id} has not ended; polls end it, or the clock with progression=time"
    else:
        result = ", ".join(str(each.status or each.note) for each in delivery.attempts) or delivery.state
    return escape_unprintable(f"webhook to {redact(delivery.url)} -> {redact(result)}")


def _describe_exchange(exchange: JournalEntry) -> str:
    call = escape_unprintable(f"{exchange.method} {exchange.path} -> {exchange.status}")
    fault = f" ({exchange.fault}, by the scenario {exchange.scenario})" if exchange.fault else ""
    violation = f"\n    fails for {exchange.violation}" if exchange.violation else ""
    body = f"\n    sent: {exchange.request_body[:_MOST_CHARACTERS]}" if exchange.request_body else ""
    reply = f"\n    reply: {exchange.response_body[:_MOST_CHARACTERS].strip()}" if exchange.status >= 400 else ""
    return f"{call}{fault}{violation}{body}{reply}"
