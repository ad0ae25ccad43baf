"""The command ``cannon-contract``: the contract tests from an installed package (floor 6)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

from cannon_contract.runner import extras, options
from cannon_spec.cli.command_parser import CommandParser
from cannon_spec.cli.console import describe_os_error, run_command, write_problem
from cannon_spec.errors import CannonSpecError

_EXAMPLES = """\
examples:
  test a mock in this process:
    cannon-contract
  test a server, and write a page on each claim:
    cannon-contract --target http://127.0.0.1:2266 --report out
  test the live API with what costs nothing, with the key in CANNON_API_KEY:
    cannon-contract --target live
  spend at most 300 credits there, and write the prices that were charged:
    cannon-contract --target live --allow-spend 300 --assume-price 100 \\
      --report out
  the same, with the prices of the run before:
    cannon-contract --target live --allow-spend 300 --assume-price 100 \\
      --prices out/prices.json --report out

  make a shell complete the flags:
    source <(cannon-contract completion bash)

Any other option goes to pytest: -v, -k repeat. No other plugin of pytest is
loaded than ours and those of -p and -n. Settings of pytest in the environment
(PYTEST_ADDOPTS, PYTEST_PLUGINS) and in the current directory are not read.

exit status:
  0  the contract holds, as far as it was tested
  1  the contract is broken
  2  the tests could not run, or not to their end
"""
_PACKAGE = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tests against a target. Returns the exit status."""
    return run_command("cannon-contract", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = _build_parser()
    if arguments[:1] == ["completion"]:
        return _write_completion(arguments[1:], parser)
    flags, _ = parser.parse_known_args(arguments)
    problem = extras.describe_missing_packages(_list_options_with_packages(flags))
    if problem:
        write_problem("cannon-contract", problem)
        return 2
    with options.isolate_pytest():
        return _run_pytest([*pytest_arguments(), *arguments], parser, flags.format)


def _write_completion(arguments: list[str], parser: CommandParser) -> int:
    """Print the script by which a shell completes the command."""
    from cannon_spec.cli.shell_completion import run_for  # late: a run needs none of these
    from cannon_spec.contract.load import default_catalog
    from cannon_spec.coverage import list_covered_operations

    words = {"target": ("mock", "live"), "operation": list_covered_operations(default_catalog())}
    return run_for(parser, arguments, words)


def _run_pytest(arguments: list[str], parser: CommandParser, format: str) -> int:
    """Run pytest, and find the exit status by the results of the run."""
    import pytest  # imported late, as what imports it: the package is installed without it too

    from cannon_contract.runner.exit_status import INCOMPLETE, RunKeeper, find_exit_status
    from cannon_contract.runner.usage_errors import RunRefused, UsageErrorWriter

    keeper = RunKeeper()
    try:
        with redirect_stdout(sys.stderr if format == "markdown" else sys.stdout):
            status = int(pytest.main(arguments, plugins=[keeper, UsageErrorWriter(parser.suggest_flag)]))
    except RunRefused as error:
        for each in error.args:
            write_problem("cannon-contract", str(each))
        status = int(pytest.ExitCode.USAGE_ERROR)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- a plugin of -p may raise anything
        write_problem("cannon-contract", f"pytest could not start: {_describe(error)}")
        return 2
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        advice = "cannon-contract --collect-only -q lists the tests"
        write_problem("cannon-contract", f"no test fits -k, -m and the like, so nothing was tested; {advice}")
    exit_status = find_exit_status(status, keeper.run)
    if status == 1 and exit_status == 2:
        write_problem("cannon-contract", "no claim is broken, but pytest or a plugin of -p ended with status 1")
    try:
        keeper.write_outcome(format, exit_status)
    except CannonSpecError as error:  # the summary of a step cannot be written
        write_problem("cannon-contract", str(error))
        return INCOMPLETE
    return exit_status


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError):
        return describe_os_error(error)
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _list_options_with_packages(flags: argparse.Namespace) -> tuple[str, ...]:
    """List the options of a run that need packages of their own."""
    is_used = {"--target mock": flags.target == "mock", "--report": flags.report, "-n": flags.processes}
    return tuple(option for option, value in is_used.items() if value)


def pytest_arguments() -> list[str]:
    """Name the suite, its plugin and its configuration for pytest, whatever the directory it starts in."""
    xdist = ["xdist", "xdist.looponfail"] if find_spec("xdist") else []
    names = ["cannon_contract.plugin", "no:cacheprovider", *xdist]
    plugins = [argument for name in names for argument in ("-p", name)]
    return [str(_PACKAGE), "-c", str(_PACKAGE / "pytest.ini"), "--rootdir", str(_PACKAGE), *plugins]


def _build_parser() -> CommandParser:
    parser = CommandParser(
        prog="cannon-contract",
        description="Test whether a server keeps the contract of the Cannon Studio API.",
        epilog=_EXAMPLES,
    )
    options.add_options(parser.add_argument)
    # Both are options of pytest, which reads them itself.
    parser.add_argument("-p", action="append", metavar="NAME", help="also load this plugin of pytest (default: none)")
    parser.add_argument(
        "-n",
        "--numprocesses",
        dest="processes",
        metavar="NUMBER",
        help="run tests in several processes, on a target that charges nothing (default: one process)",
    )
    return parser
