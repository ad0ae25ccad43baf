"""A failure without a sentence of its own gets one: from what was compared, or from the law that the test holds."""

from __future__ import annotations

import pytest

from cannon_contract.client.outcomes import ClaimBroken
from cannon_contract.client.recording import Exchange
from cannon_contract.runner.failure_text import describe_comparison, describe_failure

_LAW = "A status costs nothing"


@pytest.mark.parametrize(
    ("operator", "left", "right", "sentence"),
    [
        ("==", (True, 401), (True, 200), "/1: expected 200, got 401"),
        ("==", {"a": [1]}, {"a": [2]}, "/a/0: expected 2, got 1"),
        ("==", object, int, f"expected {int}, got {object}"),
        ("!=", "a", "a", 'expected another value than "a", got "a"'),
        ("in", "a", ["b"], 'expected one of ["b"], got "a"'),
        (">=", 0, 1, "expected at least 1, got 0"),
        ("<", 5, 1, "expected less than 1, got 5"),
    ],
)
def test_a_comparison_is_described_value_against_value(
    operator: str, left: object, right: object, sentence: str
) -> None:
    """A plain comparison that does not hold names the expected value and the actual one."""
    assert describe_comparison(operator, left, right) == sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ClaimBroken("credits: expected 2, got 1"), "credits: expected 2, got 1"),
        (AssertionError("assert expected 2, got 1"), f"{_LAW}: expected 2, got 1"),
        (AssertionError("assert False\n +  where False = x.is_success"), f"{_LAW}: this does not hold"),
        (AssertionError("the key is sent to the target only\nassert False"), "the key is sent to the target only"),
        (AssertionError("after a refusal\nassert expected 2, got 1"), "after a refusal: expected 2, got 1"),
        (AssertionError(), f"{_LAW}: this does not hold"),
        (KeyError("id"), f"{_LAW}: expected the member id, got a reply without it"),
        (TypeError("no number\nmore"), f"{_LAW}: expected a reply that can be read, got TypeError: no number"),
        (IndexError(), f"{_LAW}: expected a reply that can be read, got IndexError"),
    ],
)
def test_a_failure_is_one_sentence(error: Exception, sentence: str) -> None:
    """The description is one line without Python's own words for a failed assert or a missing key."""
    assert describe_failure(error, _LAW, ()) == sentence


def test_a_failure_without_its_own_sentence_names_the_last_call() -> None:
    """The last call that is no status call follows, unless the sentence is the test's own."""
    exchanges = [
        Exchange(request, {}, "", status, {}, "")
        for request, status in (("POST http://x/api/v1/requests", None), ("GET http://x/api/v1/status", 200))
    ]
    error = AssertionError("assert False")
    last_call = "(last call: POST http://x/api/v1/requests, answered with nothing)"
    assert describe_failure(error, _LAW, exchanges) == f"{_LAW}: this does not hold {last_call}"
    assert describe_failure(ClaimBroken("x"), _LAW, exchanges) == "x"
