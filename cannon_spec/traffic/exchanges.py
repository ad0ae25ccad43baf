"""Judge recorded calls: each body by its schema, then the calls together (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cannon_spec import document, validate
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Finding, Report, Strictness
from cannon_spec.pointer import Path, to_pointer
from cannon_spec.traffic import sequence
from cannon_spec.traffic.har import CallKind, RecordedCall
from cannon_spec.traffic.sequence import ParsedCall

_REPLIES: dict[CallKind, str] = {"create": "accepted", "poll": "request", "status": "status"}
_FIRST_ERROR_STATUS = 400


def judge_calls(
    catalog: Catalog, calls: Sequence[RecordedCall], strictness: Strictness = "normal"
) -> list[tuple[RecordedCall, Report]]:
    """Judge each call, and return it with its report.

    The path of a finding is a JSON Pointer into the HAR as far as ``postData`` or ``content``, and goes on within the
    body: ``/log/entries/3/response/content/output/image_url``.
    """
    findings: dict[int, list[Finding]] = {each.entry: [] for each in calls}
    parsed_calls = [_judge_bodies(catalog, each, findings[each.entry]) for each in calls]
    for entry, finding in sequence.check_sequence(catalog, parsed_calls):
        findings[entry].append(finding)
    return [(each, _sort_findings(findings[each.entry], strictness)) for each in calls]


def _sort_findings(findings: list[Finding], strictness: Strictness) -> Report:
    ordered_findings = sorted(findings, key=lambda each: (each.path, each.rule, each.message))
    return Report(tuple(ordered_findings)).with_strictness(strictness)


def _judge_bodies(catalog: Catalog, call: RecordedCall, findings: list[Finding]) -> ParsedCall:
    """Parse both bodies of a call, and append the findings of their schemas to ``findings``."""
    request_json = response_json = None
    if call.request_body is not None:
        request_json, report = _judge_request(catalog, call.request_body)
        findings += _prefix_paths(report, ("log", "entries", call.entry, "request", "postData"))
    if call.response_body is not None:
        kind = "error" if call.status >= _FIRST_ERROR_STATUS else _REPLIES[call.kind]
        response_json, report = _judge_response(catalog, call.response_body, kind)
        findings += _prefix_paths(report, ("log", "entries", call.entry, "response", "content"))
    return ParsedCall(call, request_json, response_json)


def _judge_request(catalog: Catalog, body: str | bytes) -> tuple[Any, Report]:
    try:
        value = document.loads(body)
    except NotJSON as error:
        return None, validate.report_unreadable(catalog, error)
    return value, validate.request(catalog, value)


def _judge_response(catalog: Catalog, body: str | bytes, kind: str) -> tuple[Any, Report]:
    try:
        value = document.loads(body)
    except NotJSON as error:
        claim = catalog.rule(f"envelope/{kind}", ("type",)).claim  # the claim that the reply is a JSON object
        hint = "the service sent this, or the recording cut it off"
        return None, Report((Finding(error.pointer, "json", claim.severity, error.problem, hint, claim.evidence),))
    return value, validate.response(catalog, kind, value)


def _prefix_paths(report: Report, path: Path) -> list[Finding]:
    """The findings with paths that start at the file instead of at the body."""
    return [replace(each, path=to_pointer(path) + each.path) for each in report.findings]
