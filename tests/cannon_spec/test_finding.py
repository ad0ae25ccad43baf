"""Findings and reports as values."""

from __future__ import annotations

import dataclasses
import json
import pickle

import pytest

import cannon_spec
from cannon_spec import CannonSpecError, CatalogError, ContractViolation, Evidence, Finding, NotJSON, Report

EVIDENCE = Evidence("a-claim", "documented", "https://example.com")
ERROR = Finding("/a", "rule-a", "error", "a is wrong", "make it right", EVIDENCE)
WARNING = Finding("", "rule-b", "warning", "b is odd", "think again", EVIDENCE)
REPORT = Report((WARNING, ERROR))


def test_a_finding_has_its_documented_json_form() -> None:
    """The JSON of a finding has the documented keys in their order."""
    assert json.dumps(ERROR.to_dict()) == json.dumps(
        {
            "path": "/a",
            "rule": "rule-a",
            "severity": "error",
            "message": "a is wrong",
            "hint": "make it right",
            "evidence": {"claim": "a-claim", "strength": "documented", "source": "https://example.com"},
            "fix": None,
        }
    )


def test_a_report_with_warnings_alone_is_ok() -> None:
    """A report without errors is ok, with or without warnings."""
    assert (REPORT.errors, REPORT.warnings, REPORT.ok) == ((ERROR,), (WARNING,), False)
    assert Report((WARNING,)).ok
    assert Report().ok


def test_strictness_is_applied_afterwards() -> None:
    """Strict makes warnings errors, lenient drops them, normal returns the same report."""
    assert REPORT.with_strictness("normal") is REPORT
    assert REPORT.with_strictness("lenient") == Report((ERROR,))
    assert REPORT.with_strictness("strict") == Report((dataclasses.replace(WARNING, severity="error"), ERROR))
    assert Report().with_strictness("strict") == Report()


@pytest.mark.parametrize("rule", ["model-assumed", "operation-assumed", "notice", "shut-down"])
def test_strict_keeps_the_warnings_that_no_input_avoids(rule: str) -> None:
    """P21: a warning that each request for an operation or model has stays a warning; lenient drops it as any other."""
    report = Report((dataclasses.replace(WARNING, rule=rule),))
    assert report.with_strictness("strict") == report
    assert report.with_strictness("lenient") == Report()


def test_findings_are_values() -> None:
    """Findings and reports are equal by content, hashable, frozen, and survive pickling."""
    assert pickle.loads(pickle.dumps(REPORT)) == REPORT
    assert len({REPORT, Report((WARNING, ERROR))}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        ERROR.path = "/b"  # type: ignore[misc]


def test_a_violation_lists_its_errors() -> None:
    """The text of a violation has a line for each error with path, message and hint, and none for warnings."""
    top = dataclasses.replace(ERROR, path="")
    violation = ContractViolation(Report((top, WARNING, ERROR)))
    assert str(violation) == "(document): a is wrong; make it right\n/a: a is wrong; make it right"
    assert violation.report.findings == (top, WARNING, ERROR)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CatalogError("here", "it is broken", "mend it"), "here: it is broken; mend it"),
        (NotJSON("it is broken", "mend it"), "it is broken; mend it"),
    ],
)
def test_errors_say_what_to_do(error: CannonSpecError, text: str) -> None:
    """Each error of the package is a CannonSpecError whose text ends with advice."""
    assert isinstance(error, CannonSpecError)
    assert str(error) == text


def test_the_public_names_exist() -> None:
    """Each name in __all__ exists, and has a docstring if it is a class or function."""
    for name in cannon_spec.__all__:
        assert getattr(cannon_spec, name).__doc__


def test_another_strictness_is_refused() -> None:
    """An unknown strictness is a ValueError that lists the known ones, with or without findings."""
    for report in (Report(), Report((WARNING,))):
        with pytest.raises(ValueError, match="unknown strictness 'bogus'; use normal, strict or lenient"):
            report.with_strictness("bogus")  # type: ignore[arg-type]
