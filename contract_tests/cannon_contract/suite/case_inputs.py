"""Bodies and inputs for the cases of the suite, found by the contract's data (floor 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hypothesis import Phase, find, settings

from cannon_contract.client.input_fields import change_fields
from cannon_spec import load_catalog
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.prices import Price, find_price
from cannon_spec.example import build_example
from cannon_spec.strategies import broken_requests, requests
from cannon_spec.validate import accepts_input

CATALOG = load_catalog()

Input = dict[str, Any]

_SQUARES = ("1:1", "auto")
"""Ratios to try last: a square has the same size under many wrong tables, so it shows less of a mistake."""

_FIRST = settings(database=None, derandomize=True, max_examples=1, phases=[Phase.generate])


class _Box:
    """A body that Hypothesis does not print."""

    def __init__(self, body: Any) -> None:
        self.body = body


@cache
def find_breaking_body(operation: str, rule: str) -> Any:
    """The smallest body of an operation that breaks a rule and no other."""
    bodies = broken_requests(operation, rule=rule).map(lambda breach: _Box(breach.body))
    return find(bodies, bool, settings=_FIRST).body


@cache
def find_valid_body(operation: str, model: str) -> Any:
    """The smallest body of an operation with a model that breaks no rule."""
    return find(requests(operation, model).map(_Box), bool, settings=_FIRST).body


def read_input_schema(operation: Operation) -> Mapping[str, Any]:
    """The schema of the input of a covered operation."""
    return CATALOG.schemas[str(operation.input)]


def fix_input(operation: Operation, input: Mapping[str, Any]) -> Input:
    """The changes that turn any input of an operation into this one: None for each field that it leaves out."""
    return {**dict.fromkeys(read_input_schema(operation)["properties"]), **input}


def change_model(operation: Operation, model: str | None) -> Input:
    """The changes that give an input a model, and leave out what else decides between prices."""
    conditions = {name for price in operation.prices for name in price.when if "." not in name}
    required_fields = set(read_input_schema(operation).get("required", ()))
    return {
        **dict.fromkeys(sorted(conditions - required_fields)),
        **({"model": model} if "model" in conditions else {}),
    }


def find_input_of_price(operation: Operation, price: Price) -> Input | None:
    """A small valid input that has a price; None where only a model that the contract does not name can have it."""
    fields = {name: _choose_value(condition) for name, condition in price.when.items()}
    models = [model.id for model in CATALOG.models_of(operation.id) if fields.get("model", model.id) == model.id]
    inputs = (change_fields(base, fields) for model in models for base in _list_bases(operation, model))
    return next(
        (
            each
            for each in inputs
            if find_price(operation.prices, each) == price and accepts_input(CATALOG, operation.id, each)
        ),
        None,
    )


def list_table_sizes(operation: Operation) -> Iterator[tuple[Input, str, str]]:
    """Inputs with the image size that a table gives them, and the claim of the table.

    There is one for each model with a table, at its default resolution, and one more for the largest images of the
    operation's default model: each may cost credits.
    """
    for model, table in CATALOG.media["image"]["models"].items():
        is_default = model == operation.data["default_model"]["id"]
        for tier in (None, *([*table["sizes"]][-1:] if is_default else [])):
            sizes = table["sizes"][tier or table["resolution"]]
            ratios = sorted(sizes, key=_SQUARES.__contains__)
            input = _find_image_input(operation, model, ({"resolution": tier, "aspect_ratio": each} for each in ratios))
            if input is not None:
                yield input, sizes[input["aspect_ratio"]], table["claim"]


def find_computed_size(operation: Operation) -> Input | None:
    """A valid input with a resolution and a ratio for the first model without a table; None where each has one."""
    image = CATALOG.media["image"]
    fields = [{"resolution": tier, "aspect_ratio": "16:9"} for tier in image["computed"]["side"]]
    models = [model.id for model in CATALOG.models_of(operation.id) if model.id not in image["models"]]
    inputs = (_find_image_input(operation, model, fields) for model in models)
    return next((input for input in inputs if input is not None), None)


def _find_image_input(operation: Operation, model: str, fields: Any) -> Input | None:
    if model not in {each.id for each in CATALOG.models_of(operation.id)}:
        return None
    base = next(_list_bases(operation, model))
    inputs = (change_fields(base, each) for each in fields)
    return next((input for input in inputs if accepts_input(CATALOG, operation.id, input)), None)


def _list_bases(operation: Operation, model: str) -> Iterator[Input]:
    """Inputs with a model: what is required alone, then with more and more fields of an example."""
    example = build_example(CATALOG, operation.id, model)["input"]
    required_fields = ("model", *read_input_schema(operation).get("required", ()))
    base = {name: value for name, value in example.items() if name in required_fields}
    yield base
    for name in example.keys() - base.keys():
        base = {**base, name: example[name]}
        yield base


def _choose_value(condition: Any) -> Any:
    """A value that meets a condition of a price; None for a field that must be absent."""
    if isinstance(condition, Mapping):
        return condition.get("minimum", condition.get("maximum"))
    return condition[0] if isinstance(condition, list) else condition
