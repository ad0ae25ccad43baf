"""Refusals and their error body (floor 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from cannon_spec.finding import Finding
from mock_server.mock import cite


class Refusal(Exception):
    """A request is refused: HTTP status, error code, message, and the claims that the refusal rests on."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *claims: str,
        findings: Sequence[Finding] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.claims = claims
        self.findings = findings
        self.headers = headers or {}


def install(app: Flask) -> None:
    """Answer every refusal, and every error of the framework or of our own, with the error body."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)


def _refused(refusal: Refusal) -> Response:
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.findings:
        error["findings"] = [finding.to_dict() for finding in refusal.findings]
    response = jsonify(error=error)
    response.status_code = refusal.status
    response.headers.update(refusal.headers)
    return cite(response, (*refusal.claims, "error-envelope"))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    claim = "body-limit" if status == 413 else "unknown-address-404"
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Content-Range")}
    code = error.name.lower().replace(" ", "_")
    return _refused(Refusal(status, code, error.description or error.name, claim, headers=kept))


def _fault(error: Exception) -> Response:
    from flask import current_app

    current_app.logger.error("fault of the mock's own", exc_info=error)
    return _refused(Refusal(500, "mock_fault", "the mock failed, not your request; please report it"))
