"""The command cannon-contract: what it refuses to run against, and how it says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.runner import command
from tests.support.contract_runs import run_contract, run_contract_process
from tests.support.serving import listen


@pytest.fixture
def nothing() -> Iterator[str]:
    """The address of a server that knows no address at all."""

    def app(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("404 Not Found", [("Content-Length", "0")])
        return []

    with listen(app) as url:
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
        (("--target", "live"), "put your API key into the environment variable CANNON_API_KEY"),
        (("--target", "http://127.0.0.1:9"), "no answer from http://127.0.0.1:9"),
        (("--allow-spend", "abc"), "--allow-spend"),
        (("--allow-spend", "-5"), "--allow-spend"),
    ],
)
def test_a_bad_target_or_ceiling_is_refused(flags: tuple[str, ...], said: str) -> None:
    """A bad target or ceiling gives status 2, and a line that says what to do."""
    run = run_contract(*flags)
    assert run.returncode == 2
    assert said in run.stdout + run.stderr


def test_the_help_is_plain_ascii() -> None:
    """A terminal with ASCII and 80 columns shows the help, and its example selects tests that exist."""
    run = run_contract_process("--help", PYTHONIOENCODING="ascii", LC_ALL="C", COLUMNS="80")
    assert run.returncode == 0
    assert [line for line in run.stdout.splitlines() if len(line) > 80] == []
    assert run_contract("-k", "repeat", "-q").returncode == 0


PLUGIN = "raise RuntimeError('a plugin of the user was loaded')"
ENTRY_POINT = "[pytest11]\nusers = users_plugin\n"


def test_settings_and_plugins_of_the_user_have_no_influence(tmp_path: Path) -> None:
    """Options in the environment are not read, and an installed plugin is loaded only if a flag names it."""
    (tmp_path / "users_plugin.py").write_text(PLUGIN)
    metadata = tmp_path / "users_plugin-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: users-plugin\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINT)
    variables = {
        "PYTEST_ADDOPTS": "--no-such-flag",
        "PYTEST_PLUGINS": "no_such_plugin",
        "PYTHONPATH": str(tmp_path),
    }
    run = run_contract_process("-k", "test_status", "-q", **variables)
    assert run.returncode == 0, run.output
    run = run_contract_process("-k", "test_status", "-q", "-p", "users_plugin", **variables)
    assert (run.returncode, "a plugin of the user was loaded" in run.output) == (2, True), run.output


def test_the_environment_is_as_it_was_after_a_run() -> None:
    """A run in a process of someone else leaves the variables of pytest as they were."""
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_ADDOPTS", "--no-such-flag")
        assert command.main(["-k", "nothing_has_this_name", "-q"]) == 2
        assert os.environ["PYTEST_ADDOPTS"] == "--no-such-flag"
    assert dict(os.environ) == before
