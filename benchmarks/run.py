"""Every benchmark, printed as tables of ratios. Always ends with status 0: speed is no test."""

from __future__ import annotations

import platform
import sys

import judge
import lines
import start
import traffic
from measure import NotMeasured


def main() -> int:
    """Print each table as soon as it is measured; where one cannot be, say why."""
    print(
        f"Python {platform.python_version()}. The ratio is that of the first column to the second, measured in turns."
    )
    print()
    for part in (judge, start, traffic, lines):
        try:
            for table in part.tables():
                print(table, flush=True)
        except NotMeasured as reason:
            print(f"{part.__name__}: not measured: {reason}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
