"""Refusals and their error body (floor 4)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from cannon_mock.stores import StoreError
from cannon_mock.views import problems
from cannon_mock.views.context import add_evidence_header, current_context
from cannon_mock.views.problems import AdminError
from cannon_spec.finding import Finding

_CLAIMS = {
    404: ("unknown-address-404",),
    405: ("unknown-address-404",),
    413: ("body-limit",),
    416: ("asset-open",),
}
_MESSAGES = {
    404: "no such address; there are GET /api/v1/status, POST /api/v1/requests and GET /api/v1/requests/{id}",
    405: "this address does not take that method; the header Allow lists those it takes",
    413: "the body is larger than 8 MiB; send a smaller one",
    416: "the file does not have that range; the header Content-Range tells its length",
}
_ADMIN = "/__mock__/"
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
_LARGEST_PORT = 65_535


class ApiError(Exception):
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
    app.before_request(_check_host)
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(Exception, _fault)


def _check_host() -> None:
    """Refuse a Host header that no address could be made of, before anything is stored."""
    found = _HOST.fullmatch(request.host)
    if found is None or int(found[1] or 0) > _LARGEST_PORT:
        message = "the Host header is no host name with a port; call the mock by its address"
        raise ApiError(400, "invalid_host", message, "host-header")


def _refused(refusal: ApiError) -> Response:
    if _is_admin():
        response = problems.build_error_reply(AdminError(refusal.status, refusal.message))
        response.headers.update(refusal.headers)
        return response
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.findings:
        error["findings"] = [finding.to_dict() for finding in refusal.findings]
    response = jsonify(error=error)
    response.status_code = refusal.status
    response.headers.update(refusal.headers)
    return add_evidence_header(response, *refusal.claims, "error-envelope")


def _is_admin() -> bool:
    """Whether the mock's own API was called, which has errors of another form."""
    return request.path.startswith(_ADMIN)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    claims = _CLAIMS.get(status, ())
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Content-Range")}
    code = error.name.lower().replace(" ", "_")
    known = {} if _is_admin() else _MESSAGES
    message = known.get(status, error.description or error.name)
    return _refused(ApiError(status, code, message, *claims, headers=kept))


def _store_error(error: StoreError) -> Response:
    return _refused(ApiError(503, "store_unavailable", f"the mock cannot reach its store: {error}"))


def _fault(error: Exception) -> Response:
    known = current_context().config.verbose
    current_app.logger.error("the mock failed: %s: %s", type(error).__name__, error, exc_info=error if known else None)
    return _refused(ApiError(500, "mock_fault", "the mock failed, not your request; please report it"))
