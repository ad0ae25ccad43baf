"""What pytest says of a wrong command line, in the words of our command (floor 6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cannon_spec.printable import escape_lines
from cannon_spec.redaction import redact

_UNRECOGNIZED = re.compile(r"error: (unrecognized arguments: .*)")


class RunRefused(Exception):
    """The command line cannot be run, or there is nothing to test; says why in one line for each argument."""


class UsageErrorWriter:
    """A plugin of pytest that turns its errors of usage into RunRefused: without control characters and secrets.

    ``suggest`` gets the arguments that nobody knows, and returns which option the user may mean; empty for none.
    """

    def __init__(self, suggest: Callable[[list[str]], str]) -> None:
        self._suggest = suggest

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self) -> Any:
        """Rewrite the errors of options."""
        with self._rewrite_errors():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(self) -> Any:
        """Rewrite the errors of the other arguments."""
        with self._rewrite_errors():
            return (yield)

    @contextmanager
    def _rewrite_errors(self) -> Iterator[None]:
        try:
            yield
        except pytest.UsageError as error:
            raise RunRefused(*(self._rewrite(str(each)) for each in error.args)) from None

    def _rewrite(self, text: str) -> str:
        match = _UNRECOGNIZED.search(text)
        if match:
            suggestion = (
                self._suggest(match[1].split()[2:]) or "; cannon-contract --help and pytest --help list the options"
            )
            text = match[1] + suggestion
        return escape_lines(redact(text))
