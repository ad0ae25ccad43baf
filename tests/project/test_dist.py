"""What would be uploaded: the wheel and the sdist, as `make dist` builds them."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.extended
def test_wheel_and_sdist_pass_the_checks_of_an_index(tmp_path: Path) -> None:
    """Both are built, and twine and check-wheel-contents find nothing; the sdist has the action and the workflows."""
    command = ("make", "--no-print-directory", "dist", f"DIST={tmp_path}")
    run = subprocess.run(command, cwd=ROOT, env=environment(NO_COLOR="1"), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("PASSED") == 2
    assert run.stdout.rstrip().endswith(".whl: OK")
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"action.yml", ".github/workflows/ci.yml", "ci/cannon.gitlab-ci.yml", "schemas/README.md"} <= names
    assert {".pre-commit-hooks.yaml", "constraints.txt"} <= names  # which the hooks and the action are made of
