"""CORS: what a browser needs before a page of another origin may call the simulated API and fetch assets (floor 4).

The mock's own API never gets these headers. No reply allows cookies or other credentials of a browser: a key is sent in
a header by the page itself.
"""

from __future__ import annotations

from flask import Flask, Response

from cannon_mock import claim_ids
from cannon_mock.model.scenarios import HEADER as SCENARIO_HEADER
from cannon_mock.origins import AllowedOrigins, read_origins
from cannon_mock.views.context import EVIDENCE_HEADER, MockRequest, add_evidence_header, current_request, find_context

_REQUEST_HEADERS = (
    *("authorization", "content-type", "x-api-key", "x-idempotency-key", SCENARIO_HEADER),
    *("if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"),
)
_REPLY_HEADERS = (
    *("retry-after", EVIDENCE_HEADER, "x-mock-media", "x-mock-warnings"),
    *("accept-ranges", "allow", "content-range", "etag", "www-authenticate"),
)
"""What scripts may read, beside what browsers always show them."""

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": ", ".join(_REQUEST_HEADERS),
    "Access-Control-Max-Age": "600",
}


def install(app: Flask) -> None:
    """Answer preflight requests, and let pages of the allowed origins read replies, error replies too."""
    origins = read_origins(find_context(app).config.cors)
    # Where the reply to one page differs from that to another, a cache must not give one of them to the other.
    has_vary = not origins.has_all and origins != AllowedOrigins()

    @app.before_request
    def _answer_preflight() -> Response | None:
        request = current_request()
        if not is_preflight(request) or request.is_admin_call or request.headers["Origin"] not in origins:
            return None
        response = Response(status=204, headers=_PREFLIGHT)
        del response.headers["Content-Type"]
        if request.headers.get("Access-Control-Request-Private-Network") == "true":
            response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response

    @app.after_request
    def _add_headers(response: Response) -> Response:
        request = current_request()
        if request.is_admin_call:
            return response
        if has_vary:
            response.headers.add("Vary", "Origin")
        return _allow_origin(request, response, origins)


def is_preflight(request: MockRequest) -> bool:
    """Whether a browser asks, before a request itself, whether a page may send it; this is no call of the API."""
    if request.method != "OPTIONS":
        return False
    return "Origin" in request.headers and "Access-Control-Request-Method" in request.headers


def _allow_origin(request: MockRequest, response: Response, origins: AllowedOrigins) -> Response:
    origin = request.read_header("ORIGIN")
    if origin is None or origin not in origins:
        return response
    response.headers["Access-Control-Allow-Origin"] = "*" if origins.has_all else origin
    response.headers["Access-Control-Expose-Headers"] = ", ".join(_REPLY_HEADERS)
    return add_evidence_header(request.mock, response, claim_ids.BROWSER_ACCESS)
