"""Values that the service changes in place of refusing them: what is found, and what becomes of the document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, CatalogError, load_catalog, validate_input, validate_request
from cannon_spec.adjustments import adjust_values, find_adjustment
from tests.support.mocks import LONG_MS, build_driver

INPUT = "operations/image.generate/input"
OPERATION = "image.generate"
CLAIM = "gptimage2-square-refused"
DURATION: dict[str, Any] = {"type": "number", "enum": [4, 8, 12.5], "x-normalise": {"enum": CLAIM}}
SCHEMA: dict[str, Any] = {
    "properties": {
        "duration": DURATION,
        "shots": {"type": "array", "items": {"type": "object", "properties": {"duration": DURATION}}},
    },
}
PRICE = {"credits": 2, "cases": None, "per": {"field": "duration", "unit": "second", "default": 4}}


def load(folder: Path, schema: dict[str, Any], engine: str | None = None) -> Catalog:
    """The contract with an input that has the fields of a schema too, priced by its duration."""
    file = folder / "overlay.json"
    file.write_text(json.dumps({"schemas": {INPUT: schema}, "operations": {OPERATION: {"price": PRICE}}}))
    return load_catalog(overlay=file, engine=engine)


@pytest.fixture(scope="module", params=["jsonschema", "jsonschema-rs"])
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The contract with durations that are normalised, by each engine."""
    return load(tmp_path_factory.mktemp("overlay"), SCHEMA, request.param)


@pytest.mark.parametrize(
    ("duration", "text", "normal"),
    [(5, "5", "4"), (6, "6", "4"), (7.5, "7.5", "8"), (10.25, "10.25", "8"), (-1, "-1", "4"), (99, "99", "12.5")],
)
def test_a_value_that_is_normalised_is_a_warning(catalog: Catalog, duration: float, text: str, normal: str) -> None:
    """A number off the list is a warning, though its claim makes errors: it says to which value and by which claim."""
    (finding,) = validate_input(OPERATION, {"prompt": "x", "duration": duration}, catalog=catalog).findings
    assert (finding.severity, finding.evidence.claim) == ("warning", "user-overlay")
    how = f"normalises it to {normal}, as claim {CLAIM} says"
    assert finding.message == f"duration is {text}; {OPERATION} {how}"
    assert finding.hint == "legal here: 4, 8, 12.5"


@pytest.mark.parametrize("duration", [4, 8.0, 12.5])
def test_a_legal_value_is_not_normalised(catalog: Catalog, duration: float) -> None:
    """A number on the list has no finding."""
    assert validate_input(OPERATION, {"prompt": "x", "duration": duration}, catalog=catalog).findings == ()


@pytest.mark.parametrize("duration", ["8", None, True, [8]])
def test_what_is_no_number_is_an_error(catalog: Catalog, duration: Any) -> None:
    """A value of a wrong type is one error of its type, and is not normalised."""
    (finding,) = validate_input(OPERATION, {"prompt": "x", "duration": duration}, catalog=catalog).findings
    assert (finding.severity, finding.rule) == ("error", f"{INPUT}#/properties/duration/type")
    assert find_adjustment(catalog, finding) is None


def test_values_are_adjusted_at_any_depth(catalog: Catalog) -> None:
    """Each value that a finding is on is changed in a copy: capped to the last legal one, or normalised."""
    shots = [{"duration": 8}, {"duration": 11}]
    input = {"prompt": "x", "model": "gptimage2", "aspect_ratio": "1:1", "resolution": "4K", "duration": 5}
    body = {"operation": OPERATION, "input": {**input, "shots": shots, "style": 7}}
    before = json.dumps(body)
    findings = validate_request(body, catalog=catalog).findings
    assert len(findings) == 4
    adjusted_body = adjust_values(catalog, body, findings)
    changes = {"resolution": "2K", "duration": 4, "shots": [{"duration": 8}, {"duration": 12.5}]}
    assert adjusted_body == {**body, "input": {**body["input"], **changes}}
    assert json.dumps(body) == before
    kinds = {find_adjustment(catalog, finding) for finding in findings}
    assert kinds == {None, ("cap", CLAIM), ("normalise", CLAIM)}


def test_the_mock_takes_the_normalised_value(tmp_path: Path) -> None:
    """The mock accepts such a value, warns, names the claim and charges for the normal value; a strict mock refuses."""
    catalog = load(tmp_path, SCHEMA)
    body = {"operation": OPERATION, "input": {"prompt": "x", "model": "gptimage2", "duration": 11}}
    mock, strict_mock = (build_driver(catalog, strict=strict) for strict in (False, True))
    reply = mock.create(body)
    assert (reply.status_code, reply.headers["x-mock-warnings"]) == (202, f"{INPUT}#/properties/duration/enum")
    assert f"assumed:{CLAIM}" in reply.headers["x-mock-evidence"]
    mock.clock.advance(LONG_MS)
    task = mock.poll(reply.get_json()["id"])
    assert task["billableCredits"] == 25
    assert task["requestLog"]["input"]["duration"] == 11
    assert strict_mock.create(body).status_code == 400


@pytest.mark.parametrize(
    "node",
    [{"x-normalise": {"enum": CLAIM}}, {"enum": ["a", 4], "x-normalise": {"enum": CLAIM}}],
    ids=["no enum", "texts"],
)
def test_only_lists_of_numbers_are_normalised(tmp_path: Path, node: dict[str, Any]) -> None:
    """A schema that normalises what is no list of numbers is refused."""
    with pytest.raises(CatalogError, match="duration"):
        load(tmp_path, {"properties": {"duration": node}})


def test_the_claim_on_normalising_is_checked(tmp_path: Path) -> None:
    """A claim that the ledger lacks is refused when the contract loads."""
    node = {**DURATION, "x-normalise": {"enum": "tea"}}
    with pytest.raises(CatalogError, match="names the claim tea, which is not in the ledger"):
        load(tmp_path, {"properties": {"duration": node}})
