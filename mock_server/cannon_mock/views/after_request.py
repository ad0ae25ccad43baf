"""The end of every exchange: it is written to the journal, its faults damage the reply, webhooks are sent (floor 4)."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response

from cannon_mock.model import journal
from cannon_mock.model.journal import JournalEntry
from cannon_mock.stores import StoreError
from cannon_mock.views import cors, faults
from cannon_mock.views.context import MockContext, MockRequest, current_request
from cannon_mock.views.json_reply import JsonReply
from cannon_mock.views.reply_delay import find_offer

_PROBE = "admin.show_health"
"""The call that must be answered at once, also while the store is not."""


def install(app: Flask) -> None:
    """End each exchange of the application this way."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    request = current_request()
    mock = request.mock
    if not (request.is_admin_call or cors.is_preflight(request)):
        mock.clock.note_request()
        if mock.config.journal:
            _write_journal(request, response)
        for fault in request.notes.faults:
            response = faults.damage_reply(response, fault)
    _end_delay(request)
    return response


def _end_delay(request: MockRequest) -> None:
    """Leave the wait of the reply, and what is done after it, to whatever serves the application, or do it here."""
    mock, delay = request.mock, request.notes.delay
    if mock.webhook_sender.inline and request.endpoint != _PROBE and _may_be_due(mock):
        delay.steps.append(mock.webhook_sender.deliver)
    if find_offer(request.environ) is None:
        if delay.ms:
            delay.steps.insert(0, partial(_pass, mock, delay.ms))
        delay.finish()
        delay.end()


def _pass(mock: MockContext, ms: int) -> None:
    """Wait, by the clock where the settings say so. A test's clock moves in either case."""
    if mock.config.latency == "clock":
        mock.clock.advance(ms)
    else:
        mock.clock.sleep_ms(ms)


def _may_be_due(mock: MockContext) -> bool:
    """Whether a webhook is due, as far as this can be told at once: to ask a store of several processes takes time."""
    if mock.store.records.is_shared:
        return True
    due_ms = mock.store.deliveries.find_next_due_ms()
    return due_ms is not None and due_ms <= mock.clock.now_ms()


def _write_journal(request: MockRequest, response: Response) -> None:
    """Write the exchange to the journal, or count it as missing: what was done stays done, whatever the store does."""
    try:
        _write_entry(request, response)
    except StoreError:
        request.mock.store.journal.note_missing()


def _write_entry(request: MockRequest, response: Response) -> None:
    mock, notes = request.mock, request.notes
    # The journal shows the reply before its faults, so that a test sees what the client should have got.
    reply = (
        response.get_data() if isinstance(response, JsonReply) else f"({response.content_length or 0} bytes)".encode()
    )
    entry = JournalEntry(
        at_ms=request.now_ms,
        method=journal.redact_text(request.method) or "",
        path=journal.redact_text(request.path) or "",
        status=response.status_code,
        account=notes.account,
        operation=journal.redact_text(notes.operation),
        model=journal.redact_text(notes.model),
        idempotency_key=journal.redact_text(notes.idempotency_key),
        request_id=journal.redact_text(notes.request_id),
        scenario=journal.redact_text(notes.scenario),
        fault=faults.describe_faults(notes.faults),
        request_body=journal.redact_body(notes.body),
        response_body=journal.redact_body(reply),
        violation=None if notes.violation is None else journal.redact_text(notes.violation.text),
    )
    mock.store.journal.append(entry, mock.config.journal)
