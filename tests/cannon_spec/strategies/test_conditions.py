"""Fields that depend on each other: their cases add up, and what is drawn of them is as promised at any depth."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cannon_spec import Catalog, load_catalog, validate_request
from cannon_spec.contract.engines import choose as choose_engine
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.strategies import breakable, broken_requests, requests
from cannon_spec.strategies.conditions import Fields, list_plans
from cannon_spec.strategies.layers import Layer
from cannon_spec.strategies.values import draw_from, find_pools
from tests.cannon_spec.strategies.test_payloads import draw_until, sample
from tests.cannon_spec.test_combinations import SCHEMA
from tests.support.effort import examples

OPERATION = "image.generate"
INPUT = "operations/image.generate/input"
ENGINES = [choose_engine(name) for name in ("jsonschema", "jsonschema-rs")]
WORDS = ["off", "low", "high"]


def condition(source: str, target: str) -> dict[str, Any]:
    """While a field is high, another is not."""
    return {
        "if": {"properties": {source: {"const": "high"}}, "required": [source]},
        "then": {"properties": {target: {"enum": ["off", "low"]}}},
    }


def build_schema(names: list[str], pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Fields of three words each, with a condition from the first to the second of each pair."""
    branches = [condition(*pair) for pair in pairs]
    return {"properties": {name: {"enum": WORDS} for name in names}, "allOf": branches}


def chain(size: int) -> dict[str, Any]:
    """Each field conditions the next."""
    names = [f"f{index}" for index in range(size)]
    return build_schema(names, list(pairwise(names)))


def pairs(size: int) -> dict[str, Any]:
    """Fields that condition one other field each."""
    names = [(f"a{index}", f"b{index}") for index in range(size)]
    return build_schema([a for a, _ in names] + [b for _, b in names], names)


def star(size: int) -> dict[str, Any]:
    """One field conditions all others."""
    names = [f"f{index}" for index in range(size)]
    return build_schema(["mode", *names], [("mode", name) for name in names])


def ring(size: int) -> dict[str, Any]:
    """Each field conditions the next, and the last the first."""
    names = [f"f{index}" for index in range(size)]
    return build_schema(names, list(zip(names, [*names[1:], names[0]], strict=True)))


def presence(size: int) -> dict[str, Any]:
    """Pairs of fields that exclude each other, and pairs of which one needs the other."""
    conditions = [
        {"if": {"required": [f"a{index}"]}, "then": {"not": {"required": [f"b{index}"]}}} for index in range(size)
    ]
    names = [f"{letter}{index}" for index in range(size) for letter in "abcd"]
    dependent = {f"c{index}": [f"d{index}"] for index in range(size)}
    return {**build_schema(names, []), "allOf": conditions, "dependentRequired": dependent}


def count_cases(schema: dict[str, Any]) -> int:
    """How many cases are looked at until each object can be drawn."""
    (plan,) = list_plans(Fields([Layer(schema)], find_pools), None)
    states = [plan.start]
    for index in range(len(plan.fields.order)):
        options = (option for state in states for option in plan.list_options(index, state))
        states = [dict(each) for each in {frozenset(option.state.items()) for option in options}]
    return len(plan.ways_by_case.keys() | plan.options_by_case.keys())


@pytest.mark.parametrize("build", [chain, pairs, star, ring, presence])
def test_cases_add_up(build: Callable[[int], dict[str, Any]]) -> None:
    """Twice as many conditioned fields are twice as many more cases, not the square; and few for each field."""
    five, ten, twenty = (count_cases(build(size)) for size in (5, 10, 20))
    assert five < ten < twenty
    assert twenty - ten == 2 * (ten - five)
    assert ten < 10 * len(build(10)["properties"])


