"""Laws over the shipped contract: nothing in it stands without evidence, and no evidence stands idle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import cannon_spec
from cannon_spec import Catalog, validate_input
from cannon_spec.contract.catalog import Operation, Rule, ServedModel
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.keywords import CONSTRAINTS
from cannon_spec.contract.nodes import iter_nodes
from cannon_spec.contract.shared_tables import fill_in_tables
from cannon_spec.contract.source import PARTS
from tests.support.payloads import CATALOG, FOLDER

RULES = [rule for schema in CATALOG.schemas for rule in CATALOG.rules(schema)]
MODEL_RULES = [rule for rule in RULES if rule.id.startswith("models/")]
OPERATIONS = [each for each in CATALOG.operations.values() if each.is_covered]
REQUEST_SCHEMAS = ("envelope/create", *(each.input for each in OPERATIONS if each.input))


def iter_texts(value: Any) -> Iterator[str]:
    """Every text within a JSON value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from iter_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from iter_texts(item)
    elif isinstance(value, str):
        yield value


def test_every_constraint_has_evidence() -> None:
    """Each keyword of a schema that can refuse a value names a claim of the ledger, and no other keyword does."""
    for id_, schema in CATALOG.schemas.items():
        for place, node in iter_nodes(schema):
            constraints = {word for word in CONSTRAINTS if word in node}
            assert constraints == set(node.get("x-evidence", {})), (id_, place)
            assert set(node.get("x-evidence", {}).values()) <= CATALOG.claims.keys()


def test_marks_are_of_constraints_only() -> None:
    """x-severity, x-cap, x-normalise and x-failure-message name keywords of the same node."""
    for id_, schema in CATALOG.schemas.items():
        for place, node in iter_nodes(schema):
            marks = (node.get(mark, {}) for mark in ("x-severity", "x-cap", "x-normalise", "x-failure-message"))
            assert {word for mark in marks for word in mark} <= set(node), (id_, place)


def test_every_constraint_has_a_record() -> None:
    """Each keyword of the meta-schema that can refuse a value has a record, and no other has."""
    meta = json.loads((FOLDER / "meta.schema.json").read_text())["$defs"]["node"]["properties"]
    silent = {"$ref", "title", "description", "examples", "properties", "items", "allOf"}
    assert {word for word in meta if not word.startswith("x-")} - silent == set(CONSTRAINTS)


def test_every_rule_claim_has_a_use() -> None:
    """Each claim of kind rule is named by a schema, by the data, or by the code of the judge."""
    folder = Path(cannon_spec.__file__).parent
    code = "".join(file.read_text("utf-8") for file in folder.rglob("*.py"))
    files = [file for file in FOLDER.rglob("*.json") if file.name != "evidence.json" and "examples" not in file.parts]
    claims_in_use = {text for file in files for text in iter_texts(json.loads(file.read_text("utf-8")))}
    idle = [
        claim.id
        for claim in CATALOG.claims.values()
        if claim.kind == "rule" and claim.id not in claims_in_use and f'"{claim.id}"' not in code
    ]
    assert idle == []


def test_no_schema_rests_on_a_gap() -> None:
    """No schema names a claim of kind gap, which says what is not known."""
    assert [rule.id for rule in RULES if rule.claim.kind == "gap"] == []


def test_constraints_of_requests_rest_on_rules() -> None:
    """A constraint of a request rests on a claim of kind rule."""
    of_requests = [*MODEL_RULES, *(rule for schema in REQUEST_SCHEMAS for rule in CATALOG.rules(schema))]
    assert [rule.id for rule in of_requests if rule.claim.kind != "rule"] == []


def test_every_claim_is_graded_and_sourced() -> None:
    """A claim is a sentence with a strength, a kind, and an address or a reason why it has none."""
    for claim in CATALOG.claims.values():
        assert claim.text.endswith("."), claim
        assert claim.strength in ("documented", "example", "observed", "upstream", "reported", "assumed", "user"), claim
        assert claim.kind in ("rule", "behaviour", "gap"), claim
        assert re.match(r"https?://[^/ ]+[.][a-z]+(/|$)|no public address: .|the overlay file", claim.source), claim
        if claim.strength in ("documented", "example"):
            assert claim.source.startswith("https://www.cannonstudio.app/"), claim


@pytest.mark.parametrize(
    ("strength", "severity"),
    [
        ("documented", "error"),
        ("example", "error"),
        ("observed", "error"),
        ("user", "error"),
        ("upstream", "warning"),
        ("reported", "warning"),
        ("assumed", "warning"),
    ],
)
def test_strength_decides_severity(strength: str, severity: str) -> None:
    """Claims of the vendor or the user make errors; claims of others, and assumptions, make warnings."""
    claim = Claim("a", "A.", strength, "rule", "https://example.com")
    assert claim.severity == severity
    assert (claim.evidence.claim, claim.evidence.strength, claim.evidence.source) == ("a", strength, claim.source)


