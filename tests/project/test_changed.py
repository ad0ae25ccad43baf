"""``make check`` runs the tests that mirror what has changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import changed
from tests.changed import list_tests, mirror


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("cannon_spec/validate.py", "tests/cannon_spec"),
        ("cannon_spec/contract/load.py", "tests/cannon_spec/contract"),
        ("mock_server/cannon_mock/views/api.py", "tests/cannon_mock/views"),
        ("contract_tests/cannon_contract/suite/cases.py", "contract_tests/cannon_contract/suite"),
        ("contract_tests/cannon_contract/spending/plan.py", "tests/cannon_contract/spending"),
        ("tests/cannon_mock/stores/test_records.py", "tests/cannon_mock/stores"),
        ("schemas/models/flux2.schema.json", "tests/cannon_spec/contract"),
        ("docs/clock.md", "tests/docs"),
        ("action.yml", "tests/ci"),
        (".github/workflows/ci.yml", "tests/ci"),
        ("ci/cannon.gitlab-ci.yml", "tests/ci"),
        ("mock_server/Dockerfile", "tests/container"),
        ("mock_server/compose.yaml", "tests/container"),
        (".dockerignore", "tests/container"),
        ("README.md", None),
        ("tests/conftest.py", None),
    ],
)
def test_a_file_has_the_tests_of_its_folder(file: str, folder: str | None) -> None:
    """A file is tested by the folder that mirrors its own, or the nearest one above."""
    assert mirror(file) == folder


def test_the_tests_right_in_a_folder_are_run() -> None:
    """The tests of a folder within the mirror are left out; a file that is gone is tested by its folder."""
    tests = list_tests(["cannon_spec/validate.py", "cannon_spec/a_file_that_is_gone.py", "README.md"])
    assert "tests/cannon_spec/test_validate.py" in tests
    assert {test.rpartition("/")[0] for test in tests} == {"tests/cannon_spec"}
    assert len(tests) == len(set(tests))


def test_both_folders_of_a_moved_file_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moved file counts in its old folder and its new one, and a name with other letters as it is."""

    def git(*command: str) -> None:
        subprocess.run(("git", "-c", "user.name=a", "-c", "user.email=a@b.c", *command), cwd=tmp_path, check=True)

    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
    (tmp_path / "old" / "a.py").write_text("text = 1\n" * 20)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "start")
    git("mv", "old/a.py", "new/a.py")
    (tmp_path / "new" / "é b.py").write_text("")
    monkeypatch.setattr(changed, "ROOT", tmp_path)
    assert sorted(changed.list_changed_files()) == ["new/a.py", "new/é b.py", "old/a.py"]
