"""The command ``cannon-spec`` as the tests run it, and the documents that they give it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, load_catalog
from cannon_spec.cli import main
from cannon_spec.contract import load
from tests.support.payloads import CATALOG, DOCUMENTED, patched

Command = Callable[..., tuple[int, str, str]]
"""Runs the command with arguments: exit status, standard output, standard error."""

_VARIABLES = (
    *("CANNON_SPEC_OVERLAY", "CANNON_SPEC_FORMAT", "NO_COLOR", "COLUMNS"),
    *("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "GITHUB_STEP_SUMMARY"),
)

SQUARE = patched(DOCUMENTED, aspect_ratio="1:1")
TOO_MANY = patched(DOCUMENTED, reference_image_urls=["https://example.com/1.jpg"] * 17)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def build_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command without an environment of its own; ``stdin`` is what it reads from standard input."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(load, "load_catalog", _load_catalog)

    def run(*argv: str, stdin: bytes | str | None = None) -> tuple[int, str, str]:
        if stdin is not None:
            data = stdin.encode() if isinstance(stdin, str) else stdin
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        try:
            status = main.main(argv)
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def _load_catalog(*, overlay: str | None) -> Catalog:
    """The contract as the command loads it, but that without an overlay only once: it is the same for each test."""
    return CATALOG if overlay is None else load_catalog(overlay=overlay)


def write_documents(name: str, *documents: Any) -> str:
    """Write a file of documents, one a line; a string is written as it is."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in documents]
    Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    return name


def list_findings(out: str) -> list[dict[str, Any]]:
    """The findings of all results in the JSON that the command wrote."""
    return [finding for result in json.loads(out)["results"] for finding in result["findings"]]
