"""``make check`` runs the tests that mirror what has changed."""

from __future__ import annotations

import pytest

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
