"""One run of the suite: its options, target, budget and results, and how it judges each test (floor 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import MalformedReply
from cannon_contract.client.bounded_reading import LargeReply
from cannon_contract.client.input_fields import change_fields
from cannon_contract.client.outcomes import ClaimBroken, MemberMissing, NotTested
from cannon_contract.client.page_origin import find_page_origin
from cannon_contract.runner.failure_text import describe_failure
from cannon_contract.runner.listen_address import ListenAddress, find_listen_address
from cannon_contract.runner.options import EMPTY_KEY, OTHER_KEY, ApiKeys, Options
from cannon_contract.runner.results import TestResult, Verdict, build_verdicts, count_costs
from cannon_contract.runner.suite_items import (
    collect_result,
    describe_test,
    find_operation,
    list_claims,
    list_needs,
    rank_by_cost,
)
from cannon_contract.runner.suite_tests import SuiteTest, build_command
from cannon_contract.runner.targets import Target, make_key
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.default_input import (
    find_cheapest_operation,
    find_default_input,
    find_documented_input,
)
from cannon_contract.spending.plan import PlannedTest, Step
from cannon_contract.spending.plan_file import PlanFile
from cannon_contract.spending.time_limit import TimeLimit
from cannon_spec import Catalog
from cannon_spec.coverage import list_covered_operations
from cannon_spec.redaction import Redactor

ABILITIES = {
    "clock": "takes longer than a run does: only a mock in this process, whose clock can be moved, shows it",
    "own mock": "needs a mock with settings of its own: only one in this process can have them",
    "mock": "only our mock promises it",
    "asset key": "this mock serves assets whatever headers are sent: start it with --asset-key refuse-authorization",
    "any key": "needs a mock that accepts any API key",
    "known keys": "this mock accepts any API key of the right form, so no key is nearly right: give it a keys file",
    "limits": "tests an undocumented limit, and the create may be charged: allow it with --probe-limits",
    "own pace": "this mock goes faster than the service, or counts polls",
    "pages": "this mock refuses pages of all other origins: start it with --cors loopback",
    "webhooks": "needs an address at which the target can reach this machine: name one with --webhook-listen",
    "other key": f"needs a second API key, in the environment variable {OTHER_KEY}",
    "empty key": f"needs an API key of an account without credits, in the environment variable {EMPTY_KEY}",
}
"""What a test may need of its target, and what a reader is told where the target does not have it."""

_READING_ERRORS = (LookupError, TypeError, ValueError, AttributeError, httpx.RequestError)
"""What a test raises when a reply lacks what the test reads of it."""

_MOST_UNANSWERED = 3
_SHORT_STYLES = ("line", "no")
"""The styles of pytest's tracebacks in which a failure is one line: of these, the sentence takes the place."""


