"""Refusals of the admin API as problem details, RFC 9457 (floor 4)."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, jsonify


class AdminError(Exception):
    """An admin call is refused: HTTP status and what to do instead."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def build_error_reply(problem: AdminError) -> Response:
    """The reply to a call that is refused."""
    title = HTTPStatus(problem.status).phrase
    response = jsonify(type="about:blank", title=title, status=problem.status, detail=problem.detail)
    response.status_code = problem.status
    response.mimetype = "application/problem+json"
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
