"""The limits of operations and models: a body that breaks one rule, and one for each model that breaks none."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import REFUSAL, SUCCESS, expect, expect_equal, expect_status
from cannon_contract.client.flows import (
    create,
    create_and_finish,
    create_and_succeed,
    expect_accepted,
    expect_success,
    poll_to_end,
)
from cannon_contract.client.media_files.measured_file import PictureSize
from cannon_contract.client.refusals import expect_refused, send_invalid
from cannon_contract.suite.breaches import build_breaking_body, find_valid_changes, list_breached_claims
from cannon_contract.suite.case_inputs import CATALOG, find_breaking_body, find_small_input
from cannon_contract.suite.cases import (
    each_capped_rule,
    each_model,
    each_normalised_rule,
    each_rule,
    each_upstream_rule,
)
from cannon_contract.suite.measured_outputs import expect_duration, find_expected_size, list_durations
from cannon_contract.suite.outputs import describe_result, read_image_size
from cannon_spec.contract.catalog import Rule
from cannon_spec.pointer import follow

_SIDE_OF_4K = 3840
"""The longer side of an image that is 4K: no definition of 4K has a shorter one."""


def _is_capping(api: Api) -> bool:
    """Whether a mock lowers a value instead of refusing it, where the vendor's words allow both."""
    return bool(api.read_switch("square_4k", "refuse") == "cap")


def _describe_breach(rule: Rule, body: Any) -> str:
    """What a create has that breaks a rule: ``with the resolution "4K", which breaks models/gptimage2#/…``."""
    path = () if rule.id.startswith("envelope/") else ("input", *filter(None, rule.field.split(".")))
    try:
        value = f"the {rule.field or 'body'} {show(follow(body, path))}"
    except LookupError:  # the field is absent, or in an item of a list
        breach = f"without {rule.field}" if rule.keyword == "required" else f"with another {rule.field}"
        return f"{breach}, which breaks {rule.id}"
    return f"with {value}, which breaks {rule.id}"


@each_rule()
def test_a_body_that_breaks_one_rule(api: Api, operation: str, rule: Rule) -> None:
    """A body that breaks a rule is refused; a rule that only warns is named by our mock, which accepts the body."""
    if rule.severity == "error":
        _check_refusal(api, operation, rule)
        return
    body = find_breaking_body(operation, rule.id)
    breach = _describe_breach(rule, body)
    response = send_invalid(api, body, breach)
    if not api.is_mock or api.read_switch("strict", False):
        expect_status(response, REFUSAL, breach)
    else:
        expect_status(response, SUCCESS, breach)
        warnings = response.headers.get("x-mock-warnings", "")
        expect(rule.id in warnings, f"x-mock-warnings of a create {breach}", rule.id, warnings)


def _check_refusal(api: Api, operation: str, rule: Rule) -> None:
    """Check that a body is refused for one breach: the target accepts it without that."""
    valid_body = api.build_body(**find_valid_changes(api.catalog.operations[operation], rule))
    body = build_breaking_body(valid_body, operation, rule)
    if body is None:  # it takes several changes, so it is not like any body that is known to be accepted
        body = find_breaking_body(operation, rule.id)
    expect_refused(api, body, _describe_breach(rule, body), *list_breached_claims(rule), valid_body=valid_body)


@each_upstream_rule()
@pytest.mark.needs("mock")
def test_what_only_the_provider_refuses_can_fail_late(api: Api, operation: str, rule: Rule) -> None:
    """A body that only the provider refuses is accepted, and fails where a scenario or a setting says so."""
    body, before = find_breaking_body(operation, rule.id), api.read_credits()
    what = f"of a create {_describe_breach(rule, body)}"
    end = create_and_finish(api, body, x_mock_scenario="failed-upstream")
    expect_equal(end["status"], "failed", f"the status {what} by the scenario failed-upstream")
    expect_equal(api.read_credits(), before, "creditsRemaining after a failure")
    is_late = api.read_switch("upstream_violations", "warn") == "fail-late"
    expect_equal(create_and_finish(api, body)["status"], "failed" if is_late else "succeeded", f"the status {what}")


@each_capped_rule()
def test_a_value_above_a_cap_is_refused_or_lowered(api: Api, operation: str, rule: Rule) -> None:
    """A value above a cap is refused, or the image shows that it was lowered: no page says which of the two."""
    body = find_breaking_body(operation, rule.id)
    breach = _describe_breach(rule, body)
    response = send_invalid(api, body, breach)
    cap_claim = rule.adjustment.claim if rule.adjustment else rule.claim.id
    if response.is_success:
        views = poll_to_end(api, expect_accepted(api, response, body))
        size = read_image_size(api, expect_success(views[-1])["output"])
        what, expected = f"the image of a create {breach}", f"sides below {_SIDE_OF_4K} pixels"
        expect(max(size) < _SIDE_OF_4K, what, expected, str(size), rule.claim.id)
        _check_lowered_size(api, body, rule, size)
    if api.is_mock:
        expect_status(response, SUCCESS if _is_capping(api) else REFUSAL, breach, cap_claim)
    elif response.is_success:
        api.note_value(cap_claim, "/settings/square_4k", "cap")
        api.note_deviation(cap_claim, f"a create {breach}: expected a refusal, got {response.status_code}")
    else:
        expect_status(response, REFUSAL, breach)


def _check_lowered_size(api: Api, body: dict[str, Any], rule: Rule, size: PictureSize) -> None:
    """Check that an image has the size that the table of its model gives for the lowered value."""
    expected_size = find_expected_size(api, _adjust(body, rule))
    what = f"the image of {rule.field} {show(body['input'][rule.field])}, lowered"
    expect_equal(str(size), f"{expected_size.width}x{expected_size.height}", what, *expected_size.claims[-1:])


@each_normalised_rule()
def test_a_value_between_legal_ones_is_normalised(api: Api, changes: dict[str, Any], rule: Rule) -> None:
    """A number that the service normalises is accepted, and gives the result of the nearest legal one, as long too."""
    body = api.build_body(**changes)
    legal_body = _adjust(body, rule)
    ends = [create_and_succeed(api, each) for each in (body, legal_body)]
    result, legal_result = (describe_result(api, *each) for each in zip((body, legal_body), ends, strict=True))
    value = f"{rule.field} {show(body['input'][rule.field])}"
    expect_equal(result, legal_result, f"the result of {value}, compared with that of the nearest legal value")
    if api.catalog.operations[api.operation].has_duration:
        durations, legal_durations = (list_durations(api, end["output"]) for end in ends)
        for (what, duration_s), (_, legal_duration_s) in zip(durations, legal_durations, strict=True):
            expect_duration(duration_s, legal_duration_s, f"{what}, made with {value},")


def _adjust(body: dict[str, Any], rule: Rule) -> dict[str, Any]:
    """A create body with the legal value that the service takes for its own."""
    return {**body, "input": {**body["input"], rule.field: rule.adjust(body["input"][rule.field])}}


@each_model()
def test_a_model_is_accepted_by_its_identifier(api: Api, operation: str, model: str) -> None:
    """A small body with each model is accepted."""
    input = find_small_input(CATALOG.operations[operation], model)
    create(api, {"operation": operation, "input": input})
