"""The command ``cannon-spec overlay``: write what a contract run observed as an overlay of the contract (floor 2)."""

from __future__ import annotations

import argparse
import json
import sys

from cannon_spec.cli import flags
from cannon_spec.cli.environment import find_overlay
from cannon_spec.cli.status import ExitStatus

_EPILOG = """\
examples:
  cannon-contract --target live --allow-spend 200 --report out
  cannon-spec overlay --from out/observations.json > observed.json
  cannon-spec validate request.json --overlay observed.json
  cannon-mock --overlay observed.json

exit status: 0 written, 2 the file cannot be used, 3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument(
        "--from",
        dest="observations",
        required=True,
        metavar="FILE",
        help="the observations.json that cannon-contract --report DIR wrote",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the overlay as JSON, and on standard error what it cannot say. Raises CatalogError."""
    from cannon_spec.contract.load import check_overlay, read_whole_contract
    from cannon_spec.contract.wording import format_count
    from cannon_spec.output.observation_file import read_observations
    from cannon_spec.output.observation_overlay import build_overlay, list_usable_observations
    from cannon_spec.printable import escape_lines, escape_unprintable

    file = read_observations(flags.load_catalog(arguments), arguments.observations)
    usable_observations = list_usable_observations(file)
    contract = read_whole_contract(find_overlay(arguments.overlay))
    overlay = build_overlay(read_whole_contract(), contract, file)
    check_overlay(overlay, f"{arguments.observations}: the overlay of its values")
    print(escape_lines(json.dumps(overlay, indent=2)))
    print(f"{format_count(len(usable_observations), 'observation')} written", file=sys.stderr)
    for each in file.observations:
        if each not in usable_observations:
            text = f"left out, as the contract has no value for it: {each.claim.id}: {each.observed_text[:200]}"
            print(escape_unprintable(text), file=sys.stderr)
    return ExitStatus.OK
