"""How long a reply waits before it is sent: the views say it, and whatever serves the application waits (floor 4).

A view carries out its call at once and never sleeps, so that a slow reply holds no thread.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cannon_mock.real_time import read_monotonic_ns
from cannon_mock.stores import StoreError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEY = "cannon_mock.reply_delay"


@dataclass(slots=True)
class ReplyDelay:
    """The wait of one reply, in milliseconds, and the calls to make after it and before the reply is sent.

    The calls are made even where the client is gone by then, and whatever the store does: the exchange is over. Each
    may block, but for ``note_end``: that is called last, by whoever sends the reply. ``began_ns`` is when the request
    had arrived, as of the monotonic clock.
    """

    ms: int = 0
    steps: list[Callable[[], object]] = field(default_factory=list)
    note_end: Callable[[], object] | None = None
    began_ns: int = field(default_factory=read_monotonic_ns)

    def finish(self) -> None:
        """Make the calls, in order."""
        for step in self.steps:
            with suppress(StoreError):
                step()

    def end(self) -> None:
        """Note that the reply is about to be sent, or that there is no client any more."""
        if self.note_end is not None:
            self.note_end()


def offer_wait(environ: WSGIEnvironment) -> ReplyDelay:
    """Tell the application that its caller waits and makes the calls, as the result says after the call."""
    delay = environ[_KEY] = ReplyDelay()
    return delay


def find_offer(environ: WSGIEnvironment) -> ReplyDelay | None:
    """What the caller of the application waits by; None where it does not, as any other WSGI server."""
    delay: ReplyDelay | None = environ.get(_KEY)
    return delay
