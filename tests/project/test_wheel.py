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
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment with the wheel in it, and this one's other packages within reach."""
    folder = tmp_path_factory.mktemp("installed")
    build = _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    assert build.returncode == 0, build.stdout + build.stderr
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    wheel = next(folder.glob("*.whl"))
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    assert _run(*pip, cwd=folder).returncode == 0
    packages = Path(
        _run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    )
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "venv" / "bin"


def test_the_installed_package_is_the_wheel(commands: Path, tmp_path: Path) -> None:
    """The package and its schemas come from the new environment, not from the checkout."""
    code = "import cannon_spec.contract.load as c; print(c.__file__); print(c.find_shipped_folder())"
    files = _run(commands / "python", "-c", code, cwd=tmp_path).stdout.splitlines()
    assert len(files) == 2
    assert all(file.startswith(str(commands.parent)) for file in files)


def test_the_installed_mock_has_its_samples(commands: Path, tmp_path: Path) -> None:
    """The sample of each kind of file that needs the extra media is installed with the mock, and no other."""
    code = (
        "import sys\n"
        "from importlib import resources\n"
        "sys.modules['av'] = None\n"
        "from cannon_mock.asset_files.file_renderer import list_sample_extensions\n"
        "folder = resources.files('cannon_mock.media') / 'samples'\n"
        "print(folder)\n"
        "names = sorted(f'sample.{each}' for each in list_sample_extensions())\n"
        "print(names == sorted(file.name for file in folder.iterdir()))"
    )
    folder, is_complete = _run(commands / "python", "-c", code, cwd=tmp_path).stdout.splitlines()
    assert folder.startswith(str(commands.parent))
    assert is_complete == "True"


def test_the_installed_judge_judges(commands: Path, tmp_path: Path) -> None:
    """cannon-spec makes a body that it then accepts."""
    example = _run(commands / "cannon-spec", "example", "image.generate", cwd=tmp_path)
    (tmp_path / "body.json").write_text(example.stdout)
    run = _run(commands / "cannon-spec", "validate", "body.json", "--format", "json", cwd=tmp_path)
    assert run.returncode == 0
    assert json.loads(run.stdout)["summary"] == {"judged": 1, "ok": 1, "errors": 0, "warnings": 0}


def test_the_installed_contract_tests_pass(commands: Path, tmp_path: Path) -> None:
    """cannon-contract runs the contract tests of the wheel against the mock, and all pass."""
    run = _run(commands / "cannon-contract", "-q", cwd=tmp_path)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout


def test_the_judge_alone_needs_no_extra(commands: Path, tmp_path: Path) -> None:
    """Judging imports neither Flask nor httpx nor pytest, and works without jsonschema-rs."""
    code = (
        "import sys; sys.modules['jsonschema_rs'] = None\n"
        "import cannon_spec\n"
        "assert cannon_spec.validate_request({'operation': 'image.generate', 'input': {'prompt': 'x'}}).ok\n"
        "print(sorted({'flask', 'httpx', 'pytest', 'uvicorn', 'PIL', 'hypothesis'} & sys.modules.keys()))"
    )
    run = _run(commands / "python", "-c", code, cwd=tmp_path)
    assert run.stdout.strip() == "[]", run.stderr


def test_the_wheel_installs_no_other_name(commands: Path, tmp_path: Path) -> None:
    """At top level the wheel installs the three packages and its metadata, and nothing that a user may have too."""
    code = "import importlib.metadata as m; print(*{file.parts[0] for file in m.distribution('cannon-spec').files})"
    names = set(_run(commands / "python", "-c", code, cwd=tmp_path).stdout.split())
    metadata = {name for name in names if name.endswith(".dist-info")}
    # the commands stand in ../../../bin
    assert names - metadata - {".."} == {"cannon_spec", "cannon_mock", "cannon_contract"}
    assert len(metadata) == 1


FOLDERS = ("mock_server", "contract_tests", "tests", "schemas")
"""Packages that the user's project has, with the names of folders of our checkout."""

PROJECT = """
import httpx

import contract_tests, mock_server, schemas, tests

PACKAGES = (contract_tests, mock_server, schemas, tests)
URL = "https://www.cannonstudio.app/api/v1/requests"
BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}


def test_own():
    assert [package.OWNER for package in PACKAGES] == ["user"] * 4


def test_with_the_mock(cannon_mock):
    assert httpx.post(URL, json=BODY, headers={"x-api-key": "cs_a"}).status_code == 202
    cannon_mock.assert_called(1, status=202)
"""


def test_a_project_with_packages_of_our_names_runs_its_tests(commands: Path, tmp_path: Path) -> None:
    """A project with packages mock_server, contract_tests, tests and schemas runs its own suite, with ours in one test.

    This is case M14: the plugin must not break a run, and the project's own packages must win.
    """
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text('OWNER = "user"\n')
    (tmp_path / "tests" / "test_it.py").write_text(PROJECT)
    run = _run(commands / "python", "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", cwd=tmp_path)
    assert (run.returncode, " 2 passed" in run.stdout) == (0, True), run.stdout + run.stderr
    own_command = _run(commands / "python", "-m", "contract_tests", cwd=tmp_path)
    assert "'contract_tests' is a package and cannot be directly executed" in own_command.stderr
