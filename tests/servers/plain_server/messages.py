"""What goes in and out of the service: a request, a reply, a refusal."""

import json
from dataclasses import dataclass, field
from email.message import Message

JsonObject = dict[str, object]


@dataclass(frozen=True)
class Request:
    """One HTTP request; its body is None if it was too large to be read."""

    method: str
    path: str
    headers: Message
    body: bytes | None = b""

    def header(self, name: str) -> str:
        """Read a header without the spaces around it; an absent one is empty."""
        return (self.headers.get(name) or "").strip()


@dataclass(frozen=True)
class Reply:
    """One HTTP reply, before it is bytes on a socket."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The service refuses a request, with a status and a sentence."""

    def __init__(self, status: int, sentence: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers or {}


def write_json(value: object) -> bytes:
    """Encode a value as JSON; escapes let even lone surrogates of a prompt come back as they were sent."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
