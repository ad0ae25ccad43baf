"""What is done to every reply on its way."""

import asyncio
import json
import re
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The middleware looks for the bare word: it would also pack for a client that gives gzip a weight of 0.
GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)


class Json(JSONResponse):
    """A reply in plain ASCII, so that any string that came in can go out, half a surrogate too."""

    def render(self, content: Any) -> bytes:
        """Write the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class ApiGzip:
    """Packs the replies of the API; pictures are packed already."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain_app = app
        self._packed_app = GZipMiddleware(app, minimum_size=1, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        is_api = scope["type"] == "http" and scope["path"].startswith("/api/")
        app = self._packed_app if is_api and _accepts_gzip(scope) else self._plain_app
        await app(scope, receive, send)


def _accepts_gzip(scope: Scope) -> bool:
    return GZIP.search(Headers(scope=scope).get("accept-encoding", "")) is not None


class Delay:
    """Holds each reply back."""

    def __init__(self, app: ASGIApp, milliseconds: float) -> None:
        self._app = app
        self._seconds = milliseconds / 1000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call, late."""

        async def send_late(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(self._seconds)
            await send(message)

        await self._app(scope, receive, send_late)
