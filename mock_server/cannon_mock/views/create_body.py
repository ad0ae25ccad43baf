"""The body of a create: read, judged, and lowered where the vendor's word allows that (floor 4)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from flask import request

from cannon_mock.views.context import ExchangeNotes, MockContext
from cannon_mock.views.errors import ApiError
from cannon_spec import document, validate
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Finding, Report, Strictness
from cannon_spec.pointer import from_pointer

_sorted = json.JSONEncoder(sort_keys=True).encode
_MOST_FINDINGS = 100
_MOST_SENTENCES = 5


@dataclass(frozen=True, slots=True)
class CreateBody:
    """A body that was accepted, with its findings.

    ``painted`` is its input after each value that this mock caps was made the last legal one; ``caps`` are the claims
    on that.
    """

    operation: str
    input: dict[str, Any]
    webhook_url: str | None
    findings: tuple[Finding, ...]
    painted: dict[str, Any]
    caps: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """The same for two bodies that say the same."""
        whole = _sorted([self.operation, self.input, self.webhook_url])
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


def read_create_body(mock: MockContext, seen: ExchangeNotes) -> CreateBody:
    """The body of the request at hand. Refuses one that is not JSON or has errors."""
    seen.body = request.get_data(cache=False)
    try:
        body = document.loads(seen.body)
    except NotJSON as error:
        report = validate.report_unreadable(mock.catalog, error)
        raise _refusal(mock, report, 400, "invalid_json", str(error), error.claim) from None
    _take_note(seen, body)
    strictness: Strictness = "strict" if mock.config.strict else "normal"
    report = validate.request(mock.catalog, body, strictness)
    if not all(_is_capped(mock, finding) for finding in report.errors):
        status = mock.config.refusal_status
        raise _refusal(mock, report, status, "invalid_request", _summary(report))
    painted, caps = _capped(mock, body["input"], report.findings), _caps(mock, report.findings)
    hook = body.get("webhook_url")
    return CreateBody(body["operation"], body["input"], hook, report.findings, painted, caps)


def _take_note(seen: ExchangeNotes, body: Any) -> None:
    """Tell the journal what was asked for, as far as it can be told."""
    if isinstance(body, dict):
        operation, input = body.get("operation"), body.get("input")
        model = input.get("model") if isinstance(input, dict) else None
        seen.operation = operation if isinstance(operation, str) else None
        seen.model = model if isinstance(model, str) else None


def _refusal(mock: MockContext, report: Report, status: int, code: str, message: str, *claims: str) -> ApiError:
    claims = ("refusal-status", "content-type-ignored", *_caps(mock, report.findings), *claims)
    return ApiError(status, code, message, *claims, findings=report.findings[:_MOST_FINDINGS])


def _summary(report: Report) -> str:
    told, more = report.errors[:_MOST_SENTENCES], len(report.errors) - _MOST_SENTENCES
    sentences = [f"{finding.path or 'the body'}: {finding.message} ({finding.hint})" for finding in told]
    return "; ".join([*sentences, f"and {more} more"] if more > 0 else sentences)


def _is_capped(mock: MockContext, finding: Finding) -> bool:
    """Whether this mock lowers the value instead of refusing it, where the vendor's word allows both."""
    return mock.config.square_4k == "cap" and bool(_caps(mock, (finding,)))


def _caps(mock: MockContext, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The claims on refusing or lowering a value, of those findings for which the vendor's word allows both."""
    rules = (mock.catalog.rule_by_id(finding.rule) for finding in findings if "#" in finding.rule)
    return tuple(rule.cap_claim for rule in rules if rule.cap_claim is not None)


def _capped(mock: MockContext, input: dict[str, Any], findings: tuple[Finding, ...]) -> dict[str, Any]:
    lowered = {
        from_pointer(finding.path)[-1]: mock.catalog.rule_by_id(finding.rule).value[-1]
        for finding in findings
        if _is_capped(mock, finding)
    }
    return {**input, **lowered}
