"""The standard streams of every command, whatever the caller made of them, and the width of what it prints."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from threading import Thread

import pytest

from cannon_contract.runner import command as contract_command
from cannon_mock import __main__ as mock_command
from cannon_spec.cli import main as judge_command
from cannon_spec.cli.console import measure_width, run_command
from tests.cannon_spec.cli.command import SQUARE, Command, write_documents
from tests.support.effort import PATIENCE_S
from tests.support.processes import environment

Main = Callable[[list[str]], int]
MAINS: dict[str, Main] = {
    "cannon-spec": judge_command.main,
    "cannon-mock": mock_command.main,
    "cannon-contract": contract_command.main,
}
MODULES = ("cannon_spec", "cannon_mock", "cannon_contract")
LOST = "{}: cannot write to standard output: No space left on device; the rest of the output is lost\n"


@contextmanager
def full_disk() -> Iterator[None]:
    """Standard output on a full disk. A fixture could not set it: capsys sets its own when the test begins."""
    with open("/dev/full", "w") as stream, redirect_stdout(stream):
        yield


@contextmanager
def pipe() -> Iterator[int]:
    """Standard output in a pipe; yields the end to read from, which the test closes."""
    reading, writing = os.pipe()
    with open(writing, "w") as stream, redirect_stdout(stream):
        yield reading


@pytest.mark.parametrize("name", MAINS)
def test_a_full_disk_is_told_of_the_output(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """K2: output that cannot be written is exit status 2 and one line that names it, once, also for the help."""
    with full_disk():
        assert MAINS[name](["--help"]) == 2
    assert capsys.readouterr().err == LOST.format(name)


def test_a_full_disk_is_no_fault_of_the_input(cannon: Command) -> None:
    """K2: where findings cannot be written, the message names the output and not the file that is judged."""
    file = write_documents("many.jsonl", *[SQUARE] * 100)  # more than a buffer holds
    with full_disk():
        assert cannon("validate", file) == (2, "", LOST.format("cannon-spec"))


@pytest.mark.parametrize(("last", "status"), [({}, 1), ("{", 1)])
def test_a_reader_that_has_gone_changes_no_status(last: object, status: int, cannon: Command) -> None:
    """K3: the rest is judged without output and without a message, so that the status is that of all documents."""
    file = write_documents("many.jsonl", *[SQUARE] * 100, last)
    with pipe() as reading:
        os.close(reading)
        assert cannon("validate", file) == (status, "", "")
        assert cannon("validate", file, "nowhere.json")[0] == 2


def test_a_good_file_stays_good_without_a_reader(cannon: Command) -> None:
    """K3: a command whose output nobody reads has status 0 if it found no fault."""
    with pipe() as reading:
        os.close(reading)
        assert cannon("catalog") == (0, "", "")


def test_a_pipe_that_does_not_block_gets_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """A parent such as Node may set the pipe not to block; a command then waits for the reader and loses nothing."""
    chunks: list[bytes] = []

    def work() -> int:
        sys.stdout.write("x" * 100_000)  # more than a pipe holds
        return 0

    with pipe() as reading, open(reading, "rb") as reader:
        os.set_blocking(sys.stdout.fileno(), False)
        thread = Thread(target=lambda: chunks.append(reader.read(100_000)))
        thread.start()
        assert run_command("cannon-spec", work) == 0
        thread.join()
    assert chunks == [b"x" * 100_000]
    assert capsys.readouterr().err == ""


def test_the_streams_of_the_caller_come_back(cannon: Command) -> None:
    """A program that calls a command in its own process has its own streams afterwards, and they work."""
    streams = sys.stdin, sys.stdout, sys.stderr
    cannon("catalog")
    assert (sys.stdin, sys.stdout, sys.stderr) == streams
    sys.stdout.write("")


@pytest.mark.parametrize(
    "module", [MODULES[0], *(pytest.param(each, marks=pytest.mark.extended) for each in MODULES[1:])]
)
def test_no_command_needs_its_streams(module: str, tmp_path: Path) -> None:
    """K4: with every stream closed, or an ASCII locale, each command prints its help with status 0."""
    command = f"{sys.executable} -m {module} --help"
    script = f"{command} <&- >&- 2>&- && {command} && {command} 2>/dev/full >/dev/null"
    variables = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    process = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=variables, capture_output=True, timeout=PATIENCE_S)
    assert (process.returncode, process.stderr) == (0, b"")
    assert process.stdout.startswith(b"usage: cannon-")
    assert process.stdout.isascii()


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252"])
def test_what_an_encoding_lacks_is_escaped(
    encoding: str, cannon: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K4: catalog, explanations and findings are printed in any encoding, with an escape for a letter it lacks."""
    overlay = write_documents("mine.json", {"models": {"veo31": {"name": "Veo 日"}}})
    file = write_documents("a.json", {"operation": "日", "input": {}})
    with (tmp_path / "out").open("w", encoding=encoding) as stream:
        monkeypatch.setattr(sys, "stdout", stream)  # after capsys has set its own
        for argv in (("catalog",), ("explain", "veo31"), ("validate", file)):
            assert cannon(*argv, "--overlay", overlay)[0] in (0, 1)
    text = (tmp_path / "out").read_text(encoding)
    assert text.count("Veo \\u65e5") >= 2
    assert text.endswith("1 judged, 0 ok, 1 error, 0 warnings\n")


