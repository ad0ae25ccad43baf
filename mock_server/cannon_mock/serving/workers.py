"""Several processes that answer on one socket and share a store (floor 4)."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from flask import Flask

from cannon_mock.serving import serve

_WATCH_SECONDS = 0.5
_ASKED = (signal.SIGTERM, signal.SIGINT)


def serve_all(app: Flask, bound: socket.socket, count: int, announce: Callable[[str], None]) -> None:
    """Serve with ``count`` processes until SIGTERM or Ctrl-C; one that dies is replaced.

    Raises RuntimeError where the system cannot fork a process.
    """
    if not hasattr(os, "fork"):
        raise RuntimeError("this system cannot fork processes: run with --workers 1")
    bound = _reserved(bound)
    children = {_start(app, bound, announce if not number else None) for number in range(count)}
    stopping: list[int] = []
    for asked in _ASKED:
        signal.signal(asked, lambda *_: _stop(children, stopping))
    while children:
        ended, status = os.wait()
        children.discard(ended)
        if not stopping and os.waitstatus_to_exitcode(status):
            print(f"cannon-mock: process {ended} died; another takes its place", file=sys.stderr, flush=True)
            time.sleep(_WATCH_SECONDS)  # so that one which cannot start is not started without end
            if not stopping:
                children.add(_start(app, bound, None))
                if stopping:  # asked to stop between the two
                    _stop(children, [])


def _start(app: Flask, bound: socket.socket, announce: Callable[[str], None] | None) -> int:
    parent = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED)  # a child must not end as its parent does
    child = os.fork()
    if not child:
        for asked in _ASKED:
            signal.signal(asked, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED)
    if child:
        return child
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    status = 1
    try:
        serve.serve(app, _own(bound), announce or _nothing)
        status = 0
    except SystemExit:
        status = 0
    except Exception as error:  # noqa: BLE001 - said, and told by the status
        print(f"cannon-mock: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        sys.stdout.flush()
        os._exit(status)


def _reserved(bound: socket.socket) -> socket.socket:
    """The same address, held so that each process can listen there with a socket of its own.

    The system then shares connections out evenly. It is bound, and does not listen: else it would get its share.
    """
    place = bound.getsockname()
    bound.close()
    held = socket.socket(bound.family, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(place)
    return held


def _own(held: socket.socket) -> socket.socket:
    """A socket of this process that listens at the address that is held."""
    return socket.create_server(held.getsockname()[:2], family=held.family, backlog=1024, reuse_port=True)


def _nothing(_: str) -> None:
    """Only one process says that it is ready."""


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, killed or not."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(0)


def _stop(children: set[int], stopping: list[int]) -> None:
    """Ask the processes to end; whoever asks again has them killed."""
    how = signal.SIGKILL if stopping else signal.SIGTERM
    for child in tuple(children):
        stopping.append(child)
        os.kill(child, how)
