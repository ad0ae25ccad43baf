"""The limits of operation and models: a body that breaks just one rule, and one of each model that keeps them all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, find, settings

from cannon_contract.client.api import OPERATION, Api
from cannon_contract.client.flows import create, expect_not_account_error
from cannon_contract.client.outcomes import NotTested
from cannon_spec import load_catalog
from cannon_spec.contract.catalog import Model, Rule
from cannon_spec.strategies import breakable, broken_requests, requests

_FIRST = settings(database=None, derandomize=True, max_examples=1, phases=[Phase.generate])
_MODELS = "models/"


class _Box:
    """A body that is not written out where Hypothesis tells of it."""

    def __init__(self, body: Any) -> None:
        self.body = body


@cache
def _breaking(rule: str) -> Any:
    """The smallest body that breaks a rule and no other."""
    return find(broken_requests(OPERATION, rule=rule).map(lambda broken: _Box(broken.body)), bool, settings=_FIRST).body


@cache
def _keeping(model: str) -> Any:
    """The smallest body with a model that breaks no rule."""
    return find(requests(OPERATION, model).map(_Box), bool, settings=_FIRST).body


def _rules() -> Iterator[Any]:
    """Each rule with its claim, and what it takes to try it: one that is only assumed may not be enforced."""
    for rule in breakable(OPERATION):
        schema = rule.id.partition("#")[0]
        model = schema.removeprefix(_MODELS) if schema.startswith(_MODELS) else None
        priced = {"model": model, "resolution": None}
        marks = [pytest.mark.claim(rule.claim.id), pytest.mark.probes(1, **priced)]
        if rule.severity == "warning":
            marks = [marks[0], pytest.mark.creates(1, **priced), pytest.mark.needs("limits")]
        yield pytest.param(rule, marks=marks, id=rule.id)


def _models() -> Iterator[Any]:
    for model in load_catalog().models_of(OPERATION):
        marks = [pytest.mark.claim(model.claim.id), pytest.mark.creates(1, model=model.id, resolution=None)]
        yield pytest.param(model, marks=marks, id=model.id)


@pytest.mark.parametrize("rule", list(_rules()))
def test_a_body_that_breaks_one_rule(api: Api, rule: Rule) -> None:
    """It is refused; what our mock only warns of it accepts, and names the rule."""
    if rule.cap_claim and api.read_switch("square_4k", "refuse") == "cap":
        raise NotTested("this mock was told to lower the value")
    response = expect_not_account_error(api, api.create(_breaking(rule.id)))
    if rule.severity == "error" or not api.is_mock or api.read_switch("strict", False):
        assert response.is_client_error
    else:
        assert response.is_success
        assert rule.id in response.headers.get("x-mock-warnings", "")


@pytest.mark.parametrize("model", list(_models()))
def test_a_model_is_known_by_its_identifier(api: Api, model: Model) -> None:
    """The smallest body with each model is accepted."""
    assert create(api, _keeping(model.id))["operation"] == OPERATION
