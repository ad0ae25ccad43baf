"""Webhooks that came to one address, whatever received them, and what they say of a request (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

_MEMBERS_OF_A_REQUEST = frozenset(("id", "operation", "status"))


class Inbox(Protocol):
    """The webhooks that came to ``url``, each with its body and its headers, the oldest first."""

    @property
    def url(self) -> str:
        """The address to send webhooks to."""

    @property
    def deliveries(self) -> list[tuple[bytes, Mapping[str, str]]]:
        """The webhooks that have come."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the body of a webhook says of a request.

    No page shows such a body, so the request may be anywhere in its JSON. ``id`` and ``status`` are empty where nothing
    there has the id of the request, and nothing looks like another request object.
    """

    id: str = ""
    status: str = ""


def read_message(body: bytes, id_: str) -> Message:
    """Find the object with the id of a request in a body, or else a request object with another id."""
    try:
        objects = list(_walk(json.loads(body)))
    except (ValueError, RecursionError):
        return Message()
    for each in objects:
        if id_ in (value for value in each.values() if isinstance(value, str)):
            return Message(id_, str(each.get("status", "")))
    other = next((each for each in objects if each.keys() >= _MEMBERS_OF_A_REQUEST), {})
    return Message(str(other.get("id", "")), str(other.get("status", "")))


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, the outer ones first."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _walk(each)
