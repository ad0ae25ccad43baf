"""The end of every exchange: written down, spoiled where a fault says so, due webhooks delivered (floor 4)."""

from __future__ import annotations

from flask import Flask, Response, request

from cannon_mock.model import journal
from cannon_mock.model.journal import JournalEntry
from cannon_mock.views import faults
from cannon_mock.views.context import ExchangeNotes, MockContext, current_context, current_notes

_ADMIN = "/__mock__/"


def install(app: Flask) -> None:
    """End each exchange of the application this way."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    mock, own = current_context(), request.path.startswith(_ADMIN)
    if not own:
        seen = current_notes()
        if mock.config.journal:
            _write_down(mock, seen, response)
        if seen.fault is not None:
            faults.damage_reply(response, seen.fault)
    if mock.webhook_sender.inline:
        mock.webhook_sender.deliver()
    return response


def _write_down(mock: MockContext, known: ExchangeNotes, response: Response) -> None:
    said = response.get_data() if response.is_json else f"({response.content_length or 0} bytes)".encode()
    exchange = JournalEntry(
        at_ms=mock.clock.now_ms(),
        method=request.method,
        path=journal.redact_text(request.path) or "",
        status=response.status_code,
        account=known.account,
        operation=journal.redact_text(known.operation),
        model=journal.redact_text(known.model),
        idempotency_key=journal.redact_text(known.idempotency_key),
        request_id=known.request_id,
        scenario=known.scenario,
        fault=None if known.fault is None else faults.describe_fault(known.fault),
        request_body=journal.redact_body(known.body),
        response_body=journal.redact_body(said),
    )
    mock.store.records.append(journal.LOG, journal.encode(exchange), mock.config.journal)
