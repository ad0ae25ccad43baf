"""Pictures for a shop, with requests: create, poll, download; and the shop's receiver of webhooks, with Flask."""

from __future__ import annotations

import os
import time
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

REQUESTS = "https://www.cannonstudio.app/api/v1/requests"
TIMEOUT_S = (5, 30)  # to connect, and between two bytes
TRIES = 5
DEADLINE_S = 600

session = requests.Session()


class StudioError(Exception):
    """There is no picture."""


class Refused(StudioError):
    """The API does not accept the call, and would not the next time."""


class Unavailable(StudioError):
    """Every try failed: no connection, no answer in time, too many calls, or an error of the server."""


class GenerationFailed(StudioError):
    """The request was accepted, and ended without a picture."""


class DeadlineExceeded(StudioError):
    """The request has not ended in time; it may still succeed."""


def make_picture(prompt: str, order_id: str) -> bytes:
    """A picture as PNG. The same ``order_id`` never makes, or costs, a second one."""
    return download(wait(create(prompt, order_id)))


def create(prompt: str, order_id: str, **more: str) -> dict[str, Any]:
    """The accepted request. With ``webhook_url`` in ``more`` its end is also sent there."""
    body = {"operation": "image.generate", "input": {"prompt": prompt, "model": "gptimage2"}, **more}
    return call("POST", REQUESTS, json=body, idempotency_key=order_id).json()


def wait(job: dict[str, Any]) -> dict[str, Any]:
    """The request when it has succeeded."""
    end, pause_s = time.monotonic() + DEADLINE_S, max(job["poll_after_ms"] / 1000, 1)
    while job["status"] not in ("succeeded", "failed"):
        if time.monotonic() > end:
            raise DeadlineExceeded(job["id"])
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 20)
        job = call("GET", f"{REQUESTS}/{job['id']}").json()
    if job["status"] == "failed":
        raise GenerationFailed(job["errorMessage"])
    return job


def download(job: dict[str, Any]) -> bytes:
    reply = session.get(job["output"]["image_url"], timeout=TIMEOUT_S)
    reply.raise_for_status()
    return reply.content


def call(method: str, url: str, *, idempotency_key: str = "", **options: Any) -> requests.Response:
    headers = {"x-api-key": os.environ["STUDIO_API_KEY"]}
    if idempotency_key:
        headers["x-idempotency-key"] = idempotency_key
    for attempt in range(TRIES):
        pause_s = 2.0**attempt
        try:
            reply = session.request(method, url, headers=headers, timeout=TIMEOUT_S, **options)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            time.sleep(pause_s)
            continue
        if reply.ok:
            return reply
        if reply.status_code != 429 and reply.status_code < 500:
            raise Refused(reply.json()["error"]["message"])
        time.sleep(read_pause(reply, pause_s))
    raise Unavailable(f"{method} {url}: no answer in {TRIES} tries")


def read_pause(reply: requests.Response, default_s: float) -> float:
    """The seconds that a reply asks for, as a number or a date; ``default_s`` where it asks for none."""
    text = reply.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        return max(0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return default_s


app = Flask(__name__)
finished: dict[str, dict[str, Any]] = {}  # by id; a database, in a real shop


@app.post("/webhooks/cannon")
def receive() -> tuple[str, int]:
    try:
        event = Webhook(os.environ["STUDIO_WEBHOOK_SECRET"]).verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "invalid signature", 401
    finished[event["data"]["id"]] = event["data"]  # a second delivery of the same changes nothing
    return "", 204
