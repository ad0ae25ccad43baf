"""The listings of a page of documentation, and a shell that runs them.

A block in the language `console` is run: each line that begins with `$ ` is a command, and what stands below it is
its output, where … stands for anything. A block with a title is a file of that name. A comment before a block says why
it is not run (`<!-- not run: … -->`), or that only `make test-all` runs it (`<!-- extended: … -->`).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DOCUMENTED_URL = "http://127.0.0.1:2266"
EXECUTABLE = ("console", "python", "sh")

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>not run|extended): (?P<reason>.+?) -->\n+)?"
    r"^```(?P<language>\w*)(?: title=\"(?P<title>.+?)\")?\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_MOCK = re.compile(r"(\w+=\S+ )*cannon-mock(?! (--help|--version|exec|health|completion))\b")
_END = "--- end of the command ---"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ``mark`` is `not run` or `extended`, with a ``reason``; a block that is run has neither."""

    language: str
    title: str
    text: str
    mark: str
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the output that the page shows for it."""

    command: str
    output: str

    def matches(self, actual_output: str) -> bool:
        """Whether a command with this output did what the page shows."""
        pattern = ".*".join(map(re.escape, self.output.strip().split("…")))
        return re.fullmatch(pattern, actual_output.strip(), re.DOTALL) is not None


def find_blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(**{name: text or "" for name, text in match.groupdict().items()}) for match in _BLOCK.finditer(page)]


def find_steps(listing: str) -> list[Step]:
    """The commands of a console listing; a command goes on in the next line after a backslash."""
    steps = re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", listing, re.MULTILINE)
    return [Step(command, output) for command, output in steps]


class Shell:
    """A shell that runs the commands of one page, and the mock that the page has started last."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._url = DOCUMENTED_URL

    def run(self, step: Step) -> str:
        """What a command prints, to standard output and standard error; a mock goes on running."""
        if not _MOCK.match(step.command):
            return self._send(step.command.replace(DOCUMENTED_URL, self._url)).replace(self._url, DOCUMENTED_URL)
        actual_output = self._send(_start_mock(step))
        address = re.search(r"ready on ([^\s\"]+)", actual_output)
        self._url = address[1] if address else DOCUMENTED_URL
        return actual_output.replace(self._url, DOCUMENTED_URL)

    def stop(self) -> None:
        """End the mock, then the shell."""
        self._process.communicate(_STOP_MOCK)

    def _send(self, script: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{{\n(exit $STATUS)\n{script}\n}} </dev/null\nSTATUS=$?\nprintf '\\n{_END}\\n'\n")
        self._process.stdin.flush()
        lines = iter(self._process.stdout.readline, "")
        return "".join(iter(lambda: next(lines), f"{_END}\n"))


_STOP_MOCK = '[ -z "$MOCK_PID" ] || { pid=$MOCK_PID; kill $pid; wait $pid; }\n'


def _start_mock(step: Step) -> str:
    """A script that starts a mock on a free port and prints as many of its lines as the page shows."""
    count = step.output.count("\n")
    start_mock = f"coproc MOCK {{ exec env CANNON_MOCK_PORT=0 {step.command} 2>&1; }}"
    read_lines = f'for _ in $(seq {count}); do read -r line <&"${{MOCK[0]}}" && echo "$line"; done'
    return f"{_STOP_MOCK}{start_mock}\n{read_lines}"


@contextmanager
def shell(folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """A shell that runs commands within ``folder``."""
    with subprocess.Popen(
        ["bash"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        page_shell = Shell(process)
        try:
            yield page_shell
        finally:
            page_shell.stop()
