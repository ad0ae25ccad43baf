"""Fixes are applied in a sound order, until none is left."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cannon_spec
from cannon_spec import Evidence, Finding, Report, fixes
from cannon_spec.fixes import apply_fixes
from tests.support.effort import examples
from tests.support.patches import slips
from tests.support.payloads import requests

joined_requests = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), max_size=9).map(
    lambda items: {
        "operation": "image.generate",
        "input": {
            "model": "gptimage2",
            "Prompt": "x",
            "reference_image_urls": [",".join(f"https://example.com/{name}.png" for name in item) for item in items],
        },
    }
)
"""Requests with several addresses in one string, and those again."""

EVIDENCE = Evidence("a-claim", "documented", "https://example.com")


def find(path: str, *fix: Mapping[str, Any], rule: str = "a-rule") -> Finding:
    """A finding with a fix; without operations its fix is None."""
    return Finding(path, rule, "error", "it is wrong", "make it right", EVIDENCE, fix or None)


def judge_by(*findings: tuple[Callable[[Any], bool], Finding]) -> Callable[[Any], Report]:
    """A judge that has a finding on each value for which its question is true."""
    return lambda value: Report(tuple(finding for is_wrong, finding in findings if is_wrong(value)))


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def move(source: str, target: str) -> dict[str, Any]:
    return {"op": "move", "from": source, "path": target}


def test_fixes_are_applied_from_the_outside_in() -> None:
    """A wrapped object is unwrapped first, then a field is renamed, then its value is put right."""
    unwrap, rename, correct = (
        find("", move("/request", "")),
        find("/Ratio", move("/Ratio", "/ratio")),
        find("/ratio", replace("/ratio", "16:9")),
    )
    judge = judge_by(
        (lambda value: value.get("ratio") == "16x9", correct),
        (lambda value: "Ratio" in value, rename),
        (lambda value: "request" in value, unwrap),
    )
    value = {"request": {"Ratio": "16x9", "n": 1}}
    fixed_value = apply_fixes(value, judge)
    assert fixed_value == ({"ratio": "16:9", "n": 1}, (unwrap, rename, correct), Report())
    assert value == {"request": {"Ratio": "16x9", "n": 1}}


def test_what_a_fix_makes_needless_is_not_applied() -> None:
    """A finding that is gone after the fix of another one is not fixed, nor reported as fixed."""
    first, second = find("/a", replace("/a", 1)), find("/b", replace("/b", 1))
    fixed_value = apply_fixes(
        {"a": 0, "b": 0}, judge_by((lambda value: value["a"] == 0, first), (lambda value: value["a"] == 0, second))
    )
    assert fixed_value == ({"a": 1, "b": 0}, (first,), Report())


@pytest.mark.parametrize(
    "fix",
    [
        pytest.param(replace("/x", 1), id="of another place"),
        pytest.param(replace("/a", 0), id="that changes nothing"),
    ],
)
def test_a_fix_without_effect_does_not_stop_the_others(fix: dict[str, Any]) -> None:
    """A finding whose fix cannot be applied, or changes nothing, stays in the report; the others are fixed."""
    useless, useful = find("/a", fix), find("/b", replace("/b", 1))
    judge = judge_by((lambda value: True, useless), (lambda value: value["b"] == 0, useful))
    assert apply_fixes({"a": 0, "b": 0}, judge) == ({"a": 0, "b": 1}, (useful,), Report((useless,)))


def test_fixes_that_undo_each_other_end() -> None:
    """Fixes that undo each other end before a former value comes back; 1 and true are not the same value."""
    there, back = find("/a", replace("/a", True)), find("/a", replace("/a", 1))
    judge = judge_by((lambda value: value["a"] is not True, there), (lambda value: value["a"] is True, back))
    assert apply_fixes({"a": 1}, judge) == ({"a": True}, (there,), Report((back,)))


def test_the_number_of_fixes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the most fixes of one value the rest is reported."""
    monkeypatch.setattr(fixes, "MOST_FIXES", 3)
    findings = [find(f"/{index}", replace(f"/{index}", 1)) for index in range(5)]

    def judge(value: list[int]) -> Report:
        return Report(tuple(finding for item, finding in zip(value, findings, strict=True) if item == 0))

    fixed_value = apply_fixes([0] * 5, judge)
    assert (fixed_value.value, fixed_value.report.findings) == ([1, 1, 1, 0, 0], tuple(findings[3:]))


@examples(200)
@given(slips | requests)
def test_a_request_is_fixed_once(body: Any) -> None:
    """The value is the body with the fixes of the fixed findings applied in order, and no fix is left for it.

    The report is the one on the value, and the body itself stays as it is.
    """
    before = copy.deepcopy(body)
    value, fixed_findings, report = cannon_spec.fix_request(body)
    assert json.dumps(body) == json.dumps(before)
    patch = [dict(operation) for finding in fixed_findings for operation in finding.fix or ()]
    assert json.dumps(value, sort_keys=True) == json.dumps(jsonpatch.apply_patch(body, patch), sort_keys=True)
    assert report == cannon_spec.validate_request(value)
    assert [finding for finding in report.findings if finding.fix] == []
    assert cannon_spec.fix_request(value) == (value, (), report)


@examples(200)
@given(st.one_of(slips, requests, joined_requests))
def test_fixes_in_one_step_are_those_of_one_at_a_time(body: Any) -> None:
    """Several fixes in one step give the value, the report and as many fixes as one at a time."""
    value, fixed_findings, report = cannon_spec.fix_request(body)
    with patch.object(fixes, "MOST_ALIKE", 1):
        slow_value, slow_findings, slow_report = cannon_spec.fix_request(body)
    assert (json.dumps(value), report) == (json.dumps(slow_value), slow_report)
    assert Counter(each.rule for each in fixed_findings) == Counter(each.rule for each in slow_findings)


def test_a_long_report_is_judged_few_times() -> None:
    """A value with many alike findings is judged again for steps of more and more fixes, not for each fix."""
    judged_values: list[Any] = []

    def judge(value: Any) -> Report:
        judged_values.append(value)
        return cannon_spec.validate_request(value)

    addresses = [f"https://example.com/{name}.png" for name in range(1200)]
    items = [",".join(addresses[index : index + 2]) for index in range(0, len(addresses), 2)]
    body = {
        "operation": "image.generate",
        "input": {"model": "gptimage2", "prompt": "x", "reference_image_urls": items},
    }
    value, fixed_findings, _ = apply_fixes(body, judge)
    assert value["input"]["reference_image_urls"] == addresses
    assert len(fixed_findings) == len(items)
    assert len(judged_values) < 30


def test_fixes_that_name_one_place_are_not_applied_together() -> None:
    """Of two fixes that give a field one name only the first is applied, so that no value is lost."""
    names = {"a": "x", "b": "y", "c": "y"}
    findings = {old: find(f"/{old}", move(f"/{old}", f"/{new}")) for old, new in names.items()}

    def judge(value: Any) -> Report:
        return Report(tuple(findings[old] for old, new in names.items() if old in value and new not in value))

    fixed_value = apply_fixes({"a": 1, "b": 2, "c": 3}, judge)
    assert fixed_value == ({"x": 1, "y": 2, "c": 3}, (findings["a"], findings["b"]), Report())


def test_what_is_no_json_is_returned_as_it_is() -> None:
    """A payload that has no JSON form is not changed, and its report says why."""
    value, fixed_findings, report = cannon_spec.fix_request({"operation": {1, 2}})
    assert (value, fixed_findings) == ({"operation": {1, 2}}, ())
    assert [finding.rule for finding in report.findings] == ["json"]
