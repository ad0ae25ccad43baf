"""The command ``cannon-spec validate``: judge the documents of files (floor 2)."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import partial
from typing import IO, TYPE_CHECKING, Any, TextIO

from cannon_spec.cli import flags
from cannon_spec.cli.document_judge import DocumentJudge, FileJudge
from cannon_spec.cli.input_files import STANDARD_INPUT, format_file_name, format_read_error, open_file
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.cli.progress import ProgressOutput
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import MissingExtra
from cannon_spec.finding import Report
from cannon_spec.reading.documents import Document
from cannon_spec.reading.file_names import expand_name
from cannon_spec.reading.formats import (
    FORMATS,
    FileReader,
    ReadContext,
    describe_suffixes,
    find_reader,
    list_suffixes,
    read_documents,
)

if TYPE_CHECKING:
    from cannon_spec.cli.fixer import Fixer
    from cannon_spec.cli.range_judge import ByteRange
    from cannon_spec.pricing.body_cost import RunPrices

_EPILOG = f"""\
examples:
  cannon-spec validate request.json                             a create body
  cannon-spec validate requests.jsonl                           one body a line
  cannon-spec validate --jobs auto huge.jsonl                   with all CPUs
  cannon-spec validate payloads/                                all its files
  cannon-spec validate 'payloads/**/*.yaml'                     a pattern
  cannon-spec validate prompts.csv                              one body a row
  cannon-spec validate --input yaml - < request.yaml            standard input
  cannon-spec validate --operation image.generate input.json    a bare input
  cannon-spec validate --overlay mine.json request.json         with your rules
  cannon-spec validate --cost requests.jsonl                    with the credits
  cannon-spec validate --fix request.json                       fixed in place
  cannon-spec validate --ignore notice requests.jsonl           without a rule

adopt it where many payloads have findings; only new ones fail:
  cannon-spec validate *.json --baseline accepted.json --update-baseline
  cannon-spec validate *.json --baseline accepted.json

{flags.JUDGE_STATUSES}
"""

_MOST_JOBS = 64

_FILES = f"""\
a file, a folder, a pattern such as 'payloads/**/*.yaml', or - for standard input; names end in {describe_suffixes()}"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    add_document_flags(command)
    command.add_argument("--cost", action="store_true", help="also say what each document costs, and the total")
    flags.add_prices_flag(command)
    flags.add_judge_flags(command)
    command.add_argument(
        "--jobs",
        type=_parse_jobs,
        default=1,
        metavar="N",
        help=f"judge a long file of one document a line with N processes, from 1 to {_MOST_JOBS}; auto: one for each "
        "processor. The output is the same. Standard input, compressed files, other formats, --fix and --diff take "
        "one (default: 1)",
    )
    fix = command.add_mutually_exclusive_group()
    fix.add_argument(
        "--fix",
        action="store_true",
        help="apply the fixes whose right value is certain to the files; with -, write what was read, fixed, to "
        "standard output, and the findings to standard error",
    )
    fix.add_argument(
        "--diff",
        action="store_true",
        help="write no file: show on standard output what --fix would change, and the findings on standard error",
    )


def _parse_jobs(text: str) -> int:
    from cannon_spec.cli.process_pool import can_fork, count_processors  # late: few runs have the flag

    if text != "auto" and not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_JOBS):
        raise argparse.ArgumentTypeError(f"expected auto, or a whole number from 1 to {_MOST_JOBS}, got {text}")
    jobs = min(count_processors(), _MOST_JOBS) if text == "auto" else int(text)
    return jobs if can_fork() else 1


