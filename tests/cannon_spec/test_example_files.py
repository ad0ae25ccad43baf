"""The examples of the contract keep their word, and bodies made from the contract are clean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, Report, load_catalog, validate_input, validate_request, validate_response
from cannon_spec.contract import engines
from cannon_spec.example import build_example
from cannon_spec.strategies import breakable
from tests.support.payloads import CATALOG, FOLDER

FILES = sorted((FOLDER / "examples").rglob("*.json"))
REFERENCE = load_catalog(engine="jsonschema")


def judge(file: Path, document: dict[str, Any], catalog: Catalog) -> Report:
    folder = file.parent.relative_to(FOLDER / "examples").as_posix()
    if "input" in document:
        return validate_input(folder, document["input"], catalog=catalog)
    if folder == "envelope/create":
        return validate_request(document["body"], catalog=catalog)
    return validate_response(folder.removeprefix("envelope/"), document["body"], catalog=catalog)


@pytest.mark.parametrize("catalog", [CATALOG, REFERENCE], ids=lambda catalog: catalog.engine)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER / "examples").as_posix())
def test_an_example_breaks_the_rules_that_it_names(file: Path, catalog: Catalog) -> None:
    """Each example breaks exactly the rules that it names, with each engine."""
    document = json.loads(file.read_text("utf-8"))
    rules = sorted(finding.rule for finding in judge(file, document, catalog).findings)
    assert rules == sorted(document["expect"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER / "examples").as_posix())
def test_an_example_is_valid(file: Path) -> None:
    """Each example has the words of the meta-schema, one document, and a title."""
    document = json.loads(file.read_text("utf-8"))
    meta = json.loads((FOLDER / "meta.schema.json").read_text("utf-8"))
    assert engines.choose().compile({"$defs": meta["$defs"], "$ref": "#/$defs/example"})(document) == []
    assert ("input" in document) != ("body" in document)


def _find_schemas_by_claim() -> dict[str, set[str]]:
    """The schemas that name each claim of a rule."""
    schemas_by_claim: dict[str, set[str]] = {}
    for schema in CATALOG.schemas:
        for rule in CATALOG.rules(schema):
            schemas_by_claim.setdefault(rule.claim.id, set()).add(schema)
    return schemas_by_claim


def test_each_claim_of_a_rule_has_an_example_on_both_sides() -> None:
    """For each claim of a rule, one example breaks it and one example of the same schema keeps it.

    Examples are the files, and for requests the bodies that are built from each rule.
    """
    documents = [(file, json.loads(file.read_text("utf-8"))) for file in FILES]
    named_rules = {rule for _, document in documents for rule in document["expect"] if "#" in rule}
    built_rules = {rule.id for rule in breakable()}
    broken_claims = {CATALOG.rule_by_id(rule).claim.id for rule in named_rules | built_rules}
    clean = {file.parent.relative_to(FOLDER / "examples").as_posix() for file, each in documents if not each["expect"]}
    kept_claims = clean | {rule.partition("#")[0] for rule in built_rules} | {"operations/image.generate/output"}
    for claim, schemas in _find_schemas_by_claim().items():
        assert claim in broken_claims, f"no example breaks {claim}"
        assert schemas & kept_claims, f"no example keeps {claim}"


def test_examples_have_titles_of_their_own() -> None:
    """No two examples of one folder have the same title."""
    titles = [(file.parent, json.loads(file.read_text("utf-8"))["title"]) for file in FILES]
    assert len(titles) == len(set(titles)) > 30


PAIRS = [
    (operation.id, model.id)
    for operation in CATALOG.operations.values()
    for model in CATALOG.models_of(operation.id)
    if operation.is_covered
]


@pytest.mark.parametrize(("operation", "model"), PAIRS)
def test_an_example_body_has_no_finding(operation: str, model: str) -> None:
    """The example body of each model of a covered operation has no finding but that on an assumed identifier."""
    body = build_example(CATALOG, operation, model)
    assert (body["operation"], body["input"]["model"]) == (operation, model)
    assert {finding.rule for finding in validate_request(body).findings} <= {"model-assumed"}
    assert {"prompt", "model", "aspect_ratio", "resolution", "style"} <= body["input"].keys()


def test_an_example_body_has_the_default_model() -> None:
    """An example body for an operation without a model has the operation's default model."""
    default = CATALOG.operations["image.generate"].data["default_model"]["id"]
    assert build_example(CATALOG, "image.generate") == build_example(CATALOG, "image.generate", default)


@pytest.mark.parametrize(
    ("operation", "model", "words"),
    [
        ("image.edit", None, "image.edit is not a covered operation"),
        ("tea", None, "tea is not a covered operation"),
        ("image.generate", "dall-e", "dall-e is not a model that serves image.generate"),
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
