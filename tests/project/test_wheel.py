"""What a user installs: the wheel, in a new environment outside the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.processes import environment

pytestmark = pytest.mark.extended  # builds the wheel and installs it

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=cwd, env=environment(), capture_output=True, text=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment with the wheel in it, and this one's other packages within reach."""
    there = tmp_path_factory.mktemp("installed")
    built = _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", there, ROOT, cwd=there)
    assert built.returncode == 0, built.stdout + built.stderr
    venv.create(there / "venv", with_pip=False)
    python = there / "venv" / "bin" / "python"
    wheel = next(there.glob("*.whl"))
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    assert _run(*pip, cwd=there).returncode == 0
    packages = Path(
        _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=there).stdout.strip()
    )
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return there / "venv" / "bin"


def test_the_installed_package_is_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The package and its schemas come from the new environment, not from the checkout."""
    code = "import cannon_spec.contract.load as c; print(c.__file__); print(c._find_shipped_folder())"
    files = _run(installed / "python", "-c", code, cwd=tmp_path).stdout.splitlines()
    assert len(files) == 2
    assert all(file.startswith(str(installed.parent)) for file in files)


def test_the_installed_judge_judges(installed: Path, tmp_path: Path) -> None:
    """cannon-spec makes a body that it then accepts."""
    made = _run(installed / "cannon-spec", "example", "image.generate", cwd=tmp_path)
    (tmp_path / "body.json").write_text(made.stdout)
    judged = _run(installed / "cannon-spec", "validate", "body.json", "--format", "json", cwd=tmp_path)
    assert judged.returncode == 0
    assert json.loads(judged.stdout)["summary"] == {"judged": 1, "ok": 1, "errors": 0, "warnings": 0}


def test_the_installed_contract_tests_pass(installed: Path, tmp_path: Path) -> None:
    """cannon-contract runs the contract tests that the wheel carries, and the mock keeps them."""
    run = _run(installed / "cannon-contract", "-q", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout


def test_the_judge_alone_needs_no_extra(installed: Path, tmp_path: Path) -> None:
    """Judging imports neither Flask nor httpx nor pytest, and works without jsonschema-rs."""
    code = (
        "import sys; sys.modules['jsonschema_rs'] = None\n"
        "import cannon_spec\n"
        "assert cannon_spec.validate_request({'operation': 'image.generate', 'input': {'prompt': 'x'}}).ok\n"
        "print(sorted({'flask', 'httpx', 'pytest', 'waitress', 'PIL', 'hypothesis'} & sys.modules.keys()))"
    )
    run = _run(installed / "python", "-c", code, cwd=tmp_path)
    assert run.stdout.strip() == "[]", run.stderr
