"""The results of tests, and the verdicts on claims that follow from them (floor 6)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal

from cannon_contract.client.api import Deviation, MalformedReply, ObservedValue
from cannon_contract.client.recording import Exchange
from cannon_spec import Catalog, Claim

_NOT_SELECTED = "none of its tests was selected for this run"
_RUN_ENDED = "the run ended before its tests"
_RULE_OF_A_MODEL = "judged before it is sent: the examples of the contract show both sides of it"

ClaimOutcome = Literal["broken", "observed", "held", "not tested"]
CLAIM_OUTCOMES: tuple[ClaimOutcome, ...] = ("broken", "observed", "held", "not tested")
"""The outcomes of a claim, the gravest first."""

Cost = Literal["nothing", "credits", "a mock"]
COSTS: tuple[Cost, ...] = ("nothing", "credits", "a mock")
"""What a test takes: nothing, creates that may cost credits, or a mock; the least first."""


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of one test.

    ``law`` is the sentence that the test holds, ``claims`` those that it is marked with, ``blamed_claims`` those that
    it shows to be broken or otherwise than assumed. ``why`` says what it showed or why it showed nothing, ``needs``
    is what it takes. ``deviations`` are the differences from assumptions that it noted, ``malformed_replies`` the
    replies that break their schema, whatever the test is about. ``is_silent`` says that a reply never came,
    ``stop_reason`` why no test is to run after this one. ``values`` are what the target showed where the contract has a
    value.
    """

    __test__: ClassVar = False  # pytest collects each class whose name begins like this one's

    test: str
    claims: tuple[str, ...]
    outcome: ClaimOutcome
    why: str = ""
    blamed_claims: tuple[str, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    needs: Cost = "nothing"
    malformed_replies: tuple[MalformedReply, ...] = ()
    is_silent: bool = False
    stop_reason: str = ""
    law: str = ""
    values: tuple[ObservedValue, ...] = ()

    def with_outcome(self, outcome: ClaimOutcome, why: str, blamed_claims: tuple[str, ...] = ()) -> TestResult:
        """Copy the result with another outcome, and why."""
        return replace(self, outcome=outcome, why=why, blamed_claims=blamed_claims)

    def breaks(self, claim: str) -> bool:
        """Whether the test shows that a claim is broken."""
        return (self.outcome == "broken" and claim in self.blamed_claims) or any(
            claim in each.claims for each in self.malformed_replies
        )

    def list_claims(self) -> set[str]:
        """List the claims that the test is about, or of which it noted something."""
        differing_claims = {each.claim for each in self.deviations} | {each.claim for each in self.values}
        replies = (each.claims for each in self.malformed_replies)
        return differing_claims.union(self.claims, self.blamed_claims, *replies)

    def to_dict(self) -> dict[str, Any]:
        """Convert the result to plain JSON values, for another process."""
        return asdict(self)


def read_result(data: dict[str, Any]) -> TestResult:
    """Read a result back from what ``to_dict`` returned."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    fields["values"] = tuple(ObservedValue(**each) for each in data["values"])
    fields["deviations"] = tuple(
        Deviation(**{**each, "exchange": each["exchange"] and Exchange(**each["exchange"])})
        for each in data["deviations"]
    )
    fields["exchanges"] = tuple(Exchange(**each) for each in data["exchanges"])
    fields["malformed_replies"] = tuple(
        MalformedReply(tuple(each["claims"]), each["description"], Exchange(**each["exchange"]))
        for each in data["malformed_replies"]
    )
    return TestResult(**fields)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one claim.

    ``reasons`` say what was different, or why nothing was shown. ``tests`` are the tests of the claim, first those in
    ``showing_tests``, which found it broken or otherwise than assumed. ``exchanges`` are the calls that show it.
    ``values`` are what the target showed where the contract has another value.
    """

    claim: Claim
    outcome: ClaimOutcome
    reasons: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    showing_tests: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    values: tuple[ObservedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class _ClaimFinding:
    """What one test shows of a claim: in words, and by which calls."""

    test: str
    description: str
    exchanges: tuple[Exchange, ...]


_Finder = Callable[[str, TestResult], Iterable[_ClaimFinding]]


def build_verdicts(
    catalog: Catalog, results: Sequence[TestResult], claims_with_tests: Container[str], *, is_stopped: bool
) -> tuple[Verdict, ...]:
    """Build the verdict on every claim that something rests on, in the order of the ledger.

    ``claims_with_tests`` has the claims of tests that did not run, too; ``is_stopped`` says that the run ended early.
    """

    def default_reason(claim: Claim) -> str:
        if claim.id not in claims_with_tests and claim.kind == "rule":
            return _RULE_OF_A_MODEL
        return _RUN_ENDED if is_stopped else _NOT_SELECTED

    results_by_claim: dict[str, list[TestResult]] = {}
    for result in results:
        for id_ in result.list_claims():
            results_by_claim.setdefault(id_, []).append(result)
    claims = (claim for claim in catalog.claims.values() if claim.kind != "gap")
    return tuple(_build_verdict(each, results_by_claim.get(each.id, ()), default_reason(each)) for each in claims)


def count_costs(needs_by_claim: Mapping[str, set[str]]) -> dict[str, int]:
    """Count the claims that can be tested for nothing, only for credits, and only on a mock."""
    least = [next(cost for cost in COSTS if cost in needs) for needs in needs_by_claim.values()]
    return {cost: least.count(cost) for cost in COSTS}


def _build_verdict(claim: Claim, results: Sequence[TestResult], default_reason: str) -> Verdict:
    own = [result for result in results if claim.id in result.claims]
    tests = tuple(dict.fromkeys(result.test for result in own))
    findings_by_outcome: dict[ClaimOutcome, _Finder] = {"broken": _find_breaks, "observed": _find_differences}
    values = {each.pointer: each for result in results for each in result.values if each.claim == claim.id}
    for outcome, find in findings_by_outcome.items():
        if findings := [each for result in results for each in find(claim.id, result)]:
            showing_tests = tuple(dict.fromkeys(each.test for each in findings))
            return Verdict(
                claim,
                outcome,
                tuple(dict.fromkeys(each.description for each in findings)),
                tuple(dict.fromkeys((*showing_tests, *tests))),
                showing_tests,
                next((each.exchanges for each in findings if each.exchanges), ()),
                tuple(values.values()) if outcome == "observed" else (),
            )
    if held_tests := tuple(dict.fromkeys(result.test for result in own if result.outcome == "held")):
        return Verdict(claim, "held", tests=held_tests)
    reasons = tuple(dict.fromkeys(result.why for result in own if result.why)) if own else (default_reason,)
    return Verdict(claim, "not tested", reasons, tests)


def _find_breaks(claim: str, result: TestResult) -> Iterable[_ClaimFinding]:
    """Find how a test shows that a claim is broken."""
    # A malformed reply is shown by its own exchange: the test may have made other calls after it.
    for each in result.malformed_replies:
        if claim in each.claims:
            yield _ClaimFinding(result.test, each.description, (each.exchange,))
    if result.outcome == "broken" and claim in result.blamed_claims:
        yield _ClaimFinding(result.test, result.why, result.exchanges)


def _find_differences(claim: str, result: TestResult) -> Iterable[_ClaimFinding]:
    """Find how a test shows that a target, which need not keep a claim, differs from it."""
    if result.outcome == "observed" and claim in result.blamed_claims:
        yield _ClaimFinding(result.test, result.why, result.exchanges)
    for each in result.deviations:
        if each.claim == claim:
            yield _ClaimFinding(result.test, each.description, () if each.exchange is None else (each.exchange,))
