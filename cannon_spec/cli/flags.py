"""The flags that commands share, and what they mean (floor 2)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cannon_spec.cli.environment import find_overlay, forbids_color
from cannon_spec.cli.status import report_problem
from cannon_spec.contract import load
from cannon_spec.contract.catalog import Catalog
from cannon_spec.finding import Strictness
from cannon_spec.output.judged_document import Output, Write, Writer
from cannon_spec.output.writers import FORMATS
from cannon_spec.pricing.body_cost import RunPrices

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # what add_subparsers returns

RunCommand = Callable[[argparse.Namespace], int]

JUDGE_STATUSES = """\
exit status: 0 no errors (warnings allowed), 1 errors found, 2 could not judge,
3 internal error"""


def add_command(
    commands: Commands, name: str, summary: str, run: RunCommand, *, epilog: str
) -> argparse.ArgumentParser:
    """Add a command that ``run`` carries out, with the flag for an overlay; ``epilog`` has its examples."""
    command = commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.", epilog=epilog)
    command.add_argument(
        "--overlay",
        metavar="FILE",
        help="a JSON Merge Patch over the contract (default: $CANNON_SPEC_OVERLAY, else none)",
    )
    command.set_defaults(run=run)
    return command


def add_choice(command: argparse.ArgumentParser, flag: str, choices: dict[str, str]) -> None:
    """Add a flag with choices, each with what it means; the first is the default."""
    default = next(iter(choices))
    words = "; ".join(f"{name}: {meaning}" for name, meaning in choices.items())
    command.add_argument(flag, choices=tuple(choices), default=default, help=f"{words} (default: {default})")


def add_judge_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of a command that judges: format, strictness and colour."""
    add_choice(command, "--format", {name: row.description for name, row in FORMATS.items()})
    strictness = command.add_mutually_exclusive_group()
    strictness.add_argument(
        "--strict", action="store_true", help="make warnings errors, but for those that no change of the input avoids"
    )
    strictness.add_argument("--lenient", action="store_true", help="drop warnings")
    colors = {
        "auto": "colour on a terminal, unless NO_COLOR is set",
        "always": "colour everywhere",
        "never": "no colour",
    }
    add_choice(command, "--color", colors)


def add_prices_flag(command: argparse.ArgumentParser) -> None:
    """Add the flag for a file of prices."""
    command.add_argument(
        "--prices",
        metavar="FILE",
        help="prices that go before those of the contract, as cannon-contract --report writes them (default: none)",
    )


def read_prices(arguments: argparse.Namespace, catalog: Catalog) -> RunPrices:
    """The prices of the run, those of the flag's file first. Warn where they are old. Raises BadPriceFile."""
    file: str | None = arguments.prices
    if file is None:
        return RunPrices(catalog)
    from datetime import UTC, datetime  # late, as the next import: few runs have a price file

    from cannon_spec.pricing.price_file import describe_age, read_price_file

    known_prices = read_price_file(file, catalog)
    for line in describe_age(file, known_prices, datetime.now(UTC)):
        report_problem(line)
    return RunPrices(catalog, known_prices, file)


def load_catalog(arguments: argparse.Namespace) -> Catalog:
    """Load the contract with the overlay of the flag or of the environment. Raises CatalogError."""
    return load.load_catalog(overlay=find_overlay(arguments.overlay))


def get_strictness(arguments: argparse.Namespace) -> Strictness:
    """How the flags want warnings to count."""
    return "strict" if arguments.strict else "lenient" if arguments.lenient else "normal"


def open_writer(arguments: argparse.Namespace, write: Write) -> Writer:
    """The writer of the format that the flags name."""
    return FORMATS[arguments.format].writer(Output(write, _has_color(arguments.color)))


def _has_color(choice: str) -> bool:
    return choice == "always" or (choice == "auto" and sys.stdout.isatty() and not forbids_color())
