"""Bodies that are built from the contract have no finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import CatalogError, load_catalog, validate_request
from cannon_spec.example import build_example
from cannon_spec.finding import UNAVOIDABLE_RULES
from tests.support.payloads import CATALOG

PAIRS = [
    (operation.id, model)
    for operation in CATALOG.operations.values()
    for model in operation.models or (None,)
    if operation.is_covered
]


@pytest.mark.parametrize(("operation", "model"), PAIRS)
def test_an_example_body_has_no_finding(operation: str, model: str | None) -> None:
    """P21: the example body of each model of a covered operation has no finding but those that each of its bodies has.

    So it is ok under strict.
    """
    body = build_example(CATALOG, operation, model)
    assert (body["operation"], body["input"].get("model")) == (operation, model)
    report = validate_request(body, strictness="strict")
    assert report.ok
    assert {finding.rule for finding in report.findings} <= UNAVOIDABLE_RULES


OPTIONAL: dict[str, Any] = {
    "draft": {"type": "boolean"},
    "camera": {
        "type": "object",
        "properties": {"pan": {"type": "number", "examples": [0.5]}, "hold": {"type": "boolean"}, "note": {}},
        "required": ["pan"],
    },
    "shot": {"type": "object", "properties": {"size": {"type": "number"}}, "required": ["size"]},
    "duration": {"type": "integer", "enum": [5, 10]},
    "start_frame": {"type": "string", "examples": ["https://example.com/1.jpg"]},
    "end_frame": {"type": "string", "examples": ["https://example.com/2.jpg"]},
    "clip": {"type": "string", "examples": ["https://example.com/3.mp4"]},
}


def test_an_example_body_shows_the_optional_fields(tmp_path: Path) -> None:
    """Each optional field has a value if the contract names one that adds no finding: nested ones, true or false too.

    One that is required under a condition is there, and of those that exclude each other the first.
    """
    file = tmp_path / "overlay.json"
    allof = [
        {"if": {"properties": {"duration": False}}, "then": {"required": ["start_frame"]}},
        {"if": {"required": ["start_frame"]}, "then": {"not": {"required": ["clip"]}}},
    ]
    schema = {"properties": OPTIONAL, "dependentRequired": {"end_frame": ["start_frame"]}, "allOf": allof}
    file.write_text(json.dumps({"schemas": {"operations/image.generate/input": schema}}), "utf-8")
    catalog = load_catalog(overlay=file)
    body = build_example(catalog, "image.generate", "gptimage2")
    assert validate_request(body, catalog=catalog).findings == ()
    assert {"prompt", "model", "aspect_ratio", "resolution", "style"} <= body["input"].keys()
    assert {name: each for name, each in body["input"].items() if name in OPTIONAL} == {
        "draft": False,
        "camera": {"pan": 0.5, "hold": False},
        "duration": 5,
        "start_frame": "https://example.com/1.jpg",
        "end_frame": "https://example.com/2.jpg",
    }


def test_an_example_body_has_the_default_model() -> None:
    """An example body for an operation without a model has the operation's default model."""
    default = CATALOG.operations["image.generate"].data["default_model"]["id"]
    assert build_example(CATALOG, "image.generate") == build_example(CATALOG, "image.generate", default)


@pytest.mark.parametrize(
    ("operation", "model", "words"),
    [
        (
            "three_d.model.generate",
            None,
            "three_d.model.generate is not a covered operation; cannon-spec catalog",
        ),
        ("tea", None, "tea is not a covered operation"),
        ("image.generat", None, r"image.generat is not a covered operation; did you mean image.generate\? cannon-spec"),
        ("image.generate", "dall-e", "dall-e is not a model that serves image.generate"),
        (
            "image.generate",
            "gpt-image-2",
            r"serves image.generate; did you mean gptimage2\? cannon-spec catalog image",
        ),
    ],
)
def test_an_example_body_of_an_unknown_name_is_refused(operation: str, model: str | None, words: str) -> None:
    """An operation that is not covered, or a model that does not serve it, is a LookupError that says so."""
    with pytest.raises(LookupError, match=words):
        build_example(CATALOG, operation, model)


def test_a_field_without_a_legal_value_is_left_out(tmp_path: Path) -> None:
    """A field has a value that the model accepts, or is left out if there is none, even if the model has no schema."""
    quality = {"enum": ["low"]}
    style = {"enum": ["mine"], "maxLength": 2}
    file = tmp_path / "mine.json"
    patch = {
        "schemas": {"models/gptimage2": {"properties": {"quality": quality, "style": style}}},
        "models": {"new": {}},
    }
    file.write_text(json.dumps(patch), "utf-8")
    catalog = load_catalog(overlay=file)
    input = build_example(catalog, "image.generate", "gptimage2")["input"]
    assert input["quality"] == "low"
    assert "style" not in input
    assert build_example(catalog, "image.generate", "new")["input"]["model"] == "new"


def test_a_caller_may_change_an_example_body() -> None:
    """A body is the caller's own: a change of an object or list within it reaches neither the contract nor the next."""
    for operation, model in PAIRS:
        expected = json.dumps(build_example(CATALOG, operation, model))
        for value in build_example(CATALOG, operation, model)["input"].values():
            if isinstance(value, (dict, list)):
                value.clear()
        assert json.dumps(build_example(CATALOG, operation, model)) == expected


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ({"required": ["prompt", "tea"]}, "tea"),
        ({"required": ["list"], "properties": {"list": {"type": "array", "minItems": 1}}}, "list"),
    ],
)
def test_a_required_field_without_a_schema_is_named(tmp_path: Path, schema: dict[str, Any], field: str) -> None:
    """Where no schema says what a required field or item is, the error names the field."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"schemas": {"operations/image.generate/input": schema}}), "utf-8")
    with pytest.raises(CatalogError, match=f"input/{field}: is required and has no example"):
        build_example(load_catalog(overlay=file), "image.generate")
