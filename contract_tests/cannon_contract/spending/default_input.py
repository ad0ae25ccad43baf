"""The input that tests create with where they need no other: valid, small and cheap, from data alone (floor 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from cannon_contract.client.input_fields import change_fields
from cannon_contract.spending.price_list import PriceList
from cannon_spec import Catalog
from cannon_spec.completion import complete_input
from cannon_spec.contract.catalog import Operation, ServedModel
from cannon_spec.contract.prices import list_price_fields
from cannon_spec.example import build_example
from cannon_spec.validate import accepts_input

Input = Mapping[str, Any]


def find_default_input(catalog: Catalog, operation: str) -> Input:
    """Find the input of a create that needs no other, for our mock: the cheapest one with the default model.

    A model with a notice, or that was shut down, counts only where no other serves the operation.
    """
    served_operation = catalog.operations[operation]
    return _list_inputs(catalog, served_operation, _list_models(catalog, served_operation)[0])[0]


def find_documented_input(catalog: Catalog, operation: str, prices: PriceList) -> Input:
    """Find the input of a create that needs no other, for a server that need not accept more than the vendor documents.

    It is that of the vendor's shortest example, unless another input is known to cost less: it is in a price file, so
    a server has accepted it. Among inputs of one price the default model comes first, then models with documented
    identifiers. Where no page shows an input it is that for our mock.
    """
    served_operation = catalog.operations[operation]
    models = _list_models(catalog, served_operation)
    documented_inputs = catalog.documented_inputs_of(operation)
    other_inputs = [input for model in models for input in _list_inputs(catalog, served_operation, model)]
    inputs = [*documented_inputs, *other_inputs]
    estimates = [(prices.estimate({"operation": operation, "input": input}), input) for input in inputs]
    priced_inputs = [(price, input) for price, input in estimates if price is not None]
    if priced_inputs:
        return min(priced_inputs, key=lambda each: each[0])[1]
    return next(iter(documented_inputs), find_default_input(catalog, operation))


def find_cheapest_operation(catalog: Catalog, operations: Sequence[str], prices: PriceList) -> str:
    """Find the operation whose default input costs least.

    One with a notice, or that was shut down, comes after the others, then one whose price is unknown. What the contract
    says of its cost decides between operations of one price.
    """

    def rank(id_: str) -> tuple[bool, float, int]:
        operation, input = catalog.operations[id_], find_documented_input(catalog, id_, prices)
        price = prices.estimate({"operation": id_, "input": input})
        return _is_doubtful(operation), math.inf if price is None else price, _find_cost(catalog, operation, input)

    return min(operations, key=rank)


def _list_models(catalog: Catalog, operation: Operation) -> list[ServedModel | None]:
    """List the models to create with, the best first; None alone for an operation without models."""

    def rank(model: ServedModel) -> tuple[bool, bool]:
        return model.id != operation.default_model, model.claim.severity == "warning"

    models = catalog.models_of(operation.id)
    usable_models = [model for model in models if not _is_doubtful(model)] or models
    return [*sorted(usable_models, key=rank)] or [None]


def _is_doubtful(part: Operation | ServedModel) -> bool:
    """Whether the contract warns of an operation or a model on each use."""
    return bool(part.notices) or part.shut_down is not None


def _find_cost(catalog: Catalog, operation: Operation, input: Input) -> int:
    """Find the credits that an input costs by the contract."""
    return operation.find_cost(complete_input(catalog, operation, input).input).credits


def _list_inputs(catalog: Catalog, operation: Operation, model: ServedModel | None) -> list[Input]:
    """List small valid inputs, the cheapest by the contract first."""
    base_input = find_base_input(catalog, operation, model.id if model else None)
    price_fields = [name for name in list_price_fields(operation.prices) if name != "model" and "." not in name]
    values = [_list_values(catalog, operation, model, name) for name in price_fields]
    inputs: list[Input] = [
        change_fields(base_input, dict(zip(price_fields, each, strict=True))) for each in product(*values)
    ]
    valid_inputs = [input for input in inputs if accepts_input(catalog, operation.id, input)] or [base_input]
    return sorted(valid_inputs, key=lambda each: _find_cost(catalog, operation, each))


def find_base_input(catalog: Catalog, operation: Operation, model: str | None) -> Input:
    """Find a small valid input with a model: its example, without what can be left out and no output repeats."""
    input: Input = build_example(catalog, operation.id, model)["input"]
    fixed_fields = _list_fixed_fields(catalog, operation)
    for name in [name for name in reversed(list(input)) if name not in fixed_fields]:
        shorter_input = change_fields(input, {name: None})
        if accepts_input(catalog, operation.id, shorter_input):
            input = shorter_input
    return input


def _list_fixed_fields(catalog: Catalog, operation: Operation) -> set[str]:
    """List the fields that are required, and those that each output repeats: tests compare them.

    A field that decides which members the output has is left out where it can be.
    """
    schema, output = catalog.input_schema_of(operation), catalog.output_schema_of(operation)
    deciding_fields = operation.conditional_outputs.values()
    return {"model", *schema.get("required", ()), *(set(output.get("required", ())) - set(deciding_fields))}


def _list_values(catalog: Catalog, operation: Operation, model: ServedModel | None, name: str) -> list[Any]:
    """List the values of a field that the schemas name, cheap ones first, and last None for leaving it out."""
    schemas = [catalog.schemas[schema] for schema in (operation.input, model.schema if model else None) if schema]
    nodes = [schema.get("properties", {}).get(name, {}) for schema in schemas]
    values = [value for node in nodes for key in ("enum", "examples") for value in node.get(key, ())]
    values += [node["minimum"] for node in nodes if "minimum" in node]

    def find_lowest_price(value: Any) -> float:
        # A value that is expensive with other models may be expensive with this one too, even where its prices do not
        # depend on the field.
        prices = (price.credits for price in operation.prices if price.when.get(name) == value)
        return min(prices, default=-math.inf)

    return [*sorted(dict.fromkeys(values), key=find_lowest_price), None]
