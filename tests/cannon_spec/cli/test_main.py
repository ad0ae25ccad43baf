"""The command ``cannon-spec``: usage, streams, environment and exit statuses, whatever the command."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import __version__, validate
from cannon_spec.cli.parser import build_parser, list_commands
from tests.cannon_spec.cli.command import SQUARE, TOO_MANY, Command, Terminal, list_findings, write_documents
from tests.support.effort import PATIENCE_S
from tests.support.payloads import DOCUMENTED, patched
from tests.support.processes import environment


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("judge",),
        ("validate",),
        ("validate", "a.json", "--format", "xml"),
        ("validate", "a.json", "--color", "red"),
        ("explain",),
        ("example",),
        ("catalog", "--format", "xml"),
    ],
)
def test_wrong_usage_is_exit_status_2(argv: tuple[str, ...], cannon: Command) -> None:
    """Wrong usage writes to standard error only."""
    status, out, err = cannon(*argv)
    assert (status, out) == (2, "")
    assert err.startswith("usage: cannon-spec")


COMMANDS = ("validate", "check-traffic", "claims", "explain", "catalog", "example")


def list_examples(text: str) -> list[list[str]]:
    """The arguments of each ``cannon-spec`` in a help text; what stands four spaces after them is a comment."""
    lines = [line.strip().split("    ")[0] for line in text.splitlines() if line.startswith("  cannon-spec ")]
    commands = [shlex.split(command.split(">")[0]) for line in lines for command in line.split("|")]
    return [arguments for _, *arguments in commands]


@pytest.mark.parametrize("argv", [(), *((name,) for name in COMMANDS)])
def test_help_has_examples_that_can_be_run(argv: tuple[str, ...], cannon: Command) -> None:
    """Each help text has examples of its command, and each example is a command line that the parser accepts."""
    status, out, _ = cannon(*argv, "--help")
    examples = list_examples(out.partition("examples:\n")[2])
    assert (status, len(examples) >= 2) == (0, True)
    assert all(example[: len(argv)] == [*argv] for example in examples if example != ["validate", "-"])
    for example in examples:
        assert build_parser().parse_args(example).command == example[0]


@pytest.mark.parametrize("argv", [(), *((name,) for name in COMMANDS)])
def test_help_can_be_written_to_any_terminal(argv: tuple[str, ...]) -> None:
    """A help text has ASCII letters only, so that a terminal of any encoding shows it.

    Where the width of the terminal is not known, no line has more than 80 letters.
    """
    process = run_process(*argv, "--help", env={"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"})
    assert (process.returncode, process.stderr) == (0, b"")
    assert b"\\x" not in process.stdout
    assert [line for line in process.stdout.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_defaults(name: str) -> None:
    """Each option that takes a value says what holds without it."""
    options = [each for each in list_commands()[name]._actions if each.option_strings and each.nargs != 0]
    assert [each.option_strings for each in options if "(default: " not in (each.help or "")] == []


@pytest.mark.parametrize("argv", [(), ("validate",), ("check-config",)])
def test_version(cannon: Command, argv: tuple[str, ...]) -> None:
    """--version prints the version of the package, behind each command too."""
    assert cannon(*argv, "--version") == (0, f"cannon-spec {__version__}\n", "")


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (("valdate", "a.json"), "argument COMMAND: unknown value valdate; did you mean validate? the choices are "),
        (("validate", "--format", "gitub"), "argument --format: unknown value gitub; did you mean github? the choices"),
        (("catalog", "--format", "\x1b"), "argument --format: unknown value \\u001b; the choices are text, "),
    ],
)
def test_a_misspelt_choice_is_answered_with_the_nearest(cannon: Command, argv: tuple[str, ...], problem: str) -> None:
    """A word that is no choice is named with the nearest choice, where one is near, and with all of them."""
    assert problem in cannon(*argv)[2]


def test_an_overlay_is_applied(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """An overlay is named by the flag or by the environment, and the flag wins."""
    body = write_documents("a.json", patched(DOCUMENTED, model="dalle4"))
    mine = write_documents("mine.json", {"models": {"dalle4": {}}})
    other = write_documents("other.json", {"models": {}})
    assert cannon("validate", body)[0] == 1
    assert cannon("validate", body, "--overlay", mine)[0] == 0
    monkeypatch.setenv("CANNON_SPEC_OVERLAY", mine)
    assert cannon("validate", body)[0] == 0
    assert cannon("validate", body, "--overlay", other)[0] == 1
    assert cannon("explain", "dalle4")[1].startswith("dalle4\n")
    monkeypatch.setenv("CANNON_SPEC_OVERLAY", "")
    assert cannon("validate", body)[0] == 1


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("CANNON_SPEC_OVERLY", "did you mean CANNON_SPEC_OVERLAY? "),
        ("CANNON_SPEC_XYZZY", "the variables of CANNON_SPEC_… are CANNON_SPEC_OVERLAY and CANNON_SPEC_FORMAT"),
    ],
)
def test_an_unknown_variable_is_refused(
    cannon: Command, monkeypatch: pytest.MonkeyPatch, variable: str, hint: str
) -> None:
    """M16: a CANNON_SPEC_ variable that no command reads is refused with the nearest name; an empty one is not."""
    monkeypatch.setenv(variable, "mine.json")
    status, output, problem = cannon("catalog")
    assert (status, output) == (2, "")
    assert problem.startswith(f"cannon-spec: unknown variable {variable}; {hint}")
    monkeypatch.setenv(variable, "")
    assert cannon("catalog")[0] == 0


@pytest.mark.parametrize(
    "command", [("validate", "a.json"), ("explain", "grok"), ("catalog",), ("example", "image.generate")]
)
@pytest.mark.parametrize(
    ("overlay", "words"),
    [('{"modles": {}}', "unknown part modles"), ("{", "not JSON"), (None, "No such file or directory")],
)
def test_a_bad_overlay_is_exit_status_2(
    command: tuple[str, ...], overlay: str | None, words: str, cannon: Command
) -> None:
    """An overlay that cannot be used stops every command, with one line that names it."""
    write_documents("a.json", DOCUMENTED)
    if overlay is not None:
        write_documents("mine.json", overlay)
    status, out, err = cannon(*command, "--overlay", "mine.json")
    assert (status, out) == (2, "")
    assert err.startswith("cannon-spec: mine.json: ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "is_terminal", "no_color", "has_color"),
    [
        ((), False, "", False),
        ((), True, "", True),
        ((), True, "1", False),
        (("--color", "auto"), True, "", True),
        (("--color", "always"), False, "1", True),
        (("--color", "never"), True, "", False),
        (("--output", "-"), True, "", True),
    ],
)
def test_color_is_for_terminals(
    argv: tuple[str, ...],
    is_terminal: bool,
    no_color: str,
    has_color: bool,
    cannon: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Colour is written to a terminal unless NO_COLOR is set; --color always and never decide it everywhere."""
    out = Terminal() if is_terminal else io.StringIO()
    file = write_documents("a.json", SQUARE)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr(sys, "stdout", out)
    cannon("validate", file, *argv)
    assert ("\x1b[31merror\x1b[0m" in out.getvalue()) is has_color
    assert ("\x1b" in out.getvalue()) is has_color


