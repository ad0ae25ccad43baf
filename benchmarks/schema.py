"""The contract as peers read it: one JSON Schema for a body, and an OpenAPI document of what the benchmarks call."""

from __future__ import annotations

from typing import Any

from cannon_spec import Catalog
from cannon_spec.contract.catalog import Operation

_ENVELOPE = "envelope/create"
PATH = "/api/v1/requests"


Schemas = dict[str, dict[str, Any]]
"""Schemas of a whole body by operation and model; ``""`` stands for another one of either."""


def bundle_contract(catalog: Catalog) -> Schemas:
    """One schema of all bodies, which chooses by operation and model itself: what a user of the contract has."""
    parts = [
        {
            "if": {"properties": {"operation": {"const": operation.id}}, "required": ["operation"]},
            "then": {"properties": {"input": _write_input(catalog, operation)}},
        }
        for operation in catalog.operations.values()
        if operation.is_covered
    ]
    return {"": {"": {"allOf": [_get_plain_schema(catalog, _ENVELOPE), *parts]}}}


def list_schemas(catalog: Catalog) -> Schemas:
    """One schema for each operation and model: the one who judges a body chooses it first, as our judge does."""
    schemas = {"": {"": _join(catalog)}}
    for operation in catalog.operations.values():
        if operation.is_covered:
            models = {model.id: _join(catalog, operation.input, model.schema) for model in operation.models.values()}
            schemas[operation.id] = {"": _join(catalog, operation.input), **models}
    return schemas


def _join(catalog: Catalog, *inputs: str | None) -> dict[str, Any]:
    """The envelope, and the schemas of its input, in the form that the judge compiles too."""
    parts = [_get_plain_schema(catalog, each) for each in inputs if each]
    return {"allOf": [_get_plain_schema(catalog, _ENVELOPE), {"properties": {"input": {"allOf": parts or [{}]}}}]}


def build_openapi(catalog: Catalog, operation: str, accepted: Any, polled: Any) -> dict[str, Any]:
    """A document of the create of one operation and of its poll, with a reply of each as the example."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cannon Studio", "version": "1"},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}},
        "security": [{"key": []}],
        "paths": {
            PATH: {
                "post": {
                    "requestBody": {"required": True, "content": _describe_content(_write_whole(catalog, operation))},
                    "responses": {"202": _describe_reply(accepted)},
                }
            },
            PATH + "/{id}": {
                "get": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": _describe_reply(polled)},
                }
            },
        },
    }


def _write_whole(catalog: Catalog, name: str) -> dict[str, Any]:
    """One schema of all bodies of an operation."""
    rest = {"properties": {"operation": {"const": name}, "input": _write_input(catalog, catalog.operations[name])}}
    return {"allOf": [_get_plain_schema(catalog, _ENVELOPE), rest]}


def _write_input(catalog: Catalog, operation: Operation) -> dict[str, Any]:
    """One schema of the input of an operation, which chooses the part of a model itself."""
    parts: list[Any] = [_get_plain_schema(catalog, operation.input or "")]
    for model in operation.models.values():
        if model.schema:
            condition = {"properties": {"model": {"const": model.id}}, "required": ["model"]}
            parts.append({"if": condition, "then": _get_plain_schema(catalog, model.schema)})
    return {"allOf": parts}


def _describe_content(schema: Any, **words: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema, **words}}


def _describe_reply(example: Any) -> dict[str, Any]:
    return {"description": "a reply", "content": _describe_content({"type": "object"}, example=example)}


def _get_plain_schema(catalog: Catalog, id_: str) -> dict[str, Any]:
    plain: dict[str, Any] = _omit_own_words(catalog.schemas[id_])
    return plain


def _omit_own_words(node: Any) -> Any:
    """A node without our own words and without dialects: they say nothing to a peer."""
    if isinstance(node, dict):
        return {
            key: _omit_own_words(value)
            for key, value in node.items()
            if not key.startswith("x-") and not (key == "$schema" and isinstance(value, str))
        }
    return [_omit_own_words(item) for item in node] if isinstance(node, list) else node
