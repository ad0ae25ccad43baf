"""What goes wrong with a reply: it is late, refused, cut short or never sent (floor 4)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response

from cannon_mock.model.scenarios import Fault, FaultPoint, Scenario
from cannon_mock.stores import shared_values
from cannon_mock.views.context import MockContext
from cannon_mock.views.errors import ApiError

_PAGE = "<!doctype html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class ConnectionDropped(Exception):
    """The server breaks the connection here; whoever serves the application must do so."""


def find_due_faults(
    mock: MockContext, scenario: Scenario, on: FaultPoint, who: str, keyed: bool = False
) -> list[tuple[Fault, int]]:
    """The faults of a scenario that strike now, each with the seconds after which to try again, where it knows.

    ``who`` is who is counted: without an idempotency key (``keyed``) each run of ``times`` faults is followed by one
    exchange that goes well, so that the next piece of work meets them again.
    """
    found = []
    for index, fault in enumerate(scenario.faults):
        if fault.on != on:
            continue
        wait = _wait_s(mock, fault, f"{scenario.name} {index} {who}", keyed)
        if wait is not None:
            found.append((fault, wait))
    return found


def _wait_s(mock: MockContext, fault: Fault, name: str, keyed: bool) -> int | None:
    """How long to wait before another try, in seconds; None where the fault does not strike."""
    asked = fault.retry_after_s or 0
    if fault.limit is not None:
        now_ms, window_ms = mock.clock.now_ms(), fault.limit["window_ms"]
        wait_ms = shared_values.count_in_window(mock.store.records, name, now_ms, window_ms, fault.limit["requests"])
        return -(-wait_ms // 1000) if wait_ms else None
    if fault.times is not None:
        count = shared_values.count(mock.store.records, name)
        past = count > fault.times if keyed else count % (fault.times + 1) == 0
        return None if past else asked
    return asked


def raise_status(fault: Fault, wait_s: int) -> None:
    """Raise the refusal of a fault that has a status."""
    if fault.status:
        headers = {"Retry-After": str(wait_s)} if wait_s else {}
        raise ApiError(fault.status, fault.code, fault.message, fault.claim, headers=headers)


def describe_fault(fault: Fault) -> str:
    """What went wrong, in a word for the journal."""
    return fault.connection or fault.body or (str(fault.status) if fault.status else "latency")


def damage_reply(response: Response, fault: Fault) -> None:
    """Make a reply what the fault makes of it on its way to the client."""
    data = response.get_data()
    if fault.body == "truncated":
        response.set_data(data[: len(data) // 2])
    elif fault.body == "malformed":
        response.set_data(data[:-1] + b",]")
    elif fault.body == "html":
        response.set_data(_PAGE.format(response.status))
        response.mimetype = "text/html"
    elif fault.connection:
        response.response = _cut(data[: len(data) // 2] if fault.connection == "in-body" else b"")
        response.headers["Content-Length"] = str(len(data))


def _cut(sent: bytes) -> Iterator[bytes]:
    if sent:
        yield sent
    raise ConnectionDropped
