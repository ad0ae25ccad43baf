"""Tables for a terminal and for Markdown, and what is known of a topic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cannon_spec import load_catalog
from cannon_spec.contract.keywords import describe_requirement
from cannon_spec.output import explanations, tables
from cannon_spec.validate import WORDS
from tests.support.payloads import CATALOG


def test_columns_are_aligned() -> None:
    """A text table has a rule under its head, columns as wide as their widest cell, and no trailing blanks."""
    assert tables.render_text([("a", "bb"), ("ccc", "d"), ("", "e")]) == "a    bb\n---  --\nccc  d\n     e"


def test_long_cells_are_wrapped() -> None:
    """A long cell goes on below itself, and nothing of it is lost."""
    long = " ".join(["word"] * 20)
    lines = tables.render_text([("a", "b"), (long, "x"), ("y", "z")]).splitlines()
    assert max(map(len, lines)) < 45
    assert " ".join(lines[2:-1]).split().count("word") == 20
    assert lines[2].endswith("  x")
    assert lines[-1].split() == ["y", "z"]


def test_markdown_cells_hold_their_bars() -> None:
    """A Markdown table has a delimiter row, and a bar within a cell is escaped."""
    assert tables.render_markdown([("a", "b"), ("c|d", "")]) == "| a | b |\n| --- | --- |\n| c\\|d |  |"


def test_every_operation_has_a_row() -> None:
    """The operations' table has a head and a row for each, with whether it is covered."""
    head, *rows = tables.tabulate_operations(CATALOG)
    assert len(head) == 4
    assert [row[0] for row in rows] == list(CATALOG.operations)
    assert [row[0] for row in rows if row[2] == "yes"] == ["image.generate"]
    assert ("prompt.enhance.location", "Enhance Location Prompt", "not yet", "assumed") in rows


def test_every_model_has_a_row() -> None:
    """The models' tables have a row for each model, in the order of the catalog."""
    assert [row[1] for row in tables.tabulate_identifiers(CATALOG, "image.generate")[1:]] == list(CATALOG.models)
    assert len(tables.tabulate_models(CATALOG, "image.generate")) == 1 + len(CATALOG.models)
    assert len(tables.tabulate_models(CATALOG, "image.edit")) == 1


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=lambda model: model.id)
def test_a_models_row_has_all_its_rules(model: tables.Model) -> None:
    """What a model takes, under each condition and however it is known, stands in its row of the table."""
    head, *rows = tables.tabulate_models(CATALOG, "image.generate")
    (row,) = [row for row in rows if row[1].startswith(f"`{model.id}`")]
    assert len(row) == len(head)
    assert f"({model.claim.strength})" in row[1]
    for rule in CATALOG.rules(model.schema or ""):
        takes = ", ".join(rule.value) if rule.keyword == "enum" else describe_requirement(rule.keyword, rule.value)
        assert any(takes in cell and rule.condition in cell and f"({rule.claim.strength})" in cell for cell in row)


