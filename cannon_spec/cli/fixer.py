"""The fixes of the files of one run: applied, written or shown, and counted (floor 2)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from difflib import unified_diff
from typing import IO, Any

from cannon_spec.cli.file_fixes import FixedContent, Fixes, fix_content
from cannon_spec.cli.file_replacement import replace_content
from cannon_spec.cli.input_files import STANDARD_INPUT, format_file_name
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.finding import Report
from cannon_spec.printable import escape_unprintable
from cannon_spec.reading.formats import FileReader
from cannon_spec.system_errors import find_reason


class Fixer:
    """Apply the fixes of files, by what ``judge`` finds, and count them.

    What comes from standard input goes to standard output, fixed or not. With ``only_shows`` no file is written: the
    changes are shown on standard output as a diff, and the files are judged as they are.
    """

    def __init__(self, judge: Callable[[Any], Report], judge_run: JudgeRun, *, only_shows: bool) -> None:
        self._judge = judge
        self._judge_run = judge_run
        self._only_shows = only_shows
        self._count = 0

    def get_counts(self) -> dict[str, int]:
        """How many findings were fixed, by the name of that count."""
        return {} if self._only_shows else {"fixed": self._count}

    def fix_stream(self, name: str, stream: IO[bytes], reader: FileReader) -> tuple[IO[bytes], Fixes | None]:
        """What to judge of a file, and the fixes that each of its documents got, if they are to be reported."""
        content = stream.read()
        fixed_content = self._fix(name, content, reader)
        if self._only_shows:
            return io.BytesIO(content), None
        if name == STANDARD_INPUT:
            sys.stdout.flush()
            sys.stdout.buffer.write(fixed_content.content)
        self._count += sum(map(len, fixed_content.fixes.values()))
        return io.BytesIO(fixed_content.content), fixed_content.fixes

    def _fix(self, name: str, content: bytes, reader: FileReader) -> FixedContent:
        file = format_file_name(name)
        try:
            fixed_content = fix_content(content, reader, self._judge)
            for line in fixed_content.other_lines:
                place = file if line is None else f"{file}:{line}"
                self._judge_run.note_once(f"{place}: not fixed: its text cannot be changed in place; change it by hand")
            if fixed_content.fixes:
                self._deliver(name, content, fixed_content.content, reader)
            return fixed_content
        except OSError as error:
            self._judge_run.fail(file, f"not fixed: {find_reason(error)}; the file is as it was", is_judged=True)
        return FixedContent(content, {})

    def _deliver(self, name: str, old_content: bytes, content: bytes, reader: FileReader) -> None:
        if self._only_shows:
            _write_diff(format_file_name(name), reader.unpack(old_content), reader.unpack(content))
        elif name != STANDARD_INPUT:
            replace_content(name, old_content, content)


def _write_diff(file: str, old_content: bytes, content: bytes) -> None:
    # Lines end where those of other tools do: str.splitlines ends them at other signs too.
    old_lines, lines = (list(io.StringIO(each.decode(errors="replace"))) for each in (old_content, content))
    name = escape_unprintable(file)
    for line in unified_diff(old_lines, lines, name, name):
        end = "\n" if line.endswith("\n") else "\n\\ No newline at end of file\n"
        sys.stdout.write(_escape_line(line.removesuffix("\n")) + end)


def _escape_line(line: str) -> str:
    """A line of a file, safe for a terminal. Its tabs stay, and the sign at its end that many files of Windows have."""
    text = line.removesuffix("\r")
    return "\t".join(map(escape_unprintable, text.split("\t"))) + line[len(text) :]
