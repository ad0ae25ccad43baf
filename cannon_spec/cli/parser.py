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
    "completion": "write the script by which a shell completes this command",
}
"""Each command with its summary. Its module has its name, ``add_flags`` and what carries it out."""

_MODULES = {"completion": "shell_completion"}
"""The modules of other names: there is another ``completion``."""

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
            module = _MODULES.get(command, command.replace("-", "_"))
            import_module(f"cannon_spec.cli.{module}").add_flags(self)


def build_parser() -> CommandParser:
    """The parser of the whole command line; ``run`` of what it parses is the function that carries it out."""
    return _build_parsers()[0]


def build_whole_parser() -> tuple[CommandParser, dict[str, CommandParser]]:
    """The same parser, and those of its commands by their names, with all flags at once."""
    parser, commands = _build_parsers()
    for each in commands.values():
        each.add_flags()
    return parser, dict(commands)


def list_commands() -> dict[str, CommandParser]:
    """The parser of each command, with all its flags, by its name."""
    return build_whole_parser()[1]


def _build_parsers() -> tuple[CommandParser, dict[str, _LateParser]]:
    """The parser of the whole command line, and those of the commands, which have no flags yet."""
    parser = CommandParser(
        prog="cannon-spec",
        description="Judge payloads for the Cannon Studio API before they cost credits.",
        epilog=_EXAMPLES,
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="cannon-spec", parser_class=_LateParser
    )
    parsers = {
        name: commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.", command=name)
        for name, summary in _COMMANDS.items()
    }
    return parser, parsers
