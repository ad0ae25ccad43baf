"""The input that tests create with where they need no other: valid, small and cheap, from data alone (floor 6)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from cannon_contract.client.input_fields import change_fields
from cannon_contract.spending.price_list import PriceList
from cannon_spec import Catalog
from cannon_spec.contract.catalog import Operation, ServedModel
from cannon_spec.contract.prices import list_price_fields
from cannon_spec.example import build_example
from cannon_spec.validate import accepts_input

Input = Mapping[str, Any]


def find_default_input(catalog: Catalog, operation: str, prices: PriceList | None = None) -> Input:
    """Find the input of a create that needs no other: the cheapest by ``prices``.

    Without prices, and where none is known, it is the cheapest by the contract, with the operation's default model.
    Among inputs of one price the default model comes first, then models with documented identifiers.
    """
    served_operation = catalog.operations[operation]
    default_model = served_operation.default_model
    models = sorted(catalog.models_of(operation), key=lambda model: (model.id != default_model, _is_assumed(model)))
    if prices is not None:
        inputs = [input for model in models for input in _list_inputs(catalog, served_operation, model)]
        estimates = [(prices.estimate({"operation": operation, "input": input}), input) for input in inputs]
        priced_inputs = [(price, input) for price, input in estimates if price is not None]
        if priced_inputs:
            return min(priced_inputs, key=lambda each: each[0])[1]
    return _list_inputs(catalog, served_operation, models[0])[0]


def find_cheapest_operation(catalog: Catalog, operations: Sequence[str], prices: PriceList) -> str:
    """Find the operation whose default input costs least; one whose price is unknown comes after all others."""

    def estimate(operation: str) -> float:
        input = find_default_input(catalog, operation, prices)
        price = prices.estimate({"operation": operation, "input": input})
        return math.inf if price is None else price

    return min(operations, key=estimate)


def _is_assumed(model: ServedModel) -> bool:
    return model.claim.severity == "warning"


def _list_inputs(catalog: Catalog, operation: Operation, model: ServedModel) -> list[Input]:
    """List small valid inputs, the cheapest by the contract first."""
    example = build_example(catalog, operation.id, model.id)["input"]
    base_input = {name: value for name, value in example.items() if name in _list_fields(catalog, operation)}
    price_fields = [name for name in list_price_fields(operation.prices) if name != "model" and "." not in name]
    values = [_list_values(catalog, operation, model, name) for name in price_fields]
    inputs = [change_fields(base_input, dict(zip(price_fields, each, strict=True))) for each in product(*values)]
    valid_inputs = [input for input in inputs if accepts_input(catalog, operation.id, input)]
    return sorted(valid_inputs, key=lambda each: operation.find_cost(each).credits)


def _list_fields(catalog: Catalog, operation: Operation) -> set[str]:
    """List the fields that are required, and those that the output repeats: tests compare them."""
    schema = catalog.schemas[operation.input or ""]
    output = catalog.schemas[operation.output or ""]
    repeated_fields = schema["properties"].keys() & output.get("properties", {}).keys()
    return {"model", *schema.get("required", ()), *repeated_fields}


def _list_values(catalog: Catalog, operation: Operation, model: ServedModel, name: str) -> list[Any]:
    """List the values of a field that the schemas name, cheap ones first, and last None for leaving it out."""
    schemas = [catalog.schemas[schema] for schema in (operation.input, model.schema) if schema]
    nodes = [schema.get("properties", {}).get(name, {}) for schema in schemas]
    values = [value for node in nodes for key in ("enum", "examples") for value in node.get(key, ())]
    values += [node["minimum"] for node in nodes if "minimum" in node]

    def find_lowest_price(value: Any) -> float:
        # A value that is expensive with other models may be expensive with this one too, even where its prices do not
        # depend on the field.
        prices = (price.credits for price in operation.prices if price.when.get(name) == value)
        return min(prices, default=-math.inf)

    return [*sorted(dict.fromkeys(values), key=find_lowest_price), None]
