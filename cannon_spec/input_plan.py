"""How inputs for one operation and model are judged, prepared once (floor 1, pure)."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from cannon_spec.address_rules import AddressFields
from cannon_spec.contract.cache import CacheName
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.nodes import list_address_fields
from cannon_spec.finding import Report
from cannon_spec.hits import SchemaJudge
from cannon_spec.named_rules import list_remarks

DEFAULT_MODEL = ""
"""What stands for the identifier of a model where an input names none, and the limits of the default model count."""


class InputPlan(NamedTuple):
    """How inputs for one operation and model are judged.

    That is the judge by the schemas, the report on an input that breaks no rule, and the fields of addresses that the
    service calls, each with the claim that it must reach them. With an envelope whole bodies are judged.
    """

    operation: Operation
    envelope: str | None
    schema_judge: SchemaJudge
    clean_report: Report
    address_fields: AddressFields


_PLANS: CacheName[tuple[str, str | None, str | None], InputPlan] = CacheName()
"""The plans by the operation, the model and the envelope."""


def find_plan(catalog: Catalog, operation: Operation, model_id: str | None, envelope: str | None) -> InputPlan:
    """The plan for inputs of a model, DEFAULT_MODEL, or None for no model that is known; made when first asked for.

    With an envelope it is one for whole bodies, each with such an input.
    """
    plans, key = catalog.caches[_PLANS], (operation.id, model_id, envelope)
    plan = plans.get(key)
    if plan is None:
        plan = plans[key] = _make_plan(catalog, operation, model_id, envelope)
    return plan


def find_prepared_plan(catalog: Catalog, operation: Any, model: Any, envelope: str | None) -> InputPlan | None:
    """The plan for a model of an operation, as a document names them; None unless it was made before."""
    if not isinstance(operation, str) or not isinstance(model, str) or model == DEFAULT_MODEL:
        return None
    return catalog.caches[_PLANS].get((operation, model, envelope))


def find_model_id(operation: Operation, input: Any) -> str | None:
    """What the plan for an input is found by: its model, DEFAULT_MODEL, or None for no model that is known."""
    name = input.get("model") if isinstance(input, dict) else None
    if name is None and isinstance(input, dict) and operation.has_default_limits(input):
        return DEFAULT_MODEL
    return name if isinstance(name, str) and name in operation.models else None


def find_model_path(envelope: str | None) -> str:
    """The pointer to the model, in a whole body or an input alone."""
    return "/model" if envelope is None else "/input/model"


def _make_plan(catalog: Catalog, operation: Operation, model_id: str | None, envelope: str | None) -> InputPlan:
    named_model = None if model_id is None else operation.models.get(model_id)
    model = operation.served_default_model if model_id == DEFAULT_MODEL else named_model
    schemas = tuple(filter(None, (operation.input, None if model is None else model.schema)))
    adapt_rule = partial(catalog.assume_default, operation) if model_id == DEFAULT_MODEL else None
    remarks = list_remarks(operation, named_model, "" if envelope is None else "/operation", find_model_path(envelope))
    return InputPlan(
        operation,
        envelope,
        SchemaJudge(catalog, schemas, envelope, adapt_rule),
        Report.from_findings(remarks),
        _list_address_fields(catalog, operation, envelope),
    )


def _list_address_fields(catalog: Catalog, operation: Operation, envelope: str | None) -> AddressFields:
    """The fields of addresses in a document that has an envelope, or is an input."""
    input = catalog.input_schema_of(operation)
    if envelope is None:
        return AddressFields(list_address_fields(input))
    return AddressFields([*list_address_fields(input, ("input",)), *list_address_fields(catalog.schemas[envelope])])
