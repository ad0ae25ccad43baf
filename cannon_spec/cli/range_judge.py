"""The ranges of one long file, and what a process finds in each (floor 2)."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from cannon_spec.cli.document_judge import FileJudge
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.reading.json_files import read_json_lines
from cannon_spec.reading.line_ranges import count_lines, read_range

RANGE_BYTES = 256 * 1024
"""How much of a file a process judges at once: enough that sending costs little, and that few processes wait."""


class ByteRange(NamedTuple):
    """Bytes of a file, from ``start`` up to ``end``, which is the first byte behind them."""

    start: int
    end: int


class RangeReport(NamedTuple):
    """The results of a range in their order: judged documents, and lists of lines of which there is nothing to say.

    Lines count from the first one that starts in the range, which is line 1.
    """

    line_count: int
    results: Sequence[JudgedDocument | list[int]]

    def iter_results(self, skipped_lines: int) -> Iterator[JudgedDocument | list[int]]:
        """The results as a file counts lines that has some before the range."""
        for each in self.results:
            if isinstance(each, list):
                yield [line + skipped_lines for line in each]
            else:
                yield each.move_down(skipped_lines)


def list_ranges(stream: IO[bytes]) -> list[ByteRange]:
    """The ranges of a file; none of what is no regular file, such as a pipe."""
    status = os.fstat(stream.fileno())
    size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    return [ByteRange(start, min(start + RANGE_BYTES, size)) for start in range(0, size, RANGE_BYTES)]


def judge_range(judge: FileJudge, descriptor: int, byte_range: ByteRange) -> RangeReport:
    """Judge the documents on the lines that start in a range of an open file. Raises OSError."""
    data = read_range(descriptor, *byte_range)
    results: list[JudgedDocument | list[int]] = []
    clean_lines: list[int] = []
    for document in read_json_lines(io.BytesIO(data)):
        judged_document = judge.judge_unless_clean(document)
        if judged_document is None:
            clean_lines.append(document.line or 1)
            continue
        if clean_lines:
            results.append(clean_lines)
            clean_lines = []
        results.append(judged_document.detach())
    if clean_lines:
        results.append(clean_lines)
    return RangeReport(count_lines(data), results)
