"""What is known of a model, an operation, a claim or a rule, as text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cannon_spec import load_catalog
from cannon_spec.contract.catalog import Claim, ServedModel
from cannon_spec.output import tables
from cannon_spec.output.explanations import explain_topic
from cannon_spec.validate import NAMED_RULES
from tests.support.payloads import CATALOG


@pytest.mark.parametrize("topic", ["gptimage2", "GPT Image 2", "gpt-image-2"])
def test_a_model_is_explained_by_any_name(topic: str) -> None:
    """A model is found by its identifier or name, whatever the case and punctuation."""
    text = explain_topic(CATALOG, topic)
    assert text.startswith("GPT Image 2 (OpenAI)\n  identifier  gptimage2 (example, model-id-gptimage2)\n")
    assert "serves      image.generate (documented)" in text


@pytest.mark.parametrize(
    "model",
    [model for operation in CATALOG.operations.values() for model in operation.models.values()],
    ids=lambda model: f"{model.service_claim.id}-{model.id}",
)
def test_the_explanation_of_a_model_is_complete(model: ServedModel) -> None:
    """The explanation of a model has each claim of its rules with the source, and each claim that no rule judges."""
    text = explain_topic(CATALOG, model.id)
    rules = list(CATALOG.rules(model.schema or ""))
    for rule in rules:
        assert f"  {rule.claim.id}: {rule.claim.text}\n    {rule.claim.source}\n" in text + "\n"
    assert all(f"  {note.id} ({note.strength}): {note.text}" in text for note in model.notes)


def test_a_model_without_open_questions(tmp_path: Path) -> None:
    """A model whose limits are all judged has no list of what is not judged."""
    file = tmp_path / "mine.json"
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": draft, "title": "New", "properties": {"quality": {"enum": ["low"]}}}
    file.write_text(json.dumps({"models": {"new": {}}, "schemas": {"models/new": schema}}))
    text = explain_topic(load_catalog(overlay=file), "new")
    assert "quality  one of" in text
    assert "Not judged:" not in text


def test_a_model_without_a_schema(tmp_path: Path) -> None:
    """A model without a schema accepts every value, and says so."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"models": {"new": {"name": "New"}}}))
    catalog = load_catalog(overlay=file)
    text = explain_topic(catalog, "new")
    assert text.startswith("New\n  identifier  new (user, user-overlay)\n")
    assert text.endswith("Nothing is known of what it takes: every value is accepted.")
    row = tables.tabulate_models(catalog, "image.generate")[-1]
    assert row == ("New", "`new` (user)", "anything", "anything", "anything", "anything", "nothing")


@pytest.mark.parametrize("claim", CATALOG.claims.values(), ids=lambda claim: claim.id)
def test_a_claim_is_explained(claim: Claim) -> None:
    """The explanation of a claim has its text, strength, source and kind, and every rule that rests on it."""
    text = explain_topic(CATALOG, claim.id)
    assert text.startswith(f"{claim.id}\n  {claim.text}\n  {claim.strength}: {claim.source}\n  kind: {claim.kind}")
    rule_ids = [rule.id for schema in CATALOG.schemas for rule in CATALOG.rules(schema) if rule.claim.id == claim.id]
    assert [line.split(": ")[0].strip() for line in text.splitlines()[6:]] == rule_ids


def test_a_rule_is_explained() -> None:
    """The explanation of a rule has its requirement, its condition, the severity and the evidence."""
    id_ = "models/gptimage2#/allOf/1/then/properties/resolution/enum"
    assert explain_topic(CATALOG, id_).splitlines() == [
        id_,
        '  GPT Image 2: resolution is one of "1K" when aspect_ratio is "auto" or absent',
        "  a violation is a warning",
        "  gptimage2-auto-1k (upstream): " + CATALOG.claims["gptimage2-auto-1k"].text,
        "  https://docs.kie.ai/market/gpt/gpt-image-2-text-to-image",
    ]
    text = explain_topic(CATALOG, "envelope/create#/type")
    assert "the create body: the document is an object" in text
    assert "a violation is an error" in text


@pytest.mark.parametrize("rule", NAMED_RULES)
def test_a_rule_without_a_keyword_is_explained(rule: str) -> None:
    """Each rule that is no keyword of a schema has an explanation."""
    assert explain_topic(CATALOG, rule) == f"{rule}\n  {NAMED_RULES[rule]}"


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
def test_an_unknown_name_is_a_lookup_error(topic: str, words: str) -> None:
    """An unknown name raises LookupError, with the nearest name or with where to look."""
    with pytest.raises(LookupError) as error:
        explain_topic(CATALOG, topic)
    assert words in error.value.args[0]