def test_a_models_row_has_rules_on_any_field(tmp_path: Path) -> None:
    """A field has a column of its own once a model narrows it."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"schemas": {"models/grok": {"properties": {"quality": {"enum": ["low"]}}}}}))
    assert "quality" not in tables.tabulate_models(CATALOG, "image.generate")[0]
    head, *rows = tables.tabulate_models(load_catalog(overlay=file), "image.generate")
    assert next(row for row in rows if row[0] == "Grok")[head.index("quality")] == "low (user)"


@pytest.mark.parametrize("topic", ["gptimage2", "GPT Image 2", "gpt-image-2"])
def test_a_model_is_explained_by_any_name(topic: str) -> None:
    """A model is found by its identifier, its name, or either with other punctuation."""
    text = explanations.explain_topic(CATALOG, topic)
    assert text.startswith("GPT Image 2 (OpenAI)\n  identifier  gptimage2 (example, model-id-gptimage2)\n")
    assert "serves      image.generate (documented)" in text


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=lambda model: model.id)
def test_a_model_is_explained_whole(model: tables.Model) -> None:
    """What is known of a model names each claim that it rests on with its source, and what is not judged."""
    text = explanations.explain_topic(CATALOG, model.id)
    rules = list(CATALOG.rules(model.schema or ""))
    assert rules
    for rule in rules:
        assert f"  {rule.claim.id}: {rule.claim.text}\n    {rule.claim.source}\n" in text + "\n"
    gaps = [each for each in CATALOG.claims.values() if each.kind == "gap" and each.id.startswith(f"{model.id}-")]
    assert {*gaps} <= {*model.notes}
    assert all(f"  {note.id} ({note.strength}): {note.text}" in text for note in model.notes)


def test_a_model_of_which_nothing_is_known(tmp_path: Path) -> None:
    """A model without a schema takes everything, and has no maker to name."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"models": {"new": {"name": "New"}}}))
    known = load_catalog(overlay=file)
    text = explanations.explain_topic(known, "new")
    assert text.startswith("New\n  identifier  new (user, user-overlay)\n")
    assert text.endswith("Nothing is known of what it takes: every value is accepted.")
    row = tables.tabulate_models(known, "image.generate")[-1]
    assert row == ("New", "`new` (user)", "anything", "anything", "anything", "anything", "nothing")


@pytest.mark.parametrize("claim", CATALOG.claims.values(), ids=lambda claim: claim.id)
def test_a_claim_is_explained(claim: tables.Claim) -> None:
    """What is known of a claim is its text, strength, source and kind, and every rule that rests on it."""
    text = explanations.explain_topic(CATALOG, claim.id)
    assert text.startswith(f"{claim.id}\n  {claim.text}\n  {claim.strength}: {claim.source}\n  kind: {claim.kind}")
    resting = [rule.id for schema in CATALOG.schemas for rule in CATALOG.rules(schema) if rule.claim.id == claim.id]
    assert [line.split(": ")[0].strip() for line in text.splitlines()[6:]] == resting


def test_a_rule_is_explained() -> None:
    """What is known of a rule is what it asks, when, how a violation counts, and on what evidence."""
    id_ = "models/gptimage2#/allOf/1/then/properties/resolution/enum"
    assert explanations.explain_topic(CATALOG, id_).splitlines() == [
        id_,
        '  GPT Image 2: resolution is one of "1K" when aspect_ratio is "auto" or absent',
        "  a violation is a warning",
        "  gptimage2-auto-1k (upstream): " + CATALOG.claims["gptimage2-auto-1k"].text,
        "  https://docs.kie.ai/market/gpt/gpt-image-2-text-to-image",
    ]
    whole = explanations.explain_topic(CATALOG, "envelope/create#/type")
    assert "the create body: the document is an object" in whole
    assert "a violation is an error" in whole


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_judge_is_explained(word: str) -> None:
    """Each rule that is no keyword of a schema is explained by its own word."""
    assert explanations.explain_topic(CATALOG, word) == f"{word}\n  {WORDS[word]}"


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("gptimage3", "unknown name gptimage3; did you mean gptimage2?"),
        ("model-unknwon", "did you mean model-unknown?"),
        ("tea", "unknown name tea; cannon-spec catalog and cannon-spec claims list the names"),
        ("", 'unknown name ""; cannon-spec catalog'),
        ("models/gptimage2#/title/x", "unknown name models/gptimage2#/"),
        ("models/gptimage2#/properties/resolution/enum/0", "unknown name models/gptimage2#/"),
        ("models/gptimage2#/allOf/" + "9" * 5000 + "/x", "unknown name models/gptimage2#/"),
    ],
)
def test_what_is_not_known_is_a_lookup_error(topic: str, words: str) -> None:
    """Another word raises LookupError with the nearest topic, or with where to look."""
    with pytest.raises(LookupError) as caught:
        explanations.explain_topic(CATALOG, topic)
    assert words in caught.value.args[0]


def test_a_table_that_fits_nowhere_is_written_all_the_same() -> None:
    """A table with more columns than a line can hold keeps every cell."""
    row = [f"cell {number} of a row that is long" for number in range(12)]
    lines = tables.render_text([row, row]).splitlines()
    assert " ".join(lines).count("cell") == 24
