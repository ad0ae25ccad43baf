"""The errors that end a call, and their replies: of the simulated API and of the mock's own API (floor 4)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException

from cannon_mock import claim_ids
from cannon_mock.host_and_port import is_host_and_port
from cannon_mock.notices import describe_failure
from cannon_mock.stores import StoreError
from cannon_mock.views.context import (
    ADMIN_PATH,
    add_evidence_header,
    current_context,
    current_request,
    read_host,
)
from cannon_mock.views.json_reply import JsonReply
from cannon_spec.finding import Finding
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact

_CLAIMS = {
    404: (claim_ids.UNKNOWN_ADDRESS_404,),
    405: (claim_ids.UNKNOWN_ADDRESS_404,),
    413: (claim_ids.BODY_LIMIT,),
    416: (claim_ids.ASSET_OPEN,),
}
_MESSAGES = {
    404: "no such address; there are GET /api/v1/status, POST /api/v1/requests and GET /api/v1/requests/{id}",
    405: "this address does not take that method; the header Allow lists those it takes",
    413: "the body is larger than 8 MiB; send a smaller one",
    416: "the file does not have that range; the header Content-Range tells its length",
}
_STORE_RETRY_S = "1"
_HEADERS_TO_KEEP = ("Allow", "Content-Range")


class ApiError(Exception):
    """An error reply of the simulated API: HTTP status, error code, message, and the claims that it rests on."""

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


class AdminError(Exception):
    """An error reply of the mock's own API: HTTP status, and what is wrong and what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def install(app: Flask) -> None:
    """Answer every error, of a view, of the framework or of our own code, with an error body."""
    app.before_request(_check_host)
    app.register_error_handler(ApiError, _answer_api_error)
    app.register_error_handler(AdminError, _answer_admin_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(StoreError, _answer_store_error)
    app.register_error_handler(Exception, _answer_own_fault)


def _check_host() -> None:
    """Refuse a Host header that cannot be part of an address, before anything is stored."""
    host = read_host(current_request())
    if not is_host_and_port(host):
        message = f"the Host {host[:60]!a} is no host name with a port; call the mock by its address"
        raise ApiError(400, "invalid_host", message, claim_ids.HOST_HEADER)


def _answer_api_error(error: ApiError) -> Response:
    request = current_request()
    if request.is_admin_call:  # an error that any address can have; there it has the form of RFC 9457
        response = _answer_admin_error(AdminError(error.status, error.message))
        response.headers.update(error.headers)
        return response
    content: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.findings:
        content["findings"] = [finding.to_dict() for finding in error.findings]
    response = JsonReply({"error": content}, error.status)
    response.headers.update(error.headers)
    return add_evidence_header(request.mock, response, *error.claims, claim_ids.ERROR_ENVELOPE)


def _answer_admin_error(error: AdminError) -> Response:
    """The error as problem details, RFC 9457."""
    title = HTTPStatus(error.status).phrase
    content = {"type": "about:blank", "title": title, "status": error.status, "detail": error.detail}
    response = JsonReply(content, error.status)
    response.mimetype = "application/problem+json"
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _answer_http_error(error: HTTPException) -> Response:
    if current_request().environ.get("PATH_INFO") == "*":  # OPTIONS of no address, but of the server
        return Response(status=204, headers={"Allow": "GET, HEAD, POST, PUT, DELETE, OPTIONS"})
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name in _HEADERS_TO_KEEP}
    code = error.name.lower().replace(" ", "_")
    is_unknown_admin_call = status == HTTPStatus.NOT_FOUND and current_request().is_admin_call
    message = _list_admin_addresses() if is_unknown_admin_call else _MESSAGES.get(status)
    message = message or error.description or error.name
    return _answer_api_error(ApiError(status, code, message, *_CLAIMS.get(status, ()), headers=headers))


def _list_admin_addresses() -> str:
    paths = {rule.rule.split("/")[2] for rule in current_app.url_map.iter_rules() if rule.rule.startswith(ADMIN_PATH)}
    if not paths:
        return "the mock's own API is turned off; start the mock without --no-admin"
    return f"no such address under {ADMIN_PATH}; there are {', '.join(sorted(paths))}"


def _answer_store_error(error: StoreError) -> Response:
    message = f"the mock's own store fails, not the service: {error}"
    return _answer_api_error(ApiError(503, "store_unavailable", message, headers={"Retry-After": _STORE_RETRY_S}))


def _answer_own_fault(error: Exception) -> Response:
    text = f"the mock failed: {type(error).__name__}: {error}"
    is_verbose = current_context().config.verbose
    current_app.logger.error(describe_failure(text, error) if is_verbose else escape_unprintable(redact(text)))
    return _answer_api_error(ApiError(500, "mock_fault", "the mock failed, not your request; please report it"))
