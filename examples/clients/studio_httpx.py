"""A small client of the Cannon Studio API with httpx: submit, poll, download."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

BASE_URL = "https://www.cannonstudio.app"
MOST_TRIES = 5


class GenerationFailed(Exception):
    """The request ended without a picture."""


class Studio:
    """Makes pictures. ``sleep`` waits for a number of seconds."""

    def __init__(self, key: str, client: httpx.Client, sleep: Callable[[float], None] = time.sleep) -> None:
        self._headers = {"x-api-key": key}
        self._client = client
        self._sleep = sleep

    def picture(self, prompt: str, *, order: str, webhook_url: str | None = None) -> bytes:
        """A picture of ``prompt`` as PNG. ``order`` is the idempotency key, so that a retry makes no second request."""
        request = self.submit(prompt, order=order, webhook_url=webhook_url)
        while request["status"] not in ("succeeded", "failed"):
            self._sleep(request.get("poll_after_ms", 2000) / 1000)
            request = self._client.get(f"{BASE_URL}/api/v1/requests/{request['id']}", headers=self._headers).json()
        if request["status"] == "failed":
            raise GenerationFailed(request["errorMessage"])
        return self._client.get(request["output"]["image_url"]).content

    def submit(self, prompt: str, *, order: str, webhook_url: str | None = None) -> dict[str, Any]:
        """The accepted request. Tries again if the service is busy or fails, or the connection breaks."""
        body: dict[str, Any] = {
            "operation": "image.generate",
            "input": {"prompt": prompt, "model": "gptimage2", "aspect_ratio": "16:9", "resolution": "1K"},
        }
        if webhook_url is not None:
            body["webhook_url"] = webhook_url
        headers = {**self._headers, "x-idempotency-key": order}
        for _ in range(MOST_TRIES):
            try:
                reply = self._client.post(f"{BASE_URL}/api/v1/requests", json=body, headers=headers)
            except httpx.TransportError:
                continue
            if reply.status_code == 429 or reply.status_code >= 500:
                self._sleep(float(reply.headers.get("Retry-After", 1)))
                continue
            reply.raise_for_status()
            accepted: dict[str, Any] = reply.json()
            return accepted
        raise GenerationFailed(f"not accepted in {MOST_TRIES} tries")
