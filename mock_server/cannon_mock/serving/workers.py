"""Several processes that answer on one socket and share a store (floor 5)."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence

from flask import Flask

from cannon_mock.notices import write_notice
from cannon_mock.serving import serve

_WATCH_SECONDS = 0.5
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def require_fork() -> None:
    """Raise ValueError where the system cannot fork a process."""
    if not hasattr(os, "fork"):
        raise ValueError("this system cannot fork processes; use --workers 1")


def serve_all(app: Flask, listeners: Sequence[socket.socket], count: int, announce: Callable[[str], None]) -> None:
    """Serve with ``count`` processes until SIGTERM or Ctrl-C; one that dies is replaced."""
    reserved_sockets = [_reserve_address(listener) for listener in listeners]
    children = {_start(app, reserved_sockets, announce if not number else None) for number in range(count)}
    stop_requests: list[int] = []
    for signal_number in _SIGNALS:
        signal.signal(signal_number, lambda *_: _stop(children, stop_requests))
    while children:
        process_id, status = os.wait()
        children.discard(process_id)
        if not stop_requests and os.waitstatus_to_exitcode(status):
            write_notice(f"process {process_id} died; a new one replaces it")
            time.sleep(_WATCH_SECONDS)  # a process that cannot start must not be started in a tight loop
            if not stop_requests:
                children.add(_start(app, reserved_sockets, None))
                if stop_requests:  # the signal came while the process was started, and missed it
                    _stop(children, [])


def _start(app: Flask, reserved_sockets: Sequence[socket.socket], announce: Callable[[str], None] | None) -> int:
    parent = os.getpid()
    # Until the child has handlers of its own, a signal would run those of its parent.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    child = os.fork()
    if not child:
        for signal_number in _SIGNALS:
            signal.signal(signal_number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    if child:
        return child
    threading.Thread(target=_exit_with_parent, args=(parent,), daemon=True).start()
    status = 1
    try:
        listener, *others = map(_listen_beside, reserved_sockets)
        serve.serve(app, listener, announce or _announce_nothing, *others)
        status = 0
    except SystemExit:
        status = 0
    except Exception as error:  # noqa: BLE001 - a child of a fork must not return into its parent's code
        write_notice(f"{type(error).__name__}: {error}")
    finally:
        sys.stdout.flush()
        os._exit(status)


def _reserve_address(listener: socket.socket) -> socket.socket:
    """A socket that reserves the same address, so that each process can listen there with a socket of its own.

    The system then spreads connections evenly. This socket is bound but does not listen: else it would get its share.
    """
    address = listener.getsockname()
    listener.close()
    reserved_socket = socket.socket(listener.family, socket.SOCK_STREAM)
    reserved_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved_socket.bind(address)
    return reserved_socket


def _listen_beside(reserved_socket: socket.socket) -> socket.socket:
    """A socket of this process that listens at the reserved address."""
    address, family = reserved_socket.getsockname()[:2], reserved_socket.family
    return socket.create_server(address, family=family, backlog=1024, reuse_port=True)


def _announce_nothing(_: str) -> None:
    """Leave the announcement to the first process."""


def _exit_with_parent(parent: int) -> None:
    """End this process when its parent has ended, in whatever way."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(0)


def _stop(children: set[int], stop_requests: list[int]) -> None:
    """Tell the processes to end; a second call kills them."""
    signal_number = signal.SIGKILL if stop_requests else signal.SIGTERM
    for child in tuple(children):
        stop_requests.append(child)
        os.kill(child, signal_number)
