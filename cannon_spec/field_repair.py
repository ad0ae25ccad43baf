"""Findings on unknown fields, and the document with them put right (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Rule
from cannon_spec.finding import Finding
from cannon_spec.hit_findings import describe_hits, name_field
from cannon_spec.hits import MOST_ALIKE, Hit
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import follow, from_pointer, has_place, replace_at, to_pointer
from cannon_spec.repair import Repair, list_origins
from cannon_spec.unknown_fields import FieldReading, Fields, Place, read_fields

FIELD_MISPLACED = "field-misplaced"
"""The rule that names fields which stand beside the input and belong into it, or the other way round."""


def repair_objects(
    catalog: Catalog, root: Any, hits: Iterable[Hit], other_fields: Fields, *, takes_guesses: bool = True
) -> tuple[Repair | None, bool]:
    """The repair of all objects with unknown fields, None where it changes nothing, and whether it has guesses.

    ``hits`` are those on the document. ``other_fields`` are those that it may have itself: where it is a body, a field
    of its input may belong beside it. Without ``takes_guesses`` nothing is put in the place of a field that is guessed.
    """
    hits_by_place = {hit.place: hit for hit in hits if hit.rule.keyword == "additionalProperties"}
    repair, has_guesses = Repair((), root), False
    # The innermost object first: the paths of the others hold on.
    for path in sorted(hits_by_place, key=len, reverse=True):
        hit, fields = hits_by_place[path], hits_by_place[path].rule.node.get("properties", {})
        names = [name for name in follow(repair.document, path) if name not in fields]
        repair = join_repairs(repair, leave_out_excess(catalog, repair.document, hit, names))
        place = Place(path, follow(repair.document, path), fields)
        others = [Place((), repair.document, other_fields)] if other_fields and path else []
        readings = list(read_fields(catalog.aliases, place, names[:MOST_ALIKE], others))
        has_guesses = has_guesses or any(each.is_guess for each in readings)
        if not takes_guesses:
            readings = [each._replace(substitute=None) if each.is_guess else each for each in readings]
        subject = name_field(path, hit.rule) or hit.rule.title
        repair = join_repairs(repair, repair_fields(catalog, repair.document, hit.rule, subject, readings))
    return repair if repair.findings else None, has_guesses


def leave_out_excess(catalog: Catalog, root: Any, hit: Hit, names: Sequence[str]) -> Repair:
    """Leave out all but the first MOST_ALIKE of the unknown ``names`` of an object, with one finding on the others."""
    excess = names[MOST_ALIKE:]
    if not excess:
        return Repair((), root)
    findings = describe_hits(catalog, root, [hit._replace(name=excess[0], number=len(excess))])
    rest = set(excess)
    members = {name: value for name, value in follow(root, hit.place).items() if name not in rest}
    return Repair(tuple(findings), replace_at(root, hit.place, members))


def join_repairs(repair: Repair, other: Repair) -> Repair:
    """Two repairs, of which the other is that of the document of the first."""
    return Repair(repair.findings + other.findings, other.document, repair.origins + other.origins)


def repair_fields(catalog: Catalog, root: Any, rule: Rule, subject: str, readings: Sequence[FieldReading]) -> Repair:
    """Put unknown fields right, and leave out those of which this is not certain.

    ``rule`` is the one that the fields violate, ``subject`` the name of what has no such fields. Those that belong in
    one other object share a finding.
    """
    findings = [_describe_field(rule, subject, each) for each in readings if not each.is_misplaced]
    for is_inward in (True, False):
        group = [each for each in readings if each.is_misplaced and each.is_inward is is_inward]
        findings += [_describe_misplaced(catalog, root, group)] if group else []
    patch = [operation for each in readings for operation in _build_patch(each)]
    repaired_root = apply_patch(root, [*_add_objects(root, patch), *patch])
    return Repair(tuple(findings), repaired_root, list_origins(patch))


def _build_patch(reading: FieldReading) -> Iterable[Mapping[str, Any]]:
    """What puts the fields of a reading right, or puts a value that may be meant in their place, or takes them out."""
    return reading.patch or reading.substitute or [{"op": "remove", "path": each} for each in reading.pointers]


def _add_objects(root: Any, patch: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The objects that a patch moves fields into, where the document has none yet: an input."""
    parents = {from_pointer(each["path"])[:-1]: None for each in patch if each["op"] in ("move", "add")}
    absent = [path for path in parents if not has_place(root, path)]
    return [{"op": "add", "path": to_pointer(path), "value": {}} for path in absent]


def _describe_field(rule: Rule, subject: str, reading: FieldReading) -> Finding:
    names = [wording.show_value(each) for each in reading.names]
    message = f"{names[0]} is not a field of {subject}"
    if len(names) > 1:
        message = f"{wording.join_words(names, 'and')} are not fields of {subject}"
    hint = reading.advice
    if hint.endswith("?"):
        hint = f"{hint} fields: {wording.show_values(rule.node['properties'])}"
    return Finding(reading.pointers[0], rule.id, rule.severity, message, hint, rule.evidence, reading.patch)


def _describe_misplaced(catalog: Catalog, root: Any, readings: Sequence[FieldReading]) -> Finding:
    """The finding on fields that stand beside the input and belong into it, or the other way round."""
    names = [name for each in readings for name in each.names]
    subject = f"{wording.join_words(names, 'and')} {'stands' if len(names) == 1 else 'stand'}"
    if readings[0].is_inward:
        message, hint = f"{subject} beside input, not in it", f"move {', '.join(names)} into input"
    else:
        message, hint = f"{subject} in input, not beside it", f"move {', '.join(names)} to the top, beside input"
    pairs = [(name, each.fields[0]) for each in readings for name in each.names]
    renames = [f"; {name} is {field} there" for name, field in pairs if name != field]
    patch = [operation for each in readings for operation in each.patch or ()]
    fix = (*_add_objects(root, patch), *patch)
    evidence = catalog.claims[claim_ids.CREATE_ENVELOPE].evidence
    return Finding(readings[0].pointers[0], FIELD_MISPLACED, "error", message, hint + "".join(renames), evidence, fix)
