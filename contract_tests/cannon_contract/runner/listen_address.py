"""Where the receiver of webhooks listens, and which address targets call (floor 6)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from cannon_contract.runner.address_checks import find_bad_address, is_any_host, is_local_host, normalize_host

OFF = "off"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where the receiver listens, and the address that targets call; an empty one is that of the socket."""

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""


def parse_listen_address(text: str) -> ListenAddress:
    """Parse ``HOST:PORT``, or ``HOST:PORT=URL`` where targets call another address. Raises ValueError for neither."""
    socket_address, separator, public_url = text.partition("=")
    parts = urlsplit(f"//{socket_address}")
    is_plain = socket_address.isprintable() and not set(" /?#@") & set(socket_address)
    if not is_plain or not parts.hostname or parts.port is None:
        raise ValueError(f"{socket_address}: use HOST:PORT, HOST:PORT=URL, or off")
    problem = find_bad_address(public_url) if separator else ""
    if problem:
        raise ValueError(problem)
    host = normalize_host(parts.hostname)
    if not public_url and is_any_host(host):
        raise ValueError(f"{text}: no target can call {host}; name the address that it calls: {text}=URL")
    return ListenAddress(host, parts.port, public_url.rstrip("/"))


def find_listen_address(text: str | None, target_url: str) -> ListenAddress | None:
    """Find where to listen for the webhooks of a target: on a free port for one on this machine, else where told."""
    if text is None:
        return ListenAddress() if is_local_host(urlsplit(target_url).hostname or "") else None
    return None if text == OFF else parse_listen_address(text)
