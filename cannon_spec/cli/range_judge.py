"""The ranges of one long file, and what a process prepares of each (floor 2)."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

from cannon_spec.cli.document_judge import FileJudge
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.reading.json_files import read_json_lines
from cannon_spec.reading.line_ranges import count_lines, read_range

if TYPE_CHECKING:
    from cannon_spec.cli.partial_run import PartialRun, RunSegment

RANGE_BYTES = 256 * 1024
"""How much of a file a process judges at once: enough that sending costs little, and that few processes wait."""


class ByteRange(NamedTuple):
    """Bytes of a file, from ``start`` up to ``end``, which is the first byte behind them."""

    start: int
    end: int


class RangeTask(NamedTuple):
    """A range to judge, and how many lines of the file start before it."""

    byte_range: ByteRange
    lines_before: int


def list_ranges(stream: IO[bytes]) -> list[ByteRange]:
    """The ranges of a file; none of what is no regular file, such as a pipe."""
    status = os.fstat(stream.fileno())
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return [ByteRange(start, min(start + RANGE_BYTES, size)) for start in range(0, size, RANGE_BYTES)]


def iter_tasks(descriptor: int, ranges: Iterable[ByteRange]) -> Iterator[RangeTask]:
    """A task for each range of an open file; its lines are counted when the next task is asked for. Raises OSError."""
    lines_before = 0
    for byte_range in ranges:
        yield RangeTask(byte_range, lines_before)
        lines_before += count_lines(descriptor, *byte_range)


def judge_range(
    judge: FileJudge, run: PartialRun, descriptor: int, task: RangeTask
) -> Sequence[RunSegment | JudgedDocument]:
    """Judge the documents on the lines that start in a range of an open file. Raises OSError."""
    stream = io.BytesIO(read_range(descriptor, *task.byte_range))
    for document in read_json_lines(stream, task.lines_before):
        judge.add_to(run, document)
    return run.take_part()