def build_failure(error: BaseException) -> Callable[..., Any]:
    """A function that raises an error whatever it is called with."""

    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RuntimeError("boom"), 3, "cannon-spec: internal error: RuntimeError: boom; please report it\n"),
        (KeyError("claim"), 3, "cannon-spec: internal error: KeyError: 'claim'; please report it\n"),
        (IndexError(), 3, "cannon-spec: internal error: IndexError: ; please report it\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_internal_error_is_one_line(
    error: BaseException, status: int, words: str, cannon: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any exception that is not expected gives exit status 3 and one line; an interrupt gives 130 and no line."""
    file = write_documents("a.json", DOCUMENTED)
    monkeypatch.setattr(validate, "request", build_failure(error))
    actual_status, _, err = cannon("validate", file)
    assert (actual_status, err) == (status, words)


def run_process(*argv: str | bytes, stdin: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own."""
    variables = environment(**options.pop("env", {}))
    streams = {"capture_output": True, **options}
    if "stdout" in options:
        streams.update(capture_output=False, stderr=subprocess.PIPE)
    command = [sys.executable, "-m", "cannon_spec.cli.main", *argv]
    return subprocess.run(command, input=stdin, env=variables, check=False, timeout=PATIENCE_S, **streams)


@pytest.mark.parametrize(
    ("body", "status"),
    [(DOCUMENTED, 0), (TOO_MANY, 0), (SQUARE, 1), ("{", 2)],
)
def test_the_process_has_the_status(body: Any, status: int) -> None:
    """The process exits with the status that the command returns."""
    text = body if isinstance(body, str) else json.dumps(body)
    process = run_process("validate", "-", stdin=text.encode())
    assert (process.returncode, process.stderr) == (status, b"")
    assert process.stdout.splitlines()[-1].startswith(b"1 judged")


@pytest.mark.parametrize(
    ("closing", "file", "status", "message"),
    [
        ("<&-", "f.json", 1, ""),
        ("<&-", "-", 2, "cannon-spec: <stdin>: standard input is closed; send it a document, or name a file\n"),
        (">&-", "f.json", 1, ""),
        ("2>&-", "f.json", 1, ""),
        (">&- 2>&- <&-", "f.json", 1, ""),
    ],
)
def test_closed_streams_change_no_status(closing: str, file: str, status: int, message: str, tmp_path: Path) -> None:
    """K1: a caller may close any standard stream; files are judged all the same, and what cannot be read is told."""
    (tmp_path / "f.json").write_text(json.dumps(SQUARE))
    command = f"{shlex.join([sys.executable, '-m', 'cannon_spec.cli.main', 'validate', file])} {closing}"
    process = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment(), capture_output=True, timeout=PATIENCE_S
    )
    assert (process.returncode, process.stderr.decode()) == (status, message)


