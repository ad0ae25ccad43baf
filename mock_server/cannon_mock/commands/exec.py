"""``cannon-mock exec``: run a command beside a mock that lives as long as the command (floor 5).

Exit status: that of the command; 128 and the number of the signal that ended it; 126 or 127 where it cannot be
started, as in a shell.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from types import FrameType
from urllib.parse import urlsplit

from flask import Flask

from cannon_mock.commands import health
from cannon_mock.config import Config
from cannon_mock.model.journal import JournalEntry
from cannon_mock.notices import write_line, write_notice
from cannon_mock.serving import open_files, serve
from cannon_mock.stores import StoreError
from cannon_mock.variables import build_client_environment
from cannon_mock.views import context, exchange_log
from cannon_spec.system_errors import explain_os_error

_KEY = "cs_test_exec"
"""The API key that the command gets, where the mock takes any."""

_CANNOT_RUN, _NOT_THERE = 126, 127
_MOST_LINES = 10
_LONGEST_BODY = 200
_LOOK_S = 1


def run(app: Flask, config: Config, command: Sequence[str]) -> int:
    """Serve a mock while a command runs, and return the status of the command.

    Where it is not 0, the last calls are written to standard error; where there was no call, that is.
    Raises OSError where the mock cannot listen.
    """
    open_files.raise_limit()
    mock = context.find_context(app)
    exchange_log.install(app)
    with serve.serve_beside(app, config) as url:
        key, secret = mock.keys.choose(_KEY), mock.webhook_sender.secret
        environment = build_client_environment(_find_client_url(url, config), key, secret, config.tls_cert)
        status = _run_command(command, environment)
    if status not in (_CANNOT_RUN, _NOT_THERE):
        with contextlib.suppress(StoreError):  # which the store tells
            _report_calls(status, mock.store.journal.list_entries(config.journal), config)
    mock.store.records.close()
    return status


def _find_client_url(url: str, config: Config) -> str:
    """The address at which the command finds a mock that listens at another one, as on all addresses."""
    place = urlsplit(url)
    return health.find_own_url(replace(config, host=place.hostname or "", port=place.port or 0))


def _run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    relay = _SignalRelay()
    with relay.catch_signals():
        try:
            process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user's own command
        except FileNotFoundError:
            write_notice(f"{command[0]}: no such program; name one behind --")
            return _NOT_THERE
        except (OSError, ValueError) as error:
            write_notice(f"{command[0]}: {explain_os_error(error, '')}")
            return _CANNOT_RUN
        relay.send_to(process)
        status = _wait(process)
    return 128 - status if status < 0 else status


def _wait(process: subprocess.Popen[bytes]) -> int:
    """The status of a command at its end.

    It waits in turns, as Python calls the handler of a signal that a thread of the server got only between two of them.
    """
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_S)


class _SignalRelay:
    """Sends a signal that asks this process to end to the command, which decides.

    What comes before the command runs is sent to it as soon as it does.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early_numbers: list[int] = []

    @contextlib.contextmanager
    def catch_signals(self) -> Iterator[None]:
        """Catch the signals during the context. One that is ignored, as under nohup, stays so, for the command too."""
        numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]
        handlers = {number: signal.getsignal(number) for number in (*numbers, signal.SIGINT)}
        caught_numbers = [number for number, handler in handlers.items() if handler != signal.SIG_IGN]
        for number in caught_numbers:
            signal.signal(number, self._pass_on)
        try:
            yield
        finally:
            for number in caught_numbers:
                signal.signal(number, handlers[number])

    def send_to(self, process: subprocess.Popen[bytes]) -> None:
        """Send signals to a command from now on, and those that have come."""
        self._process = process
        for number in self._early_numbers:
            process.send_signal(number)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT and _is_on_terminal():
            return  # the terminal sends Ctrl-C to the command itself
        if self._process is None:
            self._early_numbers.append(number)
        else:
            self._process.send_signal(number)


def _is_on_terminal() -> bool:
    """Whether this process and its command get a Ctrl-C of the terminal; always on Windows."""
    if not hasattr(os, "tcgetpgrp"):
        return True
    try:
        with open("/dev/tty", "rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:  # there is no terminal
        return False


def _report_calls(status: int, entries: Sequence[JournalEntry], config: Config) -> None:
    """Write to standard error the last calls of a command that failed, or that there was none."""
    if config.journal and not entries:
        write_notice(
            f"the command ended with {status} and made no call to the API: the mock's address is in $CANNON_BASE_URL"
        )
    elif status and not config.journal:
        write_notice(f"the command ended with {status}; its calls are not known: the journal is off")
    elif status:
        is_full = len(entries) >= config.journal
        number = f"of the {len(entries)} in the journal" if is_full else f"of {len(entries)} in all"
        write_notice(f"the command ended with {status}; its last calls, {number}:")
        _list_calls(entries)


def _list_calls(entries: Sequence[JournalEntry]) -> None:
    # The polls of one request are a line: else they would leave no place for the call that failed before them.
    calls = [(call, len(list(repeats))) for call, repeats in groupby(map(_describe, entries))]
    for call, count in calls[-_MOST_LINES:]:
        write_line(f"  {call} ({count} times)" if count > 1 else f"  {call}")


def _describe(entry: JournalEntry) -> str:
    names = (entry.operation, entry.model, entry.scenario and f"scenario {entry.scenario}")
    words = [entry.method, entry.path, str(entry.status), *filter(None, names)]
    body = entry.response_body[:_LONGEST_BODY].rstrip() if entry.status >= 400 else ""
    return f"{' '.join(words)}: {body}" if body else " ".join(words)
