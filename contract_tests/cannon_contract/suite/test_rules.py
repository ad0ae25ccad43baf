"""The limits of operations and models: a body that breaks one rule, and one for each model that breaks none."""

from __future__ import annotations

from cannon_contract.client.api import Api
from cannon_contract.client.flows import create, create_and_succeed, create_breaking
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.case_inputs import CATALOG, find_breaking_body, find_small_input
from cannon_contract.suite.cases import each_capped_rule, each_model, each_normalised_rule, each_rule
from cannon_contract.suite.outputs import describe_result
from cannon_spec.contract.catalog import Rule


def _is_capping(api: Api) -> bool:
    """Whether a mock lowers a value instead of refusing it, where the vendor's words allow both."""
    return bool(api.read_switch("square_4k", "refuse") == "cap")


@each_rule()
def test_a_body_that_breaks_one_rule(api: Api, operation: str, rule: Rule) -> None:
    """A body that breaks a rule is refused; a rule that only warns is named by our mock, which accepts the body."""
    if rule.adjustment is not None and rule.adjustment.kind == "cap" and _is_capping(api):
        raise NotTested("this mock lowers the value instead of refusing it")
    response = create_breaking(api, find_breaking_body(operation, rule.id))
    if rule.severity == "error" or not api.is_mock or api.read_switch("strict", False):
        assert response.is_client_error
    else:
        assert response.is_success
        assert rule.id in response.headers.get("x-mock-warnings", "")


@each_capped_rule()
def test_a_value_above_a_cap_is_refused(api: Api, operation: str, rule: Rule) -> None:
    """A value that the vendor's words allow to be lowered is refused, or lowered where the mock was told so."""
    response = create_breaking(api, find_breaking_body(operation, rule.id))
    assert response.is_success is _is_capping(api)


@each_normalised_rule()
def test_a_value_between_legal_ones_is_normalised(api: Api, operation: str, rule: Rule) -> None:
    """A number that the service normalises is accepted, and gives the result of the nearest legal one."""
    body = find_breaking_body(operation, rule.id)
    legal_body = {**body, "input": {**body["input"], rule.field: rule.adjust(body["input"][rule.field])}}
    ends = [create_and_succeed(api, each) for each in (body, legal_body)]
    assert describe_result(api, body, ends[0]) == describe_result(api, legal_body, ends[1])


@each_model()
def test_a_model_is_accepted_by_its_identifier(api: Api, operation: str, model: str) -> None:
    """A small body with each model is accepted."""
    input = find_small_input(CATALOG.operations[operation], model)
    assert create(api, {"operation": operation, "input": input})["operation"] == operation
