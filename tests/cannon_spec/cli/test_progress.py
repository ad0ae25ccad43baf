"""The progress bar of a long file."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cannon_spec.cli.command import SQUARE, Command, Terminal, write_documents
from tests.support.payloads import DOCUMENTED, patched


class FakeBar:
    """A bar instead of tqdm's that records what it is called with."""

    bars: list[FakeBar]

    def __init__(self, total: int, **_: Any) -> None:
        self.total, self.position, self.text, self.is_closed = total, 0, "", False
        FakeBar.bars.append(self)

    def __enter__(self) -> FakeBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_closed = True

    def update(self, size: int) -> None:
        self.position += size

    def write(self, text: str, file: Any, end: str) -> None:
        assert end == ""
        self.text += text
        file.write(text)


def write_long_file(name: str) -> str:
    """Write a file of more than a mebibyte with one error in its last line."""
    return write_documents(name, *[patched(DOCUMENTED, style="x" * 100_000)] * 11, SQUARE)


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[FakeBar]:
    """Every bar that the command opens."""
    FakeBar.bars = []
    monkeypatch.setattr("tqdm.tqdm", FakeBar)
    return FakeBar.bars


def test_a_long_file_has_a_bar_on_a_terminal(
    cannon: Command, bars: list[FakeBar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar advances to the size of the file, findings are written through it, and it closes with the file."""
    file, out = write_long_file("a.jsonl"), Terminal()
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", out)
    status, _, _ = cannon("validate", file, write_documents("b.json", SQUARE), "--color", "never")
    (bar,) = bars
    assert status == 1
    assert bar.total == bar.position == Path(file).stat().st_size
    assert bar.is_closed
    assert bar.text.startswith("a.jsonl:12:")
    assert "b.json" not in bar.text
    assert out.getvalue().count("error at /input/resolution") == 2


def test_output_to_a_file_is_written_beside_the_bar(
    cannon: Command, bars: list[FakeBar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Output that is not on the terminal cannot break the bar, and is not written through it, which is slow."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert cannon("validate", write_long_file("a.jsonl"))[1].startswith("a.jsonl:12:")
    (bar,) = bars
    assert bar.text == ""


def test_the_bar_of_a_compressed_file_counts_its_own_bytes(
    cannon: Command, bars: list[FakeBar], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar of a compressed file advances by the bytes that are read of it, not by those that it unpacks to."""
    text = "".join(json.dumps(patched(DOCUMENTED, style=random_text)) + "\n" for random_text in _write_random_texts())
    Path("a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(sys, "stderr", Terminal())
    cannon("validate", "a.jsonl.gz", "b.json")
    (bar,) = bars
    assert bar.total == bar.position == Path("a.jsonl.gz").stat().st_size
    assert bar.is_closed


def _write_random_texts() -> Iterator[str]:
    """Texts that hardly compress, of more than a mebibyte together."""
    for number in range(40):
        yield "".join(hashlib.sha512(f"{number} {part}".encode()).hexdigest() for part in range(500))


def test_a_short_file_has_no_bar(cannon: Command, bars: list[FakeBar], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of less than a mebibyte has no bar."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    cannon("validate", write_documents("a.json", SQUARE))
    assert bars == []


def test_a_pipe_has_no_bar(cannon: Command, bars: list[FakeBar], monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream without a size has no bar."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    reading, writing = os.pipe()
    os.write(writing, json.dumps(SQUARE).encode())
    os.close(writing)
    with os.fdopen(reading, "r") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert cannon("validate", "-")[0] == 1
    assert bars == []


def test_no_bar_without_a_terminal(cannon: Command, bars: list[FakeBar]) -> None:
    """If standard error is not a terminal there is no bar, however long the file is."""
    cannon("validate", write_long_file("a.jsonl"))
    assert bars == []


def test_a_quiet_run_has_no_bar(cannon: Command, bars: list[FakeBar], monkeypatch: pytest.MonkeyPatch) -> None:
    """With --quiet there is no bar, however long the file is."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    cannon("validate", write_long_file("a.jsonl"), "--quiet")
    assert bars == []


def test_the_real_bar_leaves_the_output_alone(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bar of tqdm itself, what comes to a terminal's standard output is the same as without a bar."""
    file, out = write_long_file("a.jsonl"), Terminal()
    plain = cannon("validate", file, "--format", "json")[1]
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(sys, "stdout", out)
    cannon("validate", file, "--format", "json")
    assert out.getvalue() == plain
