"""The table of examples: each file, and each change of one, is judged as it says; together they show every rule."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from cannon_spec import Catalog, load_catalog, validate_request
from cannon_spec.contract import engines
from cannon_spec.contract.catalog import Rule
from cannon_spec.strategies import breakable
from tests.support.examples import EXAMPLES, HOME, read_json
from tests.support.payloads import CATALOG, FOLDER

FILES = sorted(HOME.rglob("*.json"))
CATALOGS = (CATALOG, load_catalog(engine="jsonschema"))
FOLDERS = sorted({example.folder for example in EXAMPLES})
LEAST_ROWS = 300
MOST_WARNINGS = 2

each_folder = pytest.mark.parametrize("folder", FOLDERS)


@pytest.mark.parametrize("catalog", CATALOGS, ids=lambda catalog: catalog.engine)
@each_folder
def test_an_example_breaks_the_rules_that_it_names(folder: str, catalog: Catalog) -> None:
    """Each example, and each one with a change, breaks exactly the rules that it names, with each engine."""
    examples = [each for each in EXAMPLES if each.folder == folder]
    rules = {each.id: sorted(finding.rule for finding in each.judge(catalog).findings) for each in examples}
    assert rules == {each.id: sorted(each.expect) for each in examples}


def test_the_table_is_large() -> None:
    """The files and their changes are at least 300 rows, no two of one folder with the same title."""
    titles = [(example.folder, example.title) for example in EXAMPLES]
    assert len(titles) >= LEAST_ROWS
    assert sorted(titles) == sorted(set(titles))


@each_folder
def test_an_example_file_is_valid(folder: str) -> None:
    """Each file has the words of the meta-schema, and an example has one document."""
    definitions = read_json(FOLDER / "meta.schema.json")["$defs"]
    for kind in ("example", "changes"):
        judge = engines.choose().compile({"$defs": definitions, "$ref": f"#/$defs/{kind}"})
        contents = [read_json(file) for file in FILES if file.parent == HOME / folder and is_of_kind(file.name, kind)]
        assert [judge(content) for content in contents] == [[]] * len(contents)
        assert all(kind == "changes" or len({"input", "output", "body"} & each.keys()) == 1 for each in contents)


def is_of_kind(name: str, kind: str) -> bool:
    """Whether a file of examples has changes, or one example."""
    return (name == "changes.json") is (kind == "changes")


@each_folder
def test_an_example_of_the_vendor_is_accepted(folder: str) -> None:
    """No example of the vendor's pages has an error, also in a create body, and none has more than two warnings."""
    examples = [each for each in EXAMPLES if each.folder == folder and each.part != "body" and ":" not in each.name]
    for example in examples:
        if example.name.startswith("documented"):
            report = example.judge(CATALOG)
            assert report.ok, example.id
            assert len(report.findings) <= MOST_WARNINGS, example.id
            if example.part == "input":
                body = {"operation": folder, "input": example.document}
                assert validate_request(body, catalog=CATALOG).ok, example.id


@cache
def list_built_rules() -> frozenset[str]:
    """The rules that some body of the strategies breaks: such a body keeps all others."""
    return frozenset(rule.id for rule in breakable())


def list_named_rules() -> set[str]:
    """The rules that some example breaks."""
    return {rule for example in EXAMPLES for rule in example.expect if "#" in rule}


def list_kept_schemas() -> set[str]:
    """The schemas of which some example breaks no rule."""
    return {each.schema for each in EXAMPLES if not any("#" in rule for rule in each.expect)}


def iter_rules(*prefixes: str) -> Iterator[Rule]:
    """The rules of every schema whose id starts so."""
    for schema in CATALOG.schemas:
        if schema.startswith(prefixes):
            yield from CATALOG.rules(schema)


def test_each_rule_has_an_example_on_both_sides() -> None:
    """For each rule of an input, an output or a model, one example breaks it, and one breaks no rule of its schema.

    A body that the strategies build from the rule counts too. That an output is an object, the envelope says first.
    """
    rules = [rule for rule in iter_rules("operations/", "models/") if not rule.id.endswith("/output#/type")]
    built_rules, named_rules = list_built_rules(), list_named_rules()
    kept_schemas = list_kept_schemas() | {rule.partition("#")[0] for rule in built_rules}
    assert [rule.id for rule in rules if rule.id not in named_rules | built_rules] == []
    assert {rule.id.partition("#")[0] for rule in rules} - kept_schemas == set()


def test_each_claim_of_an_envelope_has_an_example_on_both_sides() -> None:
    """For each claim of a rule of a create body or a reply, one example breaks it, and one of the schema keeps it."""
    broken_claims = {CATALOG.rule_by_id(rule).claim.id for rule in list_named_rules() | list_built_rules()}
    kept_schemas, schemas_by_claim = list_kept_schemas(), dict[str, set[str]]()
    for rule in iter_rules("envelope/"):
        schemas_by_claim.setdefault(rule.claim.id, set()).add(rule.id.partition("#")[0])
    assert schemas_by_claim.keys() - broken_claims == set()
    assert {claim for claim, schemas in schemas_by_claim.items() if not schemas & kept_schemas} == set()