@pytest.mark.parametrize(
    ("columns", "width"), [("40", 40), ("200", 200), ("10000", 200), ("1", 40), ("0", 110), ("-5", 110), ("wide", 110)]
)
def test_columns_are_heeded(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """K5: COLUMNS says how wide a text may be, within bounds; a value that is no number above 0 says nothing."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert measure_width(200, 110) == width


@pytest.mark.parametrize("name", MAINS)
def test_the_help_heeds_columns(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """K5: a narrow terminal gets shorter lines; more than 100 letters on a line are hard to read."""
    counts = []
    for columns in ("40", "80", "100", "300"):
        monkeypatch.setenv("COLUMNS", columns)
        with pytest.raises(SystemExit):
            MAINS[name](["--help"])
        lines = capsys.readouterr().out.splitlines()
        counts.append(len(lines))
        assert max(map(len, lines)) <= max(80, min(int(columns), 100))  # examples stay whole
    assert counts[0] > counts[1] > counts[2] == counts[3]


@pytest.mark.parametrize(
    "argv",
    [("catalog", "image.generate"), ("explain", "image.generate", "resolution"), ("explain", "grok"), ("claims",)],
)
def test_tables_heed_columns(argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, cannon: Command) -> None:
    """K5: a narrow terminal gets narrower tables, down to what identifiers need, and a wide one wider tables."""
    outputs = {}
    for columns in ("", "40", "300"):
        monkeypatch.setenv("COLUMNS", columns)
        outputs[columns] = cannon(*argv)[1]
    lines = {columns: len(output.splitlines()) for columns, output in outputs.items()}
    assert lines["300"] <= lines[""] < lines["40"]
    assert sorted("".join(outputs["40"].split()).replace("-", "")) == sorted(
        "".join(outputs[""].split()).replace("-", "")
    )


@pytest.mark.parametrize("name", MAINS)
def test_an_error_of_usage_moves_no_cursor(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A control character in an argument is written as an escape (case H14), by every command."""
    command = ["catalog"] if name == "cannon-spec" else []
    with suppress(SystemExit):
        MAINS[name]([*command, "--\x1b[31m"])
    _, err = capsys.readouterr()
    assert "\x1b" not in err
    assert "unrecognized arguments: --\\u001b[31m" in err


@pytest.mark.parametrize(
    ("name", "argv", "flag"),
    [
        ("cannon-spec", ["validate", "a.json", "--stric"], "--strict"),
        ("cannon-spec", ["catalog", "--fromat=json"], "--format"),
        ("cannon-mock", ["--scenari=slow"], "--scenario"),
        ("cannon-contract", ["--reprot", "out"], "--report"),
    ],
)
def test_a_flag_is_written_in_full(name: str, argv: list[str], flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A shortened or misspelt flag is refused, as a later flag may begin alike; the message names the right one."""
    with suppress(SystemExit):
        assert MAINS[name](argv) == 2
    assert f"did you mean {flag}?" in capsys.readouterr().err


def test_a_flag_without_its_value_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag whose value is missing is named by the error."""
    for main, flag in ((mock_command.main, "--port"), (contract_command.main, "--report")):
        with pytest.raises(SystemExit):
            main([flag])
        assert f"argument {flag}: expected one argument" in capsys.readouterr().err
