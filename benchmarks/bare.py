"""A Flask application that only parses JSON and answers JSON, on the server of the mock."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from cannon_mock.config import Config
from cannon_mock.serving import serve

app = Flask("bare")


@app.get("/__mock__/health")
def health() -> Response:
    """What the server asks before it says that it is ready."""
    return jsonify(ok=True)


@app.post("/api/v1/requests")
def create() -> tuple[Response, int]:
    """Parse a body; answer a small object."""
    body = request.get_json()
    return jsonify(id="req_0123456789abcdef", status="queued", operation=body["operation"]), 202


@app.get("/api/v1/requests/<id_>")
def read(id_: str) -> Response:
    """Answer a small object."""
    return jsonify(id=id_, status="succeeded")


if __name__ == "__main__":
    bound = serve.listen(Config(port=0))
    serve.serve(app, bound, lambda url: print(f"bare ready on {url}", flush=True))