@pytest.mark.parametrize("schema", REQUEST_SCHEMAS)
def test_the_form_of_a_request_is_an_error(schema: str) -> None:
    """A request that is no object is an error, and so is each break of a type or list of fields that the vendor shows.

    Unknown fields have a rule; it only warns where no page lists the fields.
    """
    form = [rule for rule in CATALOG.rules(schema) if rule.keyword in ("type", "additionalProperties")]
    assert {rule.keyword for rule in form} == {"type", "additionalProperties"}
    shown = [rule for rule in form if not rule.condition and rule.claim.severity == "error"]
    assert "type" in {rule.keyword for rule in shown}
    assert {rule.severity for rule in shown} == {"error"}


@pytest.mark.parametrize("operation", [each.id for each in OPERATIONS])
def test_an_empty_input_is_refused(operation: str) -> None:
    """An input without any field is an error in each operation, however little its page requires."""
    assert not validate_input(operation, {}).ok


def test_only_the_schemas_of_requests_are_closed() -> None:
    """Schemas of requests allow listed fields only; those of replies and models allow any other field too."""
    closed_schemas = {rule.id.partition("#")[0] for rule in RULES if rule.keyword == "additionalProperties"}
    assert closed_schemas == set(REQUEST_SCHEMAS)


@pytest.mark.parametrize("rule", MODEL_RULES, ids=lambda rule: rule.id)
def test_the_limit_of_a_model_is_in_the_text_of_its_claim(rule: Rule) -> None:
    """A rule of a model rests on a claim named after a model or its family, whose text has the number or words."""
    family = re.findall(r"models/([a-z0-9]+)", rule.id)
    assert rule.claim.id.startswith(tuple(f"{name}-" for name in (*CATALOG.models, *family)))
    text = rule.claim.text
    if isinstance(rule.value, int):
        assert re.search(rf"\b{rule.value}\b", text)
    elif rule.field == "resolution" and not rule.condition:
        assert set(re.findall(r"\b[0-9]+[Kkp]\b", text)) >= set(rule.value)
    elif rule.field == "aspect_ratio":
        assert re.search(rf"\b{len(rule.value)} aspect ratios\b", text)
    for ratio in re.findall(r"[0-9]+:[0-9]+", rule.condition):
        assert ratio in text


@pytest.mark.parametrize(
    ("operation", "model"),
    [pytest.param(each, model, id=f"{each.id}-{model.id}") for each in OPERATIONS for model in each.models.values()],
)
def test_a_models_schema_is_of_its_operation(operation: Operation, model: ServedModel) -> None:
    """A model's schema narrows fields that the operation has; its title names the model, or the family it is for."""
    if model.schema is not None:
        title, is_shared = CATALOG.schemas[model.schema]["title"], _count_models(operation, model.schema) > 1
        assert title.startswith(f"{model.maker} ") if is_shared else title == model.name
        fields = {rule.field.partition(".")[0] for rule in CATALOG.rules(model.schema)}
        assert fields - {""} <= set(CATALOG.input_schema_of(operation)["properties"])


def _count_models(operation: Operation, schema: str) -> int:
    return sum(each.schema == schema for each in operation.models.values())


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=lambda model: model.id)
def test_a_models_identifier_has_a_claim(model: cannon_spec.Model) -> None:
    """The claim on a model's identifier is named after it and contains it."""
    assert model.id in model.claim.text
    assert CATALOG.claims[f"model-id-{model.id}"] is model.claim


def test_the_models_of_the_vendors_page() -> None:
    """The models that serve image.generate are the ten that its page names, in the claim's own words."""
    models = CATALOG.models_of("image.generate")
    assert len(models) == 10
    assert all(model.name in CATALOG.claims["image-models"].text for model in models)


def test_the_fields_of_the_vendors_page() -> None:
    """The fields of image.generate are the eight that its page lists."""
    field_names = CATALOG.claims["image-fields"].text.partition("eight fields: ")[2].rstrip(".").split(", ")
    assert list(CATALOG.schemas["operations/image.generate/input"]["properties"]) == field_names


@pytest.mark.parametrize("operation", CATALOG.operations.values(), ids=lambda operation: operation.id)
def test_the_claim_of_an_operation_has_its_identifier(operation: Operation) -> None:
    """The claim of an operation contains its identifier."""
    assert operation.id in operation.claim.text


def test_patterns_mean_the_same_to_each_engine() -> None:
    """No pattern has a backslash or a group that engines read differently, and each is anchored at its start.

    A $ is the last character, where the judge has it mean the end of the text in both engines.
    """
    patterns = [rule.value for rule in RULES if rule.keyword == "pattern"]
    assert patterns
    for pattern in patterns:
        assert pattern.startswith("^")
        assert not re.search(r"\\|[$].|[(][?]|\[:", pattern)
        re.compile(pattern)


