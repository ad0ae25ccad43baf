"""The command ``cannon-spec catalog``: list operations and models (floor 2)."""

from __future__ import annotations

import argparse

from cannon_spec.cli import flags
from cannon_spec.cli.status import ExitStatus

_EPILOG = """\
examples:
  cannon-spec catalog                      which operations and models there are
  cannon-spec catalog --format markdown    tables, with what each model takes

exit status: 0 listed, 2 the overlay cannot be used, 3 internal error
"""


def add_parser(commands: flags.Commands) -> None:
    """Add the command with its flags."""
    summary = "list the operations and models of the contract"
    command = flags.add_command(commands, "catalog", summary, run, epilog=_EPILOG)
    formats = {
        "text": "aligned columns, for a terminal",
        "markdown": "Markdown tables that include what each model takes",
    }
    flags.add_choice(command, "--format", formats)


def run(arguments: argparse.Namespace) -> int:
    """Print the operations, and the models of each operation that is covered."""
    from cannon_spec.output import tables

    catalog, is_text = flags.load_catalog(arguments), arguments.format == "text"
    render = tables.render_text if is_text else tables.render_markdown
    tabulate = tables.tabulate_identifiers if is_text else tables.tabulate_models
    print(render(tables.tabulate_operations(catalog)))
    for operation in catalog.operations.values():
        if operation.is_covered:
            print(f"\nModels of {operation.id} (cannon-spec explain MODEL shows more):\n")
            print(render(tabulate(catalog, operation.id)))
    return ExitStatus.OK
