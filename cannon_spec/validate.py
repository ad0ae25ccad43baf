"""Judge a payload: the envelope, then the operation's closed schema with the model's open one (floor 1, pure).

Each is plain JSON Schema. Each violation becomes a Finding with a hint and the claim that the rule rests on. A payload
of a wrong type is reported by findings too, never by an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from cannon_spec import document
from cannon_spec.address_rules import judge_addresses
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, InputPlan, Operation, Rule
from cannon_spec.contract.keywords import KEYWORDS, Violation, describe_legal, describe_meaning, describe_violation
from cannon_spec.contract.nodes import AddressField, list_address_fields
from cannon_spec.contract.readings import Context, Meaning, Readings, find_meaning, find_readings
from cannon_spec.errors import NotJSON, UnknownName
from cannon_spec.field_repair import repair_fields
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report, Strictness
from cannon_spec.named_rules import (
    describe_operation_problem,
    describe_unknown_model,
    find_undocumented,
    list_remarks,
)
from cannon_spec.patch import apply_patch, build_replacement
from cannon_spec.pointer import Path, follow, to_pointer
from cannon_spec.repair import Repair, trace_back
from cannon_spec.structure import describe_whole_body, find_repair, has_expected_structure
from cannon_spec.unknown_fields import Place, read_fields

RESPONSE_KINDS = ("accepted", "request", "status", "error", "webhook")
"""What ``response`` can judge: the replies of the three endpoints, and an error body."""

_CREATE = "envelope/create"
_DEFAULT = ""
"""What stands for the identifier of a model where an input names none."""

_FIELD_TYPE = re.compile(r"(envelope/create|operations/[^/]+/input)#/properties/([^/]+)/type")
"""The rules on the types of the fields that a user sends, each with its schema and field."""

_INDEX_DIGITS = 9
_CLEAN = Report()


class _Hit(NamedTuple):
    """A rule that the value at ``place`` of the whole document violates.

    ``name`` is the property that is missing or unknown, or those that exclude each other; None for other keywords.
    ``readings`` say what the value may mean. ``is_optional`` says that a user may leave the field out.
    """

    place: Path
    rule: Rule
    name: str | None = None
    readings: Readings = Readings()
    is_optional: bool = False

    @property
    def path(self) -> Path:
        """Where it is reported: an unknown property at itself, a missing one at its object."""
        return (*self.place, self.name or "") if self.rule.keyword == "additionalProperties" else self.place


def request(catalog: Catalog, payload: Any, strictness: Strictness = "normal", *, is_plain: bool = False) -> Report:
    """Judge a whole create body: ``{"operation", "input", "webhook_url"?}``.

    ``is_plain`` says that ``document.loads`` returned it, so that it needs no walk through its values first.
    """
    try:
        payload = payload if is_plain else document.to_plain(payload)
    except NotJSON as error:
        return report_unreadable(catalog, error)
    return _judge_body(catalog, payload).with_strictness(strictness)


def _judge_body(catalog: Catalog, body: Any) -> Report:
    """Judge a create body. One of another structure is judged as it is without that problem, where it is known."""
    repair = None if has_expected_structure(body) else find_repair(catalog, body)
    if repair is not None:
        rest = _CLEAN if repair.document is None else _judge_body(catalog, repair.document)
        return _join(body, repair, rest)
    name, input = (body.get("operation"), body.get("input")) if isinstance(body, dict) else (None, None)
    operation = catalog.operations.get(name) if isinstance(name, str) else None
    if operation is not None and operation.is_covered and isinstance(input, dict):
        return _judge_input(catalog, operation, input, body, _CREATE)
    named_findings: list[Finding] = []
    if isinstance(name, str) and (operation is None or not operation.is_covered):
        finding = describe_operation_problem(catalog, name)
        if finding.fix is not None:
            repair = Repair((finding,), apply_patch(body, finding.fix))
            return _join(body, repair, _judge_body(catalog, repair.document))
        named_findings.append(finding)
    return _report(body, _hits(catalog, body, (_CREATE,)), Report(tuple(named_findings)))


def _join(root: Any, repair: Repair, rest: Report) -> Report:
    """The report on ``root``: the findings of a repair, and those on the document without the problem elsewhere."""
    paths = {finding.path for finding in repair.findings}
    others = [finding for finding in trace_back(root, repair, rest.findings) if finding.path not in paths]
    return Report(tuple(sorted((*repair.findings, *others), key=_place)))


def bare_input(
    catalog: Catalog, operation: str, input: Any, strictness: Strictness = "normal", *, is_plain: bool = False
) -> Report:
    """Judge a bare input of one operation; paths start at the input. Raises UnknownName for an unknown operation.

    ``is_plain`` is that of ``request``.
    """
    if not isinstance(operation, str):
        raise UnknownName(f"an operation is named by a string, not by a value of type {type(operation).__name__}")
    known_operation = catalog.operations.get(operation) or find_undocumented(catalog, operation)
    if known_operation is None:
        raise UnknownName(f"{describe_operation_problem(catalog, operation).message}; cannon-spec catalog lists them")
    try:
        input = input if is_plain else document.to_plain(input)
    except NotJSON as error:
        return report_unreadable(catalog, error)
    if not known_operation.is_covered:
        finding = replace(describe_operation_problem(catalog, operation), path="")
        return Report((finding,)).with_strictness(strictness)
    if isinstance(input, dict) and {"operation", "input"} <= input.keys():
        return Report((describe_whole_body(catalog),))
    return _judge_input(catalog, known_operation, input, input, None).with_strictness(strictness)


def accepts_input(catalog: Catalog, operation: str, input: Any) -> bool:
    """Whether a bare input has no finding, except warnings that each input for its operation and model has.

    Raises UnknownName for an unknown operation.
    """
    return all(finding.rule in UNAVOIDABLE_RULES for finding in bare_input(catalog, operation, input).findings)


def response(
    catalog: Catalog, kind: str, body: Any, strictness: Strictness = "normal", *, is_plain: bool = False
) -> Report:
    """Judge a reply: ``kind`` is one of RESPONSE_KINDS. Raises ValueError for another kind.

    Keys that the contract does not know are allowed in replies. The output of a succeeded request is held to the
    schema of its operation. ``is_plain`` is that of ``request``.
    """
    if kind not in RESPONSE_KINDS:
        raise ValueError(
            f"unknown kind of response {wording.show_value(kind)}; known: {wording.show_values(RESPONSE_KINDS)}"
        )
    try:
        body = body if is_plain else document.to_plain(body)
    except NotJSON as error:
        return report_unreadable(catalog, error)
    hits = _hits(catalog, body, (f"envelope/{kind}",))
    if kind == "request" and isinstance(body, dict) and body.get("status") == "succeeded":
        operation = body.get("operation")
        known_operation = catalog.operations.get(operation) if isinstance(operation, str) else None
        if known_operation is not None and known_operation.output is not None and isinstance(body.get("output"), dict):
            hits += _hits(catalog, body, (known_operation.output,), place=("output",))
    return _report(body, hits, _CLEAN).with_strictness(strictness)


def report_unreadable(catalog: Catalog, error: NotJSON) -> Report:
    """The report on a document that cannot be read: one error, with the claim of ``error``."""
    evidence = catalog.claims[error.claim].evidence
    return Report((Finding(error.pointer, "json", "error", error.problem, error.advice, evidence),))


def _judge_input(catalog: Catalog, operation: Operation, input: Any, root: Any, envelope: str | None) -> Report:
    """Judge ``root`` by envelope, operation and model. Without an envelope ``root`` is the input itself."""
    name = input.get("model") if isinstance(input, dict) else None
    model_id = name if isinstance(name, str) and name in operation.models else None
    if isinstance(input, dict) and operation.has_default_limits(input):
        model_id = _DEFAULT
    key = operation.id, model_id, envelope
    plan = catalog.input_plans.get(key)
    if plan is None:
        plan = catalog.input_plans[key] = _plan_input(catalog, operation, model_id, envelope)
    report, hits = plan.clean_report, _hits(catalog, root, plan.schemas, envelope)
    if model_id == _DEFAULT:
        hits = [hit._replace(rule=catalog.assume_default(operation, hit.rule)) for hit in hits]
    repair = _repair_fields(catalog, root, hits, plan.schemas, envelope) if hits else None
    if model_id is None and operation.models and isinstance(name, str):
        finding = describe_unknown_model(catalog, operation, name, _find_model_path(envelope))
        report = Report(tuple(sorted((*report.findings, finding), key=_place)))
        if repair is None and finding.fix is not None:
            repair = Repair((finding,), apply_patch(root, finding.fix))
    if repair is None:
        return _report(root, hits, _add_findings(report, judge_addresses(catalog, root, plan.address_fields), hits))
    repaired_input = repair.document if envelope is None else repair.document["input"]
    return _join(root, repair, _judge_input(catalog, operation, repaired_input, repair.document, envelope))


def _repair_fields(
    catalog: Catalog, root: Any, hits: list[_Hit], schemas: tuple[str, ...], envelope: str | None
) -> Repair | None:
    """The findings on all unknown fields that mean something we know, and the document without them; None for none.

    A guess that leads to more violations than the fields left out is none to judge the rest by.
    """
    groups: dict[Path, list[_Hit]] = {}
    for hit in hits:
        if hit.rule.keyword == "additionalProperties":
            groups.setdefault(hit.place, []).append(hit)
    # The innermost object first: the paths of the others hold on.
    for path, group in sorted(groups.items(), key=lambda each: -len(each[0])):
        others = [Place((), root, catalog.schemas[_CREATE]["properties"])] if envelope and path else []
        rule = group[0].rule
        place = Place(path, follow(root, path), rule.node.get("properties", {}))
        readings = list(read_fields(catalog.aliases, place, [hit.name or "" for hit in group], others))
        if not readings:
            continue
        subject = _name_field(path, rule) or rule.title
        repair = repair_fields(catalog, root, rule, subject, readings)
        if not any(each.is_guess for each in readings):
            return repair
        sure_readings = [each._replace(substitute=None) if each.is_guess else each for each in readings]
        repairs = repair, repair_fields(catalog, root, rule, subject, sure_readings)
        return min(repairs, key=lambda each: len(_hits(catalog, each.document, schemas, envelope)))
    return None


def _plan_input(catalog: Catalog, operation: Operation, model_id: str | None, envelope: str | None) -> InputPlan:
    named_model = None if model_id is None else operation.models.get(model_id)
    remarks = list_remarks(operation, named_model, "" if envelope is None else "/operation", _find_model_path(envelope))
    model = operation.served_default_model if model_id == _DEFAULT else named_model
    schemas = (operation.input, None if model is None else model.schema)
    address_fields = _list_address_fields(catalog, operation, envelope)
    return InputPlan(tuple(filter(None, schemas)), Report(tuple(sorted(remarks, key=_place))), address_fields)


def _list_address_fields(catalog: Catalog, operation: Operation, envelope: str | None) -> tuple[AddressField, ...]:
    """The fields of addresses in a document that has an envelope, or is an input."""
    input = catalog.input_schema_of(operation)
    if envelope is None:
        return list_address_fields(input)
    return (*list_address_fields(input, ("input",)), *list_address_fields(catalog.schemas[envelope]))


def _add_findings(report: Report, findings: Iterable[Finding], hits: list[_Hit]) -> Report:
    """The report with those findings too that are at places without a hit: there is one finding for one cause."""
    places = {to_pointer(hit.place) for hit in hits}
    new_findings = [finding for finding in findings if finding.path not in places]
    return Report(tuple(sorted((*report.findings, *new_findings), key=_place))) if new_findings else report


def _find_model_path(envelope: str | None) -> str:
    return "/model" if envelope is None else "/input/model"


def _hits(
    catalog: Catalog, root: Any, schemas: tuple[str, ...], envelope: str | None = None, place: Path = ()
) -> list[_Hit]:
    """The rules of the schemas that the value at ``place`` of ``root`` violates."""
    violations = catalog.validator(schemas, envelope)(follow(root, place) if place else root)
    if not violations:
        return []
    hits: list[_Hit] = []
    for path, at in violations:
        rule = catalog.violated_rule(at, schemas, envelope)
        readings = find_readings(catalog, schemas[0] if schemas else envelope or "", rule)
        is_optional = _is_optional(catalog, rule)
        hits += [
            _Hit(place + path, rule, name, readings, is_optional) for name in _list_names(rule, place + path, root)
        ]
    return hits


def _is_optional(catalog: Catalog, rule: Rule) -> bool:
    """Whether a rule is on the type of a field that a user may leave out."""
    match = _FIELD_TYPE.fullmatch(rule.id)
    return match is not None and match[2] not in catalog.schemas[match[1]].get("required", ())


def _list_names(rule: Rule, place: Path, root: Any) -> Sequence[str | None]:
    """The properties that a violated rule is about, one hit each; a single None where it judges the value itself."""
    list_names = KEYWORDS[rule.keyword].list_names
    if list_names is None:
        return (None,)
    value = follow(root, place)
    # "not required" also refuses what is no object, which the rule of its type reports already.
    return list_names(rule.node, value) if isinstance(value, dict) else ()


def _report(root: Any, hits: list[_Hit], clean_report: Report) -> Report:
    """The report on ``root``. ``clean_report`` has what is found apart from the hits."""
    if not hits:
        return clean_report
    causes: dict[tuple[Path, str | None], list[_Hit]] = {}
    for hit in hits:
        causes.setdefault((hit.path, hit.name), []).append(hit)
    findings = [*(_finding(root, group) for group in causes.values()), *clean_report.findings]
    if len(findings) > 1:
        findings.sort(key=_place)
    return Report(tuple(findings))


def _place(finding: Finding) -> tuple[str, str, str]:
    # Numbers are padded, so that item 2 of an array comes before item 10.
    path = re.sub(r"\d+", lambda number: number[0].zfill(_INDEX_DIGITS), finding.path)
    return path, finding.rule, finding.message


def _finding(root: Any, group: list[_Hit]) -> Finding:
    """One finding for all rules that refuse one value. The first by precedence gives the message, all give the hint."""
    if len(group) > 1:
        group.sort(key=lambda hit: hit.rule.precedence)
    hit, rule = group[0], group[0].rule
    field = _name_field(hit.place, rule)
    violation = Violation(rule.keyword, rule.node, follow(root, hit.place), field, rule.title, hit.name or "")
    meaning = _find_meaning(root, group)
    return Finding(
        path=to_pointer(hit.path),
        rule=rule.id,
        severity=rule.severity,
        message=describe_violation(violation, _find_condition(rule), meaning.problem),
        hint=_describe_hint(violation, group, meaning),
        evidence=rule.evidence,
        fix=build_replacement(hit.place, meaning.values) if meaning.is_certain else None,
    )


def _find_condition(rule: Rule) -> str:
    """The condition of a rule in words; empty where it names only the field that the rule judges."""
    return rule.condition if set(rule.condition_fields) - {rule.field} else ""


def _find_meaning(root: Any, group: list[_Hit]) -> Meaning:
    """What the value that all rules of the group refuse was meant to be."""
    hit = group[0]
    if hit.name is not None or not hit.place:
        return Meaning()
    readings = next((each.readings for each in group if each.readings.entries), hit.readings)
    parent, is_item = follow(root, hit.place[:-1]), isinstance(hit.place[-1], int)
    neighbours = parent if isinstance(parent, dict) else {}
    context = Context([each.rule.node for each in group], _legal(group), readings, neighbours, is_item)
    return find_meaning(follow(root, hit.place), context)


def _describe_hint(violation: Violation, group: list[_Hit], meaning: Meaning) -> str:
    """What would be legal: by the narrowest rule of the group, which is named where the message has another."""
    rule, legal, narrowest = group[0].rule, _legal(group), _tightest(group)
    if legal is None and (meaning.values or (meaning.advice and rule.keyword == "pattern")):
        return describe_meaning(violation, meaning.values, meaning.advice)
    condition_fields = (name for each_hit in group for name in each_hit.rule.condition_fields)
    narrowing_fields = dict.fromkeys(name for name in condition_fields if name != rule.field)
    hint = describe_legal(violation._replace(node=narrowest.node), legal, narrowing_fields, meaning.values)
    if meaning.values and meaning.advice:
        return f"{hint}; {meaning.advice}"
    if violation.value is None and group[0].is_optional:
        return f"{hint}; or leave it out"
    if narrowest.value == rule.value:
        return hint
    condition = f" when {narrowest.condition}" if narrowest.condition else ""
    return f"{hint}, the limit of {narrowest.title}{condition}"


def _name_field(place: Path, rule: Rule) -> str:
    """The field at ``place`` as a reader names it, seen from the schema of the rule: ``shots[1].duration``."""
    names, start = rule.field.count(".") + 1 if rule.field else 0, len(place)
    while names and start:
        start -= 1
        names -= isinstance(place[start], str)
    return wording.join_path(place[start:])


def _legal(group: list[_Hit]) -> list[Any] | None:
    """The values that every ``enum`` of the group allows, in the order of the first; None where there is no enum."""
    legal: list[Any] | None = None
    for hit in group:
        if hit.rule.keyword == "enum":
            legal = hit.rule.value if legal is None else [value for value in legal if value in hit.rule.value]
    return legal


def _tightest(group: list[_Hit]) -> Rule:
    """The rule whose bound is the narrowest of those with the keyword of the first."""
    rule = group[0].rule
    narrowest = max if "min" in rule.keyword.lower() else min if "max" in rule.keyword.lower() else None
    if len(group) == 1 or narrowest is None:
        return rule
    rules = [hit.rule for hit in group if hit.rule.keyword == rule.keyword]
    return narrowest(rules, key=lambda each: float(each.value))