def add_document_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of a command that reads create bodies or bare inputs: the files, and how to read them."""
    command.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    command.add_argument(
        "--operation", metavar="ID", help="judge bare inputs of this operation (default: none, judge whole bodies)"
    )
    flags.add_choice(command, "--input", {name: each.meaning for name, each in FORMATS.items()})


def run(arguments: argparse.Namespace) -> int:
    """Judge each document of each file. Raises UnknownName for an unknown operation, BadPriceFile."""
    catalog = flags.load_catalog(arguments)
    prices = flags.read_prices(arguments, catalog) if arguments.cost or arguments.prices else None
    with flags.open_output(arguments, _find_stream(arguments)) as stream:
        output = ProgressOutput(stream, has_bar=not arguments.quiet)
        judge_run = flags.begin_run(arguments, catalog, output.write)
        validation = Validation(catalog, arguments, output, judge_run, prices)
        status = validation.judge_files(arguments.files)
    flags.report_output(arguments, judge_run, status)
    return status


def _find_stream(arguments: argparse.Namespace) -> TextIO:
    """Where findings are written: to standard error where standard output has a fixed document, or the diff."""
    writes_document = arguments.fix and STANDARD_INPUT in arguments.files
    return sys.stderr if writes_document or arguments.diff else sys.stdout


class Validation:
    """Judge files by the contract, the flags and what the run has reported so far, and find costs by ``prices``."""

    def __init__(
        self,
        catalog: Catalog,
        arguments: argparse.Namespace,
        output: ProgressOutput,
        judge_run: JudgeRun,
        prices: RunPrices | None,
    ) -> None:
        """Take the flags of add_document_flags. Raises UnknownName for an unknown operation."""
        self._judge = DocumentJudge(catalog, arguments.operation, prices)
        self._format: str = arguments.input
        self._context = ReadContext(catalog, arguments.operation)
        self._own_files = flags.find_own_files(arguments)
        self._output = output
        self._jobs: int = arguments.jobs
        self.judge_run = judge_run
        self._fixer: Fixer | None = None
        if arguments.fix or arguments.diff:
            from cannon_spec.cli.fixer import Fixer  # late: most runs write no file

            self._fixer = Fixer(self._judge_file_value, judge_run, only_shows=arguments.diff)

    def judge_files(self, names: Iterable[str]) -> int:
        """Judge each document of each file; the exit status is returned."""
        for name in names:
            self._judge_name(name)
        if self._fixer is None:
            return self.judge_run.finish()
        return self.judge_run.finish(self._fixer.get_counts())

    def _judge_name(self, name: str) -> None:
        """Judge each file that a name on the command line stands for."""
        has_files = False

        def report(error: OSError) -> None:
            nonlocal has_files
            has_files = True  # perhaps
            self.judge_run.fail(os.fsdecode(error.filename), format_read_error(error))

        for file in expand_name(name, list_suffixes(), report):
            has_files = True
            self.judge_file(file)
        if not has_files:
            self.judge_run.fail(name, f"no file to judge; names end in {describe_suffixes()}")

    def judge_file(self, name: str) -> None:
        """Judge each document of one file; report a file that cannot be read, or that holds none."""
        if name in self._own_files:
            return
        file, count = format_file_name(name), self.judge_run.summary.documents
        try:
            with open_file(name) as stream, self._output.track(stream) as tracked_stream:
                reader = find_reader(name, self._format, self._context)
                ranges = self._list_ranges(name, stream, reader)
                if len(ranges) > 1:
                    if not self._judge_ranges(file, stream, ranges):
                        return
                else:
                    self._judge_stream(name, tracked_stream, reader)
        except OSError as error:
            self.judge_run.fail(file, format_read_error(error))
            return
        except MissingExtra as error:
            self.judge_run.fail(file, str(error))
            return
        if self.judge_run.summary.documents == count:
            self.judge_run.fail(file, "holds no document; check the file")

    def _list_ranges(self, name: str, stream: IO[bytes], reader: FileReader) -> Sequence[ByteRange]:
        """The ranges that several processes are to judge; none of a file that this one judges alone."""
        if self._jobs == 1 or self._fixer is not None or name == STANDARD_INPUT or not reader.is_by_line:
            return ()
        from cannon_spec.cli.range_judge import list_ranges  # late, as all that only several jobs need

        return list_ranges(stream)

    def _judge_ranges(self, file: str, stream: IO[bytes], ranges: Sequence[ByteRange]) -> bool:
        """Judge the ranges of a file with several processes; whether all could be judged is returned."""
        from cannon_spec.cli.process_pool import ProcessFailed, map_in_processes
        from cannon_spec.cli.range_judge import iter_tasks, judge_range

        descriptor, run = stream.fileno(), self.judge_run.begin_part()
        work = partial(judge_range, FileJudge(self._judge, file), run, descriptor)
        tasks = iter_tasks(descriptor, ranges)
        try:
            with closing(map_in_processes(work, tasks, min(self._jobs, len(ranges)))) as parts:
                for byte_range, part in zip(ranges, parts, strict=True):
                    self.judge_run.add_part(file, part)
                    self._output.advance(byte_range.end - byte_range.start)
        except ProcessFailed as error:
            self.judge_run.fail(file, f"a process that judges a part of it {error}; try fewer --jobs")
            return False
        return True

    def _judge_stream(self, name: str, stream: IO[bytes], reader: FileReader) -> None:
        if self._fixer is not None:
            self._fix_stream(self._fixer, name, stream, reader)
            return
        file = format_file_name(name)
        judge = FileJudge(self._judge, file)
        for document in read_documents(stream, reader):
            self._note_unread_rest(document, judge.add_to(self.judge_run, document))

    def _fix_stream(self, fixer: Fixer, name: str, stream: IO[bytes], reader: FileReader) -> None:
        stream, fixes = fixer.fix_stream(name, stream, reader)
        judge = FileJudge(self._judge, format_file_name(name))
        for number, document in enumerate(read_documents(stream, reader)):
            judged_document = judge.judge(document)
            if fixes is not None:
                judged_document = judged_document._replace(fixes=fixes.get(number, ()))
            self._note_unread_rest(document, self.judge_run.add(judged_document))

    def _note_unread_rest(self, document: Document, shown_report: Report) -> None:
        # Of a file of many documents the others can still be judged. What is ignored or accepted is no failure.
        if document.error is not None and document.line is None and shown_report.findings:
            self.judge_run.note_unjudged_rest()

    def _judge_file_value(self, value: Any) -> Report:
        """The report on a document as it stands in its file, with the findings that may be fixed."""
        return self.judge_run.select_fixable(self._judge.judge_value(value))
