"""The FastAPI application."""

import asyncio
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import RedirectResponse, Response

from .account import Key
from .refusal import Refusal
from .service import Service
from .settings import Settings
from .wire import ApiGzip, Delay, Json

LARGEST_BODY = 1_000_000
LARGEST_READ = 16 * LARGEST_BODY


def build_application(settings: Settings, own_base: str) -> FastAPI:
    """Build the application of one service."""
    service = Service(settings, own_base)
    app = FastAPI(openapi_url=None, redirect_slashes=False, default_response_class=Json)
    app.add_exception_handler(Refusal, _refuse)
    app.add_middleware(ApiGzip)
    if settings.answer_ms:
        app.add_middleware(Delay, milliseconds=settings.answer_ms)
    _add_api(app, service)
    _add_assets(app, service)
    return app


def _add_api(app: FastAPI, service: Service) -> None:
    async def caller(
        x_api_key: Annotated[str | None, Header()] = None, authorization: Annotated[str | None, Header()] = None
    ) -> Key:
        return service.key(x_api_key or _bearer(authorization))

    @app.get("/api/v1/status")
    async def status(key: Annotated[Key, Depends(caller)]) -> Response:
        return Json(service.status(key))

    @app.post("/api/v1/requests")
    async def create(request: Request, key: Annotated[Key, Depends(caller)]) -> Response:
        body = await _body(request)
        return Json(service.create(key, body, request.headers.get("x-idempotency-key")), 202)

    @app.get("/api/v1/requests/{id}")
    async def read(id: str, key: Annotated[Key, Depends(caller)]) -> Response:
        return Json(service.read(key, id))


def _add_assets(app: FastAPI, service: Service) -> None:
    @app.get("/assets/{name}")
    async def asset(name: str, sig: str = "", expires: str = "") -> Response:
        file = service.vault.find(name, sig, expires)
        return RedirectResponse(service.vault.storage_address(file, sig, expires), 302)

    @app.get("/storage/{name}")
    async def storage(name: str, sig: str = "", expires: str = "") -> Response:
        file = service.vault.find(name, sig, expires)
        return Response(await asyncio.to_thread(file.content), media_type=file.media_type)


def _bearer(authorization: str | None) -> str | None:
    scheme, _, secret = (authorization or "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


async def _body(request: Request) -> bytes:
    # A body that is refused is read on to its end, so that the caller can finish and hears the answer.
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= LARGEST_BODY:
            parts.append(part)
        if size > LARGEST_READ:
            break
    if size > LARGEST_BODY:
        raise Refusal(413, "Request body is too large")
    return b"".join(parts)


async def _refuse(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
    return Json({"detail": refusal.detail}, refusal.status, headers)
