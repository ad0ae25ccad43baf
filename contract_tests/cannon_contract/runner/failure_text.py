"""A failure of a test as one sentence: what was expected, what came (floor 6)."""

from __future__ import annotations

from collections.abc import Sequence

from cannon_contract.client.differences import describe_difference, shorten, show
from cannon_contract.client.outcomes import ClaimBroken
from cannon_contract.client.recording import Exchange

_NOT_SO = "this does not hold"
_NO_MEMBER = "got a reply without it"
_NOT_READABLE = "expected a reply that can be read"
FALLBACKS = (_NOT_SO, _NO_MEMBER, _NOT_READABLE)
"""What stands for the values in the description of a failure that has none."""

_ASSERT = "assert "
_OPERATORS = {
    "!=": "another value than",
    "<": "less than",
    "<=": "at most",
    ">": "more than",
    ">=": "at least",
    "in": "one of",
    "not in": "none of",
    "is": "exactly",
    "is not": "another value than",
}


def describe_comparison(operator: str, actual: object, expected: object) -> str:
    """Describe a comparison of a plain assert that does not hold: ``expected 401, got 200``."""
    difference = describe_difference(actual, expected) if operator == "==" else ""
    return difference or f"expected {_OPERATORS.get(operator, operator)} {show(expected)}, got {show(actual)}"


def describe_failure(error: BaseException | None, law: str, exchanges: Sequence[Exchange]) -> str:
    """Describe in one line why a test failed: its own sentence, or what follows from ``law``, which the test holds.

    A plain assert and an error in reading a reply have no sentence, so the last call that tells something follows.
    """
    if isinstance(error, ClaimBroken):
        return str(error)
    description = _describe_assertion(error, law) if isinstance(error, AssertionError) else _describe_error(error, law)
    if not exchanges:
        return description
    last = ([each for each in exchanges if not each.request.endswith("/status")] or exchanges)[-1]
    return f"{description} (last call: {last.request}, answered with {last.status or 'nothing'})"


def _describe_assertion(error: AssertionError, law: str) -> str:
    """The message of an assert and what it compared. Our hook has written the comparison after the word assert."""
    lines = str(error).splitlines()
    message = lines[0] if lines and not lines[0].startswith(_ASSERT) else ""
    comparison = next((line.removeprefix(_ASSERT) for line in lines if line.startswith(_ASSERT)), "")
    outcome = shorten(comparison) if ", got " in comparison else ""
    return ": ".join(filter(None, (shorten(message) or law, outcome or ("" if message else _NOT_SO))))


def _describe_error(error: BaseException | None, law: str) -> str:
    if isinstance(error, KeyError) and error.args:
        return f"{law}: expected the member {shorten(str(error.args[0]))}, {_NO_MEMBER}"
    lines = str(error).splitlines()
    name = type(error).__name__
    return f"{law}: {_NOT_READABLE}, got {name}{': ' + shorten(lines[0]) if lines else ''}"
