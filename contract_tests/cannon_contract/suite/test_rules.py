"""The limits of operations and models: a body that breaks one rule, and one for each model that breaks none."""

from __future__ import annotations

from cannon_contract.client.api import Api
from cannon_contract.client.flows import create, expect_not_account_error
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.case_inputs import find_breaking_body, find_valid_body
from cannon_contract.suite.cases import each_capped_rule, each_model, each_rule
from cannon_spec.contract.catalog import Rule


def _is_capping(api: Api) -> bool:
    """Whether a mock lowers a value instead of refusing it, where the vendor's words allow both."""
    return bool(api.read_switch("square_4k", "refuse") == "cap")


@each_rule()
def test_a_body_that_breaks_one_rule(api: Api, operation: str, rule: Rule) -> None:
    """A body that breaks a rule is refused; a rule that only warns is named by our mock, which accepts the body."""
    if rule.cap_claim and _is_capping(api):
        raise NotTested("this mock lowers the value instead of refusing it")
    response = expect_not_account_error(api, api.create(find_breaking_body(operation, rule.id)))
    if rule.severity == "error" or not api.is_mock or api.read_switch("strict", False):
        assert response.is_client_error
    else:
        assert response.is_success
        assert rule.id in response.headers.get("x-mock-warnings", "")


@each_capped_rule()
def test_a_value_above_a_cap_is_refused(api: Api, operation: str, rule: Rule) -> None:
    """A value that the vendor's words allow to be lowered is refused, or lowered where the mock was told so."""
    response = expect_not_account_error(api, api.create(find_breaking_body(operation, rule.id)))
    assert response.is_success is _is_capping(api)


@each_model()
def test_a_model_is_accepted_by_its_identifier(api: Api, operation: str, model: str) -> None:
    """The smallest body with each model is accepted."""
    assert create(api, find_valid_body(operation, model))["operation"] == operation
