"""A video and its music from the Cannon Studio API, with the standard library alone.

It is written from the vendor's pages: the requests are those that the pages on video.generate and music.generate
show. ``CANNON_API_KEY`` has the key, ``STUDIO_URL`` the address of the service: to use a mock, change nothing else::

    cannon-mock --speed 20 &
    STUDIO_URL=http://127.0.0.1:2266 CANNON_API_KEY=cs_test_video python examples/video_with_music.py
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

STUDIO_URL = os.environ.get("STUDIO_URL", "https://www.cannonstudio.app")
KEY = os.environ.get("CANNON_API_KEY", "")

VIDEO = {
    "prompt": "A handheld chase in a crowded market at dusk",
    "model": "wan27video",
    "duration": 10,
    "aspect_ratio": "16:9",
    "resolution": "1080p",
    "image_url": "https://example.com/start-frame.jpg",
    "audio_url": "https://example.com/drive-track.mp3",
    "negative_prompt": "blurry faces, warped hands, flicker",
}
MUSIC = {
    "prompt": "A warm indie-folk underscore",
    "provider": "kie",
    "model": "V5",
    "title": "Breakfast Nook Theme",
    "mode": "auto",
    "style": "indie folk, acoustic guitars, soft brushes",
    "duration_seconds": 45,
    "negative_tags": "vocals, harsh synths",
}


class GenerationFailed(Exception):
    """A request ended without a result; the text is the service's error message."""


def main() -> int:
    """Make both files in the current folder; 0 when they are there, 1 when a request failed."""
    try:
        print(f"credits: {call('/api/v1/status')['creditsRemaining']}")
        # Both are submitted before the first is polled, so that they are made at the same time.
        video = submit("video.generate", VIDEO, "video-generate-001")
        music = submit("music.generate", MUSIC, "music-generate-001")
        save(wait_for(video)["video_url"], Path("video.mp4"))
        save(wait_for(music)["audio_url"], Path("music.mp3"))
    except (GenerationFailed, urllib.error.URLError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


def submit(operation: str, input: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
    """Submit a request, and return the accepted reply. A repeat with the same key makes no second request."""
    return call("/api/v1/requests", {"operation": operation, "input": input}, {"x-idempotency-key": idempotency_key})


def wait_for(accepted: dict[str, Any]) -> dict[str, Any]:
    """Poll a request until it has ended, and return its output. Raises GenerationFailed."""
    while True:
        time.sleep(accepted["poll_after_ms"] / 1000)
        request = call(accepted["urls"]["get"])
        if request["status"] == "failed":
            raise GenerationFailed(request["errorMessage"])
        if request["status"] == "succeeded":
            return request["output"]


def call(address: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Call the API at a path or whole address: GET, or POST with a body."""
    url = address if address.startswith("http") else STUDIO_URL + address
    all_headers = {"x-api-key": KEY, "Content-Type": "application/json", **(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, all_headers), timeout=30) as reply:
        return json.load(reply)


def save(url: str, file: Path) -> None:
    """Download an asset into a file."""
    with urllib.request.urlopen(url, timeout=30) as reply:
        file.write_bytes(reply.read())
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
