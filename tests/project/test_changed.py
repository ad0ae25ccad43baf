"""``make check`` runs the tests that mirror what has changed."""

from __future__ import annotations

import pytest

from tests.changed import folders_to_test, mirror


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("cannon_spec/validate.py", "tests/cannon_spec"),
        ("cannon_spec/contract/load.py", "tests/cannon_spec/contract"),
        ("mock_server/cannon_mock/views/api.py", "tests/cannon_mock/views"),
        ("contract_tests/cannon_contract/suite/test_create.py", "tests/cannon_contract"),
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


def test_no_folder_is_tested_twice() -> None:
    """A folder within another that is tested is not named again."""
    files = ["cannon_spec/validate.py", "cannon_spec/contract/load.py", "mock_server/cannon_mock/views/api.py"]
    assert folders_to_test(files) == ["tests/cannon_mock/views", "tests/cannon_spec"]
