"""Voices for an audio guide, with aiohttp; and the guide's receiver of webhooks, with FastAPI."""

from __future__ import annotations

import asyncio
import os
import time
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from fastapi import FastAPI, HTTPException, Request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

REQUESTS = "https://www.cannonstudio.app/api/v1/requests"
TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5, sock_read=30)
TRIES = 5
DEADLINE_S = 300


class VoiceError(Exception):
    """There is no narration: refused, failed, or not reached."""


class VoiceLate(VoiceError):
    """The narration has not ended in time; it may still succeed."""


async def speak(session: aiohttp.ClientSession, text: str, station_id: str) -> bytes:
    """A narration as MP3. The same ``station_id`` never makes, or costs, a second one."""
    job = await wait(session, await create(session, text, station_id))
    async with session.get(job["output"]["audio_url"], timeout=TIMEOUT) as reply:
        reply.raise_for_status()
        return await reply.read()


async def create(session: aiohttp.ClientSession, text: str, station_id: str, **more: str) -> dict[str, Any]:
    """The accepted request. With ``webhook_url`` in ``more`` its end is also sent there."""
    body = {"operation": "narration.generate", "input": {"text": text, "voice_id": "voice_123"}, **more}
    return await call(session, "POST", REQUESTS, {"x-idempotency-key": station_id}, json=body)


async def wait(session: aiohttp.ClientSession, job: dict[str, Any]) -> dict[str, Any]:
    """The request when it has succeeded."""
    end, pause_s = time.monotonic() + DEADLINE_S, max(job["poll_after_ms"] / 1000, 1)
    while job["status"] not in ("succeeded", "failed"):
        if time.monotonic() > end:
            raise VoiceLate(job["id"])
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 20)
        job = await call(session, "GET", f"{REQUESTS}/{job['id']}", {})
    if job["status"] == "failed":
        raise VoiceError(job["errorMessage"])
    return job


async def call(
    session: aiohttp.ClientSession, method: str, url: str, headers: dict[str, str], **options: Any
) -> dict[str, Any]:
    headers = {"x-api-key": os.environ["STUDIO_API_KEY"], **headers}
    for attempt in range(TRIES):
        pause_s = 2.0**attempt
        try:
            async with session.request(method, url, headers=headers, timeout=TIMEOUT, **options) as reply:
                if reply.ok:
                    return await reply.json()
                if reply.status != 429 and reply.status < 500:
                    raise VoiceError((await reply.json())["error"]["message"])
                pause_s = read_pause(reply, pause_s)
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError):
            pass  # no connection, half an answer, no answer in time
        await asyncio.sleep(pause_s)
    raise VoiceError(f"{method} {url}: no answer in {TRIES} tries")


def read_pause(reply: aiohttp.ClientResponse, default_s: float) -> float:
    """The seconds that a reply asks for, as a number or a date; ``default_s`` where it asks for none."""
    text = reply.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        return max(0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return default_s


app = FastAPI()
finished: dict[str, dict[str, Any]] = {}  # by id; a database, in a real guide


@app.post("/webhooks/cannon", status_code=204)
async def receive(request: Request) -> None:
    try:
        event = Webhook(os.environ["STUDIO_WEBHOOK_SECRET"]).verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(401, "invalid signature") from None
    finished[event["data"]["id"]] = event["data"]  # a second delivery of the same changes nothing
