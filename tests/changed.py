"""Run the tests that mirror the folders changed since the last commit (``make check``)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
MIRRORS = {
    "mock_server/cannon_mock/": "cannon_mock/",
    "contract_tests/cannon_contract/": "cannon_contract/",
    "mock_server/Dockerfile": "container/",
    "mock_server/compose.yaml": "container/",
    ".dockerignore": "container/",
    ".github/": "ci/",
    "action.yml": "ci/",
}
"""The folders of tests that have not the name of what they test; a folder ends with a slash."""
SUITE = "contract_tests/cannon_contract/suite"
"""A folder of tests itself."""
DATA = "tests/cannon_spec/contract"
"""The tests of the contract's files, which have no folder of their own."""


def list_changed_files() -> list[str]:
    """Files that differ from the last commit, and new ones that git does not ignore."""
    # Without renames both folders of a file that was moved count; -z leaves names with other letters unquoted.
    commands = (
        ("diff", "--name-only", "--no-renames", "-z", "HEAD"),
        ("ls-files", "--others", "--exclude-standard", "-z"),
    )
    outputs = (
        subprocess.run(("git", *each), cwd=ROOT, capture_output=True, text=True, check=True) for each in commands
    )
    return [line for output in outputs for line in output.stdout.split("\0") if line]


def mirror(file: str) -> str | None:
    """The folder of tests for a file; None for a file that no folder of tests mirrors.

    A folder without a mirror of its own is tested by the nearest one above it.
    """
    if file.startswith("schemas/"):
        return DATA
    if file.startswith(SUITE):
        return SUITE
    if file.startswith("tests/"):
        folder = PurePosixPath(file)
    else:
        place = next((each for each in MIRRORS if file.startswith(each)), "")
        folder = PurePosixPath("tests", MIRRORS.get(place, "") + file.removeprefix(place))
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    return None if folder == PurePosixPath("tests") else str(folder)


def list_tests(files: Iterable[str]) -> list[str]:
    """The files of tests right in the folders that mirror some files. Those of folders within them are left out."""
    folders = {folder for folder in map(mirror, files) if folder is not None}
    return sorted(str(test.relative_to(ROOT)) for folder in folders for test in (ROOT / folder).glob("test_*.py"))


def main() -> int:
    """Run those tests; the exit status of pytest, 0 where nothing is to be tested."""
    tests = list_tests(list_changed_files())
    if not tests:
        print("no folder with tests of its own has changed")
        return 0
    print("testing", *sorted({str(Path(test).parent) for test in tests}), flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "2", "-m", "not extended", *tests]
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
