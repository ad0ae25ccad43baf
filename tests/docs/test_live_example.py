"""The commands of the pages on live runs, rehearsed on the mock: they end as the page says, and spend what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.contract_runs import run_contract
from tests.support.serving import ServedMock, serve_mock

pytestmark = pytest.mark.extended  # runs of the whole suite, one of them at the speed of the service

ROOT = Path(__file__).resolve().parents[2]


def _list_commands(page: str) -> list[list[str]]:
    """List the arguments of each run on a page that may cost credits, in the order of the page."""
    lines = re.findall(r"^cannon-contract (--target .*)$", (ROOT / page).read_text(), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def _rehearse(served: ServedMock, arguments: list[str]) -> None:
    """Run a command against a mock in place of its target, and compare what it says with what the mock charged."""
    target = arguments.index("--target") + 1
    flags = [*arguments[:target], served.url, *arguments[target + 1 :]]
    if "--webhook-listen" in flags:  # there is no tunnel here, and a run refuses one that does not lead to it
        flags[flags.index("--webhook-listen") + 1] = "127.0.0.1:0"
    before = _sum_charges(served)
    run = run_contract(*flags, *([] if "--treat-as-live" in flags else ["--treat-as-live"]), operation=None)
    assert run.returncode == 0, run.output
    charged = _sum_charges(served) - before
    allowed = float(arguments[arguments.index("--allow-spend") + 1]) if "--allow-spend" in arguments else 0
    assert charged <= allowed
    if "--plan-only" in arguments:
        assert charged == 0
    else:
        spent = re.search(r"spent: (\S+) of (\S+) credits allowed", run.stdout)
        assert spent
        assert float(spent[1]) == charged
        assert float(spent[2]) <= allowed
        assert "\n0 broken, " in run.stdout


def _sum_charges(served: ServedMock) -> int:
    return sum(task.credits for task in served.context.store.tasks.list_all())


def test_the_commands_of_the_pages_spend_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command ends with 0 where it is rehearsed, and says to the credit what was charged."""
    monkeypatch.chdir(tmp_path)
    commands = [*_list_commands("docs/live-runs.md"), *_list_commands("README.md")]
    different_commands = [each for number, each in enumerate(commands) if each not in commands[:number]]
    assert sum("--allow-spend" in command for command in different_commands) > 4
    with serve_mock(progression="immediate") as served:
        for command in different_commands:
            _rehearse(served, command)


def test_the_rehearsal_of_the_page_goes_at_the_speed_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mock of the rehearsal has its own speed and credits, and nothing is observed that differs."""
    monkeypatch.chdir(tmp_path)
    command = next(each for each in _list_commands("docs/live-runs.md") if "--treat-as-live" in each)
    with serve_mock(speed=1, credits=1250) as served:
        _rehearse(served, command)
