"""The files that a run of the contract tests writes (floor 2)."""

from __future__ import annotations

from typing import Any

from cannon_spec import inputs
from cannon_spec.contract import wording
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.system_errors import find_advice, find_reason

FORMAT = 1
"""The format of these files that this version reads and writes."""

_ADVICE = "name the report.json that cannon-contract --report DIR wrote"


def read_run_file(file: str, member: str, advice: str) -> dict[str, Any]:
    """Read a JSON object that has a list as ``member``. Raises CatalogError with ``advice`` for any other file."""
    try:
        value = inputs.read_file(file)
    except OSError as error:
        raise CatalogError(file, find_reason(error), find_advice(error)) from None
    except NotJSON as error:
        raise CatalogError(file, error.placed_problem, advice) from None
    return check_run_file(value, file, member, advice)


def check_run_file(value: Any, file: str, member: str, advice: str) -> dict[str, Any]:
    """Check the value of a file as ``read_run_file`` does, and return it. Raises CatalogError."""
    if not isinstance(value, dict) or not isinstance(value.get(member), list):
        raise CatalogError(file, f"not a file of {member}", advice)
    if value.get("format") is True or value.get("format") != FORMAT:  # in Python True is 1
        problem = f"has format {wording.show_value(value.get('format'))}; this version reads format {FORMAT}"
        raise CatalogError(file, problem, "read it with the version that wrote it")
    return value


def count_tests(file: str) -> dict[str, int]:
    """How many contract tests of each claim a run had, from its report. Raises CatalogError for any other file."""
    claims = read_run_file(file, "claims", _ADVICE)["claims"]
    if not all(map(_has_tests, claims)):
        raise CatalogError(file, "not a report of claims and their tests", _ADVICE)
    return {str(each.get("id")): len(each["tests"]) + each.get("more_tests", 0) for each in claims}


def _has_tests(claim: Any) -> bool:
    """Whether an entry of a report lists tests, and says how many more there are, or nothing of that."""
    more_tests = claim.get("more_tests", 0) if isinstance(claim, dict) else None
    return type(more_tests) is int and more_tests >= 0 and isinstance(claim.get("tests"), list)
