"""The kinds of input fields: each is a check that returns the problems of a value."""

import re
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlsplit

from .refusal import Problem

DAY = 86_400

Check = Callable[[Any], list[Problem]]


def _problem(type: str, message: str) -> list[Problem]:
    return [Problem((), type, message)]


def text(value: Any) -> list[Problem]:
    """Check for any string."""
    return [] if isinstance(value, str) else _problem("string_type", "Input should be a valid string")


def words(value: Any) -> list[Problem]:
    """Check for a string that is not empty."""
    if value == "":
        return _problem("string_too_short", "String should have at least 1 character")
    return text(value)


def url(value: Any) -> list[Problem]:
    """Check for the address of something hosted."""
    return text(value) or ([] if _is_hosted(value) else _problem("url_parsing", "Input should be a valid URL"))


def _is_hosted(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def number(value: Any) -> list[Problem]:
    """Check for a number; true and false are none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [] if is_number else _problem("float_type", "Input should be a valid number")


def duration(value: Any) -> list[Problem]:
    """Check for seconds: above 0, and a day at most."""
    is_legal = not number(value) and 0 < value <= DAY
    return number(value) or ([] if is_legal else _problem("value_error", f"Input should be above 0 and at most {DAY}"))


def flag(value: Any) -> list[Problem]:
    """Check for true or false."""
    return [] if isinstance(value, bool) else _problem("bool_type", "Input should be a valid boolean")


def mapping(value: Any) -> list[Problem]:
    """Check for an object."""
    return [] if isinstance(value, dict) else _problem("dict_type", "Input should be a valid dictionary")


def present(value: Any) -> list[Problem]:
    """Check a field whose type no page tells: it has any value but null."""
    return _problem("missing", "Input should not be null") if value is None else []


def one_of(*values: str) -> Check:
    """Make the check for one of some strings."""

    def check(value: Any) -> list[Problem]:
        return text(value) or ([] if value in values else _unlisted(values))

    return check


def _unlisted(values: Collection[str]) -> list[Problem]:
    return _problem("literal_error", f"Input should be one of {', '.join(sorted(values))}")


def like(pattern: str) -> Check:
    """Make the check for a string that matches a pattern."""

    def check(value: Any) -> list[Problem]:
        matches = isinstance(value, str) and re.fullmatch(pattern, value)
        return text(value) or (
            [] if matches else _problem("string_pattern_mismatch", f"String should match '{pattern}'")
        )

    return check


def each(item: Check) -> Check:
    """Make the check for an array of one kind."""

    def check(value: Any) -> list[Problem]:
        if not isinstance(value, list):
            return _problem("list_type", "Input should be a valid list")
        return [problem.under(index) for index, one in enumerate(value) for problem in item(one)]

    return check


def values(item: Check) -> Check:
    """Make the check for an object whose values are of one kind."""

    def check(value: Any) -> list[Problem]:
        return mapping(value) or [problem.under(name) for name, one in value.items() for problem in item(one)]

    return check
