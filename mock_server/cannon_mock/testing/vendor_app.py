"""A WSGI application that answers for the vendor's hosts, whatever client asks (floor 5)."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wsgi import get_current_url

from cannon_mock.serving.wsgi_call import Call, run_app
from cannon_mock.views import reply_delay
from cannon_mock.views.faults import (
    ConnectionDropped,
    ConnectionFailed,
    ConnectionRefused,
    ConnectionReset,
    NameUnresolved,
)
from cannon_spec.hosts import is_in_domain

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from cannon_mock.views.reply_delay import ReplyDelay

_STATUSES_WITHOUT_BODY = {204, 304}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the application answered, with the call's method and address.

    ``drop`` is how the application broke the connection after ``chunks``; None where it did not. ``delay`` is how late
    the reply is.
    """

    method: str
    url: str
    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]
    chunks: list[bytes]
    drop: ConnectionDropped | None
    delay: ReplyDelay

    @property
    def delay_s(self) -> float:
        """How many seconds after its request it arrives."""
        return self.delay.ms / 1000

    @property
    def is_whole(self) -> bool:
        """Whether all of it was sent."""
        return self.drop is None

    @property
    def is_empty(self) -> bool:
        """Whether the connection was dropped before anything was sent."""
        return not (self.chunks or self.is_whole)

    @property
    def connect_error(self) -> OSError | None:
        """Why the client could not connect; None where it could."""
        return _build_os_error(self.drop) if isinstance(self.drop, ConnectionFailed) else None

    @property
    def reset_error(self) -> OSError | None:
        """What a client meets that waits for an answer; None where the connection was not reset."""
        return _build_os_error(self.drop) if type(self.drop) is ConnectionReset else None

    def is_later_than(self, timeout_s: float | None) -> bool:
        """Whether a client with that time-out, None for none, has given up waiting."""
        return timeout_s is not None and 0 < timeout_s <= self.delay_s

    def find_header(self, name: str) -> str:
        """The first value of a header, whose name is lower case; empty where there is none."""
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name.encode()), "")


def _build_os_error(drop: ConnectionDropped | None) -> OSError:
    """The error of the operating system that a client's own code would turn into one of its own."""
    if isinstance(drop, NameUnresolved):
        return socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    number = errno.ECONNREFUSED if isinstance(drop, ConnectionRefused) else errno.ECONNRESET
    return OSError(number, os.strerror(number))  # Python makes it a ConnectionRefusedError or ConnectionResetError


Check = Callable[[Reply], None]
Wait = Callable[[int], object]
"""Passes a number of milliseconds, by the clock of a test or in real time."""


@dataclass(frozen=True, slots=True)
class VendorApp:
    """The application, the domain that it answers for, a check of its replies, and what passes the time of a delay."""

    domain: str
    app: WSGIApplication
    check: Check
    wait_ms: Wait

    def is_responsible(self, host: str) -> bool:
        """Whether the application answers for a host."""
        return is_in_domain(host, self.domain)

    def answer(self, call: Call) -> Reply:
        """The application's reply, when its time has passed. Raises what the application or the check raises."""
        reply = self.start(call)
        self.finish(reply)
        return reply

    def start(self, call: Call) -> Reply:
        """The application's reply, its body read whole. ``finish`` must follow. Raises what the application raises."""
        environ = call.build_environ()
        delay = reply_delay.offer_wait(environ)
        status, headers, chunks, drop = run_app(self.app, environ)
        code, _, reason = status.partition(" ")
        if (chunks or drop is None) and (call.method == "HEAD" or int(code) in _STATUSES_WITHOUT_BODY):
            chunks, drop = [], None
        url = get_current_url(environ)
        return Reply(call.method, url, int(code), reason, headers, chunks, drop, delay)

    def finish(self, reply: Reply) -> None:
        """Let the time of a reply pass, though its client may have given up waiting. Raises what the check raises."""
        self.wait_ms(reply.delay.ms)
        reply.delay.finish()
        if not reply.is_empty:
            self.check(reply)
