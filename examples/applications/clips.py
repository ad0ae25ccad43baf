"""Clips for a newsroom, with asynchronous httpx; and the newsroom's receiver of webhooks, with FastAPI."""

from __future__ import annotations

import asyncio
import os
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

REQUESTS = "https://www.cannonstudio.app/api/v1/requests"
TRIES = 5
DEADLINE_S = 1200


class ClipError(Exception):
    """There is no clip: refused, failed, or not reached."""


class ClipLate(ClipError):
    """The clip has not ended in time; it may still succeed."""


class Clips:
    """Makes clips; a context in which connections are kept."""

    async def __aenter__(self) -> Clips:
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(30, connect=5))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def make(self, prompt: str, story_id: str) -> bytes:
        """A clip as MP4. The same ``story_id`` never makes, or costs, a second one."""
        job = await self.wait(await self.create(prompt, story_id))
        reply = await self._client.get(job["output"]["video_url"])
        return reply.raise_for_status().content

    async def create(self, prompt: str, story_id: str, **more: str) -> dict[str, Any]:
        """The accepted request. With ``webhook_url`` in ``more`` its end is also sent there."""
        body = {"operation": "video.generate", "input": {"prompt": prompt, "model": "veo31"}, **more}
        return await self._call("POST", REQUESTS, {"x-idempotency-key": story_id}, json=body)

    async def wait(self, job: dict[str, Any]) -> dict[str, Any]:
        """The request when it has succeeded."""
        end, pause_s = time.monotonic() + DEADLINE_S, max(job["poll_after_ms"] / 1000, 1)
        while job["status"] not in ("succeeded", "failed"):
            if time.monotonic() > end:
                raise ClipLate(job["id"])
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, 20)
            job = await self._call("GET", f"{REQUESTS}/{job['id']}", {})
        if job["status"] == "failed":
            raise ClipError(job["errorMessage"])
        return job

    async def _call(self, method: str, url: str, headers: dict[str, str], **options: Any) -> dict[str, Any]:
        headers = {"x-api-key": os.environ["STUDIO_API_KEY"], **headers}
        for attempt in range(TRIES):
            pause_s = 2.0**attempt
            try:
                reply = await self._client.request(method, url, headers=headers, **options)
            except httpx.TransportError:  # no connection, no answer in time, half an answer
                await asyncio.sleep(pause_s)
                continue
            if reply.is_success:
                return reply.json()
            if reply.status_code != 429 and not reply.is_server_error:
                raise ClipError(reply.json()["error"]["message"])
            await asyncio.sleep(read_pause(reply, pause_s))
        raise ClipError(f"{method} {url}: no answer in {TRIES} tries")


def read_pause(reply: httpx.Response, default_s: float) -> float:
    """The seconds that a reply asks for, as a number or a date; ``default_s`` where it asks for none."""
    text = reply.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        return max(0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return default_s


app = FastAPI()
finished: dict[str, dict[str, Any]] = {}  # by id; a database, in a real newsroom


@app.post("/webhooks/cannon", status_code=204)
async def receive(request: Request) -> None:
    try:
        event = Webhook(os.environ["STUDIO_WEBHOOK_SECRET"]).verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(401, "invalid signature") from None
    finished[event["data"]["id"]] = event["data"]  # a second delivery of the same changes nothing
