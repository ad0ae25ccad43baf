"""One run of the tests: against what, with which results, and what each of its tests showed (floor 5)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
import pytest

from cannon_contract.client.api import OPERATION, PROMPT, Api
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.client.redact import Redactor
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import TestResult, Verdict, build_verdicts, count_reach
from cannon_contract.runner.targets import Target, make_key
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.plan import PlannedTest, Step
from cannon_spec import Catalog

ABILITIES = {
    "clock": "takes longer than a run does: only a mock in this process, whose clock can be moved, shows it",
    "own": "needs a mock that is set for it: only one in this process is",
    "mock": "only our mock promises it",
    "any key": "needs a mock that takes any key that a test makes up",
    "limits": "sends what only an assumption is against, and may be charged for it: ask for it with --probe-limits",
    "own pace": "this mock was told to go faster than the service, or to count polls",
    "other key": "needs a second API key, in the environment variable CANNON_OTHER_API_KEY",
    "empty key": "needs an API key of an account without credits, in the environment variable CANNON_EMPTY_API_KEY",
}
"""What a test may need of its target, and what is said where the target does not have it."""

Needs = Literal["nothing", "credits", "a mock"]


@dataclass(slots=True)
class Run:
    """One run: what was asked for, what was found, what is planned, and what came of it.

    ``needs`` is what the tests of each claim need, whether they were chosen or not. ``hidden`` is cut out of all that
    is told. ``stopped`` says why the run ended early. ``shared_runs`` keeps the request of each operation
    that tests look at together, ``key``
    is the API key of all tests where creates may cost credits and the user has given none, ``silences`` counts the
    tests since the last answer that waited for one, ``said`` is what was said of replies that are not of their form.
    """

    catalog: Catalog
    options: Options
    budget: Budget
    target: Target | None = None
    plan_by_test: dict[str, PlannedTest] = field(default_factory=dict)
    results: list[TestResult] = field(default_factory=list)
    needs_by_claim: dict[str, set[str]] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=lambda: Redactor(()))
    stop_reason: str = ""
    shared_runs: dict[str, Any] = field(default_factory=dict)
    key: str = field(default_factory=make_key)
    unanswered_tests: int = 0
    reported_breaches: set[str] = field(default_factory=set)
    start_time: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def may_charge(self) -> bool:
        """Whether creates may cost credits."""
        return self.target is not None and self.target.may_charge

    @property
    def has_shown(self) -> bool:
        """Whether any test held: without one the run says nothing."""
        return any(result.outcome == "held" for result in self.results)

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to tell of."""
        return bool(self.results or self.budget.creates or self.stop_reason)

    @property
    def is_whole(self) -> bool:
        """Whether the run showed something, was not ended early, and always had an answer from the target."""
        return self.has_shown and not self.stop_reason and not any(result.is_silent for result in self.results)

    def choose_key(self, given: str | None) -> str:
        """The API key of a test on a target that was found: on a mock that takes any, one of the test's own."""
        if self.target is not None and self.target.takes_any_key:
            return make_key()
        return given or self.key

    def is_required(self, claim: str) -> bool:
        """Whether the target must keep a claim: our mock each, any other what is documented."""
        is_mock = self.target is None or self.target.is_mock
        return is_mock or self.catalog.claims[claim].severity == "error"

    def find_obstacle(self, needed: Iterable[str], keys: Container[str]) -> str:
        """Why a test cannot run on this target; empty where it can. ``keys`` are the kinds of keys that are there."""
        place = self.target
        if place is None:
            return ""
        counts_polls = str(place.switches.get("progression", "")).startswith("manual")
        has = {
            "mock": place.is_mock,
            "limits": place.is_mock or self.options.probe_limits,
            "own pace": place.switches.get("speed", 1) == 1 and not counts_polls,
            "any key": place.takes_any_key,
            "other key": place.takes_any_key or "other key" in keys,
            "empty key": "empty key" in keys,
        }
        return next((ABILITIES[each] for each in needed if not has.get(each, False)), "")

    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each claim."""
        return build_verdicts(self.catalog, self.results, self.needs_by_claim, stopped=bool(self.stop_reason))

    def reach(self) -> dict[str, int]:
        """How many claims can be tested for nothing, only for credits, and only on a mock."""
        return count_reach(self.needs_by_claim)

    def record_test(self, item: pytest.Item) -> None:
        """There is this test, whether it is chosen or not."""
        for mark in item.iter_markers("claim"):
            for id_ in mark.args:
                self.needs_by_claim.setdefault(id_, set()).add(_needs(item))

    def plan_step(self, item: pytest.Item, chosen: dict[str, Any], lacking: str) -> Step:
        """What a test is going to create, where nothing else is chosen than ``chosen``."""

        def bodies(mark: str) -> tuple[Any, ...]:
            marks = item.iter_markers(mark)
            return tuple(_body({**chosen, **each.kwargs}) for each in marks for _ in range(each.args[0]))

        shares = any(item.iter_markers("shares"))
        return Step(item.nodeid, bodies("creates"), bodies("probes"), _body(chosen) if shares else None, lacking)

    def judge_test(self, item: pytest.Item, call: pytest.CallInfo[Any], report: pytest.TestReport) -> TestResult:
        """What became of a test. A failure that shows nothing is made a skip, one that is no defect an expected one.

        A test that was given a reply that is not of its form fails, the first that was for what is wrong with it: the
        others go by what they are about.
        """
        apis = item.stash.get(APIS, [])
        base = TestResult(
            item.nodeid,
            tuple(id_ for mark in item.iter_markers("claim") for id_ in mark.args),
            "held",
            sightings=tuple(each for api in apis for each in api.notes.deviations),
            breaches=tuple(each for api in apis for each in api.notes.malformed_replies),
            exchanges=tuple(each for api in apis for each in api.notes.exchanges)[-_MOST_EXCHANGES:],
            needs=_needs(item),
        )
        result = self._ended(base, call.excinfo.value if call.excinfo else None, report)
        unsaid = [each.description for each in base.breaches if each.description not in self.reported_breaches]
        if unsaid and result.outcome != "broken":
            _fail(report, self.redactor.redact_text(unsaid[0]))
        self.reported_breaches.update(unsaid)
        return replace(result, stop_reason=self._stopping(result))

    def _ended(self, base: TestResult, error: BaseException | None, report: pytest.TestReport) -> TestResult:
        """What became of a test by how it ended."""
        if report.passed:
            return replace(base, exchanges=())
        is_silent = isinstance(error, httpx.TransportError) and self.target is not None
        if report.skipped or is_silent or isinstance(error, NotTested):
            why = f"no answer: {type(error).__name__}" if is_silent else str(error)
            return self._untested(replace(base, is_silent=is_silent), why, report)
        if base.breaches and not isinstance(error, AssertionError):
            return self._untested(base, f"a reply was not of its form: {base.breaches[0].description}", report)
        blamed = error.claims if isinstance(error, ClaimBroken) else base.claims
        seen = self.redactor.redact_text(_seen(error, base.exchanges))
        demanded = tuple(claim for claim in blamed if self.is_required(claim))
        if demanded or not blamed:
            return base.with_outcome("broken", seen, demanded)
        report.outcome, report.wasxfail = "skipped", f"observed: {seen}"
        return replace(base.with_outcome("observed", seen, blamed), exchanges=())

    def _untested(self, base: TestResult, why: str, report: pytest.TestReport) -> TestResult:
        why = self.redactor.redact_text(why)
        path, line, _ = report.location
        report.outcome, report.longrepr = "skipped", (path, line or 0, f"Skipped: {why}")
        return replace(base.with_outcome("not tested", why), exchanges=())

    def _stopping(self, result: TestResult) -> str:
        """Why no test is to run after this one; empty where the run goes on."""
        if result.outcome != "not tested" or result.is_silent:
            self.unanswered_tests = self.unanswered_tests + 1 if result.is_silent else 0
        if self.budget.overrun:
            self.stop_reason = self.stop_reason or self.budget.overrun
        elif self.unanswered_tests == _MOST_SILENCES:
            self.stop_reason = f"the target gave no answer to {_MOST_SILENCES} tests in a row"
        return self.stop_reason


APIS = pytest.StashKey[list[Api]]()
"""Where a test keeps what it called."""

_MOST_EXCHANGES = 12
_MOST_SILENCES = 3


def _needs(item: pytest.Item) -> Needs:
    """What a test needs of a target, whichever the target is."""
    needed = {id_ for mark in item.iter_markers("needs") for id_ in mark.args}
    if needed & {"clock", "mock"} or "own" in getattr(item, "fixturenames", ()):
        return "a mock"
    pays = any(True for name in ("creates", "probes", "shares") for _ in item.iter_markers(name))
    return "credits" if pays else "nothing"


def _fail(report: pytest.TestReport, seen: str) -> None:
    """Make a report one of a failure."""
    report.outcome, report.longrepr = "failed", seen
    if hasattr(report, "wasxfail"):
        del report.wasxfail


def _body(input: dict[str, Any]) -> dict[str, Any]:
    fields = {"prompt": PROMPT, "aspect_ratio": "16:9", **input}
    return {"operation": OPERATION, "input": {name: value for name, value in fields.items() if value is not None}}


def _seen(error: object, exchanges: Any) -> str:
    said = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, ClaimBroken) or not exchanges:
        return said
    telling = [each for each in exchanges if not each.request.endswith("/status")]
    last = (telling or exchanges)[-1]
    return f"{said} (last call: {last.request}, answered with {last.status or 'nothing'})"
