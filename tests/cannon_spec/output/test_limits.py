"""Rules, defaults and prices in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cannon_spec import Catalog
from cannon_spec.contract.prices import build_price
from cannon_spec.output import limits
from tests.support.payloads import CATALOG


def test_a_row_has_the_rules_that_differ_in_their_requirement_only() -> None:
    """Rules on one field with the same condition and severity share a row, which names each claim once."""
    rules = limits.list_rules(CATALOG, "operations/image.generate/input")
    table = limits.tabulate_rules(rules)
    (prompt,) = (row for row in table if row[0] == "prompt")
    claims = "image-field-types (example), image-prompt-not-empty (assumed), prompt-not-blank (assumed)"
    assert prompt == (
        "prompt",
        "a string; at least 1 character; text with a visible character",
        "always",
        "error",
        claims,
    )


@pytest.mark.parametrize("schema", CATALOG.schemas)
def test_a_table_has_every_rule(schema: str) -> None:
    """Each rule of a schema is in a row with its field, condition, severity and claim; a field's rows are together."""
    rules = limits.list_rules(CATALOG, schema)
    _, *rows = limits.tabulate_rules(rules)
    for rule in rules:
        (row,) = (
            row
            for row in rows
            if (row[0], row[3]) == (rule.field or "the input", rule.severity)
            and (rule.condition or "always") in row[2].split("; or ")
            and limits.describe_limit(rule) in row[1].split("; ")
        )
        assert limits.cite_ids([rule.claim]) in row[4]
    fields = [row[0] for row in rows]
    assert [name for index, name in enumerate(fields) if name in fields[:index] and fields[index - 1] != name] == []


def test_a_limit_in_words(added_catalog: Catalog) -> None:
    """A limit on items says so, a pattern has its title, and an adjustment is named."""
    references = "operations/image.generate/input#/properties/reference_image_urls/items/"
    assert limits.describe_limit(CATALOG.rule_by_id(f"{references}pattern")) == "each item is an http or https address"
    assert limits.describe_limit(CATALOG.rule_by_id(f"{references}type")) == "each item is a string"
    closed = "operations/three_d.location.generate/input#/properties/angle_context/items/additionalProperties"
    assert limits.describe_limit(CATALOG.rule_by_id(closed)) == "each item: no other field"
    lengths = added_catalog.rule_by_id("models/clipper#/properties/seed/enum")
    assert limits.describe_limit(lengths) == "one of 1, 5 (the service normalises another number)"
    seconds = "operations/clip.generate/input#/properties/shots/items/properties/seconds/type"
    assert limits.describe_limit(added_catalog.rule_by_id(seconds)) == "a whole number"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({}, "always"),
        ({"model": "grok"}, 'model is "grok"'),
        ({"model": ["a", "b"], "audio": None}, 'model is one of "a", "b" and audio is absent'),
        ({"size": [None, "1K"]}, 'size is "1K" or absent'),
        ({"duration": {"minimum": 9, "maximum": 12}}, "duration is between 9 and 12"),
        ({"voice.speed": {"minimum": 2}}, "voice.speed is 2 or more"),
    ],
)
def test_the_condition_of_a_price_in_words(when: dict[str, Any], words: str) -> None:
    """Each form of a condition has words."""
    assert limits.describe_when(when) == words


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"credits": 1}, "1 credit"),
        ({"credits": 2.5}, "2.5 credits"),
        (
            {"credits": 7, "per": {"field": "duration", "unit": "second", "default": 4}},
            "7 credits for each second of duration (4 seconds if it is absent)",
        ),
        (
            {"credits": 3, "per": {"field": "text", "unit": "character", "amount": 1000}},
            "3 credits for each 1000 characters of text",
        ),
    ],
)
def test_a_price_in_words(entry: dict[str, Any], words: str) -> None:
    """A price has its credits, and what they are for."""
    assert limits.describe_cost(build_price(entry)) == words


def test_the_prices_of_a_model_are_those_that_it_may_have() -> None:
    """The prices of a model leave out those of other models, and those behind one that fits each of its requests."""
    operation = CATALOG.operations["image.generate"]
    assert [price.credits for price in limits.list_model_prices(operation, "gptimage2")] == [51, 81, 31]
    operation = CATALOG.operations["video.generate"]
    assert [dict(price.when) for price in limits.list_model_prices(operation, "nanobanana")] == [{}]


def test_a_price_is_fixed_if_it_is_single_and_documented(added_catalog: Catalog) -> None:
    """A single documented price is fixed; several, one by the second, or an assumed one are dynamic."""
    fixed = {each.id: limits.is_fixed_price(added_catalog, each) for each in added_catalog.operations.values()}
    assert (fixed["caption.write"], fixed["clip.generate"], fixed["image.generate"]) == (True, False, False)


def test_defaults_in_words(added_catalog: Catalog) -> None:
    """The default model comes first; a default under a condition on the model belongs to that model."""
    operation = added_catalog.operations["clip.generate"]
    _, *rows = limits.tabulate_defaults(added_catalog, operation.defaults)
    general_defaults = [("model", '"clipper"', "always"), ("duration", "4", "always")]
    assert [row[:3] for row in rows] == [
        *general_defaults,
        ("resolution", "the largest legal value", 'model is "clipper"'),
    ]
    _, *rows = limits.tabulate_defaults(added_catalog, limits.list_general_defaults(operation))
    assert [row[:3] for row in rows] == general_defaults
    _, *rows = limits.tabulate_defaults(added_catalog, limits.list_model_defaults(operation, "clipper"))
    assert [row[:3] for row in rows] == [("resolution", "the largest legal value", "always")]
    assert limits.list_model_defaults(operation, "tenfold") == []


def test_rules_that_differ_in_their_condition_only_share_a_row(added_catalog: Catalog) -> None:
    """Two conditions with the same requirement, severity and claim are joined by "or"."""
    rules = [
        replace(added_catalog.rule_by_id("models/tenfold#/properties/step_1/enum"), condition=each) for each in "ab"
    ]
    assert [row[2] for row in limits.tabulate_rules(rules)[1:]] == ["a; or b"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([4, 5, 6, 7, -1], "one of 4 to 7, -1"),
        ([1, 2, 4], "one of 1, 2, 4"),
        (["1", "2", "3"], 'one of "1", "2", "3"'),
        ([3], "3"),
        ([1, 2.0, 3], "one of 1, 2.0, 3"),
    ],
)
def test_a_run_of_whole_numbers_is_shown_by_its_ends(values: list[Any], words: str, added_catalog: Catalog) -> None:
    """Three or more whole numbers in a row are shown as a range."""
    rule = added_catalog.rule_by_id("models/tenfold#/properties/step_1/enum")
    assert limits.describe_limit(replace(rule, node={"enum": values})) == words
