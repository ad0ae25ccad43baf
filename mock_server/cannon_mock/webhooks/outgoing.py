"""The HTTP calls of the mock: a POST to the receiver of a webhook (floor 4)."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import cache

from cannon_mock.host_and_port import LARGEST_PORT, find_ip_address
from cannon_mock.model.deliveries import DeliveryResponse
from cannon_spec.redaction import redact_start

Send = Callable[[str, bytes, Mapping[str, str]], DeliveryResponse | None]
"""Posts a body with headers to an address; returns None where that address must not be called."""

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[DeliveryResponse | None]]
"""Does the same without holding a thread. Nothing limits its time but the caller."""


def build_post(hosts: frozenset[str]) -> Post:
    """A ``Post`` that calls this machine and ``hosts`` alone."""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryResponse | None:
        return await _post(url, body, headers) if may_call(url, hosts) else None

    return post


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryResponse:
    """POST a body. No redirect is followed and no proxy used: a body must not reach a host that is not allowed."""
    import httpx  # late: a mock that sends no webhook starts without it

    # Certificates are read where they are needed: that takes longer than a delivery.
    verify = await asyncio.to_thread(_read_certificates) if url.lower().startswith("https:") else False
    try:
        async with (
            httpx.AsyncClient(timeout=None, trust_env=False, verify=verify) as client,  # noqa: S113 - the caller has one
            # Streamed, so that the response's body, which may be endless, is not read.
            client.stream("POST", url, content=body, headers=dict(headers)) as response,
        ):
            return DeliveryResponse(response.status_code, "", parse_retry_after(response.headers.get("Retry-After")))
    except httpx.HTTPError as error:
        return DeliveryResponse(None, describe_error(error))


def describe_error(error: BaseException) -> str:
    """The note on an attempt that ended with an exception."""
    return redact_start(f"{type(error).__name__}: {error}", 200)


@cache
def _read_certificates() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def may_call(url: str, hosts: frozenset[str]) -> bool:
    """Whether an address is on this machine, or its host is one of ``hosts``."""
    import httpx

    # Parsed by the client that will call it: where two parsers disagree on the host, the check would be of another one.
    try:
        host, port = httpx.URL(url).host.lower(), httpx.URL(url).port or 0
    except (httpx.InvalidURL, ValueError):
        return False
    if port > LARGEST_PORT:
        return False
    if host == "localhost" or host in hosts:
        return True
    address = find_ip_address(host)
    return address is not None and address.is_loopback


def parse_retry_after(value: str | None) -> int | None:
    """The milliseconds to wait, from a number of seconds or a date; None where the value is neither."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return int(value.strip().lstrip("0")[:9] or 0) * 1000
    try:
        return max(0, round((parsedate_to_datetime(value).timestamp() - time.time()) * 1000))
    except (ValueError, OverflowError):
        return None
