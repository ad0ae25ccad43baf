"""The command starts without a look for garbage, which there is none of yet."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys

import pytest

from cannon_mock import Config, create_app, start
from cannon_mock.serving.loop_server import LoopServer
from cannon_spec.installation import advise_extra
from tests.support.processes import environment

WITHOUT_EXTRA = """
import sys
for name in ("flask", "httptools", "msgspec", "sortedcontainers"):
    sys.modules[name] = None
from cannon_mock.start import main
sys.exit(main())
"""


def test_python_looks_for_garbage_once_a_mock_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: Python looks for no garbage until the mock serves, and looks for it from then on."""
    moments: dict[str, bool] = {}

    def build_app(config: Config) -> object:
        moments["start"] = gc.isenabled()
        return create_app(config)

    def run(server: LoopServer, _on_ready: object) -> None:
        moments["server"] = gc.isenabled()
        for listener in server._listeners:
            listener.close()

    monkeypatch.setattr("cannon_mock.__main__.create_app", build_app)
    monkeypatch.setattr(LoopServer, "run", run)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    assert start.main(["--port", "0"]) == 0
    assert (moments, gc.isenabled()) == ({"start": False, "server": True}, True)


@pytest.mark.parametrize("arguments", [[], ["health"], ["--help"]], ids=str)
def test_without_any_package_of_the_extra_one_line_says_what_to_install(arguments: list[str]) -> None:
    """Where the packages are missing that the command itself imports, it ends with a line and status 2, too."""
    command = [sys.executable, "-c", WITHOUT_EXTRA, *arguments]
    process = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == f"cannon-mock: msgspec is missing; {advise_extra('mock')}\n"
