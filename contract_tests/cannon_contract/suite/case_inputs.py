"""Bodies and inputs for the cases of the suite, found by the contract's data (floor 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from hypothesis import Phase, find, settings

from cannon_contract.client.input_fields import change_fields
from cannon_contract.spending.default_input import find_base_input
from cannon_contract.suite.outputs import list_shown_fields
from cannon_spec.completion import complete_input
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.load import default_catalog
from cannon_spec.contract.prices import Price, find_price, list_price_fields
from cannon_spec.errors import UnknownName
from cannon_spec.example import build_example
from cannon_spec.strategies import broken_requests
from cannon_spec.validate import accepts_input

CATALOG = default_catalog()

Input = dict[str, Any]

_SIZE_FIELDS = ("model", "resolution", "aspect_ratio")
"""The fields that decide the size of an image."""

_FIRST = settings(database=None, derandomize=True, max_examples=1, phases=[Phase.generate])


class _Box:
    """A body that Hypothesis does not print."""

    def __init__(self, body: Any) -> None:
        self.body = body


@cache
def find_breaking_body(operation: str, rule: str) -> Any:
    """A small body of an operation that breaks a rule and no other."""
    served_operation, schema = CATALOG.operations[operation], rule.partition("#")[0]
    models = [model.id for model in CATALOG.models_of(operation) if model.schema == schema]
    # With one model the rule is found much faster than among all models.
    for model in (*models, served_operation.default_model):
        with suppress(UnknownName):
            bodies = broken_requests(operation, model, rule=rule).map(lambda breach: _Box(breach.body))
            return find(bodies, bool, settings=_FIRST).body
    return find(broken_requests(operation, rule=rule).map(lambda breach: _Box(breach.body)), bool, settings=_FIRST).body


def find_small_input(operation: Operation, model: str | None) -> Input:
    """A small valid input of an operation with a model, or without one."""
    return dict(find_base_input(CATALOG, operation, model))


def complete(operation: Operation, input: Mapping[str, Any]) -> Input:
    """An input with the values that the service takes for the fields that it leaves out."""
    return complete_input(CATALOG, operation, input).input


def fix_input(operation: Operation, input: Mapping[str, Any]) -> Input:
    """The changes that turn any input of an operation into this one: None for each field that it leaves out."""
    return {**dict.fromkeys(CATALOG.input_schema_of(operation)["properties"]), **input}


def change_model(operation: Operation, model: str | None) -> Input:
    """The changes that give an input a model, and leave out what else decides between prices."""
    changes = leave_out_price_fields(operation)
    return {**changes, "model": model} if "model" in changes else changes


def leave_out_price_fields(operation: Operation) -> Input:
    """The changes that leave out each field that an operation's price depends on, but for required ones."""
    required_fields = CATALOG.input_schema_of(operation).get("required", ())
    names = (name for name in list_price_fields(operation.prices) if "." not in name and name not in required_fields)
    return dict.fromkeys(names)


def find_input_of_price(operation: Operation, price: Price) -> Input | None:
    """A small valid input that has a price; None where only a model that the contract does not name can have it."""
    fields = {name: _choose_value(condition) for name, condition in price.when.items()}
    inputs = (change_fields(base, fields) for base in _list_all_bases(operation, fields.get("model")))
    return next(
        (
            each
            for each in inputs
            if find_price(operation.prices, complete(operation, each)) == price
            and accepts_input(CATALOG, operation.id, each)
        ),
        None,
    )


def find_input_with_all_outputs(operation: Operation) -> Input | None:
    """A valid input with each field that an output depends on; None where no output depends on a field."""
    fields = set(operation.conditional_outputs.values())
    inputs = (each for each in _list_all_bases(operation) if fields and fields <= each.keys())
    return next((each for each in inputs if accepts_input(CATALOG, operation.id, each)), None)


def list_defaults(operation: Operation) -> tuple[tuple[Input, str, Any, str], ...]:
    """Inputs that leave out a field with a default: the input, the field, its default, and the claim of that.

    A default that no result depends on is left out: nobody can tell whether the service takes it.
    """
    return _find_defaults(operation.id)


@cache
def _find_defaults(operation_id: str) -> tuple[tuple[Input, str, Any, str], ...]:
    operation = CATALOG.operations[operation_id]
    return (*_list_field_defaults(operation), *_list_property_defaults(operation))


def _list_field_defaults(operation: Operation) -> Iterator[tuple[Input, str, Any, str]]:
    for default in operation.defaults:
        field, claim = default["field"], default["claim"]
        bases = list(_list_all_bases(operation))
        # What a page says, it says of inputs like its example: that has the most fields.
        for base in reversed(bases) if CATALOG.claims[claim].severity == "error" else bases:
            input = change_fields(base, {field: None})
            completion = complete_input(CATALOG, operation, input)
            if claim in completion.claims and _may_show(operation, input, field, completion.input[field]):
                yield input, field, completion.input[field], claim
                break


