"""The command ``cannon-spec completion``: write a script by which a shell completes a command (floor 2)."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from cannon_spec.cli import flags
from cannon_spec.cli.command_parser import CommandParser
from cannon_spec.cli.status import ExitStatus

SHELLS = ("bash", "zsh", "fish")

_PLAIN_WORD = re.compile(r"[a-z0-9][a-z0-9._-]*", re.ASCII)
"""What is completed: shells expand words, so that one with ``$(…)`` of an overlay would run. A part in capitals, as of
``sqlite:FILE``, is for the user to write."""

_EPILOG = """\
examples:
  cannon-spec completion bash
  source <(cannon-spec completion bash)
  cannon-spec completion fish > ~/.config/fish/completions/cannon-spec.fish

The script completes commands, flags, files, and the names of the contract. It
does not change by itself: write it anew after an update. cannon-mock and
cannon-contract have this command too.

exit status: 0 written, 2 unknown shell, or the overlay cannot be used,
3 internal error
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    _add_shell(command)


def _add_shell(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")


def run(arguments: argparse.Namespace) -> int:
    """Print the script of ``cannon-spec``. Raises CatalogError for the overlay of the flag."""
    from cannon_spec.cli.parser import build_whole_parser  # late: that module imports this one
    from cannon_spec.coverage import list_covered_operations
    from cannon_spec.output.rule_texts import RULE_TEXTS

    catalog = flags.load_catalog(arguments)
    operations = list_covered_operations(catalog)
    words = {
        "operation": operations,
        "model": catalog.models,
        "topic": (*operations, *catalog.models),
        "ignore": RULE_TEXTS,
    }
    print(_format_script(build_whole_parser()[0], arguments.shell, words))
    return ExitStatus.OK


def run_for(
    parser: CommandParser,
    argv: Sequence[str],
    words: Mapping[str, Iterable[object]],
    commands: Mapping[str, CommandParser] = MappingProxyType({}),
) -> int:
    """Print the script of another command, whose parser this is; ``argv`` is what stands behind ``completion``.

    ``words`` are what an argument takes, by its name; ``commands`` are the parsers of the other subcommands. The
    parsers cannot be used afterwards. Raises SystemExit as argparse does.
    """
    description = f"Write the script by which a shell completes {parser.prog}."
    own_parser = CommandParser(prog=f"{parser.prog} completion", description=description)
    _add_shell(own_parser)
    shell = own_parser.parse_args(argv).shell
    subparsers = parser.add_subparsers(parser_class=argparse.ArgumentParser)
    for name, each in {**commands, "completion": own_parser}.items():
        subparsers.add_parser(name, help=each.description, parents=[each], add_help=False)
    print(_format_script(parser, shell, words))
    return ExitStatus.OK


def _format_script(parser: argparse.ArgumentParser, shell: str, words: Mapping[str, Iterable[object]]) -> str:
    """The script by which a shell completes what ``parser`` and its subcommands take; see ``run_for``.

    An argument with choices has these, one that the help calls ``FILE`` or ``DIR`` has paths, others have their words.
    """
    import shtab  # late: no other command writes a script

    # The last one is for zsh alone, which inserts no flag beside an argument that it has no completion for.
    paths = {"FILE": shtab.FILE, "DIR": shtab.DIRECTORY, "URL": {"zsh": "_urls"}}
    for action in _iter_arguments(parser):
        if action.choices is None and action.dest in words:
            action.choices = list(filter(_PLAIN_WORD.fullmatch, map(str, words[action.dest])))
        if action.metavar in paths:
            vars(action)["complete"] = paths[action.metavar]
    return shtab.complete(parser, shell)


def _iter_arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _iter_arguments(command)
        else:
            yield action
