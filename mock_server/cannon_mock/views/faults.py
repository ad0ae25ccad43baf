"""The faults of a scenario, applied in one order: delay the reply, give it a status, damage it (floor 4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

from flask import Response, abort

from cannon_mock.model.scenarios import Fault, FaultPoint, Scenario
from cannon_mock.stores import counts
from cannon_mock.views.context import ExchangeNotes, MockContext
from cannon_mock.views.errors import ApiError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PAGE = "<!doctype html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
"""The page of a proxy that stands before the service, where the client expects JSON."""


class ConnectionDropped(Exception):
    """The server must close the connection here; whatever serves the application does so."""


class ConnectionReset(ConnectionDropped):
    """The server must reset the connection here, as one does that has lost its state."""


class ConnectionFailed(ConnectionReset):
    """The client must fail to connect; a server, to which it is connected already, resets the connection."""


class ConnectionRefused(ConnectionFailed):
    """Nothing listens at the client's address."""


class NameUnresolved(ConnectionFailed):
    """The name of the host has no address."""


_DROPS: dict[str, type[ConnectionDropped]] = {
    "no-answer": ConnectionDropped,
    "reset": ConnectionReset,
    "refused": ConnectionRefused,
    "unresolved": NameUnresolved,
}
"""What each ``connection`` of a fault makes of the connection; one ``in-body`` breaks later than these."""


class DueFault(NamedTuple):
    """A fault that happens now, at ``client_time_s`` of its client.

    ``retry_after_s`` is when to try again, 0 where that is unknown.
    """

    fault: Fault
    retry_after_s: int
    client_time_s: float

    @property
    def is_before_create(self) -> bool:
        """Whether it keeps a create from being carried out."""
        return not self.fault.stored and bool(self.fault.status or self.fault.connection)

    def build_headers(self) -> dict[str, str]:
        """The headers of its error reply: Retry-After, where it says when to try again."""
        if not self.retry_after_s:
            return {}
        if self.fault.retry_after_form == "seconds":
            return {"Retry-After": str(self.retry_after_s)}
        # By the client's time, with which it compares it; rounded up, so that it is never too early.
        return {"Retry-After": formatdate(math.ceil(self.client_time_s) + self.retry_after_s, usegmt=True)}


def find_due_faults(
    mock: MockContext,
    scenario: Scenario,
    on: FaultPoint,
    subject: str,
    *,
    idempotency_key: str | None = None,
    is_counted: bool = True,
) -> list[DueFault]:
    """Count an exchange of a subject, an account or a task, and find the faults of its scenario that happen now.

    A ``limit`` counts all exchanges of the subject, ``times`` those with one idempotency key. Without a key one
    exchange succeeds after each series of ``times`` faults, so that the next create or poll gets them again. One that
    is not counted, as HEAD, has the faults that happen each time.
    """
    due_faults = []
    for index, fault in enumerate(scenario.faults):
        if fault.on != on or (fault.is_counted and not is_counted):
            continue
        retry_after_s = _count_exchange(mock, fault, f"{scenario.name} {index} {subject}", idempotency_key)
        if retry_after_s is not None:
            due_faults.append(DueFault(fault, retry_after_s, mock.clock.read_client_time_s()))
    return due_faults


def _count_exchange(mock: MockContext, fault: Fault, name: str, idempotency_key: str | None) -> int | None:
    """How long to wait before another try, in seconds; None where the fault does not happen now."""
    retry_after_s = fault.retry_after_s or 0
    if fault.limit is not None:
        now_ms, window_ms = mock.clock.now_ms(), fault.limit["window_ms"]
        wait_ms = counts.count_in_window(mock.store.records, name, now_ms, window_ms, fault.limit["requests"])
        return -(-wait_ms // 1000) if wait_ms else None
    if fault.times is not None:
        # By real time: a clock that is stopped would not tell which names were counted longest ago.
        real_ms = mock.store.records.now_ms()
        count = counts.count(mock.store.records, f"{name} {idempotency_key or ''}", real_ms)
        is_past = count % (fault.times + 1) == 0 if idempotency_key is None else count > fault.times
        return None if is_past else retry_after_s
    return retry_after_s


def apply_faults(notes: ExchangeNotes, due_faults: Iterable[DueFault]) -> None:
    """Delay the reply as each fault says, and answer with the status of the first that has one, by raising ApiError.

    A call that does not arrive ends here: a poll is not counted. A reply of any other kind goes on.
    The notes take each fault up to there, so that ``damage_reply`` damages the reply, an error reply too, at the end.
    """
    for due in due_faults:
        fault = due.fault
        notes.delay.ms += fault.latency_ms
        notes.faults.append(fault)
        if issubclass(_DROPS.get(fault.connection, ConnectionDropped), ConnectionFailed):
            abort(Response(status=503))  # nothing arrives at the service: its connection is dropped at the end
        if fault.status:
            raise ApiError(fault.status, fault.code, fault.message, fault.claim, headers=due.build_headers())


def describe_faults(faults: Sequence[Fault]) -> str | None:
    """What went wrong, in a word a part, for the journal; None where nothing did."""
    if not faults:
        return None
    parts = [part for fault in faults for part in (_name_status(fault), fault.body, fault.connection) if part]
    return ", ".join(dict.fromkeys(parts)) or ("latency" if any(fault.latency_ms for fault in faults) else None)


def _name_status(fault: Fault) -> str:
    return str(fault.status) if fault.status else ""


def damage_reply(response: Response, fault: Fault) -> Response:
    """The reply as the fault changes it: first its body, then the connection that carries it."""
    data = response.get_data()
    if fault.body == "truncated":
        response.set_data(data[: len(data) // 2])
    elif fault.body == "malformed":
        response.set_data(data[:-1] + b",]")
    elif fault.body == "html":
        response.set_data(_PAGE.format(response.status.title()))
        response.mimetype = "text/html"
    if fault.connection == "in-body":
        _cut_body(response)
    elif fault.connection:
        return UnansweredReply(response, _DROPS[fault.connection])
    return response


class UnansweredReply(Response):
    """A reply of which nothing is sent: the connection breaks, also where there is no body, as with HEAD and 304."""

    def __init__(self, response: Response, drop: type[ConnectionDropped]) -> None:
        super().__init__(response.get_data(), response.status, response.headers)
        self._drop = drop

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterator[bytes]:  # noqa: ARG002 - as Werkzeug calls it
        """See Response."""
        return _drop_after(b"", self._drop)


def _cut_body(response: Response) -> None:
    """Announce the whole body, send half of it, and break the connection."""
    data = response.get_data()
    response.response = _drop_after(data[: len(data) // 2], ConnectionDropped)
    response.headers["Content-Length"] = str(len(data))


def _drop_after(data: bytes, drop: type[ConnectionDropped]) -> Iterator[bytes]:
    if data:
        yield data
    raise drop
