"""The command starts without a look for garbage, which there is none of yet."""

from __future__ import annotations

import gc
import signal

import pytest

from cannon_mock import Config, create_app, start
from cannon_mock.serving.loop_server import LoopServer


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
