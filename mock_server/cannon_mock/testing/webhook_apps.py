"""Applications that receive webhooks in a test: WSGI and ASGI, called without a socket (floor 5)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.testing.webhook_receivers import read_response, run_async
from cannon_mock.webhooks.outgoing import Send

_WSGI, _ASGI = 2, 3
"""The number of arguments that an application is called with."""


def build_send(app: Any, path: str | None, timeout_s: float) -> Send:
    """A ``Send`` that posts webhooks to an application, at ``path``, or at the path of their address.

    The request is the one that would come over the network. An ASGI application has ``timeout_s`` seconds to answer it.
    An exception that leaves the application is raised. Raises TypeError for what is neither a WSGI nor an ASGI
    application, ValueError for a path that does not start with /.
    """
    if path is not None and not path.startswith("/"):
        raise ValueError(f"path={path!r} is no path; start it with /")
    call = partial(_call_asgi, timeout_s) if _is_asgi(app) else _call_wsgi

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryResponse:
        address = httpx.URL(url)
        if path is not None:
            address = address.copy_with(raw_path=path.encode())
        return read_response(call(app, address, body, headers))

    return send


# The transports are called without their client: a library that replaces what clients do must not see a webhook.


def _call_wsgi(app: Any, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    with httpx.Client(trust_env=False) as client, httpx.WSGITransport(app) as transport:
        response = transport.handle_request(client.build_request("POST", url, content=body, headers=dict(headers)))
        response.read()
        return response


def _call_asgi(timeout_s: float, app: Any, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    async def call() -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as client, httpx.ASGITransport(app) as transport:
            request = client.build_request("POST", url, content=body, headers=dict(headers))
            response = await transport.handle_async_request(request)
            await response.aread()
            return response

    return run_async(call(), timeout_s)


def _is_asgi(app: Any) -> bool:
    """Whether an application speaks ASGI, and not WSGI. Raises TypeError where it speaks neither."""
    counts = [count for count in (_WSGI, _ASGI) if callable(app) and _takes(app, count)]
    if not counts:
        raise TypeError(
            f"{app!r} is neither a WSGI application, called with (environ, start_response), nor an ASGI application, "
            "called with (scope, receive, send); an application of another kind, as aiohttp's, receives webhooks on a "
            "port of this machine: give its address as webhook_url"
        )
    return _ASGI in counts and (_WSGI not in counts or _is_async(app))


def _takes(app: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(app).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _is_async(app: Any) -> bool:
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
