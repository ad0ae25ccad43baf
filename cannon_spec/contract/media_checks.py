"""What an operation produces: media types, and checks of its pace, its files and its replies (floor 1, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.errors import CatalogError

VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
"""A variable in a reply's template: ``$prompt``."""

MEDIA_TYPES = {
    "png": "image/png",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "glb": "model/gltf-binary",
    "srt": "application/x-subrip",
}
"""The media type of a file by its extension."""

_ALWAYS_KNOWN = ("task_id", "credits")
KIND_PROPERTIES = {"image": ("width", "height", "aspect_ratio")}
"""The properties that media of a kind always have."""

_TEMPLATES = ("input_preview", "output_preview", "processing", "succeeded", "log")


def find_extension(file: str) -> str:
    """The extension of a file's name, without its dot: ``mp4``."""
    return file.rpartition(".")[2]


def find_media_type(file: str) -> str:
    """The media type of a file by its name: ``video/mp4`` of ``clip.mp4``."""
    return MEDIA_TYPES[find_extension(file)]


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
    variables = dict.fromkeys((*_ALWAYS_KNOWN, *models, *operation.files, *properties, *fields))
    for name in (name for template in _TEMPLATES for name in _find_variables(operation.replies.get(template))):
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
    fields: Mapping[str, Any] = catalog.schemas[operation.input or ""].get("properties", {})
    return fields


def _find_variables(template: Any) -> Iterator[str]:
    if isinstance(template, str):
        yield from VARIABLE.findall(template)
    elif isinstance(template, dict | list):
        for item in template.values() if isinstance(template, dict) else template:
            yield from _find_variables(item)
