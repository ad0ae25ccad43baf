"""HTTP calls that the mock makes: a POST to a webhook's receiver (floor 4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

from cannon_mock.model.deliveries import DeliveryResponse

TIMEOUT_S = 15
"""How long a receiver may take."""

_LARGEST_PORT = 65_535

Send = Callable[[str, bytes, Mapping[str, str]], DeliveryResponse | None]
"""Posts a body with headers to an address; None where that address must not be called."""


def build_send(hosts: frozenset[str]) -> Send:
    """Posts to this machine and to ``hosts``, and to nobody else."""
    return lambda url, body, headers: _post(url, body, headers) if may_call(url, hosts) else None


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> DeliveryResponse:
    """POST a body; redirects are not followed, no proxy is asked, and the answer's body is not read."""
    import httpx  # late: a mock that calls nobody starts without it

    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client,
            client.stream("POST", url, content=body, headers=dict(headers)) as reply,
        ):
            return DeliveryResponse(reply.status_code, "", _retry_after_ms(reply.headers.get("Retry-After")))
    except httpx.HTTPError as error:
        return DeliveryResponse(None, f"{type(error).__name__}: {error}"[:200])


def may_call(url: str, hosts: frozenset[str]) -> bool:
    """Whether an address is on this machine, or its host is one of ``hosts``: as the client that calls it reads it."""
    import httpx

    try:
        host, port = httpx.URL(url).host.lower(), httpx.URL(url).port or 0
    except (httpx.InvalidURL, ValueError):
        return False
    if port > _LARGEST_PORT:
        return False
    if host == "localhost" or host in hosts:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _retry_after_ms(value: str | None) -> int | None:
    """A wait given in seconds or as a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return int(value[:9]) * 1000
    try:
        return max(0, round((parsedate_to_datetime(value).timestamp() - time.time()) * 1000))
    except (ValueError, OverflowError):
        return None
