"""A Flask application that only parses JSON and answers JSON, on the server of the mock."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from cannon_mock.app import MAX_BODY_BYTES
from cannon_mock.config import Config
from cannon_mock.serving import serve
from cannon_mock.serving.app_caller import AppCaller
from cannon_mock.serving.loop_server import LoopServer

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


if __name__ == "__main__":
    listener = serve.listen(Config(port=0))
    server = LoopServer(AppCaller(app, lambda _: "turn", MAX_BODY_BYTES), [listener])
    server.run(lambda: print(f"bare ready on {serve.find_address(listener)}", flush=True))
