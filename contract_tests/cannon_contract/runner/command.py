"""The command ``cannon-contract``: the contract tests from an installed package (floor 6).

Exit status: 0 the contract holds, 1 it is broken, 2 the tests could not run, or not to their end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from cannon_contract.runner import options
from cannon_spec import __version__

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

Any other option goes to pytest: -v, -k repeat, -n 2. Of your pytest plugins
only those are loaded that you name with -p, and PYTEST_ADDOPTS is not read.
"""
_PACKAGE = Path(__file__).resolve().parents[1]
_PYTEST_IS_MISSING = "cannon-contract: pytest is missing; install it with: pip install 'cannon-spec[testing]'"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tests against a target. Returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _build_parser().parse_known_args(arguments)
    try:
        import pytest
    except ImportError:
        print(_PYTEST_IS_MISSING, file=sys.stderr)
        return 2
    with options.isolate_pytest():
        status = int(pytest.main([*pytest_arguments(), *arguments]))
    return status if status in (0, 1) else 2


def pytest_arguments() -> list[str]:
    """Name the suite, its plugin and its configuration for pytest, whatever the directory it starts in."""
    xdist = ["xdist", "xdist.looponfail"] if find_spec("xdist") else []
    names = ["cannon_contract.plugin", "no:cacheprovider", *xdist]
    plugins = [argument for name in names for argument in ("-p", name)]
    return [str(_PACKAGE), "-c", str(_PACKAGE / "pytest.ini"), "--rootdir", str(_PACKAGE), *plugins]


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cannon-contract",
        description="Test whether a server keeps the contract of the Cannon Studio API.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"cannon-contract {__version__}")
    options.add_options(parser.add_argument)
    return parser