@dataclass(slots=True)
class Run:
    """One run: its options, what it found, what it plans, and its results.

    ``needs_by_claim`` is what the tests of each claim take, whether they run or not, ``suite_tests_by_claim`` are these
    tests, and ``tests_by_claim`` names those that were selected; the last two are empty where other processes run
    the tests. ``redactor`` removes the user's keys from all output. ``plan_file`` is the written plan that it keeps
    to, if any. ``stop_reason`` says why the run ended early, ``report_problems`` which files could not be written.
    ``shared_runs`` has the request of each operation that tests look at together. ``key`` is the API key of all tests
    where creates may cost credits and the user has none.
    ``unanswered_tests`` counts the tests in a row that got no reply, ``reported_replies`` has the malformed replies
    that a test has failed for, and ``shown_claims`` the claims whose exchanges a result has.
    """

    catalog: Catalog
    options: Options
    budget: Budget
    keys: ApiKeys = field(default_factory=ApiKeys)
    target: Target | None = None
    plan_by_test: dict[str, PlannedTest] = field(default_factory=dict)
    plan_file: PlanFile | None = None
    time_limit: TimeLimit = field(default_factory=TimeLimit)
    tests_by_claim: dict[str, set[str]] = field(default_factory=dict)
    results: list[TestResult] = field(default_factory=list)
    needs_by_claim: dict[str, set[str]] = field(default_factory=dict)
    suite_tests_by_claim: dict[str, list[SuiteTest]] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=lambda: Redactor(()))
    stop_reason: str = ""
    report_problems: list[str] = field(default_factory=list)
    shared_runs: dict[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=make_key)
    unanswered_tests: int = 0
    reported_replies: set[str] = field(default_factory=set)
    shown_claims: set[str] = field(default_factory=set)
    start_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    _inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _cheapest_operation: str | None = None

    @property
    def may_charge(self) -> bool:
        """Whether creates may cost credits."""
        return self.target is not None and self.target.may_charge

    @property
    def listen_address(self) -> ListenAddress | None:
        """Where to receive webhooks; None where the target cannot reach this machine, as far as is known."""
        return find_listen_address(self.options.webhook_listen, self.target.url if self.target else "")

    @property
    def has_shown_something(self) -> bool:
        """Whether any test held: without one the run says nothing."""
        return any(result.outcome == "held" for result in self.results)

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to report."""
        return bool(self.results or self.budget.creates or (self.stop_reason and self.needs_by_claim))

    @property
    def is_complete(self) -> bool:
        """Whether the run showed something, did not end early, and always got a reply from the target."""
        is_silent = any(result.is_silent for result in self.results)
        return self.has_shown_something and not self.stop_reason and not is_silent and not self.report_problems

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that may be tested: those that the user named, else all that the contract covers."""
        return self.options.operation or list_covered_operations(self.catalog)

    @property
    def default_operation(self) -> str:
        """The operation of tests that are about none: the first, and the cheapest where creates may cost credits."""
        if not self.may_charge or self.options.operation:
            return self.operations[0]
        if self._cheapest_operation is None:
            self._cheapest_operation = find_cheapest_operation(self.catalog, self.operations, self.budget.prices)
        return self._cheapest_operation

    def choose_input(self, operation: str) -> Mapping[str, Any]:
        """Choose the input of a create that needs no other; for another server than our mock a documented one."""
        if operation not in self._inputs:
            is_mock = self.target is None or self.target.is_mock
            self._inputs[operation] = (
                find_default_input(self.catalog, operation)
                if is_mock and not self.may_charge
                else find_documented_input(self.catalog, operation, self.budget.prices)
            )
        return self._inputs[operation]

    def choose_key(self) -> str:
        """Choose the API key of a test on a target that was found: a new one on a mock that accepts any."""
        if self.target is not None and self.target.accepts_any_key:
            return make_key()
        return self.keys.main or self.key

    def is_required(self, claim: str) -> bool:
        """Whether the target must keep a claim: our mock keeps each, any other target those that every server must.

        Settings of a mock change what it does. One that hides them is held to what no setting changes.
        """
        is_known_mock = self.target is None or (self.target.is_mock and not self.target.hides_settings)
        return is_known_mock or self.catalog.claims[claim].is_required

    def find_obstacle(self, item: pytest.Item) -> str:
        """Say why a test cannot run on this target; empty where it can."""
        if self.target is None:
            return ""
        operation = find_operation(item) or self.default_operation
        if self.may_charge and not self.options.operation and operation != self.default_operation:
            return f"tests another operation than the cheapest, {self.default_operation}: name it with --operation ID"
        abilities = self._list_abilities(self.target)
        return next((ABILITIES[each] for each in list_needs(item) if each not in abilities), "")

    def _list_abilities(self, target: Target) -> set[str]:
        """List what tests may need and the target has."""
        counts_polls = str(target.switches.get("progression", "")).startswith("manual")
        has = {
            "mock": target.is_mock,
            "limits": target.is_mock or self.options.probe_limits,
            "own pace": target.switches.get("speed", 1) == 1 and not counts_polls,
            "pages": bool(find_page_origin(str(target.switches.get("cors", "*")))),
            "asset key": target.switches.get("asset_key", "") != "ignore",
            "any key": target.accepts_any_key,
            "known keys": target.has_list_of_keys,
            "webhooks": self.listen_address is not None,
            "other key": target.accepts_any_key or self.keys.other is not None,
            "empty key": self.keys.empty is not None,
        }
        return {ability for ability, is_there in has.items() if is_there}

    def verdicts(self) -> tuple[Verdict, ...]:
        """Build the verdict on each claim."""
        return build_verdicts(self.catalog, self.results, self.needs_by_claim, is_stopped=bool(self.stop_reason))

    def find_finished_claims(self) -> list[str]:
        """Find the claims whose tests have all had their turn, and were not cut off by the end of the run."""
        ended_tests = {each.test for each in self.results if not (each.outcome == "not tested" and each.stop_reason)}
        tests_with_verdict = {each.test for each in self.results if each.outcome != "not tested"}
        return [
            claim for claim, tests in self.tests_by_claim.items() if tests <= ended_tests and tests & tests_with_verdict
        ]

    def find_command(self, claim: str) -> str:
        """Find the command that would test a claim; empty where other processes run the tests."""
        if self.needs_by_claim and not self.suite_tests_by_claim:
            return ""
        tests = self.suite_tests_by_claim.get(claim, ())
        if self.target is None:
            return build_command(tests, self.options.target, ABILITIES, self.options, may_charge=False)
        abilities = self._list_abilities(self.target)
        return build_command(tests, self.target.url, abilities, self.options, may_charge=self.may_charge)

    def count_costs(self) -> dict[str, int]:
        """Count the claims that can be tested for nothing, only for credits, and only on a mock."""
        return count_costs(self.needs_by_claim)

    def record_test(self, item: pytest.Item) -> None:
        """Record what a test takes, whether it is going to run or not."""
        test = describe_test(item)
        for claim in list_claims(item):
            self.needs_by_claim.setdefault(claim, set()).add(test.cost)
            self.suite_tests_by_claim.setdefault(claim, []).append(test)

    def sort_tests(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Sort tests by what they may cost, the free ones first: a run that stops early has done these."""
        return sorted(items, key=rank_by_cost)

    def plan_step(self, item: pytest.Item) -> Step:
        """List what a test is going to create."""
        operation = find_operation(item) or self.default_operation
        default_input = self.choose_input(operation)

        def build_body(changes: Mapping[str, Any]) -> dict[str, Any]:
            return {"operation": operation, "input": change_fields(default_input, changes)}

        def list_bodies(mark: str) -> tuple[Any, ...]:
            marks = item.iter_markers(mark)
            return tuple(build_body(each.kwargs) for each in marks for _ in range(each.args[0]))

        shared_bodies = tuple(
            {**build_body(each.kwargs), **dict.fromkeys(each.args, "")} for each in item.iter_markers("shares")
        )
        return Step(item.nodeid, list_bodies("creates"), list_bodies("probes"), shared_bodies, self.find_obstacle(item))

    def judge_test(self, item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> TestResult:
        """Judge a test by how it ended, and correct pytest's report of it.

        A failure that shows nothing becomes a skip, one that is no defect an expected failure. Of the tests that get
        the same malformed reply only the first fails for it: the others are judged by what they are about.
        """
        error = call.excinfo.value if call.excinfo else None
        base = collect_result(item)
        result = self._judge(base, error, report)
        descriptions = [each.description for each in result.malformed_replies]
        new = [each for each in descriptions if each not in self.reported_replies]
        if new and result.outcome != "broken":
            _make_failure(report, self.redactor.redact_text(new[0]))
        if result.outcome == "broken" and item.config.option.tbstyle in _SHORT_STYLES:
            report.longrepr = result.why
        self.reported_replies.update(new)
        return replace(
            self._drop_repeated_exchanges(result),
            stop_reason=self._find_stop_reason(result, _is_unanswered(base, error)),
        )

    def _drop_repeated_exchanges(self, result: TestResult) -> TestResult:
        """Drop the exchanges of claims that have some of an earlier test: a target may be broken in every test."""
        exchanges = () if self.shown_claims.issuperset(result.blamed_claims) else result.exchanges
        deviations = tuple(
            replace(each, exchange=None) if each.claim in self.shown_claims else each for each in result.deviations
        )
        self.shown_claims.update(result.blamed_claims, (each.claim for each in deviations))
        return replace(result, exchanges=exchanges, deviations=deviations)

    def _judge(self, base: TestResult, error: BaseException | None, report: pytest.TestReport) -> TestResult:
        if report.passed:
            return replace(base, exchanges=())
        is_silent = isinstance(error, httpx.TransportError) and self.target is not None
        if report.skipped or is_silent or isinstance(error, NotTested):
            why = f"no answer: {_describe_silence(error)}" if is_silent else str(error)
            return self._make_skip(replace(base, is_silent=is_silent), why, report)
        if malformed_reply := _find_cause(error, base.malformed_replies):
            return self._make_skip(base, f"malformed reply: {malformed_reply.description}", report)
        if not isinstance(error, (AssertionError, *_READING_ERRORS)):
            why = self.redactor.redact_text(
                f"the test itself failed: {type(error).__name__}: {error}; please report it"
            )
            return base.with_outcome("not tested", why)  # pytest's report stays a failure: the run is incomplete
        if not self._shows_break(error):
            return self._make_skip(base, describe_failure(error, base.law, base.exchanges), report)
        blamed_claims = (error.claims if isinstance(error, ClaimBroken) else ()) or base.claims
        why = self.redactor.redact_text(describe_failure(error, base.law, base.exchanges))
        required_claims = tuple(claim for claim in blamed_claims if self.is_required(claim))
        if required_claims or not blamed_claims:
            return base.with_outcome("broken", why, required_claims)
        report.outcome, report.wasxfail = "skipped", f"observed: {why}"
        return base.with_outcome("observed", why, blamed_claims)

    def _shows_break(self, error: BaseException | None) -> bool:
        """Whether a failure says something about claims.

        An assertion says something, and so does a reply that no client can decode. An error in reading a member says
        something of our mock only: which members a reply of another server must have is in the schemas alone.
        """
        is_mock = self.target is None or self.target.is_mock
        return is_mock or isinstance(error, (AssertionError, httpx.RequestError))

    def _make_skip(self, base: TestResult, why: str, report: pytest.TestReport) -> TestResult:
        why = self.redactor.redact_text(why)
        path, line, _ = report.location
        report.outcome, report.longrepr = "skipped", (path, line or 0, f"Skipped: {why}")
        return replace(base.with_outcome("not tested", why), exchanges=())

    def _find_stop_reason(self, result: TestResult, is_unanswered: bool) -> str:
        """Say why no test is to run after this one; empty where the run goes on."""
        if result.outcome != "not tested" or result.is_silent:
            self.unanswered_tests = self.unanswered_tests + 1 if result.is_silent and is_unanswered else 0
        if self.budget.overrun_reason:
            self.stop_reason = self.stop_reason or self.budget.overrun_reason
        elif self.unanswered_tests == _MOST_UNANSWERED:
            self.stop_reason = f"the target gave no answer to {_MOST_UNANSWERED} tests in a row"
        self.stop_reason = self.stop_reason or self.time_limit.reason
        return self.stop_reason


RUN = pytest.StashKey[Run]()
"""Where pytest's configuration keeps the run."""

OUTCOME_WRITER = pytest.StashKey[Callable[[str, int], None]]()
"""Where it keeps the function that writes what the run showed, by a format and the exit status."""


def _find_cause(error: BaseException | None, replies: Sequence[MalformedReply]) -> MalformedReply | None:
    """Find the malformed reply that an error comes from: an error in reading it says nothing about other claims."""
    if isinstance(error, MemberMissing):
        return next((each for each in replies if error.member in each.description), None)
    return None if isinstance(error, AssertionError) else next(iter(replies), None)


def _describe_silence(error: BaseException | None) -> str:
    return str(error) if isinstance(error, (LargeReply, httpx.TimeoutException)) else type(error).__name__


def _is_unanswered(base: TestResult, error: BaseException | None) -> bool:
    """Whether a test shows that the target is down: it waited in vain, or no call of it was answered.

    One address may break each connection while the others answer.
    """
    return isinstance(error, httpx.TimeoutException) or all(each.status is None for each in base.exchanges)


def _make_failure(report: pytest.TestReport, description: str) -> None:
    report.outcome, report.longrepr = "failed", description
    if hasattr(report, "wasxfail"):
        del report.wasxfail
