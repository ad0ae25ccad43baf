"""Whatever the surroundings of a command are, it ends with the documented exit status, and with a sentence."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from cannon_contract.runner import command as contract_command
from cannon_mock import __main__ as mock_command
from cannon_spec.cli import main as judge_command
from cannon_spec.cli.console import run_command
from tests.support.effort import PATIENCE_S
from tests.support.forked import CLOSED, Main, lose_current_directory, run_forked
from tests.support.payloads import DOCUMENTED
from tests.support.processes import environment

SPEC, MOCK, CONTRACT = judge_command.main, mock_command.main, contract_command.main
FULL = "/dev/full"
LOST = "cannot write to standard output: No space left on device; the rest of the output is lost"
NO_INPUT = "<stdin>: standard input is closed; send it a document, or name a file"
GONE = "is the current directory gone?"
RUN = ("--operation", "image.generate", "-k", "status", "--ignore-glob=/*/suite/test_[!s]*.py")
"""A run of the contract tests with few tests, which hold."""


class Case(NamedTuple):
    """A command line, the files of its streams, and how it must end."""

    main: Main
    argv: tuple[str, ...]
    status: int
    message: str = ""
    streams: tuple[str | None, ...] = ()
    encoding: str = "utf-8"
    has_directory: bool = True


NO_OUTPUT, NO_STREAMS, FULL_OUTPUT = (None, CLOSED), (CLOSED, CLOSED, CLOSED), (None, FULL)
CASES = {
    "closed output": Case(SPEC, ("explain", "image.generate"), 0, "", NO_OUTPUT),
    "closed streams": Case(SPEC, ("explain", "image.generate"), 0, "", NO_STREAMS),
    "full output": Case(SPEC, ("explain", "image.generate"), 2, LOST, FULL_OUTPUT),
    "full output and errors": Case(SPEC, ("validate", "good.json"), 2, "", (None, FULL, FULL)),
    "full errors": Case(SPEC, ("validate", "missing.json"), 2, "", (None, None, FULL)),
    "closed input": Case(SPEC, ("validate", "-"), 2, NO_INPUT, (CLOSED,)),
    "closed input, to fix": Case(SPEC, ("validate", "--fix", "-"), 2, NO_INPUT, (CLOSED,)),
    "closed input of a recording": Case(SPEC, ("check-traffic", "-"), 2, NO_INPUT, (CLOSED,)),
    "closed input of costs": Case(SPEC, ("cost", "-"), 2, NO_INPUT, (CLOSED, CLOSED)),
    "fixed to a full disk": Case(SPEC, ("validate", "--fix", "-"), 2, LOST, ("good.json", FULL)),
    "a folder as overlay": Case(SPEC, ("catalog", "--overlay", "folder"), 2, "folder: Is a directory"),
    "a folder as prices": Case(SPEC, ("cost", "--prices", "folder", "good.json"), 2, "folder: Is a directory"),
    "a folder as report": Case(SPEC, ("claims", "--report", "folder"), 2, "folder: Is a directory"),
    "a folder as recording": Case(SPEC, ("check-traffic", "folder"), 2, "folder: Is a directory"),
    "a folder as baseline": Case(SPEC, ("validate", "--baseline", "folder", "good.json"), 2, "folder: Is a directory"),
    "a file as a folder": Case(SPEC, ("validate", "good.json/x"), 2, "good.json/x: Not a directory"),
    "a baseline in no folder": Case(
        SPEC, ("validate", "--baseline", "no/b.json", "--update-baseline", "good.json"), 2, "no/b.json: No such file"
    ),
    "a name that is too long": Case(SPEC, ("validate", "x" * 300), 2, "File name too long"),
    "a file that cannot be read": Case(SPEC, ("validate", "/proc/self/mem"), 2, "Input/output error"),
    "ASCII": Case(SPEC, ("explain", "gptimage2"), 0, "", (), "ascii"),
    "no directory": Case(SPEC, ("validate", "*.json", "--baseline", "b.json"), 2, GONE, has_directory=False),
    "standard input in no directory": Case(SPEC, ("validate", "-"), 0, "", ("good.json",), has_directory=False),
    "a list on a full disk": Case(MOCK, ("--list-scenarios",), 2, LOST, FULL_OUTPUT),
    "a list to nobody": Case(MOCK, ("--list-scenarios",), 0, "", NO_STREAMS),
    "a list in ASCII": Case(MOCK, ("--list-scenarios",), 0, "", (), "ascii"),
    "a folder as store": Case(MOCK, ("--store", "sqlite:folder"), 2, "folder: the file cannot be opened"),
    "a full disk as store": Case(MOCK, ("--store", f"sqlite:{FULL}"), 2, f"{FULL}: the disk is full"),
    "an unknown option": Case(MOCK, ("--store", "redis://h?foo=1"), 2, "a connection has no option foo; leave it out"),
    "a folder as certificate": Case(MOCK, ("--tls-cert", "folder"), 2, "Is a directory"),
    "a folder as keys": Case(MOCK, ("--keys", "folder"), 2, "folder: Is a directory"),
    "a store in no directory": Case(MOCK, ("--store", "sqlite:x.db"), 2, GONE, has_directory=False),
    "a run to a full disk": Case(CONTRACT, ("--collect-only", *RUN), 2, LOST, FULL_OUTPUT),
    "a run to nobody": Case(CONTRACT, ("--collect-only", *RUN), 0, "", NO_STREAMS),
    "a run in no directory": Case(CONTRACT, RUN, 2, GONE, has_directory=False),
    "a report in a file": Case(CONTRACT, ("--report", "good.json"), 2, "--report good.json: File exists"),
    "a report in no place": Case(CONTRACT, ("--report", "/proc/x"), 2, "--report /proc/x: No such file or directory"),
    "a folder as prices of a run": Case(CONTRACT, ("--prices", "folder"), 2, "folder: Is a directory"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good body and a folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("good.json").write_text(json.dumps(DOCUMENTED), "utf-8")
    Path("folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_each_command_ends_with_its_status(name: str, folder: Path) -> None:
    """A stream that is closed or full, a bad file and a lost directory end a command with a sentence."""
    case = CASES[name]
    prepare: Callable[[], object] = (
        (lambda: None) if case.has_directory else partial(lose_current_directory, folder / "x")
    )
    outcome = run_forked(case.main, case.argv, streams=case.streams, encoding=case.encoding, prepare=prepare)
    assert outcome.status == case.status, outcome
    assert case.message in outcome.err
    assert "Traceback" not in outcome.out + outcome.err
    assert "report it" not in outcome.err


def test_a_report_that_cannot_be_written_is_told(folder: Path) -> None:
    """On a full disk the summary names each file of a report, that of pytest too, and the exit status is 2."""
    names = ("report.json", "index.html", "junit.xml")
    Path("out").mkdir()
    for name in names:
        Path("out", name).symlink_to(FULL)
    outcome = run_forked(CONTRACT, (*RUN, "--report", "out"))
    assert outcome.status == 2
    for name in names:
        assert f"the report is incomplete: out/{name} could not be written: No space left on device" in outcome.out
    assert " passed" in outcome.out


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), 130, ""),
        (PermissionError(13, "Permission denied", "x\n"), 2, "c: x\\n: Permission denied; check the path\n"),
        (OSError("no luck"), 2, "c: no luck\n"),
        (KeyError("cs_live_4f9aQ7"), 3, "c: internal error: KeyError: 'cs_...'; please report it\n"),
    ],
)
def test_no_error_is_a_traceback(
    error: BaseException, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the system refuses is status 2 and names the file; only our own fault, status 3, is one to report."""

    def fail() -> int:
        raise error

    assert (run_command("c", fail), capsys.readouterr().err) == (status, message)


@pytest.mark.extended
@pytest.mark.parametrize("module", ["cannon_spec", "cannon_mock", "cannon_contract"])
def test_a_signal_ends_a_command_at_any_time(module: str, tmp_path: Path) -> None:
    """SIGTERM ends each command also while it is imported, with the status of the signal or its own, and in silence."""
    argv = {"cannon_spec": ["catalog"], "cannon_mock": ["--port", "0"], "cannon_contract": [*RUN]}[module]
    for number in range(8):
        process = subprocess.Popen(
            [sys.executable, "-m", module, *argv], cwd=tmp_path, env=environment(), stdout=-1, stderr=-1
        )
        with suppress(subprocess.TimeoutExpired):  # a command that has ended by then has a status of its own
            process.wait(0.05 + 0.1 * number)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode in (-signal.SIGTERM, 0, 2), err
        assert b"Traceback" not in err
