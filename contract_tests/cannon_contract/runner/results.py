"""What became of each test and of each claim (floor 5)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Literal

from cannon_contract.client.api import Deviation, MalformedReply
from cannon_contract.client.recording import Exchange
from cannon_spec import Catalog, Claim

_NOT_CHOSEN = "none of its tests was chosen for this run"
_ENDED = "the run ended before its tests"

Outcome = Literal["broken", "observed", "held", "not tested"]
OUTCOMES: tuple[Outcome, ...] = ("broken", "observed", "held", "not tested")
"""What can become of a claim, the gravest first."""

_OF_MODELS = "judged before it is sent: the examples of the contract show both sides of it"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What became of one test.

    ``claims`` are those that it is marked with, ``blamed`` those whose promise was not kept, ``why`` what was seen or
    why nothing was shown, ``needs`` what it creates: nothing, what may cost credits, or what only a mock can show.
    ``breaches`` are the replies that were not of their form, whatever the test was about. ``is_silent`` says that an
    answer never came, ``stopped`` why no test is to run after this one.
    """

    __test__: ClassVar = False  # its name begins as that of a class of tests does: pytest is not to collect it

    test: str
    claims: tuple[str, ...]
    outcome: Outcome
    why: str = ""
    blamed_claims: tuple[str, ...] = ()
    sightings: tuple[Deviation, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    needs: Literal["nothing", "credits", "a mock"] = "nothing"
    breaches: tuple[MalformedReply, ...] = ()
    is_silent: bool = False
    stop_reason: str = ""

    def with_outcome(self, outcome: Outcome, why: str, blamed: tuple[str, ...] = ()) -> TestResult:
        """The same test with another outcome, and why."""
        return replace(self, outcome=outcome, why=why, blamed_claims=blamed)

    def breaks(self, claim: str) -> bool:
        """Whether the test shows that a claim is broken."""
        return (self.outcome == "broken" and claim in self.blamed_claims) or any(
            claim in each.claims for each in self.breaches
        )

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values, for another process."""
        return asdict(self)


def read_result(data: dict[str, Any]) -> TestResult:
    """The result that was made plain."""
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    plain["sightings"] = tuple(Deviation(**each) for each in data["sightings"])
    plain["exchanges"] = tuple(Exchange(**each) for each in data["exchanges"])
    plain["breaches"] = tuple(
        MalformedReply(tuple(each["claims"]), each["description"], Exchange(**each["exchange"]))
        for each in data["breaches"]
    )
    return TestResult(**plain)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one claim: ``shown`` are the tests that speak of it, ``why`` what was seen or why nothing was."""

    claim: Claim
    outcome: Outcome
    reasons: tuple[str, ...]
    tests: tuple[str, ...]
    exchanges: tuple[Exchange, ...]


def build_verdicts(
    catalog: Catalog, results: Sequence[TestResult], tested: Container[str], *, stopped: bool
) -> tuple[Verdict, ...]:
    """The verdict on every claim that something rests on, in the order of the ledger.

    ``tested`` are the claims that there are tests of, whether they ran or not; ``stopped`` says that the run ended
    early.
    """

    def silence(claim: Claim) -> str:
        if claim.id not in tested and claim.kind == "rule":
            return _OF_MODELS
        return _ENDED if stopped else _NOT_CHOSEN

    return tuple(_verdict(claim, results, silence(claim)) for claim in catalog.claims.values() if claim.kind != "gap")


def count_reach(needs: Mapping[str, set[str]]) -> dict[str, int]:
    """How many claims can be tested for nothing, only for credits, and only on a mock, by what their tests need."""
    best = [next(each for each in ("nothing", "credits", "a mock") if each in found) for found in needs.values()]
    return {name: best.count(name) for name in ("nothing", "credits", "a mock")}


def _verdict(claim: Claim, results: Sequence[TestResult], silence: str) -> Verdict:
    mine = [result for result in results if claim.id in result.claims]
    broken = [result for result in results if result.breaks(claim.id)]
    shown = tuple(dict.fromkeys(result.test for result in (*broken, *mine)))
    if broken:
        seen = tuple(dict.fromkeys(each for result in broken for each in _breaking(claim.id, result)))
        return Verdict(claim, "broken", seen, shown, _exchanges(claim.id, broken[0]))
    observed = _seen(claim.id, results)
    if observed:
        return Verdict(claim, "observed", observed, shown, ())
    if any(result.outcome == "held" for result in mine):
        return Verdict(claim, "held", (), shown, ())
    return Verdict(claim, "not tested", _whys(mine) if mine else (silence,), shown, ())


def _breaking(id_: str, result: TestResult) -> Iterable[str]:
    """What a test has seen of a broken claim."""
    if result.outcome == "broken" and id_ in result.blamed_claims:
        yield result.why
    yield from (each.description for each in result.breaches if id_ in each.claims)


def _exchanges(id_: str, result: TestResult) -> tuple[Exchange, ...]:
    """The exchanges that show a broken claim."""
    breaching = tuple(each.exchange for each in result.breaches if id_ in each.claims)
    return breaching[:1] or result.exchanges


def _seen(id_: str, results: Sequence[TestResult]) -> tuple[str, ...]:
    """Everything that was seen otherwise than the claim has it, on a target that need not keep it."""
    whole = (result.why for result in results if result.outcome == "observed" and id_ in result.blamed_claims)
    noted = (each.description for result in results for each in result.sightings if each.claim == id_)
    return tuple(dict.fromkeys((*whole, *noted)))


def _whys(results: Iterable[TestResult]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(result.why for result in results if result.why))
