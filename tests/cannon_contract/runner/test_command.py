"""The command cannon-contract: what it refuses to run against, and how it says so."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.runner import command, extras
from cannon_contract.runner.exit_status import find_exit_status
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import ClaimOutcome, TestResult
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from cannon_mock.serving.serve import serve_in_background
from cannon_spec.installation import advise_extra
from tests.support import processes
from tests.support.contract_runs import ContractRun, run_contract, run_contract_process
from tests.support.payloads import CATALOG

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def nothing() -> Iterator[str]:
    """The address of a server that knows no address at all."""

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("404 Not Found", [("Content-Length", "0")])
        return []

    with serve_in_background(app) as url:
        yield url


def test_a_server_without_the_api_is_not_tested(nothing: str) -> None:
    """Where the status endpoint is not there, one line says so, with status 2."""
    run = run_contract("--target", nothing)
    assert run.returncode == 2
    assert f"{nothing} is no such API: GET /api/v1/status answers 404" in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--target", "ftp://x"), "use mock, live, or an address"),
        (
            ("--target", "http://127.0.0.1:9/?a=1"),
            "leave query and fragment out of the address: a path is put behind it",
        ),
        (("--target", "live"), "put your API key into the environment variable CANNON_API_KEY"),
        (("--target", "http://127.0.0.1:9"), "no answer from http://127.0.0.1:9"),
        (("--allow-spend", "abc"), "--allow-spend"),
        (("--allow-spend", "-5"), "--allow-spend"),
        (
            ("-q", "-k", "no_such_test"),
            "no test fits -k, -m and the like, so nothing was tested; cannon-contract --coll",
        ),
    ],
)
def test_a_run_of_nothing_is_refused(flags: tuple[str, ...], said: str) -> None:
    """A bad target or ceiling, and words that fit no test, give status 2 and a line that says what to do."""
    run = run_contract(*flags)
    assert run.returncode == 2
    assert said in run.stdout + run.stderr
    assert "claims finished" not in run.stdout


def test_the_help_is_plain_ascii() -> None:
    """A terminal with ASCII and 80 columns shows the help, and its example selects tests that exist."""
    run = run_contract_process("--help", PYTHONIOENCODING="ascii", LC_ALL="C", COLUMNS="80")
    assert run.returncode == 0
    assert [line for line in run.stdout.splitlines() if len(line) > 80] == []
    assert run_contract("-k", "repeat", "-q").returncode == 0


PLUGIN = "raise RuntimeError('a plugin of the user was loaded')"
CONFTEST = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):  # as pytest-randomly
    items.clear()

def pytest_sessionfinish(session):  # as pytest-cov
    session.exitstatus = 1
"""
HOSTILE_FILES = {
    "users_plugin.py": PLUGIN,
    "users_plugin-1.dist-info/METADATA": "Name: users-plugin\nVersion: 1\n",
    "users_plugin-1.dist-info/entry_points.txt": "[pytest11]\nusers = users_plugin\n",
    "gone-1.dist-info/METADATA": "Name: gone\nVersion: 1\n",
    "gone-1.dist-info/entry_points.txt": "[pytest11]\ngone = no_such_module:nothing\n",
    "conftest.py": CONFTEST,
    "pytest.ini": "[pytest]\naddopts = --no-such-flag\nrequired_plugins = no-such-plugin\n",
    "pyproject.toml": "[tool.pytest.ini_options]\nminversion = '99'\n",
}
HOSTILE_VARIABLES = {
    "PYTEST_ADDOPTS": "--cov=foo --cov-fail-under=90",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTHONWARNINGS": "error",
}


def run_among_settings(folder: Path, *flags: str) -> ContractRun:
    """Run the command where a user has settings and plugins of pytest that would change the run."""
    for name, text in HOSTILE_FILES.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    variables = {**HOSTILE_VARIABLES, "PYTHONPATH": str(folder)}
    return run_contract_process("-k", "test_status", "-q", *flags, cwd=folder, **variables)


@pytest.mark.extended
def test_settings_and_plugins_of_the_user_have_no_influence(tmp_path: Path) -> None:
    """No settings of pytest around a run, no installed plugin and no broken one count (C1, C2)."""
    run = run_among_settings(tmp_path)
    assert run.returncode == 0, run.output
    assert re.search(r"\b[1-9]\d* passed", run.stdout), "the conftest of the user removed the tests"


