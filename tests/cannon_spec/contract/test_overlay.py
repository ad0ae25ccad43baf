"""JSON Merge Patch, and the user's name under what it changes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cannon_spec import CatalogError, load_catalog
from cannon_spec.contract import overlay
from tests.support.payloads import values


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_rfc(target: Any, patch: Any, result: Any) -> None:
    """The test cases of RFC 7386, appendix A, have the printed results."""
    assert overlay.merge_patch(target, patch) == result


@given(values, values)
def test_merging_is_idempotent_and_changes_no_argument(target: Any, patch: Any) -> None:
    """Applying a patch twice has the result of applying it once, and neither argument is changed."""
    before = copy.deepcopy((target, patch))
    once = overlay.merge_patch(target, patch)
    assert overlay.merge_patch(once, patch) == once
    assert (target, patch) == before


BUNDLE: dict[str, Any] = {
    "models": {"old": {"name": "Old", "claim": "known"}},
    "operations": {
        "draw": {"models": {"old": {"claim": "known"}}},
        "sing": {"models": {"old": {"claim": "known"}}},
        "write": {"price": {}},
    },
    "schemas": {
        "m": {
            "properties": {
                "size": {"enum": ["1K"], "x-evidence": {"enum": "known"}},
                "links": {"items": {"pattern": "^h", "x-evidence": {"pattern": "known"}}},
            },
            "allOf": [
                {
                    "if": {"properties": {"size": {"const": "1K"}}},
                    "then": {"required": ["a"], "x-evidence": {"required": "known"}},
                }
            ],
        }
    },
}


def schema(patch: Any) -> Any:
    return overlay.apply_overlay(BUNDLE, {"schemas": {"m": patch}}, "mine")["schemas"]["m"]


@pytest.mark.parametrize(
    ("patch", "evidence"),
    [
        ({"enum": ["1K", "2K"]}, {"enum": "mine"}),
        ({"enum": ["1K"]}, {"enum": "known"}),
        ({"enum": ["2K"], "x-evidence": {"enum": "other"}}, {"enum": "other"}),
        ({"type": "string"}, {"enum": "known", "type": "mine"}),
        ({"enum": None, "maxLength": 3}, {"maxLength": "mine"}),
        ({"title": "a size"}, {"enum": "known"}),
    ],
)
def test_a_constraint_of_a_patch_rests_on_the_user(patch: dict[str, Any], evidence: dict[str, str]) -> None:
    """A constraint that a patch sets or changes rests on the user's claim, unless the patch names another one."""
    assert schema({"properties": {"size": patch}})["properties"]["size"]["x-evidence"] == evidence


def test_a_constraint_removed_loses_its_evidence() -> None:
    """A patch that removes the last constraint of a node removes its evidence too."""
    assert schema({"properties": {"size": {"enum": None}}})["properties"]["size"] == {}


def test_constraints_are_found_in_all_nested_nodes() -> None:
    """Constraints that a patch sets in items, $defs, allOf and at the top rest on the user's claim; others do not."""
    rule = {"if": {"properties": {"size": {"const": "2K"}}}, "then": {"properties": {"size": {"enum": ["2K"]}}}}
    result = schema(
        {
            "type": "object",
            "properties": {"links": {"items": {"pattern": "^g"}}},
            "$defs": {"new": {"type": "string"}},
            "allOf": [*BUNDLE["schemas"]["m"]["allOf"], rule],
        }
    )
    assert result["x-evidence"] == {"type": "mine"}
    assert result["properties"]["links"]["items"]["x-evidence"] == {"pattern": "mine"}
    assert result["$defs"]["new"]["x-evidence"] == {"type": "mine"}
    assert result["allOf"][0]["then"]["x-evidence"] == {"required": "known"}
    assert result["allOf"][1]["then"]["properties"]["size"]["x-evidence"] == {"enum": "mine"}
    assert result["properties"]["size"]["x-evidence"] == {"enum": "known"}


