"""Checks of what an operation produces, when the contract loads: pace, media and replies (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_types import find_extension
from cannon_spec.contract.templates import find_variables
from cannon_spec.errors import CatalogError

_COMMON_VARIABLES = ("task_id", "credits")
"""Variables that have a value for each operation."""

_TEMPLATES = ("input_preview", "output_preview", "processing", "succeeded", "log")


def check_media(catalog: Catalog, operation: Operation) -> None:
    """Check that an operation has a pace and files of known types, and that variables of its replies have a value.

    Raises CatalogError for the first problem.
    """
    _check_pace(catalog, operation)
    _check_files(operation)
    _check_properties(operation)
    _check_duration(catalog, operation)
    _check_variables(catalog, operation)
    _check_only_with(catalog, operation)


def check_tables(media: Mapping[str, Any]) -> None:
    """Check that the tables of sizes have one for their default, and videos even sides. Raises CatalogError."""
    for name in ("image", "video"):
        computed, place = media[name]["computed"], f"media {name}"
        if computed["resolution"] not in computed["side"]:
            problem, advice = f"has no side for the resolution {computed['resolution']}", "add it to side"
            raise CatalogError(f"{place} computed", problem, advice)
    video, bounds = media["video"], media["duration"]
    _check_even_sides(video)
    if not bounds["least"] <= bounds["default"] <= bounds["most"]:
        problem = f"the default {bounds['default']} is not between least and most"
        raise CatalogError("media duration", problem, f"use a number from {bounds['least']} to {bounds['most']}")


def _check_even_sides(video: Mapping[str, Any]) -> None:
    """Check that each side of a video is even: its usual encodings have no others."""
    if video["computed"]["step"] % 2:
        raise CatalogError("media video computed", f"the step {video['computed']['step']} is odd", "use an even one")
    for model, table in video["models"].items():
        for size in (size for sizes in table["sizes"].values() for size in sizes.values()):
            if any(int(side) % 2 for side in size.split("x")):
                raise CatalogError(f"media video models {model}", f"{size} has an odd side", "use even numbers")


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


def _check_files(operation: Operation) -> None:
    for name in operation.files.values():
        extension = find_extension(name)
        if extension not in operation.file_types:
            problem = f"{name} is of the type {extension}, which media.json does not have"
            advice = f"use one of {', '.join(operation.file_types)}, or add {extension} to its types"
            raise CatalogError(f"operation {operation.id} media files", problem, advice)
    for variable in operation.data["media"].get("file_claims", {}):
        if variable not in operation.files:
            problem, advice = f"there is no file {variable}", f"use one of {', '.join(operation.files)}"
            raise CatalogError(f"operation {operation.id} media file_claims", problem, advice)


def _check_properties(operation: Operation) -> None:
    for name in operation.default_properties:
        if name in operation.file_properties:
            types = ", ".join(dict.fromkeys(map(find_extension, operation.files.values())))
            problem = f"{name} is a property that files of {types} have from media.json and from media duration"
            raise CatalogError(f"operation {operation.id} media properties", problem, "give yours another name")


def _check_duration(catalog: Catalog, operation: Operation) -> None:
    rule = operation.data["media"].get("duration")
    if rule is None:
        return
    place, fields = f"operation {operation.id} media duration", _list_fields(catalog, operation)
    if not operation.has_duration:
        raise CatalogError(place, "no file of the operation has a duration", "remove it, or add a file that has one")
    least, most = catalog.media["duration"]["least"], catalog.media["duration"]["most"]
    if not least <= rule["default"] <= most:
        problem = f"the default {rule['default']:g} is not within the bounds of media.json"
        raise CatalogError(place, problem, f"use {least:g} to {most:g} seconds")
    own_fields, further_fields = rule.get("fields", []), rule.get("plus", [])
    for name in own_fields + further_fields:
        _check_field(fields, name, {"number", "integer"}, place)
    if "text" in rule:
        _check_field(fields, rule["text"], {"string"}, place)
    for name in set(own_fields) & set(further_fields):
        raise CatalogError(place, f"{name} is in fields and in plus, and would count twice", "name it in one of them")


def _check_field(fields: Mapping[str, Any], name: str, types: set[str], place: str) -> None:
    """Check that an input has a field which may have a value of one of the types. Raises CatalogError."""
    if name not in fields:
        raise CatalogError(place, f"the input has no field {name}", f"use one of {', '.join(fields)}")
    own_types = fields[name].get("type", [])
    own_types = [own_types] if isinstance(own_types, str) else own_types
    if own_types and not types & set(own_types):
        problem = f"the field {name} is {' or '.join(own_types)}, and no {' or '.join(sorted(types))}"
        raise CatalogError(place, problem, "use a field of that type")


def _check_variables(catalog: Catalog, operation: Operation) -> None:
    fields = _list_fields(catalog, operation)
    models = ("model",) if operation.models else ()
    properties = (*operation.file_properties, *operation.default_properties)
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
