"""What is known of an operation, a model, a field, a claim or a rule, as text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cannon_spec import Catalog, load_catalog
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.claim import Claim
from cannon_spec.named_rules import NAMED_RULES
from cannon_spec.output.explanations import explain_topic
from cannon_spec.output.fields import list_fields
from tests.support.payloads import CATALOG


@pytest.mark.parametrize("topic", ["gptimage2", "GPT Image 2", "gpt-image-2"])
def test_a_model_is_explained_by_any_name(topic: str) -> None:
    """A model is found by its identifier or name, whatever the case and punctuation."""
    text = explain_topic(CATALOG, topic)
    assert text.startswith("GPT Image 2 (OpenAI)\n  identifier  gptimage2 (example, model-id-gptimage2)\n")
    assert "serves      image.generate (documented)" in text


@pytest.mark.parametrize("model", CATALOG.models)
def test_the_explanation_of_a_model_is_complete(model: str) -> None:
    """The explanation of a model has each operation, each claim of its rules with the source, and each note."""
    text = explain_topic(CATALOG, model)
    for operation in CATALOG.operations_of(model):
        service = operation.models[model]
        assert f"For {operation.id}:" in text
        for rule in CATALOG.rules(service.schema) if service.schema else ():
            assert f"  {rule.claim.id}: {rule.claim.text}\n    {rule.claim.source}\n" in text + "\n"
        assert all(f"  {note.id} ({note.strength}): {note.text}" in text for note in service.notes)


@pytest.mark.parametrize("operation", CATALOG.operations)
def test_an_operation_is_explained_by_id_and_by_name(operation: str) -> None:
    """An operation is found by its identifier or name, also one that no page documents."""
    text, name = explain_topic(CATALOG, operation), CATALOG.operations[operation].name
    assert text.startswith(f"{operation} ({name})\n  identifier  ")
    assert explain_topic(CATALOG, name) == text
    assert [line for line in text.splitlines() if len(line) > 110 and not line.startswith("  ")] == []
    assert ("no page documents its input" in text) != CATALOG.operations[operation].is_covered


def test_the_explanation_of_an_operation_is_complete(added_catalog: Catalog) -> None:
    """It has media, price, output, fields, models, defaults, prices, warnings and notes, and fits a terminal."""
    text = explain_topic(added_catalog, "clip.generate")
    for part in (
        "  makes       a video (clip.mp4)\n",
        "  credits     dynamic\n",
        "  output      task_id, video_url, duration\n",
        "Warnings on each use:\n  clip-notice (documented): Clips are a legacy.\n    https://example.com/clips\n",
        "Fields: prompt, model, resolution, duration, ",
        "Tenfold  tenfold ",
        "shut down, 1 note\n",
        "duration  4 ",
        "7 credits for each second",
        "Not judged:\n  clip-note (upstream): A candidate takes 9 seconds only.",
    ):
        assert part in text, part
    tables = [line for line in text.splitlines() if "  " in line.strip()]
    assert max(map(len, tables)) <= 110


def test_the_explanation_of_a_model_that_is_shut_down(added_catalog: Catalog) -> None:
    """It has the shutdown first, then limits, defaults and prices of the model, and what is not judged."""
    text = explain_topic(added_catalog, "clip.generate tenfold")
    parts = [
        "Tenfold\n  identifier  tenfold (documented, clip-models)",
        "Warnings on each use:\n  tenfold-shut (upstream): The maker shut Tenfold down.",
        'without "seed" and',
        "Sources:",
        "Values of absent fields:",
        "Costs (the first row that fits counts):",
        "Not judged:\n  tenfold-note (assumed)",
    ]
    assert sorted(parts, key=text.index) == parts


def test_limits_that_two_operations_share_are_shown_once() -> None:
    """A model with the same limits for two operations has their table once."""
    copy = replace(CATALOG.operations["image.generate"], id="image.copy")
    catalog = replace(CATALOG, operations={"image.generate": CATALOG.operations["image.generate"], copy.id: copy})
    text = explain_topic(catalog, "grok")
    assert text.count("Sources:") == 1
    assert "For image.copy:\n\nIt takes the same as for image.generate." in text


def test_a_model_without_open_questions(tmp_path: Path) -> None:
    """A model whose limits are all judged has no list of what is not judged."""
    file = tmp_path / "mine.json"
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": draft, "title": "New", "properties": {"quality": {"enum": ["low"]}}}
    file.write_text(json.dumps({"models": {"new": {}}, "schemas": {"models/new": schema}}))
    text = explain_topic(load_catalog(overlay=file), "new")
    assert 'quality  "low"' in text
    assert "Not judged:" not in text


def test_a_model_without_a_schema(tmp_path: Path) -> None:
    """A model without a schema accepts every value, and says so."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"models": {"new": {"name": "New"}}}))
    catalog = load_catalog(overlay=file)
    text = explain_topic(catalog, "new")
    assert text.startswith("New\n  identifier  new (user, user-overlay)\n")
    assert "Nothing is known of what it takes: every value is accepted.\n" in text


