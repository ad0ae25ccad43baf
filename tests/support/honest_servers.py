"""The honest servers of tests/servers, each started for a block: two as processes, the plain one in this process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.servers.plain_server import Parts, PlainServer, Settings
from tests.servers.plain_server.handler import Handler
from tests.servers.plain_server.service import Service
from tests.support.effort import PATIENCE_S
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]
KEY, SECOND_KEY, OTHER_KEY = "cs_live_honest_Main_1", "cs_live_honest_Main_2", "cs_live_honest_Other_1"
"""Two API keys of one account, and one of another account."""

_ANNOUNCEMENT = "listening on "


def serve_fastapi(settings: Settings) -> AbstractContextManager[str]:
    """Serve the server on FastAPI; gives its address."""
    return _serve_process([sys.executable, "-m", "tests.servers.fastapi_server"], settings)


def serve_node(settings: Settings) -> AbstractContextManager[str]:
    """Serve the server on Node; gives its address. Skips the test where Node is not installed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: the server in tests/servers/node_server needs it")
    return _serve_process([node, str(ROOT / "tests/servers/node_server/main.mjs")], settings)


@contextmanager
def serve_plain(
    settings: Settings, parts: Parts | None = None, service: type[Service] = Service, handler: type[Handler] = Handler
) -> Iterator[str]:
    """Serve the plain server in this process, with parts of the caller's choice; gives its address."""
    with PlainServer(settings, parts, service, handler) as server:
        yield server.address


HONEST_SERVERS: dict[str, Callable[[Settings], AbstractContextManager[str]]] = {
    "fastapi": serve_fastapi,
    "node": serve_node,
    "plain": serve_plain,
}
"""What serves each honest server, by its name."""


@contextmanager
def _serve_process(command: list[str], settings: Settings) -> Iterator[str]:
    process = subprocess.Popen(
        [*command, *_list_flags(settings)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
    )
    try:
        yield _read_address(process)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def _read_address(process: subprocess.Popen[str]) -> str:
    """Read the address that a server announces in its first line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith(_ANNOUNCEMENT), f"expected the line '{_ANNOUNCEMENT}ADDRESS', got {line!r}"
    return line.removeprefix(_ANNOUNCEMENT).strip()


def _list_flags(settings: Settings) -> list[str]:
    """Write settings as the flags that the servers share."""
    flags = [
        *(("--key", key) for key in settings.keys),
        *(("--other-key", key) for key in settings.other_keys),
        ("--port", settings.port),
        ("--balance", settings.balance),
        ("--pace", settings.pace),
        ("--answer-ms", settings.answer_ms),
        ("--busy-ms", settings.busy_ms),
    ]
    if settings.public_base:
        flags.append(("--public-base", settings.public_base))
    return [str(each) for pair in flags for each in pair]
