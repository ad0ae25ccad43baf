"""The command ``cannon-spec validate``: judge the documents of files (floor 2)."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from cannon_spec import validate
from cannon_spec.cli import flags
from cannon_spec.cli.input_files import format_file_name, format_read_error, open_file
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.cli.progress import ProgressOutput
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import UnknownName
from cannon_spec.finding import Report
from cannon_spec.nearest import suggest_name
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.pricing.body_cost import BodyCost, RunPrices
from cannon_spec.reading.documents import Document
from cannon_spec.reading.formats import FORMATS, find_format, read_documents

_EPILOG = f"""\
examples:
  cannon-spec validate request.json                             a create body
  cannon-spec validate requests.jsonl                           one body a line
  cannon-spec validate --operation image.generate input.json    a bare input
  cannon-spec validate --overlay mine.json request.json         with your rules
  cannon-spec validate --cost requests.jsonl                    with the credits

{flags.JUDGE_STATUSES}
"""

_SCHEMA_NAME = "$schema"


def add_parser(commands: flags.Commands) -> None:
    """Add the command with its flags."""
    command = flags.add_command(commands, "validate", "judge create bodies, or bare inputs", run, epilog=_EPILOG)
    add_document_flags(command)
    command.add_argument("--cost", action="store_true", help="also say what each document costs, and the total")
    flags.add_prices_flag(command)
    flags.add_judge_flags(command)


def add_document_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of a command that reads create bodies or bare inputs: the files, and how to read them."""
    command.add_argument("files", nargs="+", metavar="FILE", help=".json, .jsonl, or - for standard input")
    command.add_argument(
        "--operation", metavar="ID", help="judge bare inputs of this operation (default: none, judge whole bodies)"
    )
    flags.add_choice(command, "--input", {name: each.meaning for name, each in FORMATS.items()})


def run(arguments: argparse.Namespace) -> int:
    """Judge each document of each file. Raises UnknownName for an unknown operation, BadPriceFile."""
    catalog, output = flags.load_catalog(arguments), ProgressOutput()
    prices = flags.read_prices(arguments, catalog) if arguments.cost or arguments.prices else None
    judge_run = JudgeRun(flags.open_writer(arguments, output.write))
    validation = Validation(catalog, arguments, output, judge_run, prices)
    return validation.judge_files(arguments.files)


def _check_operation(catalog: Catalog, operation: str) -> None:
    if operation not in catalog.operations:
        advice = suggest_name(operation, catalog.operations, "cannon-spec catalog lists the operations")
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
        self._strictness = flags.get_strictness(arguments)
        self._output = output
        self._prices = prices
        self.judge_run = judge_run
        if self._operation is not None:
            _check_operation(catalog, self._operation)

    def judge_files(self, names: Iterable[str]) -> int:
        """Judge each document of each file; the exit status is returned."""
        for name in names:
            self.judge_file(name)
        return self.judge_run.finish()

    def judge_file(self, name: str) -> None:
        """Judge each document of one file; report a file that cannot be read, or that holds none."""
        file, count = format_file_name(name), self.judge_run.summary.documents
        try:
            with ExitStack() as stack:
                stream = stack.enter_context(open_file(name))
                stream = stack.enter_context(self._output.track(stream))
                for document in read_documents(stream, find_format(name, self._format)):
                    self._judge_document(file, document)
        except OSError as error:
            self.judge_run.fail(file, format_read_error(error))
            return
        if self.judge_run.summary.documents == count:
            self.judge_run.fail(file, "holds no document; check the file")

    def _judge_document(self, file: str, document: Document) -> None:
        if document.error is not None:
            if document.line is None:  # of a file of many documents the others can still be judged
                self.judge_run.note_unjudged_rest()
            report = validate.report_unreadable(self._catalog, document.error)
            cost = None if self._prices is None else BodyCost("", obstacle="errors")
        else:
            value = _drop_schema_name(document.value)
            report, cost = self._judge_value(value)
            self._note_other_form(file, value)
        self.judge_run.add(JudgedDocument(file, document.line, report, document.locate, cost=cost))

    def _judge_value(self, value: Any) -> tuple[Report, BodyCost | None]:
        if self._operation is None:
            report = validate.request(self._catalog, value)
        else:
            report = validate.bare_input(self._catalog, self._operation, value)
        strict_report = report.with_strictness(self._strictness)
        # What a body costs is not a matter of strictness: the service takes one that has warnings only.
        cost = None if self._prices is None else self._prices.find_cost(value, report, self._operation)
        return strict_report, cost

    def _note_other_form(self, file: str, value: Any) -> None:
        """Report once for each file that it holds bare inputs where bodies are expected, or the other way round."""
        names = set(value) if isinstance(value, dict) else set()
        if self._operation is not None:
            if {"operation", "input"} <= names:
                self.judge_run.note_once(f"{file}: looks like a whole create body; leave --operation out")
        elif names and (operation := _find_operation(self._catalog, names)):
            self.judge_run.note_once(f"{file}: looks like a bare input; judge it with --operation {operation}")


def _drop_schema_name(value: Any) -> Any:
    """A document without its ``$schema``, which tells an editor the schema of the file and is never sent."""
    if not isinstance(value, dict) or not isinstance(value.get(_SCHEMA_NAME), str):
        return value
    return {name: member for name, member in value.items() if name != _SCHEMA_NAME}


def _find_operation(catalog: Catalog, names: set[Any]) -> str | None:
    """The first operation whose input may have fields of these names."""
    for operation in catalog.operations.values():
        if operation.input is not None and names <= set(catalog.input_schema_of(operation)["properties"]):
            return operation.id
    return None
