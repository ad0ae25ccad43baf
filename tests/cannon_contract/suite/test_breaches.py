"""Bodies that break one rule, and what a target breaks by accepting them."""

from __future__ import annotations

import pytest

from cannon_contract import claim_ids
from cannon_contract.suite.breaches import build_breaking_body, find_valid_changes, list_breached_claims
from cannon_contract.suite.case_inputs import fix_input
from cannon_spec import validate_request
from tests.support.payloads import CATALOG

OPERATION = CATALOG.operations["image.generate"]
EXAMPLE, WHOLE_EXAMPLE = CATALOG.documented_inputs_of(OPERATION.id)
INPUT = "operations/image.generate/input#"


@pytest.mark.parametrize(
    "rule",
    [
        f"{INPUT}/properties/style/type",
        f"{INPUT}/additionalProperties",
        f"{INPUT}/required",
        "envelope/create#/properties/webhook_url/type",
        "envelope/create#/type",
    ],
)
def test_a_breach_is_one_change_of_a_valid_body(rule: str) -> None:
    """The body breaks the rule alone, and has no null: a target may read that as an absent field."""
    valid_body = {"operation": OPERATION.id, "input": dict(EXAMPLE)}
    body = build_breaking_body(valid_body, OPERATION.id, CATALOG.rule_by_id(rule))
    assert [each.rule for each in validate_request(body).errors] == [rule]
    assert None not in (body, *(body or ()), *(body["input"].values() if body else ()))


@pytest.mark.parametrize(
    ("rule", "claim"),
    [
        (f"{INPUT}/properties/style/type", "image-field-types"),
        ("models/gptimage2#/properties/resolution/enum", "gptimage2-resolutions"),
        (f"{INPUT}/additionalProperties", claim_ids.CREATE_REFUSES_UNSHOWN),
        (f"{INPUT}/properties/reference_image_urls/items/pattern", claim_ids.CREATE_REFUSES_UNSHOWN),
        (f"{INPUT}/required", "image-prompt-required"),
        ("models/sora2-video#/allOf/0/then/properties/aspect_ratio/enum", claim_ids.CREATE_REFUSES_UNSHOWN),
    ],
)
def test_documented_words_and_types_demand_a_refusal(rule: str, claim: str) -> None:
    """An unknown field and the form of an example's value are in no words of the vendor: to accept them is observed."""
    assert list_breached_claims(CATALOG.rule_by_id(rule)) == (claim,)


def test_a_rule_of_a_model_is_broken_in_the_example_of_that_model() -> None:
    """What differs from a body of a page by one change is refused for that change."""
    rule = CATALOG.rule_by_id("models/gptimage2#/properties/resolution/enum")
    assert find_valid_changes(OPERATION, rule) == fix_input(OPERATION, WHOLE_EXAMPLE)
    assert find_valid_changes(OPERATION, CATALOG.rule_by_id(f"{INPUT}/required")) == {}
