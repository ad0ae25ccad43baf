"""A small client of the Cannon Studio API with requests: submit, poll, download."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests


class GenerationFailed(Exception):
    """The request ended without a picture."""


def picture(
    prompt: str,
    key: str,
    base_url: str = "https://www.cannonstudio.app",
    session: requests.Session | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """A picture of ``prompt`` as PNG."""
    session = session or requests.Session()
    headers = {"x-api-key": key}
    body = {"operation": "image.generate", "input": {"prompt": prompt, "model": "seedream5", "aspect_ratio": "16:9"}}
    reply = session.post(f"{base_url}/api/v1/requests", json=body, headers=headers, timeout=30)
    while reply.status_code == 429:
        sleep(float(reply.headers["Retry-After"]))
        reply = session.post(f"{base_url}/api/v1/requests", json=body, headers=headers, timeout=30)
    reply.raise_for_status()
    address, wait_s = reply.json()["urls"]["get"], reply.json()["poll_after_ms"] / 1000
    while True:
        request = session.get(address, headers=headers, timeout=30).json()
        if request["status"] == "succeeded":
            return session.get(request["output"]["image_url"], timeout=30).content
        if request["status"] == "failed":
            raise GenerationFailed(request["errorMessage"])
        sleep(wait_s)
