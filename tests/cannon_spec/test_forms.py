"""Form slips: values that are written in another way than any model takes, whatever the model."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec import Finding, validate_request
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.keywords import satisfies
from cannon_spec.contract.nodes import iter_nodes
from tests.support.payloads import CATALOG

MODELS = ("gptimage2", "grok", "no-such-model", None)


def judge(operation: str, **fields: Any) -> tuple[Finding, ...]:
    """The errors at the fields of an input of an operation; they are the prompt, the model, and those given."""
    input = {"prompt": "x", **{name: value for name, value in fields.items() if value is not None}}
    report = validate_request({"operation": operation, "input": input}, catalog=CATALOG)
    return tuple(each for each in report.errors if each.path != "/input/model")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("ratio", ["16x9", "16/9", "16 : 9", "16:09", "16:09:00", "landscape", "banana", "", "Auto"])
def test_a_ratio_that_no_model_writes_is_an_error(ratio: str, model: str | None) -> None:
    """P2, P3: a ratio of another form is an error at the ratio, whatever the model, or without one."""
    assert [each.path for each in judge("image.generate", model=model, aspect_ratio=ratio)] == ["/input/aspect_ratio"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("resolution", ["4k", "3840x2160", "1080p", "banana", "", "4K\n"])
def test_a_resolution_that_no_model_writes_is_an_error(resolution: str, model: str | None) -> None:
    """P2, P4: a resolution in another case or unit is an error at the resolution, whatever the model."""
    assert [each.path for each in judge("image.generate", model=model, resolution=resolution)] == ["/input/resolution"]


@pytest.mark.parametrize("resolution", ["4K", "1080P", "1920x1080", "1080", "HD"])
def test_a_video_resolution_has_its_own_form(resolution: str) -> None:
    """A resolution of a video is written 1080p or 4k; another way is an error, also where no model limits it."""
    for model in ("wan27video", "nanobanana", None):
        findings = judge("video.generate", model=model, resolution=resolution)
        assert [each.path for each in findings] == ["/input/resolution"]


@pytest.mark.parametrize("prompt", ["   ", "\n", "\t\r\n", "\u200b", "\u00a0\u3000", "\x00", ""])
@pytest.mark.parametrize("operation", ["image.generate", "video.generate", "prompt.enhance.image", "music.generate"])
def test_a_prompt_without_a_visible_character_is_an_error(operation: str, prompt: str) -> None:
    """P5: a prompt of white space only is one error at the prompt."""
    assert [each.path for each in judge(operation, prompt=prompt)] == ["/input/prompt"]


@pytest.mark.parametrize("prompt", [" x ", "\n.", "😀", "é", "\u00ad", "漢"])
def test_a_prompt_with_a_visible_character_is_accepted(prompt: str) -> None:
    """White space around a prompt is no slip."""
    assert judge("image.generate", prompt=prompt) == ()


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/my picture.png",
        "https://example.com/a.png\n",
        " https://example.com/a.png",
        "https://example.com/a\tb.png",
        "https://a.example/1.jpg https://a.example/2.jpg",
        "https://a.example/1.jpg\nhttps://a.example/2.jpg",
    ],
)
def test_an_address_with_white_space_is_an_error(address: str) -> None:
    """P7: white space inside an address, or around it, is one error at its item."""
    findings = judge("image.generate", reference_image_urls=[address])
    assert [each.path for each in findings] == ["/input/reference_image_urls/0"]


@pytest.mark.parametrize("operation", [each for each in CATALOG.operations.values() if each.is_covered])
def test_each_value_that_a_model_lists_has_the_form_of_its_operation(operation: Operation) -> None:
    """Each value in a list of a model, or in an example of a field, meets the pattern of that field."""
    fields = CATALOG.input_schema_of(operation)["properties"]
    schemas = {model.schema for model in operation.models.values() if model.schema}
    objects = [node for schema in schemas for _, node in iter_nodes(CATALOG.schemas[schema])]
    listed_values = [
        (name, value)
        for node in (*objects, {"properties": fields})
        for name, field in node.get("properties", {}).items()
        for value in (*field.get("enum", ()), *field.get("examples", ()))
    ]
    assert [each for each in listed_values if not satisfies(_pick_pattern(fields[each[0]]), each[1])] == []


def _pick_pattern(node: dict[str, Any]) -> dict[str, Any]:
    return {word: node[word] for word in ("pattern",) if word in node}
