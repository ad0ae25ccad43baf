"""A client of the Cannon Studio API with requests: one session for the whole program, with urllib3's Retry."""

from __future__ import annotations

import time
import uuid

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

REQUESTS = "https://www.cannonstudio.app/api/v1/requests"

session = requests.Session()
session.headers["x-api-key"] = "cs_test_example"
session.mount(
    "https://www.cannonstudio.app",
    HTTPAdapter(max_retries=Retry(3, allowed_methods={"GET", "POST"}, status_forcelist={429, 500, 502, 503, 504})),
)


class GenerationFailed(Exception):
    """The request ended without a picture."""


def picture(prompt: str, timeout_s: float = 30) -> bytes:
    """A picture of ``prompt`` as PNG."""
    body = {"operation": "image.generate", "input": {"prompt": prompt, "model": "gptimage2"}}
    key = {"x-idempotency-key": str(uuid.uuid4())}  # one for all tries of this create
    reply = session.post(REQUESTS, json=body, headers=key, timeout=timeout_s)
    reply.raise_for_status()
    accepted = reply.json()
    while True:
        time.sleep(accepted["poll_after_ms"] / 1000)
        request = session.get(accepted["urls"]["get"], timeout=timeout_s).json()
        if request["status"] == "succeeded":
            return session.get(request["output"]["image_url"], timeout=timeout_s).content
        if request["status"] == "failed":
            raise GenerationFailed(request["errorMessage"])