@pytest.mark.parametrize("build", [chain, pairs, star, ring, presence])
@pytest.mark.parametrize("size", [2, pytest.param(4, marks=pytest.mark.extended)])
def test_each_combination_is_drawn_that_the_schema_allows(build: Callable[[int], dict[str, Any]], size: int) -> None:
    """Filling field by field leaves out no combination of two fields' values that some object has, and adds none."""
    schema = {**build(size), "additionalProperties": False}
    strategy = draw_from(find_pools([Layer({"type": "object", **schema})]))
    judges = [engine.compile(schema) for engine in ENGINES]
    names = list(schema["properties"])[:2]

    def find_pairs(drawn: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
        return {tuple(each.get(name) for name in names) for each in drawn}

    possible = {
        (first, second)
        for first in (None, *WORDS)
        for second in (None, *WORDS)
        for others in ({}, dict.fromkeys(schema["properties"], "off"))
        for fields in [{**others, names[0]: first, names[1]: second}]
        if not judges[1]({name: value for name, value in fields.items() if value is not None})
    }
    drawn = draw_until(partial(sample, strategy, 2, 50), lambda drawn: find_pairs(drawn) >= possible)
    assert find_pairs(drawn) >= possible
    assert not any(find_violations(each) for find_violations in judges for each in drawn)


NAMES = "abcd"
VALUES: tuple[Any, ...] = (None, True, 0, 1, 2, 3, 6, 0.3, 0.5, "x", "y", "", [], ["p"], ["p", "q"], [3])
FIELDS: list[dict[str, Any]] = [
    *({"enum": ["x", "y"]}, {"enum": [1, 2, None]}, {"type": "boolean"}, {"type": ["string", "null"]}, {}),
    *({"type": "integer", "minimum": 0, "maximum": 9}, {"type": "number", "minimum": 0, "exclusiveMaximum": 2}),
    *({"type": "integer", "multipleOf": 3, "minimum": 1, "maximum": 20}, {"type": "string", "maxLength": 2}),
    *({"type": "number", "multipleOf": 0.1, "minimum": 0, "maximum": 3}, {"enum": [0, 0.5, 3]}),
    {"type": "array", "items": {"enum": ["p", "q"]}, "uniqueItems": True},
    {"type": "array", "items": {"type": "integer", "multipleOf": 3}, "minItems": 1},
]
CLAUSES: list[dict[str, Any] | bool] = [
    *({"const": "x"}, {"const": 1}, {"const": None}, {"enum": ["x", "y"]}, {"minimum": 1}, {"maximum": 2}),
    *({"minimum": 1, "maximum": 2}, {"minItems": 1}, {"maxItems": 0}),
    *(False, {"not": {"const": 0}}, {"not": {"const": "x"}}),
]
NARROWER: list[dict[str, Any]] = [
    *({"enum": ["x"]}, {"enum": [1]}, {"maximum": 1}, {"minimum": 1}, {"maxLength": 1}, {"minItems": 1}),
    *({"maxItems": 1}, {"const": True}, {"multipleOf": 2}, {"multipleOf": 0.25}),
]

names = st.sampled_from(NAMES)
lists = st.lists(names, min_size=1, max_size=2, unique=True)
conditions = st.fixed_dictionaries(
    {"properties": st.dictionaries(names, st.sampled_from(CLAUSES), min_size=1, max_size=2)},
    optional={"required": lists, "not": st.fixed_dictionaries({"required": st.tuples(names).map(list)})},
)
presences = {
    "required": lists,
    "not": st.fixed_dictionaries({"required": lists}),
    "dependentRequired": st.dictionaries(names, lists, min_size=1, max_size=1),
}
consequences = st.fixed_dictionaries(
    {}, optional={"properties": st.dictionaries(names, st.sampled_from(NARROWER), max_size=2), **presences}
)
branches = st.lists(st.fixed_dictionaries({"if": conditions, "then": consequences}), min_size=1, max_size=3)
schemas = st.fixed_dictionaries(
    {
        "properties": st.fixed_dictionaries({name: st.sampled_from(FIELDS) for name in NAMES}),
        "allOf": branches,
        "additionalProperties": st.just(False),
    },
    optional=presences,
)
objects = st.lists(st.dictionaries(names, st.sampled_from(VALUES), max_size=len(NAMES)), min_size=50, max_size=50)


@settings(
    examples(60), phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(schemas, objects, st.data())
def test_any_schema_is_drawn_from(schema: dict[str, Any], tries: list[dict[str, Any]], data: st.DataObject) -> None:
    """Whatever conditions there are, in cycles too: what is drawn is good, and nothing is only where nothing can be."""
    pools = find_pools([Layer({"type": "object", **schema})])
    validators = [engine.compile(schema) for engine in ENGINES]
    if pools:
        drawn = data.draw(draw_from(pools))
        assert not any(find_violations(drawn) for find_violations in validators)
    else:
        assert all(find_violations(each) for find_violations in validators for each in tries)


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory: pytest.TempPathFactory) -> list[Catalog]:
    """The contract under an overlay with each keyword that looks at other fields, by each engine."""
    return load_both(tmp_path_factory.mktemp("overlay"), SCHEMA)


def load_both(folder: Path, schema: dict[str, Any]) -> list[Catalog]:
    """The contract with an input that such a schema narrows, by each engine."""
    file = folder / "overlay.json"
    file.write_text(json.dumps({"schemas": {INPUT: schema}}))
    return [load_catalog(overlay=file, engine=engine) for engine in ("jsonschema", "jsonschema-rs")]


def find_rules(body: Any, catalog: Catalog) -> list[str]:
    """The rules that a body breaks, beside the warnings that each body for its model has."""
    findings = validate_request(body, catalog=catalog).findings
    return [finding.rule for finding in findings if finding.rule not in UNAVOIDABLE_RULES]


def test_bodies_with_dependent_fields_are_clean(catalogs: list[Catalog]) -> None:
    """Bodies are good where fields exclude or need each other, at any depth; each of those fields is drawn."""
    drawn = sample(requests(OPERATION, "grok", catalog=catalogs[1]), 2)
    assert [find_rules(body, catalog) for body in drawn for catalog in catalogs] == [[]] * 2 * len(drawn)
    assert set().union(*(body["input"] for body in drawn)) >= SCHEMA["properties"].keys()
    cameras = [shot["camera"] for body in drawn for shot in body["input"].get("shots", ()) if "camera" in shot]
    assert {each.get("move") for each in cameras} == {None, "pan", "zoom"}


def test_each_rule_on_dependent_fields_is_broken_alone(catalogs: list[Catalog]) -> None:
    """Each rule of such an input is broken by itself, down to an object in an object in a list."""
    rules = {rule.id for rule in catalogs[1].rules(INPUT)}
    assert rules - {rule.id for rule in breakable(OPERATION, "grok", catalog=catalogs[1])} == {f"{INPUT}#/type"}
    for rule in sorted(rules - {f"{INPUT}#/type"}):
        drawn = sample(broken_requests(OPERATION, "grok", rule=rule, catalog=catalogs[1]), 1, 2)
        assert [find_rules(broken.body, catalog) for broken in drawn for catalog in catalogs] == [[rule]] * 2 * len(
            drawn
        )


def test_ten_conditioned_fields_are_broken_alone(tmp_path: Path) -> None:
    """Ten fields in a chain of conditions, a pair that excludes the other, one that needs it: each rule is broken."""
    schema = {**chain(11), "not": {"required": ["f3", "f7"]}, "dependentRequired": {"f2": ["f9"]}}
    schema["required"] = ["prompt"]
    catalogs = load_both(tmp_path, schema)
    rules = {rule.id for rule in catalogs[1].rules(INPUT)} - {f"{INPUT}#/type"}
    assert rules <= {rule.id for rule in breakable(OPERATION, "grok", catalog=catalogs[1])}
    for broken in sample(broken_requests(OPERATION, "grok", catalog=catalogs[1]), 1, 50):
        assert [find_rules(broken.body, catalog) for catalog in catalogs] == [[broken.rule.id]] * 2
