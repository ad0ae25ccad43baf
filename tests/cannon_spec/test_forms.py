"""Form slips: values that are written in another way than any model takes, whatever the model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cannon_spec import Finding, validate_request
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.keywords import satisfies
from cannon_spec.contract.nodes import iter_nodes
from cannon_spec.nearest import find_certain_value
from cannon_spec.patch import apply_patch
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


READINGS: list[tuple[str, dict[str, Any], Any]] = [
    *(("image.generate", {"model": "gptimage2", "aspect_ratio": each}, "16:9") for each in ("16x9", "16/9", "16 : 9")),
    *(
        ("image.generate", {"model": "gptimage2", "aspect_ratio": each}, "16:9")
        for each in ("16:09:00", "16:09", "16\u00d79")
    ),
    *(("image.generate", {"model": "gptimage2", "aspect_ratio": each}, "16:9") for each in ("1920:1080", "1920x1080")),
    ("image.generate", {"model": "gptimage2", "aspect_ratio": "32:18"}, "16:9"),
    ("image.generate", {"model": "gptimage2", "aspect_ratio": "42:18"}, "21:9"),
    ("image.generate", {"model": "gptimage2", "aspect_ratio": 969}, "16:9"),
    ("image.generate", {"model": "gptimage2", "aspect_ratio": "Auto"}, "auto"),
    ("image.generate", {"aspect_ratio": "1080x1920"}, "9:16"),
    ("prompt.enhance.image", {"aspectRatio": "16x9"}, "16:9"),
    *(("image.generate", {"aspect_ratio": "16:9", "resolution": each}, "4K") for each in ("4k", " 4K", "3840x2160", 4)),
    ("image.generate", {"model": "gptimage2", "aspect_ratio": "1:1", "resolution": "2k"}, "2K"),
    *(
        ("video.generate", {"model": "wan27video", "resolution": each}, "1080p")
        for each in ("1080P", "1080", "1920x1080")
    ),
    ("video.generate", {"model": "seedance2", "resolution": "4K"}, "4k"),
    ("video.generate", {"model": "seedance2", "resolution": "2160p"}, "4k"),
    ("video.generate", {"model": "wan27video", "duration": "10"}, 10),
    ("video.generate", {"model": "wan27video", "duration": "10 s"}, 10),
    ("prompt.enhance.video", {"duration": "7.5"}, 7.5),
    ("video.generate", {"model": "wan27video", "prompt_extend": "True"}, True),
    (
        "video.generate",
        {"model": "wan27video", "image_url": "https://example.com/a.png\n"},
        "https://example.com/a.png",
    ),
    ("video.generate", {"model": "wan27video", "image_url": "https://x.example/a b"}, "https://x.example/a%20b"),
    ("image.generate", {"reference_image_urls": "https://example.com/a.png"}, ["https://example.com/a.png"]),
    ("image.generate", {"reference_image_urls": '["https://example.com/a"]'}, ["https://example.com/a"]),
]


@pytest.mark.parametrize(("operation", "fields", "value"), READINGS)
def test_a_value_that_can_be_read_has_the_fix(operation: str, fields: dict[str, Any], value: Any) -> None:
    """P3, P4, P7: where only one value can be meant, the hint names it, and the fix puts it there and ends the finding.

    The last field is the one that is written in another way.
    """
    body = {"operation": operation, "input": {"prompt": "x", **fields}}
    name = [*fields][-1]
    finding = next(each for each in validate_request(body, catalog=CATALOG).findings if each.path == f"/input/{name}")
    assert json.dumps(value) in finding.hint
    assert finding.fix == ({"op": "replace", "path": f"/input/{name}", "value": value},)
    repaired_body = {"operation": operation, "input": {"prompt": "x", **fields, name: value}}
    assert f"/input/{name}" not in {each.path for each in validate_request(repaired_body, catalog=CATALOG).findings}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"aspect_ratio": "landscape"}, '"16:9"'),
        ({"aspect_ratio": "1.78"}, '"16:9"'),
        ({"aspect_ratio": "16:9:4"}, '"16:9"'),
        ({"aspect_ratio": "1:69"}, '"16:9"'),
        ({"aspect_ratio": "16:9", "resolution": "1080p"}, '"1K", "2K", "4K"'),
        ({"aspect_ratio": "9:16", "resolution": "3840x2160"}, "3840x2160 is its 16:9"),
        ({"aspect_ratio": "16:9", "resolution": "UHD"}, 'did you mean "4K"?'),
        ({"aspect_ratio": "1:1", "resolution": "4k"}, '"1K", "2K"'),
        ({"reference_image_urls": ["https://example.com/a\tb"]}, "without it"),
        ({"reference_image_urls": [["https://a.example/1", "https://a.example/2"]]}, "send a string"),
    ],
)
def test_a_value_with_more_than_one_reading_has_no_fix(fields: dict[str, Any], words: str) -> None:
    """P4: where it is not certain what is meant, or the certain value is not legal, the hint says what is."""
    body = {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2", **fields}}
    (finding,) = validate_request(body, catalog=CATALOG).findings
    assert finding.fix is None
    assert words in finding.hint


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://example.com/my picture.png", "has a space"),
        ("https://example.com/a.png\n", "ends with a line end"),
        (" https://example.com/a.png", "has a space before or after it"),
        ("https://a.example/1.jpg https://a.example/2.jpg", "has two addresses in one string"),
        ("https://example.com/a\x00b", "has a line end or another control character"),
        ("example.com/a.png", "not an http or https address"),
    ],
)
def test_an_address_is_told_what_is_wrong_with_it(address: str, problem: str) -> None:
    """P7: each kind of slip in an address has its own message, for a reference and for a webhook alike."""
    body = {"operation": "image.generate", "input": {"prompt": "x", "reference_image_urls": [address]}}
    findings = validate_request({**body, "webhook_url": address}, catalog=CATALOG).errors
    assert [each.path for each in findings] == ["/input/reference_image_urls/0", "/webhook_url"]
    assert all(problem in each.message for each in findings)


def test_two_addresses_in_one_item_become_two_items() -> None:
    """P7: the fix for two addresses in an item of a list makes two items of them, before those that follow."""
    addresses = ["https://a.example/1", "https://a.example/2\nhttps://a.example/3", "https://a.example/4"]
    body = {"operation": "image.generate", "input": {"prompt": "x", "reference_image_urls": addresses}}
    (finding,) = validate_request(body, catalog=CATALOG).errors
    repaired_body = apply_patch(body, finding.fix or ())
    assert repaired_body["input"]["reference_image_urls"] == [f"https://a.example/{number}" for number in (1, 2, 3, 4)]
    image = {"operation": "video.generate", "input": {"prompt": "x", "image_url": addresses[1]}}
    (finding,) = validate_request(image, catalog=CATALOG).errors
    assert finding.fix is None


@pytest.mark.parametrize(
    ("value", "choices", "certain_value"),
    [
        ("gpt-image-2", ["gptimage2", "flux2"], "gptimage2"),
        ("GPT Image 2", ["gptimage2"], "gptimage2"),
        ("seedream-4.5", ["seedream45", "seedream5"], "seedream45"),
        ("4k", ["1K", "4K"], "4K"),
        ("16-9", ["16:9", "9:16"], "16:9"),
        ("1:69", ["16:9"], None),
        ("169", ["16:9"], None),
        ("auto", ["Auto", "AUTO"], None),
        ("gptimage", ["gptimage2"], None),
        ("", ["-"], None),
        (4, ["4"], None),
    ],
)
def test_the_certain_value(value: Any, choices: list[str], certain_value: str | None) -> None:
    """The one choice that differs in case and punctuation alone is certain; numbers stay apart as they are in it."""
    assert find_certain_value(value, choices) == certain_value


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