def test_a_rule_is_found_by_its_id() -> None:
    """The rule of a rule's id has the same claim, severity, field, condition and value."""
    for rule in RULES:
        same_rule = CATALOG.rule_by_id(rule.id)
        assert (same_rule.id, same_rule.claim, same_rule.severity) == (rule.id, rule.claim, rule.severity)
        assert (same_rule.field, same_rule.condition, same_rule.value) == (rule.field, rule.condition, rule.value)
        assert same_rule.evidence == rule.claim.evidence


@pytest.mark.parametrize(
    ("id_", "field", "keyword", "condition"),
    [
        ("envelope/create#/required", "", "required", ""),
        ("envelope/request#/properties/requestLog/properties/available/type", "requestLog.available", "type", ""),
        (
            "models/gptimage2#/allOf/0/then/properties/resolution/enum",
            "resolution",
            "enum",
            'aspect_ratio is "1:1"',
        ),
    ],
)
def test_a_rule_says_what_it_judges(id_: str, field: str, keyword: str, condition: str) -> None:
    """A rule has the field that it judges, its keyword, and its condition."""
    rule = CATALOG.rule_by_id(id_)
    assert (rule.field, rule.keyword, rule.condition) == (field, keyword, condition)


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "#",
        "envelope/create",
        "envelope/create#",
        "envelope/create#/title",
        "envelope/create#/title/x",
        "envelope/create#/nowhere/type",
        "nowhere#/type",
        "models/gptimage2#/properties/resolution/enum/0",
        "models/gptimage2#/allOf/9/then/required",
        "models/gptimage2#/allOf/0/if/properties/aspect_ratio/const",
    ],
)
def test_no_other_name_is_a_rule(id_: str) -> None:
    """An id that names no keyword with evidence is a LookupError."""
    with pytest.raises(LookupError):
        CATALOG.rule_by_id(id_)


def test_nothing_of_a_catalog_can_be_replaced(catalog: Catalog) -> None:
    """The maps of a catalog refuse assignment."""
    for part in (
        catalog.claims,
        catalog.operations,
        catalog.models,
        catalog.schemas,
        catalog.lifecycle,
        catalog.media,
    ):
        with pytest.raises(TypeError):
            part["x"] = 1  # type: ignore[index]


def test_all_parts_are_read(catalog: Catalog) -> None:
    """Each data file is the catalog's part of the same name; of media.json with the tables that models share."""
    for part in PARTS:
        data = json.loads((FOLDER / f"{part}.json").read_text("utf-8"))
        assert dict(getattr(catalog, part)) == (fill_in_tables(data) if part == "media" else data)


def test_no_two_tables_are_equal() -> None:
    """No two models have equal tables in media.json: the data has one place, and the other model names it."""
    media = json.loads((FOLDER / "media.json").read_text("utf-8"))
    tables = [(model, table) for name in ("image", "video") for model, table in media[name]["models"].items()]
    assert [pair for pair in combinations(tables, 2) if pair[0][1] == pair[1][1]] == []


@pytest.mark.parametrize("name", ["image", "video"])
def test_the_numbers_of_computed_sizes_are_those_of_their_claim(name: str) -> None:
    """The claim on computed sizes names the longest side, the most extreme ratio, and each side that is no number."""
    computed = CATALOG.media[name]["computed"]
    ratio = computed["most_extreme_ratio"]
    sides = [side for tier, side in computed["side"].items() if tier != f"{side}p"]
    numbers = set(re.findall(r"[0-9:]*[0-9]", CATALOG.claims[computed["claim"]].text))
    assert {str(computed["longest_side"]), f"{ratio}:1", f"1:{ratio}", *map(str, sides)} <= numbers


def test_every_model_has_sizes_for_its_own_values() -> None:
    """A size table of a model has the resolution and the ratio that it falls back on."""
    for model, entry in CATALOG.media["image"]["models"].items():
        assert model in CATALOG.models
        assert entry["resolution"] in entry["sizes"], model
        assert entry["aspect_ratio"] in entry["sizes"][entry["resolution"]], model
        assert set(entry.get("quality", {}).values()) <= set(entry["sizes"]), model


@pytest.mark.parametrize("schema", CATALOG.schemas)
def test_a_field_of_the_wrong_type_is_no_lesser_fault_than_one_of_the_wrong_form(schema: str) -> None:
    """Where a text that has not the form of a field is an error, so is what is no text."""
    nodes: dict[str, dict[str, str]] = {}
    for rule in CATALOG.rules(schema):
        node, _, keyword = rule.id.rpartition("/")
        nodes.setdefault(node, {})[keyword] = rule.severity
    forms = {node: rules for node, rules in nodes.items() if rules.get("pattern") == "error" and "type" in rules}
    assert {node for node, rules in forms.items() if rules["type"] != "error"} == set()


@pytest.mark.parametrize("schema", CATALOG.schemas)
def test_the_title_of_a_form_leaves_the_example_to_the_examples(schema: str) -> None:
    """The title of a text's form does not have its example: messages show that after the title."""
    forms = [rule.node for rule in CATALOG.rules(schema) if rule.keyword == "pattern" and "title" in rule.node]
    assert not [node for node in forms if any(str(each) in node["title"] for each in node.get("examples", ()))]
