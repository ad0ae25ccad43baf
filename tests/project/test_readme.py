"""The README: its generated parts are current, and its listings do what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.generated import README, with_parts
from tests.support.processes import environment

TEXT = README.read_text()
LISTING = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCUMENTED = "http://127.0.0.1:2266"
NOT_RUN = ("cannon-mock", "sleep ")
"""The mock is started by the test, on a free port and fast, so that nobody has to wait for it."""


@pytest.fixture
def mock() -> Iterator[str]:
    """The address of a running mock."""
    command = [sys.executable, "-m", "cannon_mock", "--port", "0", "--speed", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("cannon-mock ready on http://127.0.0.1:"), line
        yield line.split()[-1]
        process.terminate()


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return environment(PATH=path, NO_COLOR="1")


def _matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what the listing shows; … stands for anything."""
    pattern = ".*".join(map(re.escape, expected.strip().split("…")))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def _steps(listing: str) -> list[tuple[str, str]]:
    """Each command of a console listing with what it prints."""
    steps = [part.split("\n", 1) for part in re.split(r"^\$ ", listing, flags=re.MULTILINE) if part]
    return [(command, printed) for command, printed in steps]


def _script(steps: list[tuple[str, str]], url: str) -> str:
    """One shell script of all commands, so that what one exports the next one has; a mark ends each one's output."""
    lines = [f"{command}\necho '--- end'" for command, _ in steps if not command.startswith(NOT_RUN)]
    return "\n".join(lines).replace(DOCUMENTED, url)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the listings call curl")
@pytest.mark.skipif(shutil.which("file") is None, reason="the listings call file")
def test_the_listings_do_what_the_readme_shows(mock: str, tmp_path: Path) -> None:
    """Every listing of commands, run in order in one shell, prints what stands below it; files are as listed."""
    steps: list[tuple[str, str]] = []
    for language, listing in LISTING.findall(TEXT):
        if language == "python":
            name = listing.split("\n", 1)[0].removeprefix("# ")
            (tmp_path / name).write_text(listing)
        elif language == "console":
            steps += _steps(listing)
    script = _script(steps, mock)
    run = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=_environment(), capture_output=True, text=True)
    printed = run.stdout.replace(mock, DOCUMENTED).split("--- end\n")
    shown = [expected for command, expected in steps if not command.startswith(NOT_RUN)]
    assert len(printed) == len(shown) + 1, run.stderr
    for (command, _), expected, got in zip(
        [step for step in steps if not step[0].startswith(NOT_RUN)], shown, printed, strict=False
    ):
        assert _matches(expected, got), f"{command}\nshown: {expected}\nprinted: {got}\n{run.stderr}"


def test_the_ready_line_is_the_one_shown() -> None:
    """The README shows the line that the mock prints, with its default address."""
    assert f"$ cannon-mock\ncannon-mock ready on {DOCUMENTED}\n" in TEXT


def test_the_generated_parts_are_current() -> None:
    """Writing the generated parts again changes nothing."""
    assert with_parts(TEXT) == TEXT


def test_every_make_target_named_exists() -> None:
    """Each `make target` of the README is a target of the Makefile."""
    makefile = (README.parent / "Makefile").read_text()
    for target in set(re.findall(r"`make ([a-z]+)`", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