@pytest.mark.parametrize("kind", ["rule", "behaviour", "gap"])
def test_a_claim_is_explained(kind: str) -> None:
    """The explanation of a claim has its text, strength, source, kind, what breaks it, the rules and prices on it."""
    rules = [rule for schema in CATALOG.schemas for rule in CATALOG.rules(schema)]
    prices = [(each.id, price.claim) for each in CATALOG.operations.values() for price in each.prices]
    for claim in (claim for claim in CATALOG.claims.values() if claim.kind == kind):
        rule_ids = [rule.id for rule in rules if rule.claim.id == claim.id]
        check_explanation(claim, rule_ids, [operation for operation, id_ in prices if id_ == claim.id])


def check_explanation(claim: Claim, rule_ids: list[str], prices: list[str]) -> None:
    """Check all parts of the explanation of a claim, on which those rules and the prices of those operations rest."""
    head, *parts = explain_topic(CATALOG, claim.id).split("\n\n")
    assert head == f"{claim.id}\n  {claim.text}\n  {claim.strength}: {claim.source}\n  kind: {claim.kind}"
    lists = {title: lines for title, *lines in (part.split("\n  ") for part in parts)}
    assert lists.pop("What breaks it:", []) == [*claim.breaks]
    assert lists.pop("What breaks it on our mock, and is only observed elsewhere:", []) == [*claim.observed]
    assert [line.split(": ")[0] for line in lists.pop("Rules that rest on it:", [])] == rule_ids
    assert [line.split(": ")[0] for line in lists.pop("Prices that rest on it:", [])] == prices
    assert lists == {}


def test_a_claim_on_prices_lists_them() -> None:
    """Each price that rests on it is listed with its operation, its credits and its condition."""
    text = explain_topic(CATALOG, "credits-price-scaled")
    assert '\n  image.generate: 51 credits, model is "gptimage2" and resolution is "2K"\n' in text
    assert "\n  prompt.enhance.image: 1 credit, always" in explain_topic(CATALOG, "enhance-price")