@pytest.mark.extended
def test_a_plugin_that_is_named_is_loaded(tmp_path: Path) -> None:
    """Of the same plugins one that is named by -p is loaded."""
    run = run_among_settings(tmp_path, "-p", "users_plugin")
    assert (run.returncode, "a plugin of the user was loaded" in run.output) == (2, True), run.output


@pytest.mark.parametrize(
    ("plugin", "status", "text"),
    [
        ("def pytest_sessionfinish(session): session.exitstatus = 1", 2, "no claim is broken, but pytest or a plugin"),
        ("def pytest_sessionfinish(session): session.exitstatus = 7", 2, ""),
        ("import warnings\ndef pytest_runtest_call(): warnings.warn('old', DeprecationWarning)", 0, "old"),
        ("raise SystemExit(0)", 2, "cannon-contract: pytest could not start: SystemExit: 0"),
        ("raise ValueError('bad')", 2, "bad"),
    ],
)
def test_a_plugin_does_not_decide_about_the_contract(
    plugin: str, status: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a plugin does that -p names: the status is 1 only where a claim is broken, and no traceback is shown."""
    name = f"plugin_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(plugin)
    monkeypatch.syspath_prepend(tmp_path)
    run = run_contract("-k", "test_status", "-q", "-p", name)
    assert run.returncode == status, run.output
    assert text in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    ("outcomes", "pytest_status", "status"),
    [
        (("held", "observed"), 0, 0),
        (("held", "broken"), 1, 1),
        (("held", "broken"), 0, 1),
        (("held", "broken"), 2, 2),
        (("held",), 1, 2),
        (("not tested",), 0, 2),
        ((), 0, 0),
        ((), 5, 2),
        (("held",), 3, 2),
    ],
)
def test_the_results_decide_about_the_exit_status(
    outcomes: tuple[ClaimOutcome, ...], pytest_status: int, status: int
) -> None:
    """The status is 0 if all is well, 1 if a claim is broken, and 2 if the run says less than was asked."""
    run = Run(CATALOG, Options(), Budget(0, PriceList()))
    run.results += [TestResult(f"test_{number}", (), outcome) for number, outcome in enumerate(outcomes)]
    assert find_exit_status(pytest_status, run) == status


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an option needs and is not installed is named, with the extra that brings it."""
    absent = {"jinja2", "xdist", "flask"}
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name in absent else object())
    run = run_contract("--report", "out", "-n2")
    assert run.returncode == 2
    assert run.stderr == (
        "cannon-contract: flask (for --target mock), jinja2 (for --report), pytest-xdist (for -n) are missing; "
        f"{advise_extra('testing')}\n"
    )
    absent = {"flask", "PIL", "httpx"}
    run = run_contract("--target", "http://127.0.0.1:9")
    assert (run.returncode, run.stderr.partition(";")[0]) == (2, "cannon-contract: httpx is missing")


def test_without_its_extra_the_command_names_the_extra(tmp_path: Path) -> None:
    """Where only the library is installed, the command shows its help, and says what to install (K9)."""
    for name in (
        "jsonschema",
        "jsonschema_specifications",
        "referencing",
        "rpds",
        "attr",
        "attrs",
        "typing_extensions",
    ):
        source = importlib.util.find_spec(name).origin  # type: ignore[union-attr]
        path = Path(str(source))
        link = path.parent if path.name == "__init__.py" else path
        (tmp_path / link.name).symlink_to(link)
    roots = (str(tmp_path), *(str(ROOT / name) for name in ("", "mock_server", "contract_tests")))
    environment = processes.environment(PYTHONPATH=os.pathsep.join(roots))
    for flags, status, text in (((), 2, "pytest, httpx, hypothesis"), (("--help",), 0, "exit status:")):
        command_line = [sys.executable, "-S", "-m", "cannon_contract", *flags]
        run = subprocess.run(command_line, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert run.returncode == status, run.stderr
        assert text in run.stdout + run.stderr
        assert "Traceback" not in run.stderr


def test_the_environment_is_as_it_was_after_a_run() -> None:
    """A run in a process of someone else leaves the variables of pytest as they were."""
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", "--no-such-flag")
        assert command.main(["-k", "nothing_has_this_name", "-q"]) == 2
        assert os.environ["PYTEST_ADDOPTS"] == "--no-such-flag"
    assert dict(os.environ) == before
