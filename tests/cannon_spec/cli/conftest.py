"""What the tests of the command share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cannon_spec.cli.command import Command, build_command


@pytest.fixture
def cannon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command ``cannon-spec``, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return build_command(monkeypatch, capsys)
