"""The two JSON Schema engines behind one form: a value in, its violations out (floor 1).

A violation is two paths: where in the value, and which keyword of the schema. Nothing else of an engine is used, so
both say the same. Schemas come here whole (no ``$ref``); each engine is kept from fetching any all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cannon_spec.errors import CatalogError
from cannon_spec.pointer import Path

Schema = dict[str, Any]
Violation = tuple[Path, Path]
Validator = Callable[[Any], list[Violation]]


class Engine(NamedTuple):
    """An engine by its name, and its way from a schema to a validator."""

    name: str
    validator: Callable[[Schema], Validator]


def choose(name: str | None = None) -> Engine:
    """The engine ``jsonschema`` or ``jsonschema-rs``; for None jsonschema-rs where it is installed (extra ``fast``).

    Raises CatalogError for another name, or for an engine that is not installed.
    """
    if name not in (None, "jsonschema", "jsonschema-rs"):
        raise CatalogError(f"engine {name}", "there is no such engine", "use jsonschema or jsonschema-rs")
    if name != "jsonschema":
        try:
            return _fast()
        except ImportError:
            if name is not None:
                advice = "install it with: pip install 'cannon-spec[fast]'"
                raise CatalogError("engine jsonschema-rs", "it is not installed", advice) from None
    return _reference()


def _fast() -> Engine:
    from jsonschema_rs import Draft202012Validator

    def validator(schema: Schema) -> Validator:
        compiled = Draft202012Validator(schema, offline=True)
        is_valid, iter_errors = compiled.is_valid, compiled.iter_errors

        def violations(value: Any) -> list[Violation]:
            if is_valid(value):
                return []
            return [(tuple(error.instance_path), tuple(error.schema_path)) for error in iter_errors(value)]

        return violations

    return Engine("jsonschema-rs", validator)


def _reference() -> Engine:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    def validator(schema: Schema) -> Validator:
        iter_errors = Draft202012Validator(schema, registry=Registry()).iter_errors

        def violations(value: Any) -> list[Violation]:
            errors = iter_errors(value)
            return [(tuple(error.absolute_path), tuple(error.absolute_schema_path)) for error in errors]

        return violations

    return Engine("jsonschema", validator)
