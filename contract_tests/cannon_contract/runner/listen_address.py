"""Where the receiver of webhooks listens, and which address targets call (floor 6)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

OFF = "off"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where the receiver listens, and the address that targets call; an empty one is that of the socket."""

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""


def parse_listen_address(text: str) -> ListenAddress:
    """Parse ``HOST:PORT``, or ``HOST:PORT=URL`` where targets call another address. Raises ValueError for neither."""
    socket_address, _, public_url = text.partition("=")
    parts = urlsplit(f"//{socket_address}")
    if not parts.hostname or parts.port is None or parts.path or "@" in socket_address:
        raise ValueError(f"{text}: use HOST:PORT, HOST:PORT=URL, or off")
    if public_url and (urlsplit(public_url).scheme not in ("http", "https") or not urlsplit(public_url).hostname):
        raise ValueError(f"{public_url}: use an address with http:// or https://")
    if not public_url and _is_any_host(parts.hostname):
        raise ValueError(f"{text}: no target can call {parts.hostname}; name the address that it calls: {text}=URL")
    return ListenAddress(parts.hostname, parts.port, public_url.rstrip("/"))


def find_listen_address(text: str | None, target_url: str) -> ListenAddress | None:
    """Find where to listen for the webhooks of a target: on a free port for one on this machine, else where told."""
    if text is None:
        return ListenAddress() if _is_local_host(urlsplit(target_url).hostname or "") else None
    return None if text == OFF else parse_listen_address(text)


def _is_any_host(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _is_local_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
