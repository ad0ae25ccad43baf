"""The applications of ``examples/``, which no test changes, with their own tests."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.support.listings import find_blocks
from tests.support.pytest_runs import run_pytest, run_pytest_process

ROOT = Path(__file__).resolve().parents[3]
APPLICATIONS = ROOT / "examples" / "applications"
CLIENTS = ("clips", "pictures", "songs", "voices")


@pytest.mark.parametrize(
    "options", [(), pytest.param(("-n", "2"), marks=pytest.mark.extended)], ids=["alone", "parallel"]
)
def test_the_applications_pass_their_tests(tmp_path: Path, options: tuple[str, ...]) -> None:
    """M2, M3: the tests of the applications pass as they stand, also with pytest-xdist."""
    folder = shutil.copytree(APPLICATIONS, tmp_path / "applications")
    run = run_pytest_process if options else run_pytest
    status, output = run(folder, *options)
    assert (status, "55 passed" in output) == (0, True), output


@pytest.mark.parametrize("name", CLIENTS)
def test_no_application_knows_the_mock(name: str) -> None:
    """An application names the vendor's address, and nothing of ours."""
    text = (APPLICATIONS / f"{name}.py").read_text()
    assert "https://www.cannonstudio.app/api/v1/requests" in text
    assert not re.search(r"cannon_|cannon-|mock|test", text.replace("/webhooks/cannon", ""))


def test_the_page_shows_the_tests_as_they_are() -> None:
    """Each listing of the page stands in the tests of an application."""
    blocks = find_blocks((ROOT / "docs" / "applications.md").read_text())
    tests = "\n".join(file.read_text() for file in sorted(APPLICATIONS.glob("test_*.py")))
    assert [block.text for block in blocks if block.text not in tests] == []
    assert len(blocks) > 5
