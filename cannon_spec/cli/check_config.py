"""The command ``cannon-spec check-config``: whether files that set these tools up can be used (floor 2)."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from cannon_spec import inputs
from cannon_spec.cli import flags
from cannon_spec.cli.input_files import format_read_error
from cannon_spec.cli.status import ExitStatus, report_problem
from cannon_spec.contract import load
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import CannonSpecError, CatalogError, NotJSON

_EPILOG = """\
examples:
  cannon-spec check-config scenarios.json keys.json
  cannon-spec check-config --kind overlay mine.json

exit status: 0 all files can be used, 1 one cannot, 2 one cannot be read,
3 internal error
"""


class ConfigKind(NamedTuple):
    """A kind of file: what it is for, how to tell it by its content, and what checks its value.

    A check raises CannonSpecError, which names the file.
    """

    purpose: str
    matches: Callable[[dict[str, Any]], bool]
    check: Callable[[Catalog, dict[str, Any], str], object]


def _is_scenario_file(value: dict[str, Any]) -> bool:
    scenarios = value.get("scenarios")
    # An overlay has the part of the contract: an object that has scenarios itself.
    is_part = isinstance(scenarios, dict) and isinstance(scenarios.get("scenarios"), dict)
    return "scenarios" in value and not is_part


def _check_prices(catalog: Catalog, value: dict[str, Any], file: str) -> None:
    from cannon_spec.pricing.price_file import parse_prices  # late, as what each kind alone needs

    parse_prices(value, file, catalog)


def _check_baseline(_: Catalog, value: dict[str, Any], file: str) -> None:
    from cannon_spec.output.baseline_file import check_baseline

    check_baseline(value, file)


KINDS = {
    "scenarios": ConfigKind("scenarios of the mock", _is_scenario_file, load.merge_scenarios),
    "keys": ConfigKind(
        "API keys of the mock",
        lambda value: "keys" in value,
        lambda _, value, file: load.check_part("keys", value, file),
    ),
    "prices": ConfigKind("prices", lambda value: "prices" in value, _check_prices),
    "baseline": ConfigKind("findings that are accepted", lambda value: "findings" in value, _check_baseline),
    "overlay": ConfigKind(
        "changes of the contract", lambda _: True, lambda _, value, file: load.check_overlay(value, file)
    ),
}
"""Each kind by its name, in the order in which a file is tried: any object may be an overlay."""

_AUTO, _OVERLAY = "auto", "overlay"


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument("files", nargs="+", metavar="FILE", help="a JSON file")
    purposes = {name: kind.purpose for name, kind in KINDS.items()}
    flags.add_choice(command, "--kind", {_AUTO: "as the file's content is", **purposes})


def run(arguments: argparse.Namespace) -> int:
    """Check each file, and report those that cannot be used. Raises CatalogError for the overlay of the flag."""
    catalog, status = flags.load_catalog(arguments), ExitStatus.OK
    for file in arguments.files:
        status = max(status, _check_file(catalog, file, arguments.kind))
    return status


def _check_file(catalog: Catalog, file: str, kind: str) -> ExitStatus:
    try:
        value = inputs.read_file(file)  # once: a pipe has nothing more
    except OSError as error:
        report_problem(f"{file}: {format_read_error(error)}")
        return ExitStatus.COULD_NOT_JUDGE
    except NotJSON as error:
        report_problem(f"{file}: {error}")
        return ExitStatus.COULD_NOT_JUDGE
    problems = list(_find_problems(catalog, file, value, kind))
    for problem in problems:
        report_problem(problem)
    return ExitStatus.ERRORS_FOUND if problems else ExitStatus.OK


def _find_problems(catalog: Catalog, file: str, value: Any, kind: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{file}: is not a JSON object; see schemas/README.md for the form of each file"
        return
    if kind == _AUTO and {"operation", "input"} <= value.keys():
        yield f"{file}: this is a create body; cannon-spec validate judges it"
        return
    found_kind = _find_kind(value) if kind == _AUTO else kind
    try:
        KINDS[found_kind].check(catalog, value, file)
    except CannonSpecError as error:
        yield str(error)
        yield from map(str, error.others if isinstance(error, CatalogError) else ())
        if kind == _AUTO and found_kind == _OVERLAY:
            yield f"{file}: taken for an overlay of the contract, as no other kind has its names; --kind names one"


def _find_kind(value: dict[str, Any]) -> str:
    return next(name for name, kind in KINDS.items() if kind.matches(value))
