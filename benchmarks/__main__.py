"""Measure, and print one table. The exit status is 0 whether the aims are met or not: speed is no test."""

from __future__ import annotations

import argparse
import shutil
import sys
from contextlib import ExitStack, suppress
from typing import Any

from benchmarks import results, table
from benchmarks.bench import FULL, SHORT, Bench
from benchmarks.measure import NotMeasured
from benchmarks.row import Row
from benchmarks.rows import ROWS
from cannon_spec.output import tables

_WIDTH = 200
"""The columns of the table where its output is no terminal."""

_REPLACED_PEER = "Prism"
_INTERRUPTED = 130


def main() -> int:
    """Measure the rows that the arguments name."""
    parser = _build_parser()
    arguments = parser.parse_args()
    if arguments.short and arguments.keep:
        parser.error("figures of --short mean nothing; leave --keep out")
    rows = _choose(arguments.rows, arguments.peers)
    measured: list[dict[str, Any]] = []
    with suppress(KeyboardInterrupt), ExitStack() as stack:  # Ctrl-C shows what is measured
        bench = Bench(stack, SHORT if arguments.short else FULL, arguments.beside)
        measured.extend(_measure(row, bench) for row in rows)
    width = shutil.get_terminal_size((_WIDTH, 0)).columns
    print(tables.render_text([table.HEAD, *map(table.list_cells, measured)], width))
    if arguments.keep:
        results.keep(measured, [row.name for row in ROWS])
    return 0 if len(measured) == len(rows) else _INTERRUPTED


def _measure(row: Row, bench: Bench) -> dict[str, Any]:
    print(f"measuring {row.name}", file=sys.stderr, flush=True)
    try:
        pair = row.measure(bench)
    except NotMeasured as reason:
        print(f"{row.name}: not measured: {reason}", file=sys.stderr, flush=True)
        return {"row": row.name, "what": row.what, "meaning": row.meaning, "reason": str(reason)}
    return row.tabulate(pair, bench.other if bench.other and row.peer == _REPLACED_PEER else row.peer)


def _choose(names: str, has_peers: bool) -> list[Row]:
    """The rows of these names, which may end in ``*``; without names all that need no peer from npm, or all."""
    if not names:
        return [row for row in ROWS if has_peers or not row.has_npm_peer]
    chosen = []
    for name in names.replace(",", " ").split():
        rows = [row for row in ROWS if row.name == name or (name.endswith("*") and row.name.startswith(name[:-1]))]
        if not rows:
            sys.exit(f"there is no row {name}; use {', '.join(row.name for row in ROWS)}")
        chosen += rows
    return chosen


def _build_parser() -> argparse.ArgumentParser:
    names = "\n".join(f"  {row.name:24}{row.what}; beside {row.peer or 'nothing'}" for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog=f"rows:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", default="", metavar="NAMES", help="rows to measure, with commas; good-* is several")
    parser.add_argument("--peers", action="store_true", help="measure the rows that need Ajv or Prism too")
    parser.add_argument("--beside", metavar="COMMAND", help="cannon-mock of another checkout, in place of Prism")
    parser.add_argument("--short", action="store_true", help="try each row at a tiny size; the figures mean nothing")
    parser.add_argument("--keep", action="store_true", help="write the figures to benchmarks/results.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