def _list_property_defaults(operation: Operation) -> Iterator[tuple[Input, str, Any, str]]:
    """Inputs that leave out a field that decides a property of the media, for each default of the property."""
    for name, rule in operation.default_properties.items():
        for model in (None, *rule.get("models", {})):
            default = rule if model is None else rule["models"][model]
            for base in _list_all_bases(operation, model):
                input = change_fields(base, {name: None})
                own_default = rule.get("models", {}).get(complete(operation, input).get("model"), rule)
                if own_default is default and _may_show(operation, input, name, default["default"]):
                    yield input, name, default["default"], default["claim"]
                    break


def _may_show(operation: Operation, input: Input, field: str, value: Any) -> bool:
    """Whether an input is valid, and its result depends on a field to which another input may give that value."""
    if field in list_shown_fields(operation):
        return accepts_input(CATALOG, operation.id, input)
    is_image = operation.kind == "image"
    deciding_fields = {*list_price_fields(operation.prices), *(_SIZE_FIELDS if is_image else ())}
    inputs = (input, {**input, field: value})
    return field in deciding_fields and all(accepts_input(CATALOG, operation.id, each) for each in inputs)


def list_ratios(sizes: Mapping[str, str]) -> list[str]:
    """The ratios of a table's sizes, such as ``1280x720``, in the order in which to try them.

    Squares come last: a square has the same size under many wrong tables, so it shows less of a mistake.
    """
    return sorted(sizes, key=lambda ratio: len(set(sizes[ratio].split("x"))) == 1)


def list_table_sizes(operation: Operation) -> Iterator[tuple[Input, str, str]]:
    """Inputs with the image size that a table gives them, and the claim of the table.

    There is one for each model with a table, at its default resolution, and one more for the largest images of the
    operation's default model: each may cost credits.
    """
    for model, table in CATALOG.media["image"]["models"].items():
        is_default = model == operation.default_model
        for tier in (None, *([*table["sizes"]][-1:] if is_default else [])):
            ratios = list_ratios(table["sizes"][tier or table["resolution"]])
            input = _find_image_input(operation, model, ({"resolution": tier, "aspect_ratio": each} for each in ratios))
            if input is not None:
                effective_tier = complete(operation, input).get("resolution", table["resolution"])
                yield input, table["sizes"][effective_tier][input["aspect_ratio"]], table["claim"]


def find_computed_size(operation: Operation) -> Input | None:
    """A valid input with a resolution and a ratio for the first model without a table; None where each has one."""
    image = CATALOG.media["image"]
    ratio = find_example_ratio(operation)
    fields = [{"resolution": tier, "aspect_ratio": ratio} for tier in image["computed"]["side"]]
    models = [model.id for model in CATALOG.models_of(operation.id) if model.id not in image["models"]]
    inputs = (_find_image_input(operation, model, fields) for model in models)
    return next((input for input in inputs if input is not None), None)


def list_tier_inputs(operation: Operation) -> Iterator[tuple[str, Input, Input]]:
    """Each image model whose resolutions a page of the vendor lists, with inputs of its lowest and its highest one."""
    sides = CATALOG.media["image"]["computed"]["side"]
    for model in CATALOG.models_of(operation.id):
        rule = CATALOG.schemas[model.schema].get("properties", {}).get("resolution", {}) if model.schema else {}
        tiers = sorted((each for each in rule.get("enum", ()) if each in sides), key=sides.__getitem__)
        if len(tiers) > 1 and CATALOG.claims[rule["x-evidence"]["enum"]].severity == "error":
            ratio = find_example_ratio(operation)
            fields = ({"resolution": tier, "aspect_ratio": ratio} for tier in (tiers[0], tiers[-1]))
            low, high = (_find_image_input(operation, model.id, [each]) for each in fields)
            if low is not None and high is not None:
                yield model.id, low, high


def find_example_ratio(operation: Operation) -> str:
    """The aspect ratio of the example of an operation."""
    return str(build_example(CATALOG, operation.id)["input"]["aspect_ratio"])


def _find_image_input(operation: Operation, model: str, fields: Any) -> Input | None:
    if model not in {each.id for each in CATALOG.models_of(operation.id)}:
        return None
    base = _list_bases(operation.id, model)[0]
    inputs = (change_fields(base, each) for each in fields)
    return next((input for input in inputs if accepts_input(CATALOG, operation.id, input)), None)


def _list_all_bases(operation: Operation, model: str | None = None) -> Iterator[Input]:
    """Inputs with a model, or with each model that serves the operation; without one where it has none."""
    models: list[str | None] = [each for each in operation.models if model in (None, each)]
    for each in models or [None]:
        yield from map(dict, _list_bases(operation.id, each))


@cache
def _list_bases(operation_id: str, model: str | None) -> tuple[Input, ...]:
    """Inputs with a model: the smallest, then with more and more fields of an example. Not each of them is valid."""
    bases = [find_small_input(CATALOG.operations[operation_id], model)]
    example = build_example(CATALOG, operation_id, model)["input"]
    for name in (name for name in example if name not in bases[0]):
        bases.append({**bases[-1], name: example[name]})
    return tuple(bases)


def _choose_value(condition: Any) -> Any:
    """A value that meets a condition of a price; None for a field that must be absent."""
    if isinstance(condition, Mapping):
        return condition.get("minimum", condition.get("maximum"))
    return condition[0] if isinstance(condition, list) else condition
