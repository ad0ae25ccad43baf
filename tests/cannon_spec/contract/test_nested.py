"""Fields within fields: rules, findings and overlays reach objects and arrays of objects at any depth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, CatalogError, load_catalog, validate_input, validate_request
from cannon_spec.contract.nodes import find_field
from cannon_spec.example import build_example

INPUT = "operations/image.generate/input"
CLAIM = "image-fields"


def node(**words: Any) -> dict[str, Any]:
    """A node of a schema whose constraints rest on one claim."""
    plain = {"properties", "items", "allOf", "examples"}
    return {**words, "x-evidence": {word: CLAIM for word in words if word not in plain}}


LENS = node(
    type="object",
    required=["kind"],
    additionalProperties=False,
    properties={
        "kind": node(type="string", enum=["wide", "long"]),
        "then": node(type="integer", minimum=1, maximum=9),
        "properties": node(type="array", minItems=1, items=node(type="object", properties={"id": node(type="string")})),
    },
    allOf=[
        {
            "if": {"properties": {"kind": {"const": "long"}}, "required": ["kind"]},
            "then": {"properties": {"then": node(maximum=4)}},
        }
    ],
)
SCENE = node(
    type="object",
    required=["lens"],
    additionalProperties=False,
    properties={"lens": LENS, "note": node(type="string")},
)
SCENES = node(type="array", minItems=1, maxItems=3, items=SCENE)


@pytest.fixture(params=["jsonschema", "jsonschema-rs"])
def catalog(request: pytest.FixtureRequest, schemas: Path) -> Catalog:
    """The contract with an array of objects, and objects in these, in the input of image.generate."""
    if request.param == "jsonschema-rs":
        pytest.importorskip("jsonschema_rs")
    file = schemas / f"{INPUT}.schema.json"
    schema = json.loads(file.read_text())
    schema["properties"]["scenes"] = SCENES
    schema["required"].append("scenes")
    file.write_text(json.dumps(schema))
    return load_catalog(schemas, engine=request.param)


def judge(catalog: Catalog, *lenses: Any) -> list[tuple[str, str]]:
    """Path and keyword of each finding on an input with a scene for each lens."""
    scenes = [{"lens": lens} for lens in lenses]
    report = validate_input("image.generate", {"prompt": "x", "scenes": scenes}, catalog=catalog)
    return [(finding.path, finding.rule.rpartition("/")[2]) for finding in report.findings]


@pytest.mark.parametrize(
    ("lens", "path", "keyword"),
    [
        ({"kind": "flat"}, "/kind", "enum"),
        ({}, "", "required"),
        ({"kind": "wide", "knd": 1}, "/knd", "additionalProperties"),
        ({"kind": "wide", "then": 10}, "/then", "maximum"),
        ({"kind": "long", "then": 5}, "/then", "maximum"),
        ({"kind": "wide", "properties": []}, "/properties", "minItems"),
        ({"kind": "wide", "properties": [{"id": "a"}, {"id": 7}]}, "/properties/1/id", "type"),
        ("wide", "", "type"),
    ],
)
def test_a_violation_is_found_at_its_own_place(catalog: Catalog, lens: Any, path: str, keyword: str) -> None:
    """A finding has the path of the value with its indexes, and the keyword of the nested schema that it breaks."""
    assert judge(catalog, {"kind": "wide", "then": 9}, lens) == [(f"/scenes/1/lens{path}", keyword)]


def test_a_whole_body_has_its_paths_below_the_input(catalog: Catalog) -> None:
    """In a create body the paths of nested findings start at the body, and each rule is found by its id."""
    body = {"operation": "image.generate", "input": {"prompt": "x", "scenes": [{"lens": {"kind": "long", "then": 5}}]}}
    (finding,) = validate_request(body, catalog=catalog).findings
    assert finding.path == "/input/scenes/0/lens/then"
    assert 'when scenes.lens.kind is "long"' in finding.message
    assert finding.evidence.claim == catalog.rule_by_id(finding.rule).claim.id == CLAIM


def test_nested_rules_are_listed_with_field_and_condition(catalog: Catalog) -> None:
    """Each constraint at any depth is a rule with a dotted field, even where a field has the name of a keyword."""
    rules = {(rule.field, rule.keyword, rule.condition): rule for rule in catalog.rules(INPUT)}
    assert {key for key in rules if key[0].startswith("scenes.lens.")} == {
        *((f"scenes.lens.{name}", "type", "") for name in ("kind", "then", "properties", "properties.id")),
        *(("scenes.lens.properties", word, "") for word in ("type", "minItems")),
        *(("scenes.lens.then", word, "") for word in ("minimum", "maximum")),
        ("scenes.lens.kind", "enum", ""),
        ("scenes.lens.then", "maximum", 'scenes.lens.kind is "long"'),
    }
    assert rules["scenes.lens.then", "maximum", 'scenes.lens.kind is "long"'].condition_fields == ("scenes.lens.kind",)
    assert all(catalog.rule_by_id(rule.id) == rule for rule in rules.values())


def test_a_field_is_found_by_its_dotted_name() -> None:
    """A dotted name leads through objects; one that leads nowhere finds nothing."""
    schema = {"properties": {"lens": LENS}}
    assert find_field(schema, "lens.then") is LENS["properties"]["then"]
    assert find_field(schema, "lens.kind.then") is None
    assert find_field(schema, "lens.no") is None


def test_an_overlay_reaches_a_nested_constraint(schemas: Path, tmp_path: Path, catalog: Catalog) -> None:
    """A nested constraint that an overlay changes rests on the user's word; those beside it keep their claims."""
    file = tmp_path / "overlay.json"
    lens = {"then": {"maximum": 3}, "properties": {"items": {"properties": {"id": {"enum": ["a"]}}}}}
    scenes = {"items": {"properties": {"lens": {"properties": lens}}}}
    file.write_text(json.dumps({"schemas": {INPUT: {"properties": {"scenes": scenes}}}}))
    patched_catalog = load_catalog(schemas, overlay=file, engine=catalog.engine)
    claims = {
        (rule.field, rule.keyword): rule.claim.id
        for rule in patched_catalog.rules(INPUT)
        if "lens" in rule.field and not rule.condition
    }
    changed_rules = {key for key, claim in claims.items() if claim == "user-overlay"}
    assert changed_rules == {("scenes.lens.then", "maximum"), ("scenes.lens.properties.id", "enum")}
    assert {claims[key] for key in claims.keys() - changed_rules} == {CLAIM}
    assert judge(patched_catalog, {"kind": "wide", "then": 4}) == [("/scenes/0/lens/then", "maximum")]


def test_an_example_has_the_required_fields_of_nested_objects(catalog: Catalog) -> None:
    """A body that is built for an operation has what is required at each depth."""
    body = build_example(catalog, "image.generate")
    assert body["input"]["scenes"] == [{"lens": {"kind": "wide"}}]
    assert validate_request(body, catalog=catalog).ok


def test_a_required_field_without_an_example_is_named(schemas: Path) -> None:
    """Where no value of a required field can be built, the error names the schema and the field."""
    file = schemas / f"{INPUT}.schema.json"
    schema = json.loads(file.read_text())
    schema["properties"]["seed"] = node(type="object", required=["n"], properties={"n": node(type="integer")})
    schema["required"].append("seed")
    file.write_text(json.dumps(schema))
    with pytest.raises(CatalogError, match=f"schema {INPUT}/seed/n: is required and has no example"):
        build_example(load_catalog(schemas), "image.generate")
