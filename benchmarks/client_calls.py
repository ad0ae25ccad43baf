"""The calls of a client that has a picture made: it creates, polls to the end, and fetches each file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

CREATE, POLL, FETCH = "create", "poll", "fetch"
"""The names under which a session counts the calls."""

_PATH = "/api/v1/requests"
_ENDS = ("succeeded", "failed", "canceled")


class Reply(Protocol):
    """What a call of a session gives."""

    status_code: int

    def json(self) -> Any:
        """The body as a JSON value."""


class Session(Protocol):
    """The part of locust's sessions that the calls use. A path may be a whole address."""

    def request(
        self, method: str, path: str, *, name: str, headers: Mapping[str, str] | None = None, json: Any = None
    ) -> Reply:
        """Call, and count the call under ``name``."""


class UnexpectedReply(Exception):
    """A reply that no client of the API can use."""


def make_picture(session: Session, key: str, prompt: str, sleep: Callable[[float], object]) -> dict[str, Any]:
    """Have a picture made with an API key, fetch its files without the key, and return the reply that shows the end.

    Between two polls it sleeps as long as the create's reply says. Raises UnexpectedReply for any but the usual ones.
    """
    headers = {"x-api-key": key}
    input_ = {"prompt": prompt, "model": "gptimage2", "aspect_ratio": "16:9", "resolution": "1K"}
    body = {"operation": "image.generate", "input": input_}
    accepted = _expect(session.request("POST", _PATH, name=CREATE, headers=headers, json=body), 202).json()
    view: dict[str, Any] = {"status": accepted["status"]}
    while view["status"] not in _ENDS:
        sleep(accepted["poll_after_ms"] / 1000)
        view = _expect(session.request("GET", f"{_PATH}/{accepted['id']}", name=POLL, headers=headers), 200).json()
    for address in view["output"]["image_urls"]:
        _expect(session.request("GET", address, name=FETCH), 200)
    return view


def _expect(reply: Reply, status: int) -> Reply:
    if reply.status_code != status:
        raise UnexpectedReply(f"expected the status {status}, got {reply.status_code}")
    return reply
