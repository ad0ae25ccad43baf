"""Rules that no schema states: operations that are assumed or undocumented, and what is said of each request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, UnknownName, load_catalog, validate_input, validate_request
from cannon_spec.example import build_example
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.named_rules import NAMED_RULES
from cannon_spec.strategies import breakable, requests
from cannon_spec.validate import accepts_input
from tests.cannon_spec.strategies.test_payloads import sample

OPERATION = "image.generate"


def claim(text: str, strength: str = "upstream") -> dict[str, str]:
    """A claim of the ledger."""
    return {"text": text, "strength": strength, "kind": "gap", "source": "https://example.com/news"}


CLAIMS = {
    "old": claim("It is old."),
    "slow": claim("It is slow."),
    "gone": claim("Its maker stopped it."),
    "guess": claim("The identifier is a guess.", "assumed"),
}
REMARKS = {
    "claim": "guess",
    "notices": ["old"],
    "shut_down": "gone",
    "models": {"flux2": {"notices": ["old", "slow"], "shut_down": "gone"}, "grok": {"notices": ["slow"]}},
}


def load(folder: Path, operations: dict[str, Any]) -> Catalog:
    """The contract with what a patch says of operations."""
    file = folder / "overlay.json"
    file.write_text(json.dumps({"claims": CLAIMS, "operations": operations}))
    return load_catalog(overlay=file)


@pytest.fixture(scope="module")
def remarked_catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The contract with an operation and models of which there is something to say."""
    return load(tmp_path_factory.mktemp("remarks"), {OPERATION: REMARKS})


def list_places(catalog: Catalog, model: str | None) -> list[tuple[str, str, str]]:
    """Path, rule and claim of each finding on a good body."""
    input = {"prompt": "a cat", **({} if model is None else {"model": model})}
    findings = validate_request({"operation": OPERATION, "input": input}, catalog=catalog).findings
    assert {finding.severity for finding in findings} == {"warning"}
    return [(each.path, each.rule, each.evidence.claim) for each in findings]


ON_OPERATION = [
    ("/operation", "notice", "old"),
    ("/operation", "operation-assumed", "guess"),
    ("/operation", "shut-down", "gone"),
]


@pytest.mark.parametrize(
    ("model", "places"),
    [
        (None, []),
        ("gptimage2", []),
        ("grok", [("/input/model", "notice", "slow"), ("/input/model", "model-assumed", "model-id-grok")]),
        ("flux2", [("/input/model", "notice", "slow"), ("/input/model", "model-assumed", "model-id-flux2")]),
    ],
)
def test_each_request_has_the_remarks(
    remarked_catalog: Catalog, model: str | None, places: list[tuple[str, str, str]]
) -> None:
    """Each claim is one warning, on the operation or on the model that names it; one of both is on the operation."""
    assert list_places(remarked_catalog, model) == sorted([*places, *ON_OPERATION])


def test_remarks_say_what_is_known(remarked_catalog: Catalog) -> None:
    """A notice has its claim's text and source; a shutdown says what may happen; an identifier says how it is known."""
    body = {"operation": OPERATION, "input": {"prompt": "a cat"}}
    texts = {each.rule: (each.message, each.hint) for each in validate_request(body, catalog=remarked_catalog).findings}
    assert texts == {
        "notice": ("It is old.", "the request is judged as documented; see https://example.com/news"),
        "operation-assumed": (
            '"image.generate" as the identifier of Generate Image is assumed, not documented',
            "if you know the right one, say so in an overlay file (--overlay)",
        ),
        "shut-down": (
            "Its maker stopped it.",
            "use another operation; the request is judged as the vendor documents it, and may be refused or fail",
        ),
    }


def test_remarks_stand_beside_errors(remarked_catalog: Catalog) -> None:
    """An input that breaks a rule has the remarks too, in the order of paths, and a bare input at paths of its own."""
    input = {"prompt": "", "model": "grok"}
    findings = validate_input(OPERATION, input, catalog=remarked_catalog).findings
    paths = [finding.path for finding in findings]
    assert (paths, len(paths)) == (sorted(paths), 6)
    assert set(paths) == {"", "/model", "/prompt"}
    assert validate_input(OPERATION, input, catalog=remarked_catalog, strictness="lenient").findings == findings[-1:]
    strict = validate_input(OPERATION, {"prompt": "a cat"}, catalog=remarked_catalog, strictness="strict")
    assert {each.severity for each in strict.findings} == {"warning"}


def test_remarks_are_no_reason_to_refuse_an_input(remarked_catalog: Catalog) -> None:
    """An input that has no finding but the remarks is accepted as an example is, and drawn by strategies."""
    assert accepts_input(remarked_catalog, OPERATION, build_example(remarked_catalog, OPERATION, "flux2")["input"])
    assert not accepts_input(remarked_catalog, OPERATION, {"prompt": ""})
    for body in sample(requests(OPERATION, "flux2", catalog=remarked_catalog), 1, 5):
        assert {each.rule for each in validate_request(body, catalog=remarked_catalog).findings} == UNAVOIDABLE_RULES


