"""The command ``cannon-spec claims``: list what the contract rests on (floor 2)."""

from __future__ import annotations

import argparse

from cannon_spec.cli import flags
from cannon_spec.cli.console import measure_table_width
from cannon_spec.cli.status import ExitStatus
from cannon_spec.contract.claim import STRENGTHS

KINDS = ("rule", "behaviour", "gap")

_EPILOG = """\
strengths, from strong to weak:
  documented   a page of the vendor states it
  example      an example on such a page shows it
  observed     recorded from the live API
  upstream     the maker or provider of a model states it
  reported     third parties state it
  assumed      our assumption: the vendor does not document it
  user         your overlay states it

kinds:
  rule         a rule on payloads rests on it
  behaviour    the service behaves like this
  gap          the vendor does not document it, and no rule rests on it

columns:
  rules        how many keywords of schemas rest on it
  examples     how many documents in schemas/examples break one of these rules;
               each is a test
  tests        with --report: how many contract tests of it the run had

examples:
  cannon-spec claims --strength assumed            our assumptions
  cannon-spec claims --operation image.generate    those of one operation
  cannon-spec claims --format json                 all claims, with sources
  cannon-spec claims --report out/report.json      with their contract tests
  cannon-spec claims --observations out/observations.json    what a run observed

exit status: 0 listed, 2 unknown operation, or a file cannot be read or has
another content, 3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument(
        "--strength", metavar="STRENGTH", choices=STRENGTHS, help="list claims of this strength only (default: all)"
    )
    command.add_argument("--kind", choices=KINDS, help="list claims of this kind only (default: all)")
    command.add_argument(
        "--operation", metavar="OPERATION", help="list claims that this operation rests on only (default: all)"
    )
    command.add_argument(
        "--report",
        metavar="FILE",
        help="count the contract tests of each claim, from the report.json that a contract run wrote (default: none)",
    )
    command.add_argument(
        "--observations",
        metavar="FILE",
        help="list what a contract run observed, from the observations.json that it wrote (default: none)",
    )
    flags.add_choice(command, "--format", {"text": "a table, for people", "json": "one JSON document, for programs"})


def run(arguments: argparse.Namespace) -> int:
    """List the claims, or the observations on them. Raises UnknownName, or CatalogError for a file of another kind."""
    from cannon_spec.output import claim_list, observation_file, observation_list, run_file
    from cannon_spec.output.claim_uses import list_claim_uses
    from cannon_spec.output.explanations import find_operation
    from cannon_spec.printable import escape_lines

    catalog, is_json = flags.load_catalog(arguments), arguments.format == "json"
    width = measure_table_width()
    operation = None if arguments.operation is None else find_operation(catalog, arguments.operation).id
    tests = None if arguments.report is None else run_file.count_tests(arguments.report)
    uses = claim_list.select_claims(list_claim_uses(catalog, tests), arguments.strength, arguments.kind, operation)
    if arguments.observations is None:
        text = claim_list.render_json(uses) if is_json else claim_list.render_text(uses, catalog.operations, width)
        print(escape_lines(text))
    else:
        file = observation_file.read_observations(catalog, arguments.observations)
        file = file.select([each.claim for each in uses])
        print(escape_lines(observation_list.render_json(file) if is_json else observation_list.render_text(file)))
    return ExitStatus.OK
