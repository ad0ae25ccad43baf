"""What is done to every reply on its way."""

import asyncio
import json
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Json(JSONResponse):
    """A reply in plain ASCII, so that any string that came in can go out, half a surrogate too."""

    def render(self, content: Any) -> bytes:
        """Write the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class ApiGzip:
    """Packs the replies of the API; pictures are packed already."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain = app
        self._packed = GZipMiddleware(app, minimum_size=1, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        is_api = scope["type"] == "http" and scope["path"].startswith("/api/")
        await (self._packed if is_api else self._plain)(scope, receive, send)


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
