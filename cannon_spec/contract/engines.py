"""Two JSON Schema engines behind one interface: a value in, its violations out (floor 1).

A violation is two paths: the place in the value, and the keyword in the schema. Nothing else of an engine is used, so
both give the same result. Schemas have no ``$ref`` here; even so, each engine is set up so that it never fetches one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract.arithmetic import is_multiple, is_number
from cannon_spec.contract.patterns import compile_pattern
from cannon_spec.errors import CatalogError
from cannon_spec.pointer import Path

Schema = dict[str, Any]
ViolationPaths = tuple[Path, Path]
Validator = Callable[[Any], list[ViolationPaths]]


class Engine(NamedTuple):
    """The name of an engine, and ``compile``, which turns a schema into a validator."""

    name: str
    compile: Callable[[Schema], Validator]


def choose(name: str | None = None) -> Engine:
    """Choose the engine ``jsonschema`` or ``jsonschema-rs``; None takes the latter if it is installed (extra ``fast``).

    Raises CatalogError for another name, or for an engine that is not installed.
    """
    if name not in (None, "jsonschema", "jsonschema-rs"):
        raise CatalogError(f"engine {name}", "there is no such engine", "use jsonschema or jsonschema-rs")
    if name != "jsonschema":
        try:
            return _build_fast_engine()
        except ImportError:
            if name is not None:
                from cannon_spec.installation import advise_extra  # late, as whatever few runs need

                raise CatalogError("engine jsonschema-rs", "it is not installed", advise_extra("fast")) from None
    return _build_reference_engine()


def _build_fast_engine() -> Engine:
    from jsonschema_rs import Draft202012Validator

    def compile_schema(schema: Schema) -> Validator:
        engine_validator = Draft202012Validator(schema, offline=True)
        is_valid, iter_errors = engine_validator.is_valid, engine_validator.iter_errors

        def list_violations(value: Any) -> list[ViolationPaths]:
            # Most payloads are valid, and is_valid is several times as fast as iter_errors.
            if is_valid(value):
                return []
            errors = iter_errors(value)
            return [(_name_members(value, error.instance_path), tuple(error.schema_path)) for error in errors]

        return list_violations

    return Engine("jsonschema-rs", compile_schema)


def _name_members(value: Any, path: Sequence[str | int]) -> Path:
    """A path into a value, with members by their names: of a name such as ``1`` the engine makes a number."""
    parts: list[str | int] = []
    for part in path:
        name = str(part) if isinstance(value, dict) else part
        parts.append(name)
        value = value[name]
    return tuple(parts)


def _build_reference_engine() -> Engine:
    from jsonschema import Draft202012Validator, ValidationError, validators
    from referencing import Registry

    def check_multiple(_validator: Any, step: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if is_number(value) and not is_multiple(value, step):
            yield ValidationError("not a multiple")

    def check_pattern(_validator: Any, pattern: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not compile_pattern(pattern).search(value):
            yield ValidationError("not of the form")

    # The stock class divides binary fractions: to it, 0.3 is not a multiple of 0.1. It reads a $ as Python does.
    checks = {"multipleOf": check_multiple, "pattern": check_pattern}
    exact_class = validators.extend(Draft202012Validator, checks)  # type: ignore[no-untyped-call]

    def compile_schema(schema: Schema) -> Validator:
        iter_errors = exact_class(_omit_dialects(schema), registry=Registry()).iter_errors

        def list_violations(value: Any) -> list[ViolationPaths]:
            errors = iter_errors(value)
            return [(tuple(error.absolute_path), tuple(error.absolute_schema_path)) for error in errors]

        return list_violations

    return Engine("jsonschema", compile_schema)


def _omit_dialects(node: Any) -> Any:
    """A schema without the words ``$schema``: below one, jsonschema replaces an extended class by the stock one."""
    if isinstance(node, dict):
        return {
            key: _omit_dialects(value)
            for key, value in node.items()
            if not (key == "$schema" and isinstance(value, str))
        }
    return [_omit_dialects(item) for item in node] if isinstance(node, list) else node
