"""Create bodies that people sent, each with the one finding that they need."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cannon_spec import Finding, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES
from tests.support.payloads import CATALOG, DOCUMENTED, patched

RATIO, RESOLUTION = "/input/aspect_ratio", "/input/resolution"
REFERENCE = "/input/reference_image_urls/0"
GOOD: dict[str, Any] = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}


def judge_one(body: Any) -> Finding:
    """The one finding on a body, without the warnings that each request for its model has."""
    findings = [each for each in validate_request(body, catalog=CATALOG).findings if each.rule not in UNAVOIDABLE_RULES]
    assert len(findings) == 1, findings
    return findings[0]


def describe(body: Any) -> tuple[str, str]:
    """Severity and path of the one finding on a body."""
    finding = judge_one(body)
    return finding.severity, finding.path


def build_body(**input: Any) -> dict[str, Any]:
    """The documented body without a model, with fields of the input changed."""
    return patched(DOCUMENTED, model=None, reference_image_urls=None, **input)


def test_a_body_without_a_model_is_judged_as_the_default_model() -> None:
    """P1: without a model, 4K at 1:1 is a warning at the resolution, which cites the claim on the default model."""
    finding = judge_one(build_body(aspect_ratio="1:1"))
    assert (finding.severity, finding.path) == ("warning", RESOLUTION)
    assert finding.evidence.claim == "image-default-model"
    assert "the default model GPT Image 2" in finding.message
    assert '"1K", "2K"' in finding.hint


@pytest.mark.parametrize("field", ["aspect_ratio", "resolution"])
def test_no_form_is_clean_without_a_model(field: str) -> None:
    """P2: without a model, banana is an error as a ratio and as a resolution, and the hint lists what is legal."""
    finding = judge_one(build_body(**{field: "banana"}))
    assert (finding.severity, finding.path) == ("error", f"/input/{field}")
    legal_value = "16:9" if field == "aspect_ratio" else "4K"
    assert f'"{legal_value}"' in finding.hint


def test_two_slips_are_two_findings() -> None:
    """P2: a body with banana as both has one finding at each of them."""
    findings = validate_request(build_body(aspect_ratio="banana", resolution="banana")).findings
    assert [each.path for each in findings] == [RATIO, RESOLUTION]


@pytest.mark.parametrize("ratio", ["16x9", "16/9", "landscape", "", "16:09:00"])
def test_a_text_that_is_no_ratio_is_an_error(ratio: str) -> None:
    """P3: what is not two numbers with a colon is an error at the ratio; 16:9 is the hint."""
    for body in (patched(DOCUMENTED, aspect_ratio=ratio), build_body(aspect_ratio=ratio)):
        assert describe(body) == ("error", RATIO)
        assert "16:9" in judge_one(body).hint


@pytest.mark.parametrize("ratio", ["16x9", "16/9", "16:09:00", "32:18"])
def test_a_ratio_that_can_be_read_is_mended(ratio: str) -> None:
    """P3: where the ratio can be read, the fix writes it as it is meant."""
    assert judge_one(patched(DOCUMENTED, aspect_ratio=ratio)).fix == (
        {"op": "replace", "path": RATIO, "value": "16:9"},
    )


def test_a_ratio_that_can_be_reduced_has_its_reduced_form() -> None:
    """P3: an unreduced ratio, which no model lists, has the reduced one as hint and fix."""
    finding = judge_one(patched(DOCUMENTED, aspect_ratio="32:18"))
    assert (finding.severity, finding.path) == ("warning", RATIO)
    assert '"16:9"' in finding.hint


@pytest.mark.parametrize(
    ("resolution", "words"), [("4k", ["4K"]), ("3840x2160", ["4K", "16:9"]), ("1080p", ["1K", "2K", "4K"])]
)
def test_a_resolution_in_another_unit_is_an_error(resolution: str, words: list[str]) -> None:
    """P4: a resolution in another case or unit is an error; the hint has the right one, or the list."""
    finding = judge_one(patched(DOCUMENTED, resolution=resolution))
    assert (finding.severity, finding.path) == ("error", RESOLUTION)
    assert [word for word in words if word not in finding.hint] == []


@pytest.mark.parametrize("prompt", ["   ", "\n", "\t", "\u3000"])
def test_a_prompt_of_white_space_is_an_error(prompt: str) -> None:
    """P5: a prompt with no visible character is an error at the prompt."""
    assert describe(patched(DOCUMENTED, prompt=prompt)) == ("error", "/input/prompt")


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8000/a.png", "http://192.168.1.4/a.png", "https://nas.local/a.png", "http://[::1]/a.png"],
)
def test_a_reference_that_nobody_else_can_reach_is_a_warning(address: str) -> None:
    """P6: an address of the own machine or network is a warning that says it cannot be reached from outside."""
    finding = judge_one(patched(DOCUMENTED, reference_image_urls=[address]))
    assert (finding.severity, finding.path) == ("warning", REFERENCE)
    assert "reach" in finding.message


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("https://a.example/1.jpg,https://a.example/2.jpg", "two addresses"),
        ("https://example.com/my picture.png", "space"),
        ("https://example.com/a.png\n", "line"),
    ],
)
def test_an_address_with_something_else_in_it_is_an_error(address: str, word: str) -> None:
    """P7: a space, a line end or a second address in an address is an error that names it."""
    finding = judge_one(patched(DOCUMENTED, reference_image_urls=[address]))
    assert (finding.severity, finding.path) == ("error", REFERENCE)
    assert word in f"{finding.message} {finding.hint}"


def test_a_wrapped_body_is_unwrapped() -> None:
    """P8: a body in another object is one error: move what it holds to the top."""
    finding = judge_one({"request": DOCUMENTED})
    assert (finding.severity, finding.path) == ("error", "/request")
    assert "unwrap it: move the content of request to the top" in finding.hint
    assert finding.fix is not None


def test_a_list_of_bodies_is_one_error() -> None:
    """P9: a list of bodies is one error that names files with one body a line."""
    finding = judge_one([GOOD, GOOD])
    assert (finding.severity, finding.path, finding.fix) == ("error", "", None)
    assert "list" in finding.message
    assert "write each on a line of a .jsonl file, or pass each by itself" in finding.hint


def test_fields_beside_the_input_are_one_error() -> None:
    """P10: fields beside the input are one error: move them into it."""
    finding = judge_one({"operation": "image.generate", "prompt": "x", "model": "gptimage2"})
    assert (finding.severity, finding.path) == ("error", "/prompt")
    assert finding.hint == "move prompt, model into input"


def test_an_input_as_text_is_one_error() -> None:
    """P11: an input that is JSON in a string is one error: send the object itself."""
    finding = judge_one({"operation": "image.generate", "input": json.dumps({"prompt": "x"})})
    assert (finding.severity, finding.path) == ("error", "/input")
    assert "send the object: " in finding.hint
    assert finding.fix == ({"op": "replace", "path": "/input", "value": {"prompt": "x"}},)


def test_a_field_of_another_service_is_named_as_ours() -> None:
    """P12: image_urls is an error whose hint is reference_image_urls."""
    body = {**GOOD, "input": {**GOOD["input"], "image_urls": ["https://example.com/1.jpg"]}}
    assert describe(body) == ("error", "/input/image_urls")
    assert "reference_image_urls" in judge_one(body).hint


def test_a_webhook_by_the_name_of_another_service_is_named_as_ours() -> None:
    """P13: callBackUrl beside the input is an error whose hint is webhook_url."""
    body = {**GOOD, "callBackUrl": "https://your-app.com/hook"}
    assert describe(body) == ("error", "/callBackUrl")
    assert "webhook_url" in judge_one(body).hint


def test_a_size_in_pixels_is_a_ratio_and_a_resolution() -> None:
    """P14: width and height are one error whose hint names aspect_ratio and resolution."""
    finding = judge_one({**GOOD, "input": {**GOOD["input"], "width": 1024, "height": 576}})
    assert finding.severity == "error"
    assert finding.path in ("/input/width", "/input/height", "/input")
    assert "aspect_ratio" in finding.hint
    assert "resolution" in finding.hint


@pytest.mark.parametrize(
    ("model", "family"), [("nano-banana-pro", ["nanobanana", "nanobanana2"]), ("flux-2-max", ["flux2", "flux2pro"])]
)
def test_a_model_of_elsewhere_is_no_misspelling(model: str, family: list[str]) -> None:
    """P15: a model that exists elsewhere is said to be another one; the hint lists those of its family."""
    finding = judge_one(patched(DOCUMENTED, model=model))
    assert (finding.severity, finding.path, finding.fix) == ("error", "/input/model", None)
    assert "another model" in finding.message
    assert "did you mean" not in finding.hint
    assert [each for each in family if f'"{each}"' not in finding.hint] == []


def test_an_unknown_operation_has_the_nearest_of_its_kind() -> None:
    """P16: image.upscale is unknown; the hint has operations on images and the list, not video.upscale alone."""
    finding = judge_one({**DOCUMENTED, "operation": "image.upscale"})
    assert (finding.severity, finding.path, finding.fix) == ("error", "/operation", None)
    assert finding.hint.index('"image.generate"') < finding.hint.index('"video.upscale"')
    assert '"image.edit"' in finding.hint


@pytest.mark.parametrize(
    ("field", "value", "words"), [("resolution", "1K", ['"2K"', '"4K"']), ("aspect_ratio", "adaptive", ['"16:9"'])]
)
def test_a_limit_of_seedream_is_a_warning(field: str, value: str, words: list[str]) -> None:
    """P20: Seedream 4.5 takes 2K and 4K, and ratios of its list: anything else is a warning."""
    finding = judge_one({**GOOD, "input": {"prompt": "A red bicycle", "model": "seedream45", field: value}})
    assert (finding.severity, finding.path) == ("warning", f"/input/{field}")
    assert [word for word in words if word not in finding.hint] == []
