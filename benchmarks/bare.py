"""A Flask application that only parses JSON and answers JSON."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

app = Flask("bare")


@app.post("/api/v1/requests")
def create() -> tuple[Response, int]:
    """Parse a body; answer a small object."""
    body = request.get_json()
    return jsonify(id="req_0123456789abcdef", status="queued", operation=body["operation"]), 202


@app.get("/api/v1/requests/<id_>")
def read(id_: str) -> Response:
    """Answer a small object."""
    return jsonify(id=id_, status="succeeded")
