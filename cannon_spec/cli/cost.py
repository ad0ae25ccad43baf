"""The command ``cannon-spec cost``: what the create bodies of files cost (floor 2)."""

from __future__ import annotations

import argparse

from cannon_spec.cli import flags
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.cli.progress import ProgressOutput
from cannon_spec.cli.status import ExitStatus
from cannon_spec.cli.validate import Validation, add_document_flags
from cannon_spec.output.cost_writers import COST_FORMATS, TotalsWriter
from cannon_spec.output.judged_document import Output, Writer

_EPILOG = """\
A body costs what the mock charges for it: the first price of its operation that
fits its input, with the defaults of absent fields. The vendor publishes few
prices. The totals say how much of the sum is a guess. A price file replaces
guesses by what the service charged you: the entry that says most of an input
counts.

The service refuses bodies with errors. They are not counted, and neither is a
body whose price nobody states.

examples:
  cannon-spec cost request.json                       a create body
  cannon-spec cost requests.jsonl --quiet             the totals only
  cannon-spec cost --prices out/prices.json requests.jsonl
  cannon-spec cost --operation image.generate input.json
  cannon-spec cost requests.jsonl --format json > cost.json

exit status: 0 each body is counted, 1 some body is not, 2 a file could not be
read, 3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    add_document_flags(command)
    flags.add_prices_flag(command)
    flags.add_choice(command, "--format", {name: row.description for name, row in COST_FORMATS.items()})
    command.add_argument("--quiet", action="store_true", help="write the totals only")
    command.set_defaults(fix=False, diff=False, jobs=1)


def run(arguments: argparse.Namespace) -> int:
    """Write the cost of each document of each file. Raises UnknownName for an unknown operation, BadPriceFile."""
    catalog, output = flags.load_catalog(arguments), ProgressOutput(has_bar=not arguments.quiet)
    writer: Writer = COST_FORMATS[arguments.format].writer(Output(output.write))
    judge_run = JudgeRun(TotalsWriter(writer) if arguments.quiet else writer)
    prices = flags.read_prices(arguments, catalog)
    status = Validation(catalog, arguments, output, judge_run, prices).judge_files(arguments.files)
    totals = judge_run.summary.cost
    has_gaps = totals is not None and totals.uncounted_bodies > 0
    return ExitStatus.ERRORS_FOUND if status == ExitStatus.OK and has_gaps else status
