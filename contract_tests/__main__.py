"""The command ``cannon-contract``: the contract tests from an installed package (floor 5).

Exit status: 0 the contract holds, 1 it is broken, 2 the tests could not run.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

_EXAMPLES = """\
examples:
  cannon-contract                                  a mock in this process
  cannon-contract --target http://127.0.0.1:2266   a server
  CANNON_API_KEY=cs_live_... cannon-contract --target live                     free checks only
  CANNON_API_KEY=cs_live_... cannon-contract --target live --allow-spend 200   creates requests too

Any other option goes to pytest: -v, -k repeat, --junit-xml out.xml.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tests against a target; the exit status is returned."""
    parser = argparse.ArgumentParser(
        prog="cannon-contract",
        description="Test whether a server keeps the contract of the Cannon Studio API.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--target", default="mock", metavar="mock|URL|live", help="what to test (mock)")
    spend = parser.add_argument("--allow-spend", type=_credits, default=0.0, metavar="CREDITS")
    spend.help = "the most that a live run may cost, by estimate (0)"
    arguments, others = parser.parse_known_args(argv)
    try:
        import pytest
    except ImportError:
        print(
            "cannon-contract: pytest is missing; install it with: pip install 'cannon-spec[testing]'", file=sys.stderr
        )
        return 2
    here = Path(__file__).resolve().parent
    options = ["-c", str(here / "pytest.ini"), "--rootdir", str(here), "-p", "no:cacheprovider"]
    chosen = ["--target", arguments.target, "--allow-spend", str(arguments.allow_spend)]
    status = int(pytest.main([str(here), *options, *chosen, *others]))
    return status if status in (0, 1) else 2


def _credits(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
