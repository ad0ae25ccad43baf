"""Findings on unknown fields, and the document with them put right (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Rule
from cannon_spec.finding import MOST_ALIKE, Finding, Patch
from cannon_spec.finding_cache import MOST_NAMES, find_or_build, identify_scalar
from cannon_spec.hit_findings import describe_hits, name_field
from cannon_spec.hits import Hit
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import follow, from_pointer, has_place, replace_at, to_pointer
from cannon_spec.repair import Repair, list_origins
from cannon_spec.unknown_fields import FieldReading, Fields, Place, read_fields

FIELD_MISPLACED = "field-misplaced"
"""The rule that names fields which stand beside the input and belong into it, or the other way round."""


class _FieldChange(NamedTuple):
    """The findings on unknown fields of one object, and the patch that puts them right or leaves them out."""

    findings: tuple[Finding, ...]
    fix: Patch
    origins: tuple[tuple[str, str], ...]
    has_guesses: bool = False

    def apply(self, root: Any) -> Repair:
        """The repair of a document."""
        return Repair(self.findings, apply_patch(root, self.fix), self.origins)


def repair_objects(
    catalog: Catalog, root: Any, hits: Iterable[Hit], other_fields: Fields, *, takes_guesses: bool = True
) -> tuple[Repair | None, bool]:
    """The repair of all objects with unknown fields, None where it changes nothing, and whether it has guesses.

    ``hits`` are those on the document. ``other_fields`` are those that it may have itself: where it is a body, a field
    of its input may belong beside it. Without ``takes_guesses`` nothing is put in the place of a field that is guessed.
    """
    hits_by_place = {hit.place: hit for hit in hits if hit.judged_rule.is_on_unknown_fields}
    repair, has_guesses = Repair((), root), False
    # The innermost object first: the paths of the others hold on.
    for path in sorted(hits_by_place, key=len, reverse=True):
        hit, fields = hits_by_place[path], hits_by_place[path].rule.node.get("properties", {})
        names = [name for name in follow(repair.document, path) if name not in fields]
        if len(names) > MOST_ALIKE:
            repair = join_repairs(repair, leave_out_excess(catalog, repair.document, hit, names))
        place = Place(path, follow(repair.document, path), fields)
        others = [Place((), repair.document, other_fields)] if other_fields and path else []
        change = _find_change(catalog, repair.document, hit, [place, *others], names[:MOST_ALIKE], takes_guesses)
        repair, has_guesses = join_repairs(repair, change.apply(repair.document)), has_guesses or change.has_guesses
    return repair if repair.findings else None, has_guesses


def _find_change(
    catalog: Catalog, root: Any, hit: Hit, places: Sequence[Place], names: Sequence[str], takes_guesses: bool
) -> _FieldChange:
    """The change of the object of a hit, the first of ``places``, worded once for all with the same slips."""
    key: Hashable = None
    values = [identify_scalar(places[0].members[name]) for name in names]
    if None not in values and all(len(place.members) <= MOST_NAMES for place in places):
        all_names = tuple([tuple(place.members) for place in places])
        key = (hit.judged_rule, hit.place, tuple(names), tuple(values), all_names, takes_guesses)
    return find_or_build(catalog, key, _build_change, catalog, root, hit, places, names, takes_guesses)


def _build_change(
    catalog: Catalog, root: Any, hit: Hit, places: Sequence[Place], names: Sequence[str], takes_guesses: bool
) -> _FieldChange:
    readings = list(read_fields(catalog.aliases, places[0], names, places[1:]))
    has_guesses = any(each.is_guess for each in readings)
    if not takes_guesses:
        readings = [each._replace(substitute=None) if each.is_guess else each for each in readings]
    subject = name_field(hit.place, hit.rule) or hit.rule.title
    change = _describe_change(catalog, root, hit.rule, subject, readings)
    return change._replace(has_guesses=has_guesses)


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
    return _describe_change(catalog, root, rule, subject, readings).apply(root)


def _describe_change(
    catalog: Catalog, root: Any, rule: Rule, subject: str, readings: Sequence[FieldReading]
) -> _FieldChange:
    findings = [_describe_field(rule, subject, each) for each in readings if not each.is_misplaced]
    for is_inward in (True, False):
        group = [each for each in readings if each.is_misplaced and each.is_inward is is_inward]
        findings += [_describe_misplaced(catalog, root, group)] if group else []
    patch = [operation for each in readings for operation in _build_patch(each)]
    return _FieldChange(tuple(findings), (*_add_objects(root, patch), *patch), list_origins(patch))


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
