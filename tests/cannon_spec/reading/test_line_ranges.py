"""Ranges of bytes of a file, read as the lines that start in them."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cannon_spec import inputs
from cannon_spec.reading.line_ranges import count_lines, read_range


def read_all_ranges(content: bytes, size: int, folder: Path) -> list[bytes]:
    """What each range of a file of this content is read as; as many lines are counted in each as it is read to have."""
    file = folder / "a.jsonl"
    file.write_bytes(content)
    ranges = [(start, min(start + size, len(content))) for start in range(0, len(content), size)]
    with file.open("rb") as stream:
        parts = [read_range(stream.fileno(), *each) for each in ranges]
        counts = [count_lines(stream.fileno(), *each) for each in ranges]
    assert counts == [len(io.BytesIO(part).readlines()) for part in parts]
    return parts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(max_size=30)),
    size=st.integers(1, 40),
    end=st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
)
def test_ranges_have_each_line_once(lines: list[bytes], size: int, end: bytes, tmp_path: Path) -> None:
    """Whatever the size of the ranges, each line is in the one where it starts, whole and in its order."""
    content = end.join(lines)
    expected_parts: list[bytes] = [b""] * len(range(0, len(content), size))
    start = 0
    for line in io.BytesIO(content):
        expected_parts[start // size] += line
        start += len(line)
    assert read_all_ranges(content, size, tmp_path) == expected_parts


def test_a_line_above_the_limit_is_cut_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is longer than a document may be is read so far that it is refused, and no further."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 50)
    parts = read_all_ranges(b"a\n" + b"x" * 20_000 + b"\nb\n", 10, tmp_path)
    assert [part for part in parts if part] == [b"a\n" + b"x" * 52, b"b\n"]


def test_a_file_that_has_become_shorter_ends_where_it_ends(tmp_path: Path) -> None:
    """A range behind the end of a file has no lines."""
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"a\nb")
    with file.open("rb") as stream:
        assert read_range(stream.fileno(), 1, 100) == b"b"
        assert read_range(stream.fileno(), 50, 100) == b""


def test_a_range_is_read_whole_where_the_system_gives_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems give fewer bytes than they are asked for; no line is lost or given twice by that."""
    content = b"".join(b"line %d\n" % number for number in range(100))
    expected_parts = read_all_ranges(content, 200, tmp_path)
    read = os.pread
    monkeypatch.setattr(os, "pread", lambda descriptor, count, start: read(descriptor, count // 2 or 1, start))
    assert read_all_ranges(content, 200, tmp_path) == expected_parts
    assert b"".join(expected_parts) == content
