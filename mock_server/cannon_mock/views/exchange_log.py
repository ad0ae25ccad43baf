"""A line of the log for each exchange: what was called and how it ended, but no header, body or key (floor 4)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from flask import Flask, Response

from cannon_mock import json_log
from cannon_mock.model.journal import LONGEST_LABEL, redact_text
from cannon_mock.notices import write_line
from cannon_mock.real_time import read_monotonic_ns
from cannon_mock.views import faults
from cannon_mock.views.context import MockRequest, current_request, find_context
from cannon_spec.redaction import redact, redact_start


def install(app: Flask) -> None:
    """Log the exchanges of a mock in the form that its settings say, where they say that it does."""
    config = find_context(app).config
    if config.log == "json":
        _note_ends(app, _write_json)
    elif config.verbose:
        _note_ends(app, _write_text)


def _note_ends(app: Flask, write: Callable[[MockRequest, Response], None]) -> None:
    @app.after_request
    def note_end(response: Response) -> Response:
        request = current_request()
        request.notes.delay.note_end = partial(write, request, response)
        return response


def _write_text(request: MockRequest, response: Response) -> None:
    write_line(f"{request.method} {quote(redact(request.path))} {response.status_code}")


def _write_json(request: MockRequest, response: Response) -> None:
    notes, method = request.notes, redact_text(request.method)
    path = quote(redact_start(request.path, LONGEST_LABEL))
    members = {
        "method": method,
        "path": path,
        "status": response.status_code,
        "duration_ms": round((read_monotonic_ns() - notes.delay.began_ns) / 1e6, 3),
        "request_id": redact_text(notes.request_id),
        "operation": redact_text(notes.operation),
        "model": redact_text(notes.model),
        "scenario": redact_text(notes.scenario),
        "fault": faults.describe_faults(notes.faults),
        "account": notes.account,
        "client": request.remote_addr,
    }
    json_log.write(logging.INFO, "exchange", f"{method} {path} {response.status_code}", members)
