"""The command line: one parser for each command (floor 2)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from cannon_spec.cli.command_parser import CommandParser

_COMMANDS = {
    "validate": "judge create bodies, or bare inputs",
    "cost": "say what create bodies cost, in credits",
    "check-traffic": "judge a recording of your integration's calls",
    "claims": "list the claims that the contract rests on",
    "explain": "show the evidence of an operation, model, field, claim or rule",
    "catalog": "list the operations, and the models that serve them",
    "example": "print a valid create body",
    "check-config": "say whether files of scenarios, keys, prices and the like can be used",
    "overlay": "write what a contract run observed as an overlay of the contract",
}
"""Each command with its summary. Its module has its name, ``add_flags`` and what carries it out."""

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


class _LateParser(CommandParser):
    """The parser of one command. Its module is imported when it is used: a run of another one starts the faster."""

    def __init__(self, command: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._command: str | None = command

    def parse_known_args(  # type: ignore[override]  # no caller of ours passes a class
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse the part of a command line that is of this command."""
        self.add_flags()
        return super().parse_known_args(args, namespace)

    def add_flags(self) -> None:
        """Add the flags of the command, once."""
        command, self._command = self._command, None
        if command is not None:
            import_module(f"cannon_spec.cli.{command.replace('-', '_')}").add_flags(self)


def build_parser() -> CommandParser:
    """The parser of the whole command line; ``run`` of what it parses is the function that carries it out."""
    parser = CommandParser(
        prog="cannon-spec",
        description="Judge payloads for the Cannon Studio API before they cost credits.",
        epilog=_EXAMPLES,
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="cannon-spec", parser_class=_LateParser
    )
    for name, summary in _COMMANDS.items():
        commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.", command=name)
    return parser


def list_commands() -> dict[str, CommandParser]:
    """The parser of each command, with all its flags, by its name."""
    parsers = {name: _LateParser(name, prog=f"cannon-spec {name}") for name in _COMMANDS}
    for parser in parsers.values():
        parser.add_flags()
    return dict(parsers)
