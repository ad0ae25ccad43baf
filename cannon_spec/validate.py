"""Judge a payload: the envelope, then the operation's closed schema with the model's open one (floor 1, pure).

Each is plain JSON Schema. Each violation becomes a Finding with a hint and the claim that the rule rests on. A payload
of a wrong type is reported by findings too, never by an exception.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cannon_spec import document
from cannon_spec.address_rules import judge_addresses
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.errors import NotJSON, UnknownName
from cannon_spec.field_repair import repair_objects
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report, Strictness
from cannon_spec.hit_findings import describe_hits
from cannon_spec.hits import Hit, find_schema_judge
from cannon_spec.input_plan import InputPlan, find_model_id, find_model_path, find_plan, find_prepared_plan
from cannon_spec.named_rules import describe_operation_problem, describe_unknown_model, find_undocumented
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import to_pointer
from cannon_spec.repair import Repair, trace_back
from cannon_spec.structure import describe_whole_body, find_repair, has_expected_structure

RESPONSE_KINDS = ("accepted", "request", "status", "error", "webhook")
"""What ``response`` can judge: the replies of the three endpoints, and an error body."""

_CREATE = "envelope/create"
_CLEAN = Report()

_MOST_REPAIRS = 4
"""The most times that an input is judged anew, without its unknown fields: those may have some of their own."""


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
    if has_expected_structure(body):
        plan = find_prepared_plan(catalog, body["operation"], body["input"].get("model"), _CREATE)
        return _judge_operation(catalog, body) if plan is None else _judge_by_plan(catalog, plan, body)
    repair = find_repair(catalog, body)
    if repair is None:
        return _judge_operation(catalog, body)
    rest = _CLEAN if repair.document is None else _judge_body(catalog, repair.document)
    return _join(body, repair, rest)


def _judge_operation(catalog: Catalog, body: Any) -> Report:
    """Judge a body by its operation, or by the envelope alone where that is unknown."""
    name, input = (body.get("operation"), body.get("input")) if isinstance(body, dict) else (None, None)
    operation = catalog.operations.get(name) if isinstance(name, str) else None
    if operation is not None and operation.is_covered and isinstance(input, dict):
        return _judge_input(catalog, operation, body, _CREATE)
    named_findings: list[Finding] = []
    if isinstance(name, str) and (operation is None or not operation.is_covered):
        finding = describe_operation_problem(catalog, name)
        if finding.fix is not None:
            repair = Repair((finding,), apply_patch(body, finding.fix))
            return _join(body, repair, _judge_body(catalog, repair.document))
        named_findings.append(finding)
    hits = find_schema_judge(catalog, (_CREATE,)).list_hits(body)
    return Report.from_findings([*named_findings, *describe_hits(catalog, body, hits)])


def _join(root: Any, repair: Repair, rest: Report) -> Report:
    """The report on ``root``: the findings of a repair, and those on the document without the problem elsewhere."""
    paths = {finding.path for finding in repair.findings}
    others = [finding for finding in trace_back(root, repair, rest.findings) if finding.path not in paths]
    return Report.from_findings([*repair.findings, *others])


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
    return _judge_input(catalog, known_operation, input, None).with_strictness(strictness)


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
    hits = find_schema_judge(catalog, (f"envelope/{kind}",)).list_hits(body)
    if kind == "request" and isinstance(body, dict) and body.get("status") == "succeeded":
        operation = body.get("operation")
        known_operation = catalog.operations.get(operation) if isinstance(operation, str) else None
        if known_operation is not None and known_operation.output is not None and isinstance(body.get("output"), dict):
            hits += find_schema_judge(catalog, (known_operation.output,)).list_hits(body, ("output",))
    return Report.from_findings(describe_hits(catalog, body, hits)).with_strictness(strictness)


def report_unreadable(catalog: Catalog, error: NotJSON) -> Report:
    """The report on a document that cannot be read: one error, with the claim of ``error``."""
    evidence = catalog.claims[error.claim].evidence
    return Report((Finding(error.pointer, "json", "error", error.problem, error.advice, evidence),))


def _judge_input(
    catalog: Catalog, operation: Operation, root: Any, envelope: str | None, repairs_left: int = _MOST_REPAIRS
) -> Report:
    """Judge ``root`` by envelope, operation and model. Without an envelope ``root`` is the input itself."""
    input = root if envelope is None else root["input"]
    name = input.get("model") if isinstance(input, dict) else None
    model_id, model_finding = find_model_id(operation, input), None
    if model_id is None and operation.models and isinstance(name, str):
        model_finding = describe_unknown_model(catalog, operation, name, find_model_path(envelope))
    return _judge_by_plan(catalog, find_plan(catalog, operation, model_id, envelope), root, model_finding, repairs_left)


def _judge_by_plan(
    catalog: Catalog,
    plan: InputPlan,
    root: Any,
    model_finding: Finding | None = None,
    repairs_left: int = _MOST_REPAIRS,
) -> Report:
    """Judge ``root`` by a plan. ``model_finding`` is the one on an unknown model, which the plan does not know."""
    hits = plan.schema_judge.list_hits(root)
    if not hits and model_finding is None and not plan.address_fields.may_have_findings(root):
        return plan.clean_report
    repair = None
    if repairs_left and any([hit.judged_rule.is_on_unknown_fields for hit in hits]):  # noqa: C419 - it costs less
        repair = _repair_fields(catalog, plan, root, hits)
    if repair is None and model_finding is not None and model_finding.fix is not None:
        repair = Repair((model_finding,), apply_patch(root, model_finding.fix))
    if repair is not None:
        rest = _judge_input(catalog, plan.operation, repair.document, plan.envelope, repairs_left - 1)
        return _join(root, repair, rest)
    addresses = judge_addresses(catalog, root, plan.address_fields)
    places = {to_pointer(hit.place) for hit in hits} if addresses else ()
    others = [finding for finding in addresses if finding.path not in places]  # a cause has one finding
    named_findings = (
        plan.clean_report.findings if model_finding is None else (model_finding, *plan.clean_report.findings)
    )
    return Report.from_findings([*describe_hits(catalog, root, hits), *named_findings, *others])


def _repair_fields(catalog: Catalog, plan: InputPlan, root: Any, hits: list[Hit]) -> Repair | None:
    """The findings on the unknown fields that mean something we know, and the document without them; None for none.

    A guess that leads to more violations than the fields left out is none to judge the rest by.
    """
    other_fields = {} if plan.envelope is None else catalog.schemas[plan.envelope]["properties"]
    repair, has_guesses = repair_objects(catalog, root, hits, other_fields)
    if repair is None or not has_guesses:
        return repair
    sure_repair, _ = repair_objects(catalog, root, hits, other_fields, takes_guesses=False)
    repairs = repair, sure_repair or repair
    return min(repairs, key=lambda each: len(plan.schema_judge.list_hits(each.document)))
