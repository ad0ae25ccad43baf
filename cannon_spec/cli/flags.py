"""The flags that commands share, and what they mean (floor 2)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TextIO

from cannon_spec.cli.environment import find_code_folder, find_overlay, find_step_summary, forbids_color
from cannon_spec.cli.environment import find_format as find_default_format
from cannon_spec.cli.finding_filter import FindingFilter
from cannon_spec.cli.input_files import OwnFiles
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.cli.status import report_problem
from cannon_spec.contract import load
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import CannonSpecError
from cannon_spec.finding import Strictness
from cannon_spec.nearest import suggest_name
from cannon_spec.output.judged_document import Output, Write
from cannon_spec.output.writers import FORMATS
from cannon_spec.printable import escape_unprintable

if TYPE_CHECKING:
    from cannon_spec.cli.baseline import Baseline
    from cannon_spec.pricing.body_cost import RunPrices

STANDARD_OUTPUT = "-"
"""The name of standard output for --output."""

RunCommand = Callable[[argparse.Namespace], int]

JUDGE_STATUSES = """\
exit status: 0 no errors (warnings allowed), 1 errors found, 2 could not judge,
3 internal error"""


def begin_command(command: argparse.ArgumentParser, run: RunCommand, *, epilog: str) -> None:
    """Make ``run`` carry a command out, and add the flag for an overlay; ``epilog`` has its examples."""
    command.epilog = epilog
    command.add_argument(
        "--overlay",
        metavar="FILE",
        help="a JSON Merge Patch over the contract (default: $CANNON_SPEC_OVERLAY, else none)",
    )
    command.set_defaults(run=run)


def add_choice(command: argparse.ArgumentParser, flag: str, choices: dict[str, str]) -> None:
    """Add a flag with choices, each with what it means; the first is the default."""
    default = next(iter(choices))
    words = "; ".join(f"{name}: {meaning}" for name, meaning in choices.items())
    command.add_argument(flag, choices=tuple(choices), default=default, help=f"{words} (default: {default})")


def add_judge_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of a command that judges: format, strictness, colour, and what is left out."""
    _add_format_flags(command)
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
    _add_adoption_flags(command)


def _add_format_flags(command: argparse.ArgumentParser) -> None:
    words = "; ".join(f"{name}: {row.description}" for name, row in FORMATS.items())
    default = next(iter(FORMATS))
    command.add_argument(
        "--format",
        choices=tuple(FORMATS),
        metavar="NAME",
        help=f"{words} (default: $CANNON_SPEC_FORMAT, else {default})",
    )
    command.add_argument(
        "--output",
        type=_parse_file_name,
        metavar="FILE",
        help="where to write the findings; a file that is there is replaced (default: -, which is standard output)",
    )


