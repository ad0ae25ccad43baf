"""Create bodies of another structure: a list, a wrapper, text, fields at the wrong level (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec import claim_ids, document
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.wording import show_json, show_value
from cannon_spec.errors import NotJSON
from cannon_spec.field_repair import join_repairs, leave_out_excess, repair_fields
from cannon_spec.finding import MOST_ALIKE, Finding, Patch
from cannon_spec.hits import Hit, JudgedRule
from cannon_spec.likely_operation import guess_operation, is_input_of
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import Path, follow, to_pointer
from cannon_spec.repair import Repair, list_origins
from cannon_spec.unknown_fields import FieldReading, Fields, Place, read_fields

_CREATE = "envelope/create"
_OPERATION, _INPUT = "operation", "input"
_FIELDS = {_OPERATION, _INPUT, "webhook_url"}
_MOST_WRAPPERS = 3
"""The most objects around a body for which it is still taken for one."""


def has_expected_structure(body: Any) -> bool:
    """Whether a body is an object with an operation, an input, perhaps a webhook's address, and nothing else."""
    if not isinstance(body, dict) or not body.keys() <= _FIELDS or _OPERATION not in body:
        return False
    input = body.get(_INPUT)
    return isinstance(input, dict) and not (len(input) == 1 and isinstance(next(iter(input.values())), dict))


def find_repair(catalog: Catalog, body: Any) -> Repair | None:
    """The first problem of the structure of a body; None if there is none, or none with a known repair.

    A repair whose document is None leaves nothing that could be judged.
    """
    for find in _FINDERS:
        repair = find(catalog, body)
        if repair is not None:
            return repair
    return None


def build_places(catalog: Catalog, operation: Operation | None, body: dict[str, Any]) -> tuple[Place, Place]:
    """A create body and its input, each with the fields that it may have; any operation's without one."""
    input = body.get(_INPUT)
    members = input if isinstance(input, dict) else {}
    envelope_fields = catalog.schemas[_CREATE]["properties"]
    return Place((), body, envelope_fields), Place((_INPUT,), members, _list_input_fields(catalog, operation))


def _list_input_fields(catalog: Catalog, operation: Operation | None) -> Fields:
    if operation is not None and operation.is_covered:
        return catalog.input_schema_of(operation)["properties"]  # type: ignore[no-any-return]
    schemas = (catalog.input_schema_of(each) for each in catalog.operations.values() if each.is_covered)
    return {name: node for schema in schemas for name, node in schema["properties"].items()}


def _find_operation(catalog: Catalog, body: dict[str, Any]) -> Operation | None:
    name = body.get(_OPERATION)
    return catalog.operations.get(name) if isinstance(name, str) else None


def _find_list(catalog: Catalog, body: Any) -> Repair | None:
    """A list of bodies, as it is or as the only member of an object."""
    pointer, bodies = "", body
    if isinstance(body, dict) and len(body) == 1:
        ((name, bodies),) = body.items()
        pointer = to_pointer((name,))
    if not isinstance(bodies, list) or not bodies or not all(isinstance(each, dict) for each in bodies):
        return None
    if pointer and not all(each.keys() >= {_OPERATION, _INPUT} for each in bodies):
        return None
    message = f"expected one create body, got a list of {len(bodies)}"
    if len(bodies) == 1:
        patch: Patch = ({"op": "move", "from": f"{pointer}/0", "path": ""},)
        hint = "send the body itself, without the list"
        finding = _build_finding(catalog, "body-list", pointer, message, hint, patch)
        return Repair((finding,), bodies[0], list_origins(patch))
    hint = "a request takes one body; write each on a line of a .jsonl file, or pass each by itself"
    return Repair((_build_finding(catalog, "body-list", pointer, message, hint),), None)


def _find_text(catalog: Catalog, body: Any) -> Repair | None:
    """A body, or an input, that is the text of a JSON object."""
    pointer, text = ("/input", body.get(_INPUT)) if isinstance(body, dict) else ("", body)
    value = _read_text(text)
    if value is None:
        return None
    message = f"{'the input' if pointer else 'the create body'} is JSON in a string"
    patch: Patch = ({"op": "replace", "path": pointer, "value": value},)
    finding = _build_finding(catalog, "json-in-string", pointer, message, f"send the object: {show_json(value)}", patch)
    return Repair((finding,), apply_patch(body, patch))


def _read_text(text: Any) -> dict[str, Any] | None:
    """The JSON object in a text; None if the text is none."""
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        value = document.loads(text)
    except NotJSON:
        return None
    return value if isinstance(value, dict) else None


def _find_wrapper(catalog: Catalog, body: Any) -> Repair | None:
    """A body within another object, or an input within the input."""
    if not isinstance(body, dict):
        return None
    path = None if _OPERATION in body else _find_wrapped_body(body)
    if path is not None:
        return _unwrap(catalog, body, (), path)
    name = _find_wrapped_input(catalog, body)
    return None if name is None else _unwrap(catalog, body, (_INPUT,), (_INPUT, name))


def _find_wrapped_body(members: Mapping[str, Any], levels: int = _MOST_WRAPPERS) -> Path | None:
    """The path of the one whole body in an object, within others at most; None if there is none."""
    objects = {name: value for name, value in members.items() if isinstance(value, dict)}
    paths: list[Path] = [(name,) for name, value in objects.items() if value.keys() >= {_OPERATION, _INPUT}]
    if not paths and levels > 1:
        inner_paths = {name: _find_wrapped_body(value, levels - 1) for name, value in objects.items()}
        paths = [(name, *path) for name, path in inner_paths.items() if path is not None]
    return paths[0] if len(paths) == 1 else None


