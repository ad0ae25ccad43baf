"""The body of a create: read, judged, and adjusted as the service does it (floor 4)."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

from cannon_mock import claim_ids
from cannon_mock.views.context import ExchangeNotes, MockContext, MockRequest
from cannon_mock.views.errors import ApiError
from cannon_spec import document, validate
from cannon_spec.address_rules import ADDRESS_UNREACHABLE
from cannon_spec.adjustments import find_adjustment
from cannon_spec.contract.catalog import AdjustmentKind
from cannon_spec.contract.wording import format_count
from cannon_spec.effective_input import CHANGES, build_effective_input
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Finding, Report
from cannon_spec.named_rules import OPERATION_UNDOCUMENTED

_encode_sorted = json.JSONEncoder(sort_keys=True).encode
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}")
_MOST_FINDINGS = 100
_MOST_SENTENCES = 5


class CreateBody(NamedTuple):
    """An accepted body, with its findings.

    ``effective_input`` is its input as the service takes it: each value that this mock caps or normalises is changed to
    a legal one, and defaults are added. ``claims`` are the claims on that.
    """

    operation: str
    input: dict[str, Any]
    webhook_url: str | None
    findings: tuple[Finding, ...]
    effective_input: dict[str, Any]
    claims: tuple[str, ...]

    @property
    def content(self) -> dict[str, Any]:
        """The JSON that ``findings`` are on."""
        return {"operation": self.operation, "input": self.input, "webhook_url": self.webhook_url}

    @property
    def fingerprint(self) -> str:
        """A text that two bodies share if they mean the same."""
        whole = _encode_sorted([self.operation, self.input, self.webhook_url])
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


def read_idempotency_key(request: MockRequest) -> str | None:
    """The idempotency key of a request. Raises ApiError for a malformed one."""
    key = request.read_header("X_IDEMPOTENCY_KEY")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        message = "x-idempotency-key has 1 to 255 printable ASCII characters"
        raise ApiError(400, "invalid_idempotency_key", message, claim_ids.IDEMPOTENCY_KEY_FORM)
    return key


def read_create_body(request: MockRequest) -> CreateBody:
    """The body of a request. Raises ApiError for one that is not JSON or has errors."""
    mock, notes = request.mock, request.notes
    notes.body = request.read_body()
    try:
        content = document.loads(notes.body)
    except NotJSON as error:
        report = validate.report_unreadable(mock.catalog, error)
        raise _build_error(mock, report, 400, "invalid_json", str(error), error.claim) from None
    _note_content(notes, content)
    report = _judge(mock, notes.account or "", content)
    if not all(_is_capped(mock, finding) for finding in report.errors):
        status = mock.config.refusal_status
        raise _build_error(mock, report, status, "invalid_request", _summarize(report))
    operation = mock.catalog.operations[content["operation"]]
    changes = _list_changes(mock)
    effective_input, default_claims = build_effective_input(mock.catalog, operation, content, report.findings, changes)
    return CreateBody(
        operation=operation.id,
        input=content["input"],
        webhook_url=content.get("webhook_url"),
        findings=report.findings,
        effective_input=effective_input,
        claims=(*_collect_adjustment_claims(mock, report.findings), *default_claims),
    )


def _judge(mock: MockContext, account: str, content: Any) -> Report:
    """The report on a body. This mock cannot run an operation whose input no page documents: here that is an error.

    It can call webhooks that the service cannot reach.
    """
    report = validate.request(mock.catalog, content, "strict" if mock.config.strict else "normal", is_plain=True)
    if not report.findings:
        return report
    findings = (finding for finding in report.findings if not _may_be_called(mock, account, finding, content))
    return Report(tuple(_refuse_undocumented(finding) for finding in findings))


def _may_be_called(mock: MockContext, account: str, finding: Finding, content: Any) -> bool:
    """Whether a finding says that a webhook cannot be reached which this mock may call."""
    if finding.rule != ADDRESS_UNREACHABLE or finding.path != "/webhook_url":
        return False
    return mock.webhook_sender.may_deliver(content["webhook_url"], account)


def _refuse_undocumented(finding: Finding) -> Finding:
    return replace(finding, severity="error") if finding.rule == OPERATION_UNDOCUMENTED else finding


def _note_content(notes: ExchangeNotes, content: Any) -> None:
    """Note operation and model for the journal, as far as the body has them."""
    if isinstance(content, dict):
        operation, input = content.get("operation"), content.get("input")
        model = input.get("model") if isinstance(input, dict) else None
        notes.operation = operation if isinstance(operation, str) else None
        notes.model = model if isinstance(model, str) else None


def _build_error(mock: MockContext, report: Report, status: int, code: str, message: str, *claims: str) -> ApiError:
    behaviour = (claim_ids.REFUSAL_STATUS, claim_ids.CREATE_REFUSES_UNSHOWN, claim_ids.CONTENT_TYPE_IGNORED)
    claims = (*behaviour, *_collect_adjustment_claims(mock, report.findings), *claims)
    return ApiError(status, code, message, *claims, findings=report.findings[:_MOST_FINDINGS])


def _summarize(report: Report) -> str:
    first, more = report.errors[:_MOST_SENTENCES], len(report.errors) - _MOST_SENTENCES
    sentences = [f"{finding.path or 'the body'}: {finding.message} ({finding.hint})" for finding in first]
    return "; ".join([*sentences, f"and {format_count(more, 'more error')}"] if more > 0 else sentences)


def _list_changes(mock: MockContext) -> tuple[AdjustmentKind, ...]:
    """What this mock does with a value: where it lowers one instead of refusing it, the vendor's text allows both."""
    return (*CHANGES, "cap") if mock.config.square_4k == "cap" else CHANGES


def _is_capped(mock: MockContext, finding: Finding) -> bool:
    adjustment = find_adjustment(mock.catalog, finding)
    return adjustment is not None and adjustment.kind == "cap" and adjustment.kind in _list_changes(mock)


def _collect_adjustment_claims(mock: MockContext, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The claims on refusing, lowering or normalising a value, of those findings where the vendor's text allows it."""
    adjustments = (find_adjustment(mock.catalog, finding) for finding in findings)
    return tuple(adjustment.claim for adjustment in adjustments if adjustment is not None)
