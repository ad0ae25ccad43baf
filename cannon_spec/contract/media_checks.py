"""Checks of what an operation produces, when the contract loads: pace, media and replies (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_types import KIND_PROPERTIES
from cannon_spec.contract.templates import find_variables
from cannon_spec.errors import CatalogError

_COMMON_VARIABLES = ("task_id", "credits")
"""Variables that have a value for each operation."""

_TEMPLATES = ("input_preview", "output_preview", "processing", "succeeded", "log")


def check_media(catalog: Catalog, operation: Operation) -> None:
    """Check that an operation has a pace, and that its replies name only variables that have a value.

    Raises CatalogError for the first problem.
    """
    _check_pace(catalog, operation)
    _check_properties(operation)
    _check_variables(catalog, operation)
    _check_only_with(catalog, operation)


def check_tables(media: Mapping[str, Any]) -> None:
    """Check that the tables of picture sizes have a size for their default. Raises CatalogError."""
    computed = media["image"]["computed"]
    if computed["resolution"] not in computed["side"]:
        problem, advice = f"has no side for the resolution {computed['resolution']}", "add it to side"
        raise CatalogError("media image computed", problem, advice)


def check_paces(lifecycle: Mapping[str, Any]) -> None:
    """Check that each range of times begins below its end. Raises CatalogError."""
    for name, pace in lifecycle["pace"].items():
        for state in ("queued_ms", "processing_ms"):
            least, most = pace[state]
            if least > most:
                raise CatalogError(f"lifecycle pace {name} {state}", f"{least} is above {most}", "swap the two")


def _check_pace(catalog: Catalog, operation: Operation) -> None:
    names = (operation.id, operation.kind)
    if not any(name in catalog.lifecycle["pace"] for name in names):
        problem = f"has no pace for {' or '.join(names)}"
        raise CatalogError(
            "lifecycle pace", problem, "add queued_ms, processing_ms and a claim under one of these names"
        )


def _check_properties(operation: Operation) -> None:
    own_names = KIND_PROPERTIES.get(operation.kind, ())
    for name in operation.media_properties:
        if name in own_names:
            problem = f"{name} is a property that every {operation.kind} has from the tables of media.json"
            raise CatalogError(f"operation {operation.id} media properties", problem, "give yours another name")


def _check_variables(catalog: Catalog, operation: Operation) -> None:
    fields = _list_fields(catalog, operation)
    models = ("model",) if operation.models else ()
    properties = (*KIND_PROPERTIES.get(operation.kind, ()), *operation.media_properties)
    variables = dict.fromkeys((*_COMMON_VARIABLES, *models, *operation.files, *properties, *fields))
    for name in (name for template in _TEMPLATES for name in find_variables(operation.replies.get(template))):
        if name not in variables:
            problem = f"the variable ${name} has no value"
            raise CatalogError(f"operation {operation.id} replies", problem, f"use one of {', '.join(variables)}")


def _check_only_with(catalog: Catalog, operation: Operation) -> None:
    outputs, fields = operation.replies["succeeded"], _list_fields(catalog, operation)
    place = f"operation {operation.id} replies only_with"
    for key, field in operation.conditional_outputs.items():
        if key not in outputs:
            raise CatalogError(place, f"succeeded has no key {key}", f"use one of {', '.join(outputs)}")
        if field not in fields:
            raise CatalogError(place, f"the input has no field {field}", f"use one of {', '.join(fields)}")


def _list_fields(catalog: Catalog, operation: Operation) -> Mapping[str, Any]:
    """The fields of the input of an operation, with their schemas."""
    fields: Mapping[str, Any] = catalog.input_schema_of(operation).get("properties", {})
    return fields
