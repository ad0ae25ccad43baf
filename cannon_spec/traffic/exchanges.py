"""Judge recorded calls: each body by its schema, then the calls together (floor 2, pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cannon_spec import document, validate
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.lifecycle import TIMES
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Finding, Report
from cannon_spec.pointer import Path, follow, from_pointer, to_pointer
from cannon_spec.traffic import client_habits, sequence
from cannon_spec.traffic.addresses import CallKind
from cannon_spec.traffic.har import RecordedCall
from cannon_spec.traffic.placeholders import is_placeholder
from cannon_spec.traffic.sequence import UNREAD, ParsedCall

_REPLIES: dict[CallKind, str] = {"create": "accepted", "poll": "request", "status": "status"}
_ACCEPTED_STATUS = 202
_FIRST_ERROR_STATUS = 400
_CLEAN = Report()
_CREATED_AT = TIMES[0]
"""A member of the request object that the accepted reply does not have."""


def judge_calls(catalog: Catalog, calls: Sequence[RecordedCall]) -> list[tuple[RecordedCall, Report]]:
    """Judge each call, and return it with its report.

    The path of a finding is a JSON Pointer into the HAR as far as ``postData`` or ``content``, and goes on within the
    body: ``/log/entries/3/response/content/output/image_url``.
    """
    findings: dict[int, list[Finding]] = {each.entry: [] for each in calls}
    parsed_calls = [_parse_bodies(catalog, each, findings[each.entry]) for each in calls]
    repeats = sequence.find_repeats(parsed_calls)
    for each in parsed_calls:
        findings[each.call.entry] += _judge_bodies(catalog, each, each.call.entry in repeats)
    for check in (sequence.check_sequence, client_habits.check_habits):
        for entry, finding in check(catalog, parsed_calls):
            findings[entry].append(finding)
    return [(each, _sort_findings(findings[each.entry])) for each in calls]


def _sort_findings(findings: list[Finding]) -> Report:
    ordered_findings = sorted(findings, key=lambda each: (each.path, each.rule, each.message))
    return Report(tuple(ordered_findings))


def _parse_bodies(catalog: Catalog, call: RecordedCall, findings: list[Finding]) -> ParsedCall:
    """Parse both bodies of a call, and append a finding to ``findings`` for each that is not JSON."""
    request_json = response_json = UNREAD
    try:
        request_json = _parse(call.request_body)
    except NotJSON as error:
        findings += _prefix_paths(_report_unreadable_create(catalog, error), _request_path(call))
    try:
        response_json = _parse(call.response_body)
    except NotJSON as error:
        findings += _prefix_paths(_report_unreadable_reply(catalog, call, error), _response_path(call))
    return ParsedCall(call, request_json, response_json)


def _parse(body: str | bytes | None) -> Any:
    """The JSON of a body; UNREAD where there is none. Raises NotJSON."""
    return UNREAD if body is None else document.loads(body)


def _report_unreadable_create(catalog: Catalog, error: NotJSON) -> Report:
    # A recording has no lines of its own: the message says where in the body it is.
    report = validate.report_unreadable(catalog, error)
    return Report(tuple(replace(finding, message=error.placed_problem) for finding in report.findings))


def _report_unreadable_reply(catalog: Catalog, call: RecordedCall, error: NotJSON) -> Report:
    claim = catalog.rule(f"envelope/{_find_kind(call)}", ("type",)).claim  # the claim that the reply is a JSON object
    hint = "the service sent this, or the recording changed it"
    return Report((Finding(error.pointer, "json", claim.severity, error.placed_problem, hint, claim.evidence),))


def _judge_bodies(catalog: Catalog, each: ParsedCall, is_repeat: bool) -> list[Finding]:
    """The findings of the schemas on both bodies of a call, but for those on what was redacted."""
    call, findings = each.call, []
    if each.request is not UNREAD:
        report = _drop_redacted(each.request, validate.request(catalog, each.request, is_plain=True))
        findings += _prefix_paths(report, _request_path(call))
    if each.response is not UNREAD:
        kind = _find_kind(call)
        report = validate.response(catalog, kind, each.response, is_plain=True)
        if kind == "accepted":
            report = _excuse_repeat(catalog, each, report, is_repeat)
        elif kind == "request":
            report = _excuse_absence(report)
        findings += _prefix_paths(_drop_redacted(each.response, report), _response_path(call))
    return findings


def _find_kind(call: RecordedCall) -> str:
    return "error" if call.status >= _FIRST_ERROR_STATUS else _REPLIES[call.kind]


def _excuse_repeat(catalog: Catalog, each: ParsedCall, report: Report, is_repeat: bool) -> Report:
    """The report on the reply to a create, without what no page rules out for a repeat.

    The example is the reply to a first create. No page shows the reply to a repeat: it may have the present status, or
    be the request object, and with another HTTP status it may be anything.
    """
    if not is_repeat and (each.call.status == _ACCEPTED_STATUS or not sequence.may_be_repeat(each.call)):
        return report
    body: Mapping[str, Any] = each.response if isinstance(each.response, dict) else {}
    is_request_object = _CREATED_AT in body and validate.response(catalog, "request", body, is_plain=True).ok
    if each.call.status != _ACCEPTED_STATUS or is_request_object:
        return _CLEAN
    has_state = body.get("status") in catalog.lifecycle["states"]
    return Report(tuple(finding for finding in report.findings if not (has_state and finding.path == "/status")))


def _excuse_absence(report: Report) -> Report:
    """The report without members that only an assumption expects: no page shows a queued or a failed object."""
    findings = (each for each in report.findings if not (each.rule.endswith("/required") and _is_assumed(each)))
    return Report(tuple(findings))


def _is_assumed(finding: Finding) -> bool:
    return finding.evidence.strength == "assumed"


def _drop_redacted(value: Any, report: Report) -> Report:
    """The report without findings on values that are placeholders, for the service did not send them."""
    return Report(tuple(each for each in report.findings if not is_placeholder(_find_value(value, each.path))))


def _find_value(value: Any, pointer: str) -> Any:
    """The value at a pointer; None where the document has none, as for a missing member."""
    try:
        return follow(value, from_pointer(pointer))
    except LookupError:
        return None


def _request_path(call: RecordedCall) -> Path:
    return "log", "entries", call.entry, "request", "postData"


def _response_path(call: RecordedCall) -> Path:
    return "log", "entries", call.entry, "response", "content"


def _prefix_paths(report: Report, path: Path) -> list[Finding]:
    """The findings with paths that start at the file instead of at the body."""
    return [replace(each, path=to_pointer(path) + each.path) for each in report.findings]
