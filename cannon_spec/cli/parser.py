"""The command line: one parser for each command (floor 2)."""

from __future__ import annotations

from cannon_spec import __version__
from cannon_spec.cli import catalog, check_traffic, claims, cost, example, explain, overlay, validate
from cannon_spec.cli.command_parser import CommandParser

_COMMANDS = (validate, cost, check_traffic, claims, explain, catalog, example, overlay)

_EXAMPLES = """\
examples:
  cannon-spec validate request.json
  cannon-spec validate requests.jsonl --format json > findings.json
  cannon-spec cost requests.jsonl
  cannon-spec example image.generate --model flux2 | cannon-spec validate -
  cannon-spec explain gptimage2
  cannon-spec check-traffic session.har

cannon-spec COMMAND --help shows the flags and more examples of a command
"""


def build_parser() -> CommandParser:
    """The parser of the whole command line; ``run`` of what it parses is the function that carries it out."""
    parser = CommandParser(
        prog="cannon-spec",
        description="Judge payloads for the Cannon Studio API before they cost credits.",
        epilog=_EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"cannon-spec {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="cannon-spec")
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser
