"""The command ``cannon-spec validate``: judge the documents of files (floor 2)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, TextIO

from cannon_spec import validate
from cannon_spec.cli import flags
from cannon_spec.cli.input_files import STANDARD_INPUT, format_file_name, format_read_error, open_file
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.cli.progress import ProgressOutput
from cannon_spec.cli.schema_name import drop_schema_name
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import UnknownName
from cannon_spec.finding import Report
from cannon_spec.named_rules import suggest_operation
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.pricing.body_cost import BodyCost, RunPrices
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
    from cannon_spec.cli.file_fixes import Fixes
    from cannon_spec.cli.fixer import Fixer

_EPILOG = f"""\
examples:
  cannon-spec validate request.json                             a create body
  cannon-spec validate requests.jsonl                           one body a line
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

_FILES = f"""\
a file, a folder, a pattern such as 'payloads/**/*.yaml', or - for standard input; names end in {describe_suffixes()}"""


def add_parser(commands: flags.Commands) -> None:
    """Add the command with its flags."""
    command = flags.add_command(commands, "validate", "judge create bodies, or bare inputs", run, epilog=_EPILOG)
    add_document_flags(command)
    command.add_argument("--cost", action="store_true", help="also say what each document costs, and the total")
    flags.add_prices_flag(command)
    flags.add_judge_flags(command)
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


def add_document_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of a command that reads create bodies or bare inputs: the files, and how to read them."""
    command.add_argument("files", nargs="+", metavar="FILE", help=_FILES)
    command.add_argument(
        "--operation", metavar="ID", help="judge bare inputs of this operation (default: none, judge whole bodies)"
    )
    flags.add_choice(command, "--input", {name: each.meaning for name, each in FORMATS.items()})


def run(arguments: argparse.Namespace) -> int:
    """Judge each document of each file. Raises UnknownName for an unknown operation, BadPriceFile."""
    catalog, output = (
        flags.load_catalog(arguments),
        ProgressOutput(_find_stream(arguments), has_bar=not arguments.quiet),
    )
    prices = flags.read_prices(arguments, catalog) if arguments.cost or arguments.prices else None
    judge_run = flags.begin_run(arguments, catalog, output.write)
    validation = Validation(catalog, arguments, output, judge_run, prices)
    return validation.judge_files(arguments.files)


def _find_stream(arguments: argparse.Namespace) -> TextIO:
    """Where findings are written: to standard error where standard output has a fixed document, or the diff."""
    writes_document = arguments.fix and STANDARD_INPUT in arguments.files
    return sys.stderr if writes_document or arguments.diff else sys.stdout


def _check_operation(catalog: Catalog, operation: str) -> None:
    if operation not in catalog.operations:
        advice = suggest_operation(catalog, operation, "cannon-spec catalog lists the operations")
        raise UnknownName(f"--operation: unknown operation {operation}; {advice}")


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
        self._catalog = catalog
        self._operation: str | None = arguments.operation
        self._format: str = arguments.input
        self._context = ReadContext(catalog, self._operation)
        self._own_files = flags.find_own_files(arguments)
        self._output = output
        self._prices = prices
        self.judge_run = judge_run
        self._fixer: Fixer | None = None
        if arguments.fix or arguments.diff:
            from cannon_spec.cli.fixer import Fixer  # late: most runs write no file

            self._fixer = Fixer(self._judge_file_value, judge_run, only_shows=arguments.diff)
        if self._operation is not None:
            _check_operation(catalog, self._operation)

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
        for file in expand_name(name, list_suffixes()):
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
            with ExitStack() as stack:
                stream = stack.enter_context(open_file(name))
                stream = stack.enter_context(self._output.track(stream))
                self._judge_stream(name, stream, find_reader(name, self._format, self._context))
        except OSError as error:
            self.judge_run.fail(file, format_read_error(error))
            return
        if self.judge_run.summary.documents == count:
            self.judge_run.fail(file, "holds no document; check the file")

    def _judge_stream(self, name: str, stream: IO[bytes], reader: FileReader) -> None:
        fixes: Fixes | None = None
        if self._fixer is not None:
            stream, fixes = self._fixer.fix_stream(name, stream, reader)
        for number, document in enumerate(read_documents(stream, reader)):
            judged_document = self._judge_document(format_file_name(name), document)
            if fixes is not None:
                judged_document = judged_document._replace(fixes=fixes.get(number, ()))
            shown_report = self.judge_run.add(judged_document)
            # Of a file of many documents the others can still be judged. What is ignored or accepted is no failure.
            if document.error is not None and document.line is None and shown_report.findings:
                self.judge_run.note_unjudged_rest()

    def _judge_document(self, file: str, document: Document) -> JudgedDocument:
        if document.error is not None:
            report = validate.report_unreadable(self._catalog, document.error)
            cost = None if self._prices is None else BodyCost("", obstacle="unreadable")
        else:
            value = drop_schema_name(document.value)
            report = self._judge_value(value)
            cost = None if self._prices is None else self._prices.find_cost(value, report, self._operation)
        return JudgedDocument(file, document.line, report, document.locate, cost=cost, value=document.value)

    def _judge_value(self, value: Any) -> Report:
        if self._operation is None:
            return validate.request(self._catalog, value)
        return validate.bare_input(self._catalog, self._operation, value)

    def _judge_file_value(self, value: Any) -> Report:
        """The report on a document as it stands in its file, with the findings that may be fixed."""
        return self.judge_run.select_fixable(self._judge_value(drop_schema_name(value)))
