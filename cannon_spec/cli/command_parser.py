"""How the commands of this project read a command line and show their help (floor 2)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from cannon_spec import __version__
from cannon_spec.cli.console import measure_width
from cannon_spec.nearest import find_nearest, suggest_name
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact

_MOST_COLUMNS = 100  # longer lines are hard to read
_PLAIN_COLUMNS = 80  # where the width is not known


def create_formatter(prog: str) -> argparse.HelpFormatter:
    """Lay out help as wide as the terminal. argparse would import shutil for that, once for each flag."""
    return argparse.RawDescriptionHelpFormatter(prog, width=measure_width(_MOST_COLUMNS, _PLAIN_COLUMNS))


class CommandParser(argparse.ArgumentParser):
    """A parser that takes flags in full only, and writes each error on one line without control characters or secrets.

    It has the flag --version, which says the version of the whole command.
    A shortened flag would change its meaning, or end to work, as soon as another flag begins with the same letters.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": create_formatter, "allow_abbrev": False, **settings})
        self.add_argument("--version", action="version", version=f"{self.prog.partition(' ')[0]} {__version__}")

    def parse_args(  # type: ignore[override]  # no caller of ours passes a class
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse a command line. Raises SystemExit with status 2 where it has an argument that is not known."""
        values, unknown_arguments = self.parse_known_args(args, namespace)
        if unknown_arguments:
            suggestion = self.suggest_flag(unknown_arguments, getattr(values, "command", ""))
            self.error(f"unrecognized arguments: {' '.join(unknown_arguments)}{suggestion}")
        return values

    def error(self, message: str) -> Any:
        """End the command with status 2 and a line that says what is wrong."""
        super().error(escape_unprintable(redact(message)))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ArgumentError for what is no choice, with the nearest one. Only this method of argparse has both."""
        if action.choices is not None and value not in action.choices:
            names = [str(each) for each in action.choices]
            advice = suggest_name(str(value), names, f"the choices are {', '.join(names)}")
            raise argparse.ArgumentError(action, f"unknown value {value}; {advice}")

    def suggest_flag(self, unknown_arguments: list[str], command: str = "") -> str:
        """``; did you mean FLAG?`` where a flag of this parser, or of one of its commands, is near; else empty."""
        word = next((each.partition("=")[0] for each in unknown_arguments if each.startswith("--")), "")
        flags = [flag for flag in self._list_flags(command) if flag.startswith("--")]
        beginnings = [flag for flag in flags if word and flag.startswith(word)]
        nearest = beginnings[0] if len(beginnings) == 1 else find_nearest(word, flags)
        return f"; did you mean {nearest}?" if nearest else ""

    def _list_flags(self, command: str) -> list[str]:
        """The flags of this parser, and of one of its commands."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction) and command in action.choices:
                flags += action.choices[command]._list_flags("")
        return flags
