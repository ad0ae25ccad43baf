"""What tests expect of replies (floor 6).

Each function raises ClaimBroken with a sentence that says what was expected and what came.
``what`` names what is looked at as a noun with its circumstance, such as ``creditsRemaining after a refusal``; the
sentence is ``creditsRemaining after a refusal: expected 1250, got 1222``. The last arguments are the claims that are
broken; without them the test's own claims are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import httpx

from cannon_contract.client.differences import describe_difference, shorten, show
from cannon_contract.client.outcomes import ClaimBroken, MemberMissing
from cannon_contract.client.recording import describe_call
from cannon_spec.contract.lifecycle import LifecycleBreach
from cannon_spec.contract.wording import format_count
from cannon_spec.pointer import follow, from_pointer

SUCCESS, REFUSAL = range(200, 300), range(400, 500)
"""Classes of statuses, where no page names one status."""

_CLASS_NAMES = {SUCCESS: "a 2xx status", REFUSAL: "a 4xx status"}


def expect(is_kept: bool, what: str, expected: str, actual: object, *claims: str) -> None:
    """Raise ClaimBroken unless ``is_kept``: ``what: expected EXPECTED, got ACTUAL``; ``actual`` is shown as JSON."""
    if not is_kept:
        raise ClaimBroken(f"{what}: expected {expected}, got {show(actual)}", *claims)


def expect_equal(actual: Any, expected: Any, what: str, *claims: str) -> None:
    """Raise ClaimBroken unless two values are equal in JSON; of objects and arrays the first difference is named."""
    difference = describe_difference(actual, expected)
    if difference:
        raise ClaimBroken(f"{what}: {difference}", *claims)


def expect_different(first: Any, second: Any, what: str, *claims: str) -> None:
    """Raise ClaimBroken where two values are equal."""
    if not describe_difference(first, second):
        raise ClaimBroken(f"{what}: expected two different values, got {show(first)} twice", *claims)


def expect_one_of(actual: Any, allowed: Collection[Any], what: str, *claims: str) -> None:
    """Raise ClaimBroken unless a value is one of the allowed ones."""
    is_allowed = any(not describe_difference(actual, each) for each in allowed)
    expect(is_allowed, what, f"one of {', '.join(map(show, allowed))}", actual, *claims)


def expect_between(actual: Any, least: float, most: float, what: str, *claims: str) -> None:
    """Raise ClaimBroken unless a value is a number from ``least`` to ``most``."""
    is_number = isinstance(actual, int | float) and not isinstance(actual, bool)
    expect(is_number and least <= actual <= most, what, f"a number from {least} to {most}", actual, *claims)


def expect_count(items: Collection[Any], count: int, what: str, *claims: str) -> None:
    """Raise ClaimBroken unless there are so many items."""
    if len(items) != count:
        listing = f": {show(list(items))}" if items else ""
        raise ClaimBroken(f"{what}: expected {count}, got {len(items)}{listing}", *claims)


def expect_member(value: Any, pointer: str, what: str, *claims: str) -> Any:
    """The member of a value at a JSON Pointer such as ``/requestLog/input``. Raises MemberMissing without one."""
    parts = from_pointer(pointer)
    for number in range(1, len(parts) + 1):
        try:
            follow(value, parts[:number])
        except LookupError:
            parent = follow(value, parts[: number - 1])
            place = "/" + "/".join(parts[: number - 1]) if number > 1 else ""
            description = _describe_missing_member(what, place, parts[number - 1], parent)
            raise MemberMissing(description, parts[number - 1], *claims) from None
    return follow(value, parts)


def expect_status(
    response: httpx.Response, expected: int | range | Collection[int], circumstance: str, *claims: str
) -> httpx.Response:
    """The response. Raises ClaimBroken unless it has an expected status: one, one of several, SUCCESS or REFUSAL.

    ``circumstance`` follows the call: ``POST /api/v1/requests with a cut key: expected 401, got 202``.
    """
    statuses = (expected,) if isinstance(expected, int) else expected
    if response.status_code not in statuses:
        raise ClaimBroken(
            f"{describe_call(response.request)} {circumstance}: "
            f"expected {_name_statuses(statuses)}, got {describe_answer(response)}",
            *claims,
        )
    return response


def expect_no_breach(breaches: Iterable[LifecycleBreach], view: Mapping[str, Any], what: str, *claims: str) -> None:
    """Raise ClaimBroken for the first breach that a request object shows; it breaks the breach's own claim."""
    for each in breaches:
        value = f", got {show(view.get(each.member))}" if each.hint.startswith("expected") else ""
        raise ClaimBroken(f"{what}: {each.message}; {each.hint}{value}", *(claims or (each.claim,)))


def describe_answer(response: httpx.Response) -> str:
    """The status of a response, and where its body has the form of an error, its code and its message."""
    try:
        error = response.json()["error"]
        text = f"{error['code']}: {error['message']}"
    except (ValueError, LookupError, TypeError, RecursionError):
        return str(response.status_code)
    return f"{response.status_code} ({shorten(text)})"


def _name_statuses(statuses: range | Collection[int]) -> str:
    if isinstance(statuses, range) and statuses in _CLASS_NAMES:
        return _CLASS_NAMES[statuses]
    return " or ".join(map(str, statuses))


def _describe_missing_member(what: str, place: str, name: str, parent: Any) -> str:
    where = f"{what}: {place}: " if place else f"{what}: "
    if isinstance(parent, list):
        return f"{where}expected an item {name}, got an array of {format_count(len(parent), 'item')}"
    if not isinstance(parent, dict):
        return f"{where}expected an object with the member {name}, got {show(parent)}"
    members = f"the members {shorten(', '.join(map(str, parent)))}" if parent else "no members"
    return f"{where}expected the member {name}, got an object with {members}"