@pytest.mark.parametrize(
    ("strength", "severity"), [("example", "error"), ("documented", "error"), ("upstream", "warning")]
)
def test_an_unknown_model_is_as_grave_as_the_list_of_models(tmp_path: Path, strength: str, severity: str) -> None:
    """A model that is not listed is an error if the list is documented or shown, and a warning if it is weaker."""
    file = tmp_path / "overlay.json"
    patch = {
        "claims": {"list": claim("These models serve it.", strength)},
        "operations": {OPERATION: {"models_claim": "list"}},
    }
    file.write_text(json.dumps(patch))
    catalog = load_catalog(overlay=file)
    (finding,) = validate_input(OPERATION, {"prompt": "a cat", "model": "flux3"}, catalog=catalog).findings
    assert (finding.path, finding.rule, finding.severity) == ("/model", "model-unknown", severity)
    assert finding.evidence.claim == "list"


UNDOCUMENTED = {"name": "Paint a Fresco", "claim": "guess"}


@pytest.mark.parametrize("name", ["fresco.paint", "Fresco.Paint", "Paint a Fresco", "PAINT A FRESCO"])
def test_an_operation_without_a_page_is_never_unknown(tmp_path: Path, name: str) -> None:
    """An operation that exists without a page is a warning of its own, by id or display name in any case of letters."""
    catalog = load(tmp_path, {"fresco.paint": UNDOCUMENTED})
    (finding,) = validate_request({"operation": name, "input": {}}, catalog=catalog).findings
    assert (finding.path, finding.rule, finding.severity) == ("/operation", "operation-undocumented", "warning")
    assert finding.message == "fresco.paint (Paint a Fresco) exists, but no page documents its input"
    assert finding.evidence.claim == "guess"
    (bare_finding,) = validate_input(name, {}, catalog=catalog).findings
    assert (bare_finding.path, bare_finding.rule) == ("", "operation-undocumented")


def test_an_operation_known_by_its_name_alone_is_named_once(tmp_path: Path) -> None:
    """Where no page shows an identifier, the display name stands for it and is not repeated."""
    catalog = load(tmp_path, {"Paint a Fresco": UNDOCUMENTED})
    (finding,) = validate_input("paint a fresco", {}, catalog=catalog).findings
    assert finding.message == "Paint a Fresco exists, but no page documents its input"


@pytest.mark.parametrize("name", ["Generate Image", "image_generate", "Image.Generate"])
def test_a_misspelt_operation_is_unknown_with_its_identifier(name: str) -> None:
    """The display name of a documented operation, or its id in other letters, is unknown, and the hint has the id."""
    (finding,) = validate_request({"operation": name, "input": {"prompt": "x"}}).findings
    assert finding.rule == "operation-unknown"
    assert finding.hint.startswith('did you mean "image.generate"? covered: ')
    assert finding.fix == ({"op": "replace", "path": "/operation", "value": "image.generate"},)
    with pytest.raises(UnknownName):
        validate_input(name, {})


@pytest.fixture(scope="module")
def plain_catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The contract with an operation that has no models."""
    patch = {"models": None, "models_claim": None, "default_model": None}
    return load(tmp_path_factory.mktemp("plain"), {OPERATION: patch})


def test_without_models_no_model_is_judged(plain_catalog: Catalog) -> None:
    """An operation without models takes any text as a model, if its input has that field, and assumes no default."""
    assert validate_input(OPERATION, {"prompt": "a cat", "model": "flux3"}, catalog=plain_catalog).findings == ()
    assert validate_input(OPERATION, {"prompt": "a cat", "model": 3}, catalog=plain_catalog).errors
    assert plain_catalog.operations[OPERATION].default_model is None


def test_without_models_bodies_are_built(plain_catalog: Catalog) -> None:
    """Examples and strategies build bodies for an operation without models, with a free model field at most."""
    example = build_example(plain_catalog, OPERATION)
    assert validate_request(example, catalog=plain_catalog).findings == ()
    drawn = sample(requests(OPERATION, catalog=plain_catalog), 2, 20)
    assert [validate_request(body, catalog=plain_catalog).findings for body in drawn] == [()] * len(drawn)
    assert {"model" in body["input"] for body in drawn} == {True, False}
    rules = {rule.id for rule in breakable(OPERATION, catalog=plain_catalog)}
    assert "operations/image.generate/input#/properties/model/type" in rules
    assert not any(rule.startswith("models/") for rule in rules)
    with pytest.raises(UnknownName, match="grok is not a model that serves"):
        build_example(plain_catalog, OPERATION, "grok")


def test_each_named_rule_says_how_grave_it_is() -> None:
    """The text of a named rule says whether it is an error or a warning, and the unavoidable ones are warnings."""
    assert all("error" in text or "warning" in text for text in NAMED_RULES.values())
    assert all(NAMED_RULES[rule].startswith("A warning") for rule in UNAVOIDABLE_RULES)
