"""An OpenAPI 3.1 document of a mock: routes by its own table of them, bodies of creates by the contract's schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from tests.support.payloads import CATALOG

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
ADMIN = "/__mock__/"

_OBJECT = {"type": "object", "additionalProperties": False}
_NOT_CALLED = {"HEAD", "OPTIONS"}
_TEXT: dict[str, Any] = {"type": "string"}
_FILTERS = ("key", "account", "status", "operation", "model", "scenario", "state", "task_id", "method", "path", "limit")
_BODIES: dict[str, dict[str, Any]] = {
    "admin.move_clock": {
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "advance_ms": {"type": "integer", "minimum": 0},
            "set_ms": {"type": "integer", "minimum": 0},
            "freeze": {"const": True},
            "run": {"const": True},
            "scale": {"type": "number", "minimum": 0.001},
        },
    },
    "admin.add_rule": {
        "required": ["scenario"],
        "properties": {
            "scenario": {"enum": sorted(CATALOG.scenarios["scenarios"])},
            "match": {
                "type": "object",
                "properties": dict.fromkeys(("operation", "model", "prompt", "key"), _TEXT),
                "additionalProperties": False,
            },
            "times": {"type": "integer", "minimum": 1},
        },
    },
    "admin.add_scenario": {
        "properties": {
            "description": _TEXT,
            "outcome": {"enum": ["succeeded", "failed"]},
            "polls": {"type": "array", "items": {"type": "object"}},
            "webhook": {"type": "object"},
            "timeline": {"type": "object"},
        }
    },
    "admin.end_task": {"properties": {"outcome": {"enum": ["succeeded", "failed"]}, "message": _TEXT}},
    "admin.redeliver": {"properties": {}},
    "admin.reset": {"properties": {"what": {"enum": ["all", "journal"]}}},
}
"""The body of each route of the mock's own API that takes one."""


def build_document(app: Flask, operation: str) -> dict[str, Any]:
    """The document: each route of an application, with its parameters and its body, and any reply.

    Creates are of one operation: a choice between all would take Schemathesis minutes. Raises LookupError for a route
    that takes a body and has none here.
    """
    paths: dict[str, dict[str, Any]] = {}
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - _NOT_CALLED):
            paths.setdefault(write_path(rule), {})[method.lower()] = _build_operation(rule, method, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "the API and the mock's own", "version": "1"},
        "paths": paths,
        "components": {"schemas": _read_common()},
    }


def write_path(rule: Rule) -> str:
    """The path of a route as OpenAPI writes it."""
    return re.sub(r"<(\w+)>", r"{\1}", rule.rule)


def _build_operation(rule: Rule, method: str, operation: str) -> dict[str, Any]:
    is_admin = rule.rule.startswith(ADMIN)
    parameters = [{"name": name, "in": "path", "required": True, "schema": _TEXT} for name in sorted(rule.arguments)]
    if is_admin and method == "GET":
        parameters += [{"name": name, "in": "query", "required": False, "schema": _TEXT} for name in _FILTERS]
    if not is_admin:
        parameters += [
            {"name": name, "in": "header", "required": False, "schema": _TEXT}
            for name in ("x-idempotency-key", "authorization", "range")
        ]
    route: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "any"}}}
    if method in ("POST", "PUT"):
        schema = _build_body(operation) if rule.endpoint == "api.create" else {**_BODIES[rule.endpoint], **_OBJECT}
        route["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return route


def _build_body(operation: str) -> dict[str, Any]:
    """The body of a create of an operation."""
    return {
        **_OBJECT,
        "required": ["operation", "input"],
        "properties": {
            "operation": {"const": operation},
            "input": _read_schema(SCHEMAS / "operations" / operation / "input.schema.json"),
            "webhook_url": _TEXT,
        },
    }


def _read_common() -> dict[str, Any]:
    definitions: dict[str, Any] = _read_schema(SCHEMAS / "common.schema.json")["$defs"]
    return definitions


def _read_schema(file: Path) -> Any:
    return _rewrite(json.loads(file.read_text()))


def _rewrite(value: Any) -> Any:
    """A schema whose references are within the document, without keywords that are ours."""
    if isinstance(value, dict):
        return {
            name: f"#/components/schemas/{each.rpartition('/')[2]}" if name == "$ref" else _rewrite(each)
            for name, each in value.items()
            if not name.startswith("x-") and name != "$schema"
        }
    return [_rewrite(each) for each in value] if isinstance(value, list) else value
