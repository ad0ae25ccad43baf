"""Bodies of another structure: one finding says what is around or beside the body, and the rest is judged as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import Finding, fix_request, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import from_pointer, has_place
from cannon_spec.strategies import requests
from tests.support.effort import examples
from tests.support.payloads import requests as anything

BODY = {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2", "aspect_ratio": "16:9"}}
ADDRESS = "https://example.com/hook"

Change = Callable[[dict[str, Any]], Any]

CHANGES: dict[str, tuple[str, Change]] = {
    "body-wrapped": ("/request", lambda body: {"request": body}),
    "body-list": ("", lambda body: [body]),
    "json-in-string": ("/input", lambda body: {**body, "input": json.dumps(body["input"])}),
}
"""What is done to a body, by the rule that says so, and where that finding is."""


def judge(body: Any) -> list[Finding]:
    """The findings on a body, without the warnings that each request for its operation and model has."""
    return [each for each in validate_request(body).findings if each.rule not in UNAVOIDABLE_RULES]


@examples(100)
@given(requests(), st.sampled_from(sorted(CHANGES)))
def test_a_slip_of_structure_is_one_finding_with_its_fix(body: dict[str, Any], rule: str) -> None:
    """A good body in a wrapper, in a list of one, or with an input as text has one error, whose fix gives it back."""
    path, change = CHANGES[rule]
    changed_body = change(body)
    (finding,) = judge(changed_body)
    assert (finding.rule, finding.path, finding.severity) == (rule, path, "error")
    assert apply_patch(changed_body, finding.fix or ()) == body


@examples(100)
@given(requests(), st.data())
def test_fields_beside_the_input_are_one_finding(body: dict[str, Any], data: st.DataObject) -> None:
    """P10: Fields of the input that stand beside it are one error at the first of them, whose fix moves all of them."""
    names = data.draw(st.lists(st.sampled_from(sorted(body["input"])), min_size=1, unique=True))
    rest = {name: value for name, value in body["input"].items() if name not in names}
    changed_body = {**body, **{name: body["input"][name] for name in names}, "input": rest}
    (finding,) = judge(changed_body)
    assert (finding.rule, finding.path) == ("field-misplaced", f"/{names[0]}")
    assert all(name in finding.hint for name in names)
    assert apply_patch(changed_body, finding.fix or ()) == body


@pytest.mark.parametrize("name", ["request", "body", "a/b~c", "0", ""])
def test_a_wrapper_may_have_any_name(name: str) -> None:
    """P8: Whatever the wrapper is called, the finding is at the body in it and says to unwrap it."""
    (finding,) = judge({name: BODY})
    assert finding.path == "/" + name.replace("~", "~0").replace("/", "~1")
    assert finding.hint.startswith("unwrap it: move the content of ")
    assert apply_patch({name: BODY}, finding.fix or ()) == BODY


def test_a_body_in_several_wrappers_is_one_finding() -> None:
    """The innermost wrapper is the place, and the fix ends all of them."""
    wrapped_body = {"data": {"attributes": BODY}}
    (finding,) = judge(wrapped_body)
    assert finding.path == "/data/attributes"
    assert apply_patch(wrapped_body, finding.fix or ()) == BODY


def test_nothing_beside_a_wrapped_body_is_lost() -> None:
    """Where something stands beside a wrapped body, there is no fix: it would be lost."""
    (finding,) = judge({"id": 7, "request": BODY})
    assert (finding.rule, finding.fix) == ("body-wrapped", None)


def test_two_bodies_in_one_object_are_not_taken_for_a_wrapper() -> None:
    """Of several bodies in one object none is chosen."""
    assert {finding.rule for finding in judge({"a": BODY, "b": BODY})} == {
        "envelope/create#/required",
        "envelope/create#/additionalProperties",
    }


def test_an_input_in_the_input_is_unwrapped() -> None:
    """An input whose only member is an input is one error, whose fix moves it up."""
    body = {**BODY, "input": {"parameters": BODY["input"]}}
    (finding,) = judge(body)
    assert (finding.rule, finding.path) == ("body-wrapped", "/input/parameters")
    assert apply_patch(body, finding.fix or ()) == BODY


def test_a_list_of_bodies_is_for_a_file_of_lines() -> None:
    """P9: A list of bodies is one error, which names .jsonl files and has no fix."""
    (finding,) = judge([BODY, BODY])
    assert (finding.path, finding.rule, finding.fix) == ("", "body-list", None)
    assert ".jsonl" in finding.hint


def test_a_body_as_text_is_one_finding() -> None:
    """A whole body that is JSON in a string is one error at the document."""
    (finding,) = judge(json.dumps(BODY))
    assert (finding.path, finding.rule) == ("", "json-in-string")
    assert apply_patch("", finding.fix or ()) == BODY


@pytest.mark.parametrize("text", ["", "x", "7", "[1]", '{"a"', "null", '{"a": NaN}'])
def test_other_text_is_no_object_in_a_string(text: str) -> None:
    """Text that is no JSON object has the wrong type, and nothing else is said of it."""
    assert [finding.rule for finding in judge({**BODY, "input": text})] == ["envelope/create#/properties/input/type"]


@pytest.mark.parametrize("operation", ["image.generate", "three_d.location.generate", "music.generate"])
def test_an_input_alone_is_one_finding(operation: str) -> None:
    """A bare input is one error that names its operation, and how to judge it as it is."""
    input = {
        "image.generate": BODY["input"],
        "three_d.location.generate": {"description": "x", "angle_context": []},
        "music.generate": {"prompt": "x", "instrumental": True},
    }[operation]
    (finding,) = judge(input)
    assert (finding.path, finding.rule, finding.fix) == ("", "input-alone", None)
    assert f"--operation {operation}" in finding.hint


@pytest.mark.parametrize(
    ("model", "operation"), [("sora-2", "video.generate"), ("Veo 3.1", "video.generate"), ("V5", "music.generate")]
)
def test_the_model_of_a_bare_input_tells_its_operation(model: str, operation: str) -> None:
    """Of operations with the same fields the one is named that serves the model, however it is written."""
    (finding,) = judge({"prompt": "x", "model": model})
    assert finding.hint.endswith(f"--operation {operation}")


def test_an_operation_in_the_input_is_moved_out() -> None:
    """An operation that stands in the input is one error, and the body is judged by it."""
    body = {"input": {"operation": "image.generate", "prompt": "x", "model": "gptimage2", "resolution": "9K"}}
    findings = judge(body)
    assert [finding.path for finding in findings] == ["/input/operation", "/input/resolution"]
    assert findings[0].rule == "field-misplaced"


def test_the_address_of_a_webhook_in_the_input_is_moved_out() -> None:
    """webhook_url belongs beside the input, whatever other services call it."""
    for name in ("webhook_url", "callBackUrl"):
        body = {**BODY, "input": {**BODY["input"], name: ADDRESS}}  # type: ignore[dict-item]
        (finding,) = judge(body)
        assert (finding.rule, finding.path) == ("field-misplaced", f"/input/{name}")
        assert apply_patch(body, finding.fix or ()) == {**BODY, "webhook_url": ADDRESS}


def test_a_body_without_an_operation_is_judged_by_its_input() -> None:
    """Where only the operation is missing, the finding names the one that the input fits, and the rest is judged."""
    input = {"prompt": "x", "model": "gpt-image-2", "size": "16:9", "aspect_ratio": "1:1"}
    first, second = judge({"input": input})[:2]
    assert (first.path, first.rule) == ("", "envelope/create#/required")
    assert "image.generate" in first.hint
    assert second.path.startswith("/input/")


@examples(100)
@given(requests())
def test_a_missing_operation_is_guessed_by_the_rules(body: dict[str, Any]) -> None:
    """Of operations with the same fields the one is guessed whose rules the input keeps: nothing else is reported."""
    findings = judge({"input": body["input"]})
    assert [each.rule for each in findings if each.rule not in UNAVOIDABLE_RULES] == ["envelope/create#/required"]


def test_limits_tell_operations_of_the_same_fields_apart() -> None:
    """A video lasts two seconds or more, so a prompt with a duration of one is for another operation."""
    (finding,) = judge({"input": {"prompt": "x", "duration": 1}})
    assert "looks like one of prompt.enhance.video" in finding.hint


@pytest.mark.parametrize(
    "value", [{"name": "x"}, {"name": "x", "description": "y", "version": "1.0", "scripts": {}, "dependencies": {}}]
)
def test_an_object_with_a_common_field_is_no_input(value: dict[str, Any]) -> None:
    """A file of another kind that happens to have a name is not taken for an input."""
    assert {finding.rule for finding in judge(value)} == {
        "envelope/create#/required",
        "envelope/create#/additionalProperties",
    }


def test_a_recording_is_for_another_command() -> None:
    """Recorded traffic in the place of a body is one error that names check-traffic."""
    (finding,) = judge({"log": {"version": "1.2", "entries": []}})
    assert (finding.rule, finding.path) == ("recording", "")
    assert "check-traffic" in finding.hint


def test_the_rest_of_a_body_is_judged_at_its_own_place() -> None:
    """What else is wrong in a body of another structure is found too, at the place that it has in the document."""
    square = {"model": "gptimage2", "prompt": "x", "aspect_ratio": "1:1", "resolution": "4K"}
    body = {"operation": "image.generate", "input": square}
    beside = {"operation": "image.generate", "input": {}, **square}
    for path, changed_body in {
        "/request/input/resolution": {"request": body},
        "/0/input/resolution": [body],
        "/resolution": {**beside, "webhook_url": ADDRESS},
    }.items():
        rules = {finding.path: finding.rule for finding in judge(changed_body)}
        assert rules[path] == "models/gptimage2#/allOf/0/then/properties/resolution/enum"


@pytest.mark.parametrize("input", [{"model": "nanobanana"}, [], None, "x"], ids=repr)
def test_a_field_is_moved_into_an_input_of_another_name(input: Any) -> None:
    """The input gets its name, whatever it is; fields beside it are moved only into an object, and none is lost."""
    body = {"operation": "image.generate", "PROMPT": "x", "INPUTS": input}
    fixed_body, _, _ = fix_request(body)
    if isinstance(input, dict):
        assert fixed_body == {"operation": "image.generate", "input": {**input, "prompt": "x"}}
    else:
        assert fixed_body == {"operation": "image.generate", "PROMPT": "x", "input": input}


@given(anything)
def test_findings_lead_to_places_and_fixes_apply(body: Any) -> None:
    """Whatever is judged, each finding is at a place of the document itself, and each fix can be applied to it."""
    for finding in validate_request(body).findings:
        assert has_place(body, from_pointer(finding.path))
        if finding.fix is not None:
            apply_patch(body, finding.fix)


@given(anything)
def test_fixing_comes_to_an_end(body: Any) -> None:
    """After all fixes, no finding has a fix left."""
    _, _, report = fix_request(body)
    assert [finding for finding in report.findings if finding.fix is not None] == []