def _parse_file_name(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("the name of the file is empty; name one, or - for standard output")
    return text


def find_format(arguments: argparse.Namespace) -> str:
    """The format of the flag, else that of the environment. Raises CannonSpecError where there is no such format."""
    name: str = arguments.format or find_default_format(next(iter(FORMATS)))
    if name not in FORMATS:
        advice = suggest_name(name, FORMATS, f"the formats are {', '.join(FORMATS)}")
        raise CannonSpecError(f"CANNON_SPEC_FORMAT: unknown format {escape_unprintable(name[:100])}; {advice}")
    return name


@contextmanager
def open_output(arguments: argparse.Namespace, stream: TextIO) -> Iterator[TextIO]:
    """Where findings are written: a stream, or the file of --output, which is there as a whole after the block.

    Raises CannonSpecError where the file cannot be written, and then it is as it was.
    """
    file: str | None = arguments.output
    if file is None or file == STANDARD_OUTPUT:
        yield stream
        return
    _check_output(arguments, file)
    from cannon_spec.cli.output_file import open_output_file  # late, as few runs write a file

    with open_output_file(file) as output_file:
        yield output_file


def report_output(arguments: argparse.Namespace, run: JudgeRun, status: int) -> None:
    """Report the counts of a run that did not pass, where its findings went to the file of --output."""
    if status and arguments.output not in (None, STANDARD_OUTPUT):
        from cannon_spec.output.text_writer import describe_counts  # late, as above

        report_problem(f"{describe_counts(run.summary, run.count_further())}; see {arguments.output}")


def _check_output(arguments: argparse.Namespace, file: str) -> None:
    """Raise CannonSpecError where the file of --output is one that the run reads: it would be lost.

    A folder or a pattern may hold the output of an earlier run, which is no file to judge then.
    """
    output, values = OwnFiles((file,)), vars(arguments)
    inputs = {"overlay": find_overlay(arguments.overlay), **{name: values.get(name) for name in ("baseline", "prices")}}
    for name, other_file in inputs.items():
        if other_file is not None and other_file in output:
            raise CannonSpecError(f"--output {file}: this is the file of --{name}; name another one")
    if any(name in output for name in arguments.files):
        raise CannonSpecError(f"--output {file}: this is a file to judge; name another one")


def _add_adoption_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags with which a code base that has many findings begins to use the command."""
    command.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="RULE",
        help="leave out the findings of a rule, or of all rules that begin so: notice, models/flux2, models/; "
        "can be repeated, and takes several names with commas (default: none)",
    )
    command.add_argument(
        "--baseline",
        metavar="FILE",
        help="leave out the findings that this file lists, so that only new ones fail (default: none)",
    )
    command.add_argument(
        "--update-baseline",
        action="store_true",
        help="write what is found today to the file of --baseline, and accept it",
    )
    command.add_argument("--quiet", action="store_true", help="write only what has findings, and no notes")


def add_prices_flag(command: argparse.ArgumentParser) -> None:
    """Add the flag for a file of prices."""
    command.add_argument(
        "--prices",
        metavar="FILE",
        help="prices that go before those of the contract, as cannon-contract --report writes them (default: none)",
    )


def read_prices(arguments: argparse.Namespace, catalog: Catalog) -> RunPrices:
    """The prices of the run, those of the flag's file first. Warn where they are old, unless the run is quiet.

    Raises BadPriceFile.
    """
    from cannon_spec.pricing.body_cost import RunPrices  # late: few runs ask for costs

    file: str | None = arguments.prices
    if file is None:
        return RunPrices(catalog)
    from datetime import UTC, datetime  # late, as the next import: fewer runs have a price file

    from cannon_spec.pricing.price_file import describe_age, read_price_file

    known_prices = read_price_file(file, catalog)
    for line in () if arguments.quiet else describe_age(file, known_prices, datetime.now(UTC)):
        report_problem(line)
    return RunPrices(catalog, known_prices, file)


def load_catalog(arguments: argparse.Namespace) -> Catalog:
    """Load the contract with the overlay of the flag or of the environment. Raises CatalogError."""
    return load.load_catalog(overlay=find_overlay(arguments.overlay))


def find_own_files(arguments: argparse.Namespace) -> OwnFiles:
    """The files that flags and environment name to say how to judge, and where to write."""
    values = vars(arguments)  # not every command has both flags
    names = ("baseline", "prices", "output")
    return OwnFiles((find_overlay(arguments.overlay), *(values.get(name) for name in names)))


def begin_run(arguments: argparse.Namespace, catalog: Catalog, write: Write) -> JudgeRun:
    """A run that judges as the flags of add_judge_flags say.

    Raises UnknownName for a rule that there is not, and CannonSpecError for a baseline that cannot be used.
    """
    finding_filter = _build_filter(arguments, catalog)
    output = Output(
        write,
        has_color=_has_color(arguments.color, arguments.output),
        code_folder=find_code_folder(),
        claims=catalog.claims,
        write_summary=_find_summary_writer(),
    )
    writer = FORMATS[find_format(arguments)].writer(output)
    return JudgeRun(writer, finding_filter, is_quiet=arguments.quiet)


def _find_summary_writer() -> Write | None:
    file = find_step_summary()
    if file is None:
        return None
    from cannon_spec.cli.output_file import append_text  # late: only a step of GitHub Actions has a summary

    return partial(append_text, file)


def _build_filter(arguments: argparse.Namespace, catalog: Catalog) -> FindingFilter:
    strictness: Strictness = "strict" if arguments.strict else "lenient" if arguments.lenient else "normal"
    ignored_rules: frozenset[str] = frozenset()
    if arguments.ignore:
        from cannon_spec.cli.ignored_rules import find_ignored_rules  # late: it reads every rule of the contract

        ignored_rules = find_ignored_rules(arguments.ignore, catalog)
    return FindingFilter(strictness, ignored_rules, _open_baseline(arguments, ignored_rules))


def _open_baseline(arguments: argparse.Namespace, ignored_rules: frozenset[str]) -> Baseline | None:
    if arguments.baseline is not None:
        from cannon_spec.cli.baseline import Baseline  # late: few runs have one

        return Baseline(arguments.baseline, is_updated=arguments.update_baseline, ignored_rules=ignored_rules)
    if arguments.update_baseline:
        raise CannonSpecError("--update-baseline: no file is named; add --baseline FILE")
    return None


def _has_color(choice: str, file: str | None) -> bool:
    is_on_terminal = file in (None, STANDARD_OUTPUT) and sys.stdout.isatty()
    return choice == "always" or (choice == "auto" and is_on_terminal and not forbids_color())