def test_a_problem_that_cannot_be_written_keeps_its_status(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error takes no line, the status still says that nothing was judged."""

    class FullDisk(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", FullDisk())
    assert cannon("validate", "nowhere.json")[0] == 2


@pytest.mark.parametrize("form", ["text", "json"])
def test_any_payload_can_be_written_to_any_terminal(form: str) -> None:
    """If standard output cannot encode a letter of the payload, the findings are written with an escape."""
    body = json.dumps(patched(DOCUMENTED, resolution="😀"), ensure_ascii=False).encode()
    process = run_process("validate", "-", "--format", form, stdin=body, env={"PYTHONIOENCODING": "ascii"})
    assert (process.returncode, process.stderr) == (1, b"")
    if form == "json":
        assert "😀" in list_findings(process.stdout.decode())[0]["message"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_any_file_name_can_be_written(form: str, tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is judged like any other."""
    name = os.fsencode(tmp_path) + b"/\xff.json"
    with open(name, "w") as file:
        json.dump(SQUARE, file)
    process = run_process(
        "validate", name, "--format", form, env={"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:strict"}
    )
    assert (process.returncode, process.stderr) == (1, b"")


def test_a_file_name_writes_no_control_characters(cannon: Command, tmp_path: Path) -> None:
    """Control characters in the name of a file are escaped in findings and messages, so that each stays on its line."""
    file = tmp_path / "\x1b[31m\n.json"
    status, _, err = cannon("validate", str(file))
    assert (status, len(err.splitlines()), "\x1b" in err) == (2, 1, False)
    file.write_text(json.dumps(SQUARE))
    status, out, err = cannon("validate", str(file))
    assert (status, len(out.splitlines()), "\x1b" in out, err) == (1, 6, False, "")


def test_the_package_is_a_command() -> None:
    """``python -m cannon_spec`` is the command ``cannon-spec``."""
    process = subprocess.run([sys.executable, "-m", "cannon_spec", "--version"], capture_output=True, text=True)
    assert process.stdout == f"cannon-spec {__version__}\n"


@pytest.mark.parametrize(
    "argv", [("catalog",), ("catalog", "--format", "markdown"), ("explain", "veo31"), ("claims",)], ids=" ".join
)
def test_a_name_of_an_overlay_moves_no_cursor(argv: tuple[str, ...], tmp_path: Path, cannon: Command) -> None:
    """A control character in a name or a text of an overlay is written as an escape."""
    overlay = tmp_path / "mine.json"
    claim = {"text": "red\x1b[31m", "strength": "user", "kind": "gap", "source": "https://example.com"}
    patch = {"models": {"veo31": {"name": "red\x1b[31m"}}, "claims": {"mine": claim}}
    overlay.write_text(json.dumps(patch), "utf-8")
    status, out, _ = cannon(*argv, "--overlay", str(overlay))
    assert (status, r"red\u001b[31m" in out, "\x1b" in out) == (0, True, False)