def _find_wrapped_input(catalog: Catalog, body: dict[str, Any]) -> str | None:
    """The only member of the input that is an input itself; None if there is none."""
    input = body.get(_INPUT)
    if not isinstance(input, dict) or len(input) != 1:
        return None
    ((name, value),) = input.items()
    fields = _list_input_fields(catalog, _find_operation(catalog, body))
    return name if isinstance(value, dict) and name not in fields and value.keys() & fields.keys() else None


def _unwrap(catalog: Catalog, body: dict[str, Any], place: Path, source: Path) -> Repair:
    """The repair that moves what is at ``source`` to ``place``, of which it is a part."""
    pointer, name = to_pointer(source), ".".join(map(str, source[len(place) :]))
    patch: Patch = ({"op": "move", "from": pointer, "path": to_pointer(place)},)
    message = f"{'the input' if place else 'the create body'} is wrapped in {show_value(name)}"
    hint = f"unwrap it: move the content of {name} {'into input' if place else 'to the top'}"
    # What stands beside it would be lost.
    is_alone = all(len(follow(body, source[:length])) == 1 for length in range(len(place), len(source)))
    fix = patch if is_alone else None
    finding = _build_finding(catalog, "body-wrapped", pointer, message, hint, fix)
    return Repair((finding,), apply_patch(body, patch), list_origins(patch))


def _find_misplaced_fields(catalog: Catalog, body: Any) -> Repair | None:
    """Fields beside the input that belong into it, an operation within it, and other names of these two."""
    if not isinstance(body, dict) or not isinstance(body.get(_INPUT, {}), dict):
        return None
    top, input = build_places(catalog, _find_operation(catalog, body), body)
    names = [name for name in body if name not in _FIELDS]
    if len(names) > MOST_ALIKE:
        names.sort(key=lambda name: name not in input.fields)
    readings = list(read_fields(catalog.aliases, top, names[:MOST_ALIKE], [input]))
    if _OPERATION not in body and isinstance(input.members.get(_OPERATION), str):
        readings += read_fields(catalog.aliases, input, [_OPERATION], [top])
    targets = {target for each in readings for target in _list_targets(each)}
    if "/input" in targets:
        # Only an input that has its name can take fields: they are moved when the repaired body is judged.
        readings = [each for each in readings if not any(map(_is_in_input, _list_targets(each)))]
    is_body = bool(body.keys() & {_OPERATION, _INPUT} or targets & {"/operation", "/input"})
    if not readings or not is_body:
        return None
    rule = catalog.rule(_CREATE, ("additionalProperties",))
    excess = leave_out_excess(catalog, body, Hit((), JudgedRule(rule)), names)
    return join_repairs(excess, repair_fields(catalog, excess.document, rule, rule.title, readings))


def _list_targets(reading: FieldReading) -> set[str]:
    return {operation["path"] for operation in reading.patch or reading.substitute or ()}


def _is_in_input(pointer: str) -> bool:
    return pointer.startswith("/input/")


def _find_missing_operation(catalog: Catalog, body: Any) -> Repair | None:
    """An input whose operation is not named: the rest is judged as that of the operation that it most likely is for."""
    input = body.get(_INPUT) if isinstance(body, dict) and _OPERATION not in body else None
    operation = guess_operation(catalog, input) if isinstance(input, dict) else None
    if operation is None:
        return None
    rule, hint = catalog.rule(_CREATE, ("required",)), f'add "operation"; the input looks like one of {operation.id}'
    finding = Finding("", rule.id, rule.severity, "operation is missing", hint, rule.evidence)
    return Repair((finding,), {**body, _OPERATION: operation.id})


def _find_recording(catalog: Catalog, body: Any) -> Repair | None:
    """Recorded traffic in the place of a body."""
    if not isinstance(body, dict) or body.keys() != {"log"}:
        return None
    hint = "judge what it recorded with: cannon-spec check-traffic FILE"
    message = "the document is a recording of traffic (HAR), and no create body"
    return Repair((_build_finding(catalog, "recording", "", message, hint),), None)


def _find_bare_input(catalog: Catalog, body: Any) -> Repair | None:
    """An input without the body around it."""
    if not isinstance(body, dict) or body.keys() & {_OPERATION, _INPUT}:
        return None
    operation = guess_operation(catalog, body)
    if operation is None or not is_input_of(catalog, operation, body):
        return None
    message = "a create body has operation and input; these are the fields of an input alone"
    hint = (
        f'send {{"operation": {show_value(operation.id)}, "input": {{…}}}}, '
        f"or judge it as the input that it is with --operation {operation.id}"
    )
    return Repair((_build_finding(catalog, "input-alone", "", message, hint),), None)


def describe_whole_body(catalog: Catalog) -> Finding:
    """The error for a whole create body where an input alone is expected. No fix: which of the two is meant is open."""
    message = "expected an input alone, got a whole create body"
    hint = "judge it as a create body (leave --operation out), or send the value of input alone"
    return _build_finding(catalog, "body-wrapped", "", message, hint)


def _build_finding(
    catalog: Catalog, rule: str, path: str, message: str, hint: str, fix: Patch | None = None
) -> Finding:
    evidence = catalog.claims[claim_ids.CREATE_ENVELOPE].evidence
    return Finding(path, rule, "error", message, hint, evidence, fix)


_FINDERS = (
    _find_list,
    _find_text,
    _find_recording,
    _find_wrapper,
    _find_misplaced_fields,
    _find_missing_operation,
    _find_bare_input,
)
