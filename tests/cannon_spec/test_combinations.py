"""Fields at any depth, and fields that depend on each other: what is found, by both engines, in words."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from cannon_spec import Catalog, load_catalog, validate_input, validate_request
from cannon_spec.contract import engines

INPUT = "operations/image.generate/input"
SCHEMA: dict[str, Any] = {
    "required": ["prompt"],
    "dependentRequired": {"end_frame": ["start_frame"], "strength": ["style", "quality"]},
    "not": {"required": ["seed", "variation"]},
    "properties": {
        "start_frame": {"type": "string", "examples": ["https://example.com/1.jpg"]},
        "end_frame": {"type": "string"},
        "seed": {"type": "integer", "multipleOf": 8},
        "variation": {"type": "string"},
        "strength": {"type": "number", "minimum": 0.1, "exclusiveMaximum": 0.9},
        "duration": {"enum": [5, 7.5, 10]},
        "pan": {"type": "number", "multipleOf": 0.01},
        "tilt": {"type": "number", "multipleOf": 1},
        "zoom": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "shots": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["duration"],
                "additionalProperties": False,
                "properties": {
                    "duration": {"type": "integer", "minimum": 1},
                    "camera": {
                        "type": "object",
                        "properties": {
                            "move": {"enum": ["pan", "zoom"]},
                            "speed": {"type": "number", "maximum": 10},
                            "hold": {"type": "boolean"},
                        },
                        "allOf": [
                            {
                                "if": {"properties": {"move": {"const": "zoom"}}, "required": ["move"]},
                                "then": {
                                    "properties": {"speed": {"maximum": 2}},
                                    "allOf": [
                                        {
                                            "if": {"required": ["hold"]},
                                            "then": {"properties": {"speed": {"maximum": 1}}},
                                        }
                                    ],
                                },
                            }
                        ],
                    },
                },
            },
        },
    },
    "allOf": [
        {
            "if": {"properties": {"duration": {"minimum": 9}}, "required": ["duration"]},
            "then": {"properties": {"resolution": {"enum": ["1K"]}}, "not": {"required": ["variation"]}},
        },
        {
            "if": {"required": ["seed"], "not": {"required": ["style"]}},
            "then": {"properties": {"resolution": {"enum": ["2K"]}}},
        },
        {
            "if": {"properties": {"zoom": {"not": {"const": 0}}, "pan": False, "tilt": False}, "required": ["zoom"]},
            "then": {"properties": {"resolution": {"enum": ["2K"]}}},
        },
    ],
}
"""What an overlay adds to an input: every keyword that looks at other fields, and an array of objects."""


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> list[Catalog]:
    """The contract under such an overlay, by each engine."""
    file = tmp_path_factory.mktemp("overlay") / "overlay.json"
    file.write_text(json.dumps({"schemas": {INPUT: SCHEMA}}))
    return [load_catalog(overlay=file, engine=engine) for engine in ("jsonschema", "jsonschema-rs")]


def shots(**camera: Any) -> dict[str, Any]:
    """An input whose second shot has that camera."""
    return {"shots": [{"duration": 1}, {"duration": 1, "camera": camera}]}


CASES: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({"seed": 16, "tags": ["a", "b"], "strength": 0.5, "style": "x", "quality": "high", "duration": 5}, []),
    (
        {"end_frame": "x"},
        [("", "start_frame is missing; end_frame cannot be sent without it", 'add "start_frame", for example "https:')],
    ),
    (
        {"strength": 0.1},
        [
            ("", "quality is missing; strength cannot be sent without it", 'add "quality"'),
            ("", "style is missing; strength cannot be sent without it", 'add "style"'),
        ],
    ),
    (
        {"seed": 8, "style": "x", "variation": "y"},
        [("", "seed and variation cannot be sent together", "leave out seed or variation")],
    ),
    ({"seed": 12.0, "style": "x"}, [("/seed", "seed is 12.0, not a multiple of 8", "send 8 or 16")]),
    ({"tags": ["a", "a"]}, [("/tags", "tags has an item more than once", "send each item once")]),
    (
        {"strength": 0.9, "style": "x", "quality": "y"},
        [("/strength", "strength is 0.9; image.generate takes less than 0.9", "send less than 0.9")],
    ),
    ({"duration": 7}, [("/duration", "duration 7 is not accepted for image.generate", "legal here: 5, 7.5, 10")]),
    ({"duration": 7.50, "pan": 0.3, "tilt": 2.0, "zoom": 1, "resolution": "1K"}, []),
    ({"zoom": 0, "resolution": "1K"}, []),
    (
        {"pan": 0.305, "tilt": 2.5},
        [
            ("/pan", "pan is 0.305, not a multiple of 0.01", "send 0.3 or 0.31"),
            ("/tilt", "tilt is 2.5, not a whole number", "send 2 or 3"),
        ],
    ),
    (
        {"zoom": 0.5, "resolution": "1K"},
        [
            (
                "/resolution",
                'resolution "1K" is not accepted for image.generate when zoom is not 0 and pan and tilt are absent',
                'legal here: "2K"',
            )
        ],
    ),
    (
        {"duration": 10.0, "variation": "x"},
        [("", "variation is not accepted when duration is 9 or more", "leave out variation")],
    ),
    (
        {"seed": 8, "duration": 10, "resolution": "1K"},
        [
            (
                "/resolution",
                'resolution "1K" is not accepted for image.generate when seed is present and style is absent',
                'legal here: "2K"',
            )
        ],
    ),
    (
        {"seed": 8, "duration": 10, "resolution": "4K"},
        [
            (
                "/resolution",
                'resolution "4K" is not accepted for image.generate when duration is 9 or more',
                "no value is valid with this combination; change duration, seed, style or aspect_ratio",
            )
        ],
    ),
    ({"shots": [{"duration": 1}, {}]}, [("/shots/1", "shots[1].duration is missing", 'add "duration"')]),
    (
        {"shots": [{"duration": 0}]},
        [("/shots/0/duration", "shots[0].duration is 0; image.generate takes 1 or more", "send 1 or more")],
    ),
    (
        {"shots": [{"duration": 1, "length": 2}]},
        [("/shots/0/length", '"length" is not a field of shots[0]', "duration is there too; keep one of the two")],
    ),
    (shots(move="zoom", speed=2), []),
    (
        shots(move="zoom", speed=3),
        [
            (
                "/shots/1/camera/speed",
                'shots[1].camera.speed is 3; image.generate takes 2 or less when shots.camera.move is "zoom"',
                "send 2 or less",
            )
        ],
    ),
    (
        shots(move="zoom", speed=1.5, hold=True),
        [
            (
                "/shots/1/camera/speed",
                "shots[1].camera.speed is 1.5; image.generate takes 1 or less "
                'when shots.camera.move is "zoom" and shots.camera.hold is present',
                "send 1 or less",
            )
        ],
    ),
    (
        shots(speed=11),
        [("/shots/1/camera/speed", "shots[1].camera.speed is 11; image.generate takes 10 or less", "send 10 or less")],
    ),
]


@pytest.mark.parametrize(("fields", "findings"), CASES)
def test_what_is_found_is_said_in_full(
    catalogs: list[Catalog], fields: dict[str, Any], findings: list[tuple[str, str, str]]
) -> None:
    """Each violation is one finding at its place, which names the field from the top, whichever engine judges."""
    for catalog in catalogs:
        report = validate_input("image.generate", {"prompt": "x", **fields}, catalog=catalog)
        assert [(each.path, each.message) for each in report.findings] == [each[:2] for each in findings]
        for finding, (_, _, hint) in zip(report.findings, findings, strict=True):
            assert finding.hint.startswith(hint)


@pytest.mark.parametrize("input", [None, 7, "x", ["seed", "variation"]])
def test_fields_of_what_is_no_object_are_not_judged(catalogs: list[Catalog], input: Any) -> None:
    """A value of the wrong type is reported for its type alone, though fields that it lacks cannot exclude others."""
    for catalog in catalogs:
        report = validate_input("image.generate", input, catalog=catalog)
        assert [finding.rule for finding in report.findings] == [f"{INPUT}#/type"]


def test_a_misspelt_field_within_an_object_is_one_finding(catalogs: list[Catalog]) -> None:
    """What a condition would say of a field is left out where that field is misspelt, at the same place only."""
    for catalog in catalogs:
        body = {"operation": "image.generate", "input": {"prompt": "x", "seed": 8, "styl": "x", "resolution": "1K"}}
        assert [each.path for each in validate_request(body, catalog=catalog).findings] == ["/input/styl"]


NUMBERS = (
    0,
    -0.0,
    8,
    8.0,
    12,
    7.5,
    True,
    -8,
    -1e-300,
    2**53,
    2**63,
    2**64,
    2**64 + 1,
    -(2**63) - 8,
    10**30,
    10**300,
    1e300,
)


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_multiples_are_judged_alike(catalogs: list[Catalog], number: float) -> None:
    """A number of any size, whole or not, is a multiple to both engines or to neither."""
    input = {"prompt": "x", "style": "x", "seed": number}
    judged = [validate_input("image.generate", input, catalog=catalog) for catalog in catalogs]
    assert judged[0] == judged[1]
    assert (judged[0].findings == ()) is (number is not True and number % 8 == 0)


DECIMALS = (
    *(0, -0.0, 0.3, 0.35, 1.1, 4.02, 0.07, -0.07, 19.99, 0.0701, 0.30000000000000004, True, 7, 1e-7, 5e-324),
    *(1e23, 99999999999999991611392, 123456789012345678, 123456789012345678.0, 2**64 + 1, 10**30, 1e300, -1e300),
)
STEPS = (0.01, 0.1, 0.05, 0.3, 2.5, 0.000001, 3, 10)


@pytest.mark.parametrize("engine", ["jsonschema", "jsonschema-rs"])
@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_decimal_steps_are_exact(engine: str, step: float) -> None:
    """A number is a multiple of a step where the decimals as written are, in any schema that names its dialect too."""
    node = {"$schema": "https://json-schema.org/draft/2020-12/schema", "items": {"multipleOf": step}}
    violations = engines.choose(engine).compile({"allOf": [node]})(list(DECIMALS))
    refused = {path[0] for path, _ in violations}
    for index, number in enumerate(DECIMALS):
        is_multiple = isinstance(number, bool) or (Fraction(repr(number)) / Fraction(repr(step))).denominator == 1
        assert (index not in refused) is is_multiple, number


@pytest.mark.parametrize("tags", [["a", "a"], ["a", "A"], ["é", "e\u0301"], ["", ""], [], ["a", "b", "a"]])
def test_repeated_items_are_judged_alike(catalogs: list[Catalog], tags: list[str]) -> None:
    """Texts are equal to both engines where their characters are."""
    judged = [validate_input("image.generate", {"prompt": "x", "tags": tags}, catalog=catalog) for catalog in catalogs]
    assert judged[0] == judged[1]
    assert (judged[0].findings == ()) is (len(set(tags)) == len(tags))
