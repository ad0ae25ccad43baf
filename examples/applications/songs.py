"""Songs for a radio, with urllib3 and its Retry; and the radio's receiver of webhooks, with Flask."""

from __future__ import annotations

import os
import time
from typing import Any

from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

REQUESTS = "https://www.cannonstudio.app/api/v1/requests"
DEADLINE_S = 900

pool = PoolManager(
    timeout=Timeout(connect=5, read=30),
    retries=Retry(
        total=4,
        backoff_factor=0.5,
        status_forcelist={429, 500, 502, 503, 504},
        allowed_methods={"GET", "POST"},  # a create too, since each has an idempotency key
    ),
)


class SongError(Exception):
    """There is no song: refused, failed, or not reached."""


class SongLate(SongError):
    """The song has not ended in time; it may still succeed."""


def make_song(prompt: str, show_id: str) -> bytes:
    """A song as MP3. The same ``show_id`` never makes, or costs, a second one."""
    return download(wait(create(prompt, show_id)))


def create(prompt: str, show_id: str, **more: str) -> dict[str, Any]:
    """The accepted request. With ``webhook_url`` in ``more`` its end is also sent there."""
    body = {"operation": "music.generate", "input": {"prompt": prompt, "model": "V5"}, **more}
    return call("POST", REQUESTS, json=body, idempotency_key=show_id).json()


def wait(job: dict[str, Any]) -> dict[str, Any]:
    """The request when it has succeeded."""
    end, pause_s = time.monotonic() + DEADLINE_S, max(job["poll_after_ms"] / 1000, 1)
    while job["status"] not in ("succeeded", "failed"):
        if time.monotonic() > end:
            raise SongLate(job["id"])
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 20)
        job = call("GET", f"{REQUESTS}/{job['id']}").json()
    if job["status"] == "failed":
        raise SongError(job["errorMessage"])
    return job


def download(job: dict[str, Any]) -> bytes:
    return send("GET", job["output"]["audio_url"]).data  # without the API key, which is not for storage


def call(method: str, url: str, *, idempotency_key: str = "", **options: Any) -> BaseHTTPResponse:
    headers = {"x-api-key": os.environ["STUDIO_API_KEY"]}
    if idempotency_key:
        headers["x-idempotency-key"] = idempotency_key
    return send(method, url, headers=headers, **options)


def send(method: str, url: str, **options: Any) -> BaseHTTPResponse:
    try:
        reply = pool.request(method, url, **options)
    except HTTPError as error:  # after all tries
        raise SongError(f"{method} {url}: {error}") from error
    if reply.status >= 400:
        raise SongError(f"{method} {url}: {reply.status} {reply.data.decode()}")
    return reply


app = Flask(__name__)
finished: dict[str, dict[str, Any]] = {}  # by id; a database, in a real radio


@app.post("/webhooks/cannon")
def receive() -> tuple[str, int]:
    try:
        event = Webhook(os.environ["STUDIO_WEBHOOK_SECRET"]).verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "invalid signature", 401
    finished[event["data"]["id"]] = event["data"]  # a second delivery of the same changes nothing
    return "", 204