def test_a_rule_is_explained() -> None:
    """The explanation of a rule has its requirement, its condition, the severity and the evidence."""
    id_ = "models/gptimage2#/allOf/1/then/properties/resolution/enum"
    assert explain_topic(CATALOG, id_).splitlines() == [
        id_,
        '  GPT Image 2: resolution is "1K" when aspect_ratio is "auto" or absent',
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


def test_a_field_without_limits_is_explained() -> None:
    """P22: of a field that no rule limits its operation is named, what the vendor says of it, and that all is taken."""
    assert explain_topic(CATALOG, "reference_prompt_balance").splitlines() == [
        "reference_prompt_balance",
        "  a field of image.generate",
        "",
        "In image.generate:",
        "  The vendor lists this field without explaining it; any value is accepted.",
        "",
        "Every value is accepted.",
    ]


def test_a_field_is_explained_across_operations_and_models() -> None:
    """P22: models that take the same share a row, operations of which the same is known share a section."""
    text = explain_topic(CATALOG, "resolution")
    assert text.startswith("resolution\n  a field of image.generate, image.edit, video.generate, sora2.video.edit, ")
    *_, images, videos, sora = ("\n" + part for part in re.split(r"(?m)^In (?=image.edit|video|sora2)", text))
    assert re.search(r"\nFlux 2, Flux 2 Pro, +one of .1K., .2K. +always +warning +flux2-res", text)
    assert re.search(r"\nGPT Image 2 +the largest legal value +always +gptimage2-edit-largest-resolution", images)
    assert re.search(r"\nSeedance 2.0, Seedance 2.0 Fast, Veo +.720p. +always +seedance2-default-resolution", videos)
    assert re.search(r"\nNano Banana +no limit of its own is known\n", videos)
    assert "\n\nIt decides on: duration (Veo 3.1)\nIt decides the price: cannon-spec explain OPERATION" in videos
    assert sora.startswith("\nsora2.video.edit, sora2.video.extend and sora2.video.remix:\n")
    for operation in ("edit", "extend", "remix"):
        assert f"sora2-{operation}-field-types (example)" in sora


@pytest.mark.parametrize(
    "operation", [each for each in CATALOG.operations.values() if each.is_covered], ids=lambda it: it.id
)
def test_every_field_of_an_operation_is_explained(operation: Operation) -> None:
    """Each field is explained behind its operation, with each rule on it, and by its own name."""
    for field in list_fields(CATALOG, operation):
        text = explain_topic(CATALOG, f"{operation.id}.{field.name}")
        rules = [rule for rule in CATALOG.rules(str(operation.input)) if rule.field == field.name]
        assert f"In {operation.id}:" in text
        assert all(rule.claim.id in text for rule in rules)
        titles = re.findall(r"(?m)^In (.+):$", explain_topic(CATALOG, field.name))
        assert operation.id in {name for title in titles for name in re.split(", | and ", title)}


def test_the_explanation_of_a_field_has_the_rules_of_each_model() -> None:
    """It has the claims of the rules of each model, and names the fields that depend on it."""
    text = explain_topic(CATALOG, "image.generate aspect_ratio")
    for model in CATALOG.models_of("image.generate"):
        rules = [rule for rule in CATALOG.rules(str(model.schema)) if rule.field == "aspect_ratio"]
        assert all(rule.claim.id in text for rule in rules)
    assert "It decides on: resolution (GPT Image 2, Nano Banana 2)" in text


@pytest.mark.parametrize("topic", ["clip.generate duration", "clip.generate.duration", "clip.generate Duration"])
def test_a_field_of_one_operation(topic: str, added_catalog: Catalog) -> None:
    """A field behind an operation is explained for that operation alone, with its default and its example."""
    text = explain_topic(added_catalog, topic)
    assert text.startswith("duration\n  a field of clip.generate\n\nIn clip.generate:\n  for example 4\n")
    assert "\nClipper  10 or less " in text
    assert "\nany    4                always" in text


@pytest.mark.parametrize("topic", ["seconds", "shots.seconds", "clip.generate shots.seconds"])
def test_a_field_within_an_object(topic: str, added_catalog: Catalog) -> None:
    """A field within another is found by its last name or by its path."""
    assert explain_topic(added_catalog, topic).startswith("shots.seconds\n  a field of clip.generate\n")


def test_the_rules_on_the_presence_of_a_field(added_catalog: Catalog) -> None:
    """A field that is required, or that another excludes, says so; its parts and its description are shown."""
    assert 'the input: an object; with "prompt"' not in explain_topic(added_catalog, "clip.generate prompt")
    assert 'the input: with "prompt"' in explain_topic(added_catalog, "clip.generate prompt")
    assert 'Tenfold  the input: without "seed" and' in explain_topic(added_catalog, "seed_image_url")
    parts = explain_topic(added_catalog, "clip.generate shots")
    assert "  The parts of the clip.\n" in parts
    assert "shots.seconds: a whole number" in parts


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            "operations/image.edit/input#/additionalProperties",
            'the document has no other field than "prompt", "image_url",',
        ),
        ("operations/image.edit/input#/required", 'the document has "prompt", "image_url"'),
        (
            "operations/video.generate/input#/properties/reference_image_urls/items/type",
            "each item of reference_image_urls",
        ),
    ],
)
def test_a_rule_on_members_or_items_is_a_sentence(rule: str, sentence: str) -> None:
    """What a rule says of the members of an object, or of the items of a list, is a whole sentence."""
    assert f": {sentence}" in explain_topic(CATALOG, rule).splitlines()[1]


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("gptimage3", "unknown name gptimage3; it is another model, which no operation here has; of its family: gpt"),
        (
            "nano-banana-pro",
            "it is another model, which no operation here has; of its family: nanobanana, nanobanana2;",
        ),
        ("image_input", "did you mean reference_image_urls, source_image_urls or image_url?"),
        ("image.upscale", "of this kind: image.generate, image.edit;"),
        ("sora2.video.edi", "did you mean sora2.video.edit?"),
        ("model-unknwon", "did you mean model-unknown?"),
        ("tea", "unknown name tea; cannon-spec catalog and cannon-spec claims list the names"),
        ("", 'unknown name ""; cannon-spec catalog'),
        ("resolutoin", "unknown name resolutoin; did you mean resolution?"),
        ("image.generate sauce", "unknown name image.generate sauce;"),
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