@pytest.mark.parametrize(
    "patch",
    [
        5,
        {"properties": 5},
        {"properties": {"size": 5}},
        {"allOf": 5},
        {"allOf": [5, {"then": 5}]},
        {"allOf": [{"if": {}}]},
        {"items": []},
        {"x-evidence": 5},
        {"x-evidence": "abc"},
        {"properties": {"size": {"x-evidence": ["enum"]}}},
    ],
)
def test_a_patch_of_the_wrong_form_is_passed_on(patch: Any) -> None:
    """A patch that is not a schema is merged unchanged: the check of the meta-schema refuses it later."""
    result = overlay.merge_patch(BUNDLE["schemas"]["m"], patch)
    assert schema(patch) == result


def test_a_new_model_is_completed() -> None:
    """A new model that no operation names serves each operation with models, on the user's claim."""
    bundle = overlay.apply_overlay(BUNDLE, {"models": {"new": {}, "gone": None}}, "mine")
    assert bundle["models"] == {**BUNDLE["models"], "new": {"name": "new", "claim": "mine"}}
    operations = bundle["operations"]
    assert [operations[name]["models"]["new"] for name in ("draw", "sing")] == [{"claim": "mine"}] * 2
    assert operations["write"] == {"price": {}}


def test_a_new_model_serves_the_operations_that_name_it() -> None:
    """A new model serves only the operations whose patches name it, and has the schema of its name."""
    patch = {
        "operations": {"sing": {"models": {"new": {}, "loud": {"claim": "other"}}}},
        "schemas": {"models/new": {"title": "New"}},
    }
    bundle = overlay.apply_overlay(BUNDLE, patch, "mine")
    assert bundle["models"]["new"] == {"name": "new", "claim": "mine"}
    assert bundle["operations"]["draw"] == BUNDLE["operations"]["draw"]
    models = {"new": {"claim": "mine", "schema": "models/new"}, "loud": {"claim": "other"}}
    assert bundle["operations"]["sing"]["models"] == {"old": {"claim": "known"}, **models}


def test_the_entry_of_a_new_model_is_kept() -> None:
    """What the patch says of a new model replaces the defaults."""
    entry = {"name": "New", "claim": "other"}
    assert overlay.apply_overlay(BUNDLE, {"models": {"new": entry}}, "mine")["models"]["new"] == entry


def test_a_known_model_is_not_completed() -> None:
    """A patch of an existing model changes only what it names."""
    bundle = overlay.apply_overlay(BUNDLE, {"models": {"old": {"name": "Older"}}}, "mine")
    assert bundle["models"]["old"] == {"name": "Older", "claim": "known"}
    assert bundle["operations"] == BUNDLE["operations"]


def test_a_schema_may_be_removed_or_added() -> None:
    """Null removes a schema, and all constraints of a new one rest on the user's claim."""
    bundle = overlay.apply_overlay(BUNDLE, {"schemas": {"m": None, "n": {"type": "object"}}}, "mine")
    assert bundle["schemas"] == {"n": {"type": "object", "x-evidence": {"type": "mine"}}}


@pytest.mark.parametrize(
    ("count", "step", "keys", "problem"),
    [
        (20, 1, "ab", "its references repeat more than 50,000 values; use fewer references, or smaller schemas"),
        (100, -1, "a", "with its references it nests deeper than 128 levels; use fewer references that lead to others"),
        (2000, 1, "a", "with its references it nests deeper than 128 levels; use fewer references that lead to others"),
    ],
)
def test_references_of_a_few_lines_are_bounded(count: int, step: int, keys: str, problem: str, tmp_path: Path) -> None:
    """A schema that its references would make very large or deep is refused, in whatever order it defines them."""
    nodes = {n: {"properties": {key: {"$ref": f"#/$defs/d{n + 1}"} for key in keys}} for n in range(count)}
    definitions = {f"d{n}": nodes[n] for n in list(nodes)[::step]} | {f"d{count}": {"type": "string"}}
    file = tmp_path / "overlay.json"
    schema = {"title": "Flux 2", "$defs": definitions, "properties": {"style": {"$ref": "#/$defs/d0"}}}
    file.write_text(json.dumps({"schemas": {"models/flux2": schema}}))
    with pytest.raises(CatalogError) as error:
        load_catalog(overlay=file).schemas["models/flux2"]
    assert f"schema models/flux2: {problem}" in str(error.value)
