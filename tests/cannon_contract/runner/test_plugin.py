"""The plugin in runs that do not collect the suite."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

OTHER_TESTS = """
import pytest

def test_passes(): pass

@pytest.mark.skip(reason="not now")
def test_is_skipped(): pass

def test_fixtures(request):
    with pytest.raises(pytest.FixtureLookupError):
        request.getfixturevalue("api")
"""


def test_other_tests_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a run of other tests nothing is checked, judged or reported, and the suite's fixtures are not there."""
    for name in ("CANNON_API_KEY", "CANNON_OTHER_API_KEY"):  # the suite would refuse one key for both
        monkeypatch.setenv(name, "cs_live_x")
    (tmp_path / "test_other.py").write_text(OTHER_TESTS)
    out = io.StringIO()
    plugins = ["-p", "cannon_contract.plugin", "-p", "no:cacheprovider"]
    with redirect_stdout(out):
        status = pytest.main([str(tmp_path), "-c", "/dev/null", "--rootdir", str(tmp_path), *plugins])
    assert status == pytest.ExitCode.OK, out.getvalue()
    assert "2 passed, 1 skipped" in out.getvalue()
    assert "claims" not in out.getvalue()
