"""The end of every exchange: it is written to the journal, its faults damage the reply, webhooks are sent (floor 4)."""

from __future__ import annotations

from flask import Flask, Response, request

from cannon_mock.model import journal
from cannon_mock.model.journal import JournalEntry
from cannon_mock.views import cors, faults
from cannon_mock.views.context import ExchangeNotes, MockContext, current_context, current_notes, is_admin_call


def install(app: Flask) -> None:
    """End each exchange of the application this way."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    mock = current_context()
    if not (is_admin_call() or cors.is_preflight()):
        notes = current_notes()
        if mock.config.journal:
            _write_entry(mock, notes, response)
        for fault in notes.faults:
            faults.damage_reply(response, fault)
    if mock.webhook_sender.inline:
        mock.webhook_sender.deliver()
    return response


def _write_entry(mock: MockContext, notes: ExchangeNotes, response: Response) -> None:
    # The journal shows the reply before its faults, so that a test sees what the client should have got.
    reply = response.get_data() if response.is_json else f"({response.content_length or 0} bytes)".encode()
    entry = JournalEntry(
        at_ms=mock.clock.now_ms(),
        method=request.method,
        path=journal.redact_text(request.path) or "",
        status=response.status_code,
        account=notes.account,
        operation=journal.redact_text(notes.operation),
        model=journal.redact_text(notes.model),
        idempotency_key=journal.redact_text(notes.idempotency_key),
        request_id=notes.request_id,
        scenario=notes.scenario,
        fault=faults.describe_faults(notes.faults),
        request_body=journal.redact_body(notes.body),
        response_body=journal.redact_body(reply),
    )
    mock.store.records.append(journal.LOG, journal.encode(entry), mock.config.journal)
