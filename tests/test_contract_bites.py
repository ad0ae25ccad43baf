"""The contract tests notice a server that breaks its word; each broken server is a layer around the real mock."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from waitress.server import create_server

from mock_server import Config, create_app

Wsgi = Callable[[dict[str, Any], Any], Any]


def _as_it_is(app: Wsgi) -> Wsgi:
    return app


def _answers_200(app: Wsgi) -> Wsgi:
    """202 becomes 200."""

    def broken(environ: dict[str, Any], start: Any) -> Any:
        return app(environ, lambda status, *rest: start(status.replace("202 ACCEPTED", "200 OK"), *rest))

    return broken


def _forgets_keys(app: Wsgi) -> Wsgi:
    """The idempotency key is not looked at."""

    def broken(environ: dict[str, Any], start: Any) -> Any:
        return app({name: value for name, value in environ.items() if name != "HTTP_X_IDEMPOTENCY_KEY"}, start)

    return broken


def _changes_ends(app: Wsgi) -> Wsgi:
    """A request that was once seen to succeed is seen to fail the next time."""
    ended: set[str] = set()

    def broken(environ: dict[str, Any], start: Any) -> Any:
        body = b"".join(app(environ, start))
        if b'"status":"succeeded"' not in body or "/requests/" not in environ["PATH_INFO"]:
            return [body]
        seen = json.loads(body)
        if seen["id"] in ended:
            body = body.replace(b'"status":"succeeded"', b'"status":"failed"   ')
        ended.add(seen["id"])
        return [body]

    return broken


@contextmanager
def _served(app: Wsgi) -> Iterator[str]:
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(server.close)  # within the server's own loop, which then has nothing left to do
        thread.join()
        server.task_dispatcher.shutdown()


def _failed_against(app: Wsgi) -> tuple[int, set[str]]:
    """The exit status of the contract tests against a server, and the names of those that failed."""
    with _served(app) as url:
        command = [sys.executable, "-m", "contract_tests", "--target", url, "-q", "--tb=no"]
        run = subprocess.run(command, capture_output=True, text=True)
    failed = {
        line.split("::")[1].split("[")[0].split(" ")[0] for line in run.stdout.splitlines() if line.startswith("FAILED")
    }
    return run.returncode, failed


CASES = [
    (_as_it_is, 0, set()),
    (_answers_200, 1, {"test_a_good_body_is_accepted"}),
    (_changes_ends, 1, {"test_an_end_is_final"}),
    (
        _forgets_keys,
        1,
        {
            "test_a_repeat_creates_nothing_new",
            "test_a_repeat_costs_nothing_more",
            "test_a_repeat_is_answered_as_the_first_was",
        },
    ),
]


@pytest.mark.parametrize(("defect", "status", "caught"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_broken_server_is_caught(defect: Callable[[Wsgi], Wsgi], status: int, caught: set[str]) -> None:
    """Over a socket the real mock passes, and each defect fails the tests of its own claim and no others."""
    assert _failed_against(defect(create_app(Config(speed=100)))) == (status, caught)
