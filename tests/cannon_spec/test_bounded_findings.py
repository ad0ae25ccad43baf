"""A body with very many slips has a report that can be read, after a time that grows with its size alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from cannon_spec import Finding, load_catalog, validate_request
from cannon_spec.finding import MOST_ALIKE

MANY = 2_000
"""More than could be repaired one after the other: Python has no stack for as many levels."""

PICTURE = "https://example.com/1.jpg"
BODY = {"prompt": "x", "model": "gptimage2"}
NAMES = {f"x{number}": 1 for number in range(MANY)}


def judge(input: dict[str, Any], operation: str = "image.generate", **fields: Any) -> tuple[Finding, ...]:
    return validate_request({"operation": operation, "input": input, **fields}).findings


def judge_references(reference: Any) -> tuple[Finding, ...]:
    """The findings on an input with many references."""
    return judge({**BODY, "reference_image_urls": [reference] * MANY})


def judge_angles(**fields: Any) -> tuple[Finding, ...]:
    """The findings on an input with a list of many objects."""
    input = {"name": "x", "description": "x", "source_image_urls": [PICTURE], "angle_context": [fields] * MANY}
    return judge(input, "three_d.location.generate")


REPETITIONS: dict[str, Callable[[], tuple[Finding, ...]]] = {
    "unknown fields": lambda: judge({**BODY, **NAMES}),
    "unknown fields beside the input": lambda: judge(BODY, **NAMES),
    "names of one field": lambda: judge({**BODY, **{f"prompt{'_' * number}": 1 for number in range(1, MANY)}}),
    "wrong items": lambda: judge_references(1),
    "hosts of this machine": lambda: judge_references("http://localhost/1.jpg"),
    "addresses in one": lambda: judge_references("https://a.example,https://b.example"),
    "unknown fields of items": lambda: judge_angles(image_url=PICTURE, zzz=1),
}
"""Bodies with one slip many times."""


@pytest.mark.parametrize("name", REPETITIONS)
def test_a_slip_that_comes_often_has_few_findings(name: str) -> None:
    """Of each rule that is broken very often the first 100 findings are listed; the last one counts the others."""
    findings = REPETITIONS[name]()
    ((rule, number),) = Counter(finding.rule for finding in findings).most_common(1)
    assert number == MOST_ALIKE + 1
    others = [finding.message.rpartition("; the same holds for ")[2] for finding in findings if finding.rule == rule]
    (count,) = [each for each in others if each.endswith(" more")]
    assert MANY - MOST_ALIKE - 2 <= int(count.removesuffix(" more")) < MANY - MOST_ALIKE


def test_many_slips_in_each_of_many_objects_have_few_findings() -> None:
    """Objects with many unknown fields, of which there are many, have no more findings than a person can read."""
    items = [{f"x{number}": 1 for number in range(MOST_ALIKE + 10)}] * (MOST_ALIKE + 10)
    input = {"name": "x", "description": "x", "source_image_urls": [PICTURE], "angle_context": items}
    findings = judge(input, "three_d.location.generate")
    assert MOST_ALIKE < len(findings) <= 6 * MOST_ALIKE


def test_the_limit_itself_leaves_nothing_out() -> None:
    """As many findings as are listed, and one more, are all of them in full."""
    for number in (MOST_ALIKE, MOST_ALIKE + 1):
        findings = judge({**BODY, **{f"x{each}": 1 for each in range(number)}})
        assert len(findings) == number
        assert not any("more" in finding.message for finding in findings)


def test_both_engines_leave_out_the_same() -> None:
    """What is listed depends on the places alone, not on the order in which an engine finds it."""
    body = {"operation": "image.generate", "input": {**BODY, "reference_image_urls": [*["x"] * MANY, *[1] * MANY]}}
    fast, reference = (load_catalog(engine=engine) for engine in ("jsonschema-rs", "jsonschema"))
    assert validate_request(body, catalog=fast) == validate_request(body, catalog=reference)


def test_the_fields_of_many_items_are_read() -> None:
    """A misspelt field of each of many items has a fix where it is listed, however many items there are."""
    findings = judge_angles(image_ur=PICTURE, label="x")
    assert [finding.path for finding in findings[:2]] == [f"/input/angle_context/{index}/image_ur" for index in (0, 1)]
    assert sum(finding.fix is not None for finding in findings) >= MOST_ALIKE


def test_known_fields_are_kept_beside_many_unknown_ones() -> None:
    """Fields that the input lacks are found beside it, also after more unknown fields than are listed."""
    body = {
        "operation": "image.generate",
        **{f"x{number}": 1 for number in range(MANY)},
        "prompt": "x",
        "model": "gptimage2",
    }
    findings = validate_request(body).findings
    (moved,) = [finding for finding in findings if finding.rule == "field-misplaced"]
    assert "move prompt, model into input" in moved.hint
    assert not any("missing" in finding.message for finding in findings)
