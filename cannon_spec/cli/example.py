"""The command ``cannon-spec example``: print a valid create body (floor 2)."""

from __future__ import annotations

import argparse
import json

from cannon_spec.cli import flags
from cannon_spec.cli.status import ExitStatus

_EPILOG = """\
examples:
  cannon-spec example image.generate > request.json
  cannon-spec example image.generate --model flux2 | cannon-spec validate -

exit status: 0 printed, 2 the operation is not covered or the model does not
serve it, 3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument("operation", metavar="OPERATION", help="its identifier, such as image.generate")
    command.add_argument("--model", metavar="MODEL", help="the model's identifier (default: the operation's default)")


def run(arguments: argparse.Namespace) -> int:
    """Print the body as JSON. Raises UnknownName."""
    from cannon_spec.example import build_example
    from cannon_spec.printable import escape_lines

    body = build_example(flags.load_catalog(arguments), arguments.operation, arguments.model)
    print(escape_lines(json.dumps(body, indent=2, ensure_ascii=False)))
    return ExitStatus.OK
