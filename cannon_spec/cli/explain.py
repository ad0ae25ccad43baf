"""The command ``cannon-spec explain``: what is known of one name, and how (floor 2)."""

from __future__ import annotations

import argparse

from cannon_spec.cli import flags
from cannon_spec.cli.console import measure_table_width
from cannon_spec.cli.status import ExitStatus

_EPILOG = """\
examples:
  cannon-spec explain gptimage2                    a model, by its identifier
  cannon-spec explain "GPT Image 2"                or by its name
  cannon-spec explain image.generate               an operation
  cannon-spec explain resolution                   a field, in all operations
  cannon-spec explain image.generate resolution    a field of one operation
  cannon-spec explain image.generate gptimage2     a model for one operation
  cannon-spec explain gptimage2-square-below-4k    a claim, as findings name it
  cannon-spec explain assumed:asset-open           a claim, as the mock names it
  cannon-spec explain model-unknown                a rule, as findings name it

exit status: 0 explained, 2 unknown name, 3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument(
        "topic",
        metavar="NAME",
        nargs="+",
        help="an operation, model, field, claim or rule; a field or model of one operation follows its operation",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what is known. Raises UnknownName."""
    from cannon_spec.output.explanations import explain_topic
    from cannon_spec.printable import escape_lines

    topic, width = " ".join(arguments.topic), measure_table_width()
    print(escape_lines(explain_topic(flags.load_catalog(arguments), topic, width)))
    return ExitStatus.OK
