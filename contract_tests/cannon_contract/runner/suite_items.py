"""What the tests of the suite say by their marks, and what they have noted when they end (floor 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.runner.results import Cost, TestResult
from cannon_contract.runner.suite_tests import SuiteTest

_MOST_EXCHANGES = 12
_PAYING_MARKS = ("creates", "probes", "shares")

APIS = pytest.StashKey[list[Api]]()
"""Where each test keeps the targets that it called."""


def list_claims(item: pytest.Item) -> tuple[str, ...]:
    """List the claims that a test is marked with."""
    return tuple(claim for mark in item.iter_markers("claim") for claim in mark.args)


def find_operation(item: pytest.Item) -> str | None:
    """Find the operation that a case is about; None for a test that is about no operation."""
    parameters: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters.get("operation")


def describe_test(item: pytest.Item) -> SuiteTest:
    """Describe a test for the command that runs it alone."""
    name = getattr(item, "originalname", None) or item.name
    return SuiteTest(item.nodeid, name, find_operation(item), frozenset(list_needs(item)), find_cost(item))


def list_needs(item: pytest.Item) -> Iterable[str]:
    """List what a test needs of its target, as ABILITIES names it."""
    yield from (ability for mark in item.iter_markers("needs") for ability in mark.args)
    if "make_own_mock" in getattr(item, "fixturenames", ()):
        yield "own mock"


def find_cost(item: pytest.Item) -> Cost:
    """Say what a test takes, whichever the target is."""
    if not {"clock", "mock", "own mock"}.isdisjoint(list_needs(item)):
        return "a mock"
    pays = any(mark.name in _PAYING_MARKS for mark in item.iter_markers())
    return "credits" if pays else "nothing"


def rank_by_cost(item: pytest.Item) -> int:
    """Rank a test: 0 creates nothing, 1 only what should be refused, 2 looks at a shared request, 3 creates more.

    Where the shared request is the first, no other one is charged while tests look at what the balance does.
    """
    marks = {mark.name for mark in item.iter_markers()}
    return 3 if "creates" in marks else 2 if "shares" in marks else int("probes" in marks)


def collect_result(item: pytest.Item) -> TestResult:
    """Collect what a test noted, as a result that holds."""
    notes = [api.notes for api in item.stash.get(APIS, [])]
    deviations = {(each.claim, each.description): each for note in notes for each in note.deviations}
    replies = {(each.claims, each.description): each for note in notes for each in note.malformed_replies}
    return TestResult(
        item.nodeid,
        list_claims(item),
        "held",
        deviations=tuple(deviations.values()),
        values=tuple(each for note in notes for each in note.values),
        malformed_replies=tuple(replies.values()),
        exchanges=tuple(each for note in notes for each in note.exchanges)[-_MOST_EXCHANGES:],
        needs=find_cost(item),
        law=_read_law(item),
    )


def _read_law(item: pytest.Item) -> str:
    """The sentence that a test opens with, without its full stop."""
    docstring = getattr(item, "function", None).__doc__ or item.name
    return docstring.strip().splitlines()[0].removesuffix(".")
