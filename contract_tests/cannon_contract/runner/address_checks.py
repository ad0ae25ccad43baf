"""The addresses that a user gives: what is wrong with one, and which hosts are no one machine (floor 6)."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit


def find_bad_address(text: str) -> str:
    """Say what is wrong with an address that paths are put behind, and what is legal; empty for nothing."""
    if "@" in (text.partition("//")[2] or text).partition("/")[0]:
        return "leave user and password out of the address: they would be shown"
    if "?" in text or "#" in text:
        return "leave query and fragment out of the address: a path is put behind it"
    return "" if _is_address(text) else f"{text}: use an address with http:// or https://"


def normalize_host(host: str) -> str:
    """The usual form of a numeric host, such as 0.0.0.0 for ``0`` and ``0x0``; a name as it is."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host


def is_any_host(host: str) -> bool:
    """Whether a numeric host stands for every address of a machine, which nobody can call."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_unspecified


def is_local_host(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # raised for a port that is no number, and for a bracket that is not closed
        return False
