"""The command ``cannon-spec catalog``: list operations and models (floor 2)."""

from __future__ import annotations

import argparse
from functools import partial

from cannon_spec.cli import flags
from cannon_spec.cli.console import measure_table_width
from cannon_spec.cli.status import ExitStatus

_EPILOG = """\
coverage:
  covered                  its input can be judged, and the mock runs it
  inferred                 the same, but its id is not documented
  exists, not documented   no page documents its input

columns:
  credits    the price of each request, and how it is known; dynamic: the vendor
             prints none. cannon-spec explain NAME shows each price
  id is      how the identifier is known
  served     how it is known that the model serves the operation
  limits     how many rules there are on what the model takes, by strength
  remarks    cannon-spec explain MODEL shows the notices and notes

examples:
  cannon-spec catalog                      all operations, and their models
  cannon-spec catalog image.generate       one operation and its models
  cannon-spec catalog --format markdown    the same as Markdown tables

exit status: 0 listed, 2 unknown operation, or the overlay cannot be used,
3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument("operation", metavar="OPERATION", nargs="?", help="list this operation only (default: all)")
    formats = {
        "text": "aligned columns, for a terminal",
        "markdown": "Markdown tables",
        "json": "one JSON document, for programs",
    }
    flags.add_choice(command, "--format", formats)


def run(arguments: argparse.Namespace) -> int:
    """Print the operations, then the models of each. Raises UnknownName."""
    from cannon_spec.output import catalog_tables, tables
    from cannon_spec.output.explanations import find_operation
    from cannon_spec.printable import escape_lines

    catalog = flags.load_catalog(arguments)
    name = arguments.operation
    operations = list(catalog.operations.values()) if name is None else [find_operation(catalog, name)]
    if arguments.format == "json":
        print(escape_lines(catalog_tables.render_json(catalog, operations)))
        return ExitStatus.OK
    width = measure_table_width()
    render = tables.render_markdown if arguments.format == "markdown" else partial(tables.render_text, width=width)
    print(escape_lines(render(catalog_tables.tabulate_operations(catalog, operations))))
    for operation in operations:
        if operation.models:
            table = render(catalog_tables.tabulate_services(catalog, operation))
            print(escape_lines(f"\n{operation.id}:\n\n{table}"))
    return ExitStatus.OK
