"""The command: what it prints, where, and with which exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import __version__, inputs, validate, validate_request
from cannon_spec.cli import main
from cannon_spec.output import explanations, tables
from tests.support.payloads import CATALOG, DOCUMENTED, patched
from tests.support.processes import environment

Run = Callable[..., tuple[int, str, str]]

SQUARE = patched(DOCUMENTED, aspect_ratio="1:1")
TOO_MANY = patched(DOCUMENTED, reference_image_urls=["https://example.com/1.jpg"] * 17)
GUESSED = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "flux2"}}
PAGE = "https://www.cannonstudio.app/developers/docs/operations/image-generate"


@pytest.fixture
def cannon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command in a folder of its own: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("CANNON_SPEC_OVERLAY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*argv: str, stdin: bytes | str | None = None) -> tuple[int, str, str]:
        if stdin is not None:
            data = stdin.encode() if isinstance(stdin, str) else stdin
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        try:
            status = main.main(argv)
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def write(name: str, *documents: Any) -> str:
    """A file of documents, one a line; a text is written as it is."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in documents]
    Path(name).write_text("\n".join(lines) + "\n", "utf-8")
    return name


def findings(out: str) -> list[dict[str, Any]]:
    return [finding for result in json.loads(out)["results"] for finding in result["findings"]]


def test_the_documented_example_is_clean(cannon: Run) -> None:
    """The vendor's own example has exit status 0, and nothing to say but its count."""
    assert cannon("validate", write("a.json", DOCUMENTED)) == (0, "1 judged, 1 ok, 0 errors, 0 warnings\n", "")


def test_square_at_4k_is_explained(cannon: Run) -> None:
    """4K at 1:1 has exit status 1, and five lines that say where, what, what instead, and how that is known."""
    file = write("a.json", json.dumps(SQUARE, indent=2))
    assert cannon("validate", file) == (
        1,
        "a.json:8:19: error at /input/resolution\n"
        '  resolution "4K" is not accepted for GPT Image 2 when aspect_ratio is "1:1"\n'
        '  legal here: "1K", "2K"\n'
        f"  known from: gptimage2-square-below-4k (documented) {PAGE}\n"
        "  rule: models/gptimage2#/allOf/0/then/properties/resolution/enum\n"
        "1 judged, 0 ok, 1 error, 0 warnings\n",
        "",
    )


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        (patched(DOCUMENTED, resolution="8K"), "/input/resolution", 'legal here: "1K", "2K", "4K"'),
        (patched(DOCUMENTED, resolution="4k"), "/input/resolution", 'did you mean "4K"?'),
        (patched(DOCUMENTED, resolution=4), "/input/resolution", "expected resolution to be a string, got 4"),
        (patched(DOCUMENTED, model="gpt-image-2"), "/input/model", 'did you mean "gptimage2"?'),
        (
            patched(DOCUMENTED, aspect_ratio=None, aspectRatio="16:9", resolution=None),
            "/input/aspectRatio",
            'did you mean "aspect_ratio"?',
        ),
        (patched(DOCUMENTED, prompt=None), "/input", 'add "prompt"'),
        (patched(DOCUMENTED, prompt=""), "/input/prompt", "write at least 1 character"),
        (patched(DOCUMENTED, reference_image_urls="x"), "/input/reference_image_urls", "send an array"),
        (patched(DOCUMENTED, reference_image_urls=["not a url"]), "/input/reference_image_urls/0", "http or https"),
        ({"operation": "image.generate", "input": []}, "/input", "send an object"),
        ({"operation": "image.generat", "input": {}}, "/operation", 'did you mean "image.generate"?'),
        ({"operation": "image.edit", "input": {}}, "/operation", 'covered: "image.generate"'),
    ],
)
def test_each_fault_is_refused_with_words(body: Any, path: str, words: str, cannon: Run) -> None:
    """Each fault is one error, with exit status 1, in its place, with words to act on and evidence."""
    status, out, _ = cannon("validate", write("a.json", body), "--format", "json")
    (finding,) = findings(out)
    assert status == 1
    assert (finding["path"], finding["severity"]) == (path, "error")
    assert words in f"{finding['message']}\n{finding['hint']}"
    assert finding["evidence"]["claim"] in CATALOG.claims


def test_warnings_do_not_fail(cannon: Run) -> None:
    """A document with warnings only has exit status 0, and its warnings are written."""
    status, out, _ = cannon("validate", write("a.json", TOO_MANY))
    assert status == 0
    assert "warning at /input/reference_image_urls" in out
    assert out.endswith("1 judged, 1 ok, 0 errors, 1 warning\n")


def test_strict_and_lenient(cannon: Run) -> None:
    """Strict fails on warnings, lenient drops them, both at once are wrong usage."""
    file = write("a.json", TOO_MANY)
    status, out, _ = cannon("validate", file, "--strict")
    assert (status, out.splitlines()[-1]) == (1, "1 judged, 0 ok, 1 error, 0 warnings")
    assert cannon("validate", file, "--lenient") == (0, "1 judged, 1 ok, 0 errors, 0 warnings\n", "")
    assert cannon("validate", file, "--lenient", "--strict")[0] == 2


@pytest.mark.parametrize(
    ("text", "claim", "words"),
    [
        ("{", "json-body", "not JSON"),
        ("", "json-body", "not JSON"),
        ('{"a": 1, "a": 2}', "json-strict", "given twice"),
        ('{"a": NaN}', "json-strict", "NaN is not a JSON number"),
        ('{"a": "\\ud800"}', "json-strict", "surrogate"),
        ("[" * 65 + "]" * 65, "json-strict", "deeper than 64 levels"),
        ('{"a": 1e999}', "json-strict", "too large for a double"),
    ],
)
def test_a_file_that_is_no_json_could_not_be_judged(text: str, claim: str, words: str, cannon: Run) -> None:
    """A file that is no sound JSON has exit status 2, and one error of the rule json."""
    status, out, _ = cannon("validate", write("a.json", text), "--format", "json")
    (finding,) = findings(out)
    assert status == 2
    assert (finding["rule"], finding["severity"], finding["evidence"]["claim"]) == ("json", "error", claim)
    assert words in finding["message"]


def test_a_broken_line_is_an_error_of_its_line(cannon: Run) -> None:
    """In a file of many a broken line is an error at its number; blank lines count, and the rest is judged."""
    file = write("a.jsonl", DOCUMENTED, "", '{"operation": ', SQUARE)
    status, out, err = cannon("validate", file)
    assert (status, err) == (1, "")
    assert "a.jsonl:3: error at the document\n  not JSON: Expecting value at column" in out
    assert "  known from: json-body (example)" in out
    assert "a.jsonl:4:" in out
    assert out.endswith("3 judged, 1 ok, 2 errors, 0 warnings\n")


def test_a_line_that_is_too_long_is_an_error_of_its_line(cannon: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line past the bound is refused without being read whole, and the lines after it are judged."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 1024)
    file = write("a.jsonl", DOCUMENTED, patched(DOCUMENTED, style="x" * 5000), SQUARE)
    status, out, _ = cannon("validate", file, "--format", "json")
    results = json.loads(out)["results"]
    assert status == 1
    assert [(result["line"], result["ok"]) for result in results] == [(1, True), (2, False), (3, False)]
    assert "larger than" in results[1]["findings"][0]["message"]


def test_a_file_that_is_too_large_could_not_be_judged(cannon: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single document past the bound has exit status 2."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    status, out, _ = cannon("validate", write("a.json", DOCUMENTED))
    assert status == 2
    assert "the document is larger than" in out


def test_json_results_have_the_documented_shape(cannon: Run) -> None:
    """Results as JSON are one document of the documented keys; a line is null for a file that is one document."""
    one, many = write("a.json", SQUARE), write("b.jsonl", DOCUMENTED, TOO_MANY)
    status, out, err = cannon("validate", one, many, "--format", "json")
    read = json.loads(out)
    assert (status, err) == (1, "")
    assert read == {
        "results": [
            {
                "file": "a.json",
                "line": None,
                "ok": False,
                "findings": [
                    {
                        "path": "/input/resolution",
                        "rule": "models/gptimage2#/allOf/0/then/properties/resolution/enum",
                        "severity": "error",
                        "message": 'resolution "4K" is not accepted for GPT Image 2 when aspect_ratio is "1:1"',
                        "hint": 'legal here: "1K", "2K"',
                        "evidence": {"claim": "gptimage2-square-below-4k", "strength": "documented", "source": PAGE},
                    }
                ],
            },
            {"file": "b.jsonl", "line": 1, "ok": True, "findings": []},
            {
                "file": "b.jsonl",
                "line": 2,
                "ok": True,
                "findings": [finding.to_dict() for finding in validate_request(TOO_MANY).findings],
            },
        ],
        "summary": {"judged": 3, "ok": 2, "errors": 1, "warnings": 1},
    }


@pytest.mark.parametrize(
    ("data", "lines", "status"),
    [
        (json.dumps(DOCUMENTED, indent=1), [None], 0),
        (json.dumps(DOCUMENTED) + "\n\n", [None], 0),
        (json.dumps(DOCUMENTED) + "\n" + json.dumps(SQUARE), [1, 2], 1),
        (json.dumps(DOCUMENTED) + "\nbroken\n", [1, 2], 1),
        ("\ufeff" + json.dumps(DOCUMENTED), [None], 0),
        ("broken", [None], 2),
        ("", [None], 2),
    ],
)
def test_standard_input_may_be_one_or_many(data: str, lines: list[int | None], status: int, cannon: Run) -> None:
    """Standard input is taken as one a line when its first line is a document of its own and more follow."""
    found, out, _ = cannon("validate", "-", "--format", "json", stdin=data)
    results = json.loads(out)["results"]
    assert found == status
    assert [result["line"] for result in results] == lines
    assert {result["file"] for result in results} == {"<stdin>"}


def test_the_user_may_say_the_form(cannon: Run) -> None:
    """--input says what a file holds, whatever its name."""
    many = write("a.txt", DOCUMENTED, SQUARE)
    assert cannon("validate", many)[1].splitlines()[-1].startswith("2 judged, 1 ok")
    assert cannon("validate", many, "--input", "json")[0] == 2
    pretty = write("b.jsonl", json.dumps(DOCUMENTED, indent=1))
    assert cannon("validate", pretty)[0] == 1
    assert cannon("validate", pretty, "--input", "json")[0] == 0


def test_a_bare_input_has_paths_of_its_own(cannon: Run) -> None:
    """With --operation a file holds inputs, and paths start there."""
    status, out, _ = cannon("validate", "--operation", "image.generate", write("a.json", SQUARE["input"]))
    assert status == 1
    assert "error at /resolution\n" in out
    assert cannon("validate", "--operation", "image.generate", write("b.json", DOCUMENTED["input"]))[0] == 0


def test_inputs_of_an_unknown_operation_could_not_be_judged(cannon: Run) -> None:
    """An operation that there is not is exit status 2 before any file is read."""
    status, out, err = cannon("validate", "--operation", "tea", "nowhere.json")
    assert (status, out) == (2, "")
    assert err == "cannon-spec: --operation: unknown operation tea; cannon-spec catalog lists the operations\n"


def test_inputs_of_an_operation_that_is_not_covered_are_refused(cannon: Run) -> None:
    """An operation that is listed but not covered is exit status 1, with that word."""
    status, out, _ = cannon("validate", "--operation", "image.edit", write("a.json", {}), "--format", "json")
    assert (status, [finding["rule"] for finding in findings(out)]) == (1, ["operation-not-covered"])


@pytest.mark.parametrize("name", ["empty.jsonl", "blank.jsonl"])
def test_a_file_without_a_document_could_not_be_judged(name: str, cannon: Run) -> None:
    """A file that holds nothing is no success: exit status 2, and a line that names it."""
    Path(name).write_text("" if name.startswith("empty") else "\n \n")
    status, _, err = cannon("validate", name)
    assert (status, err) == (2, f"cannon-spec: {name}: holds no document; check the file\n")


def test_a_file_that_cannot_be_read_beats_errors(cannon: Run) -> None:
    """A missing file is exit status 2 whatever else was found; the other files are judged, the JSON stays whole."""
    file = write("a.json", SQUARE)
    status, out, err = cannon("validate", "nowhere.json", file, ".", "--format", "json")
    assert status == 2
    assert len(json.loads(out)["results"]) == 1
    assert err.splitlines() == [
        "cannon-spec: nowhere.json: No such file or directory; check the path",
        "cannon-spec: .: Is a directory; check the path",
    ]


def test_nothing_to_judge_is_json_too(cannon: Run) -> None:
    """Where no file could be read the JSON has no results."""
    status, out, _ = cannon("validate", "nowhere.json", "--format", "json")
    summary = {"judged": 0, "ok": 0, "errors": 0, "warnings": 0}
    assert (status, json.loads(out)) == (2, {"results": [], "summary": summary})


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
        ("catalog", "--format", "json"),
    ],
)
def test_wrong_usage_is_exit_status_2(argv: tuple[str, ...], cannon: Run) -> None:
    """Wrong usage writes to standard error only."""
    status, out, err = cannon(*argv)
    assert (status, out) == (2, "")
    assert err.startswith("usage: cannon-spec")


@pytest.mark.parametrize("argv", [("--help",), ("validate", "--help")])
def test_help_has_examples(argv: tuple[str, ...], cannon: Run) -> None:
    """Help tells by example."""
    status, out, _ = cannon(*argv)
    assert status == 0
    assert "examples:\n  cannon-spec validate request.json" in out


def test_the_version_is_the_packages(cannon: Run) -> None:
    """--version is the package's own."""
    assert cannon("--version") == (0, f"cannon-spec {__version__}\n", "")


def test_an_overlay_is_laid_over(cannon: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An overlay is named by the flag or by the environment, and the flag wins."""
    body = write("a.json", patched(DOCUMENTED, model="dalle4"))
    known, other = write("mine.json", {"models": {"dalle4": {}}}), write("other.json", {"models": {}})
    assert cannon("validate", body)[0] == 1
    assert cannon("validate", body, "--overlay", known)[0] == 0
    monkeypatch.setenv("CANNON_SPEC_OVERLAY", known)
    assert cannon("validate", body)[0] == 0
    assert cannon("validate", body, "--overlay", other)[0] == 1
    assert cannon("explain", "dalle4")[1].startswith("dalle4\n")
    monkeypatch.setenv("CANNON_SPEC_OVERLAY", "")
    assert cannon("validate", body)[0] == 1


@pytest.mark.parametrize(
    "command", [("validate", "a.json"), ("explain", "grok"), ("catalog",), ("example", "image.generate")]
)
@pytest.mark.parametrize(
    ("overlay", "words"),
    [('{"modles": {}}', "unknown part modles"), ("{", "not JSON"), (None, "No such file or directory")],
)
def test_a_bad_overlay_is_exit_status_2(command: tuple[str, ...], overlay: str | None, words: str, cannon: Run) -> None:
    """An overlay that cannot be used stops every command, with one line that names it."""
    write("a.json", DOCUMENTED)
    if overlay is not None:
        write("mine.json", overlay)
    status, out, err = cannon(*command, "--overlay", "mine.json")
    assert (status, out) == (2, "")
    assert err.startswith("cannon-spec: mine.json: ")
    assert words in err
    assert err.count("\n") == 1


def test_a_guessed_identifier_is_said_once(cannon: Run) -> None:
    """The warning on a guessed identifier is given once a run for each model, however many documents have it."""
    grok = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "grok"}}
    file, again = write("a.jsonl", GUESSED, GUESSED, grok, GUESSED), write("b.json", GUESSED)
    status, out, _ = cannon("validate", file, again, "--format", "json")
    read = json.loads(out)
    assert status == 0
    assert [len(result["findings"]) for result in read["results"]] == [1, 0, 1, 0, 0]
    assert read["summary"] == {"judged": 5, "ok": 5, "errors": 0, "warnings": 2}


def test_strict_says_a_guessed_identifier_every_time(cannon: Run) -> None:
    """As an error it is given for each document: none of them is ok."""
    _, out, _ = cannon("validate", write("a.jsonl", GUESSED, GUESSED), "--strict", "--format", "json")
    assert json.loads(out)["summary"] == {"judged": 2, "ok": 0, "errors": 2, "warnings": 0}


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("argv", "terminal", "no_color", "coloured"),
    [
        ((), False, "", False),
        ((), True, "", True),
        ((), True, "1", False),
        (("--color", "auto"), True, "", True),
        (("--color", "always"), False, "1", True),
        (("--color", "never"), True, "", False),
    ],
)
def test_colour_is_for_terminals(
    argv: tuple[str, ...],
    terminal: bool,
    no_color: str,
    coloured: bool,
    cannon: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Colour is written to a terminal unless NO_COLOR is set, always, or never, as asked."""
    out = Terminal() if terminal else io.StringIO()
    file = write("a.json", SQUARE)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr(sys, "stdout", out)
    cannon("validate", file, *argv)
    assert ("\x1b[31merror\x1b[0m" in out.getvalue()) is coloured
    assert ("\x1b" in out.getvalue()) is coloured


class Bar:
    """A stand-in for tqdm's bar that keeps what it is told."""

    made: list[Bar]

    def __init__(self, total: int, **_: Any) -> None:
        self.total, self.done, self.written, self.closed = total, 0, "", False
        Bar.made.append(self)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def update(self, size: int) -> None:
        self.done += size

    def write(self, text: str, file: Any, end: str) -> None:
        assert end == ""
        self.written += text
        file.write(text)


def long_file(name: str) -> str:
    """A file of more than a mebibyte with one error in its last line."""
    return write(name, *[patched(DOCUMENTED, style="x" * 100_000)] * 11, SQUARE)


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    """Every bar that was made."""
    Bar.made = []
    monkeypatch.setattr("tqdm.tqdm", Bar)
    return Bar.made


def test_a_long_file_has_a_bar_on_a_terminal(cannon: Run, bars: list[Bar], monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar runs to the size of the file, findings are written past it, and it is closed with the file."""
    file = long_file("a.jsonl")
    monkeypatch.setattr(sys, "stderr", Terminal())
    status, out, _ = cannon("validate", file, write("b.json", SQUARE))
    (bar,) = bars
    assert status == 1
    assert bar.total == bar.done == Path(file).stat().st_size
    assert bar.closed
    assert bar.written.startswith("a.jsonl:12:")
    assert "b.json" not in bar.written
    assert out.count("error at /input/resolution") == 2


def test_a_short_file_has_no_bar(cannon: Run, bars: list[Bar], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes no time has no bar."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    cannon("validate", write("a.json", SQUARE))
    assert bars == []


def test_a_pipe_has_no_bar(cannon: Run, bars: list[Bar], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a stream without a size nothing can be measured."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    reading, writing = os.pipe()
    os.write(writing, json.dumps(SQUARE).encode())
    os.close(writing)
    with os.fdopen(reading, "r") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert cannon("validate", "-")[0] == 1
    assert bars == []


def test_no_bar_without_a_terminal(cannon: Run, bars: list[Bar]) -> None:
    """Where standard error is no terminal there is no bar, however long the file."""
    cannon("validate", long_file("a.jsonl"))
    assert bars == []


def test_the_real_bar_leaves_the_output_alone(cannon: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tqdm itself at work, standard output is what it is without."""
    file = long_file("a.jsonl")
    plain = cannon("validate", file, "--format", "json")[1]
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert cannon("validate", file, "--format", "json")[1] == plain


def raising(error: BaseException) -> Callable[..., Any]:
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
def test_a_fault_of_our_own_is_one_line(
    error: BaseException, status: int, words: str, cannon: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own is exit status 3 and one line, whatever was raised; an interrupt is 130 and none."""
    file = write("a.json", DOCUMENTED)
    monkeypatch.setattr(validate, "request", raising(error))
    found, _, err = cannon("validate", file)
    assert (found, err) == (status, words)


class Full(io.StringIO):
    """Standard output on a full disk."""

    def flush(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_full_disk_could_not_be_written(cannon: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where output cannot be written the exit status is 2, with the reason."""
    monkeypatch.setattr(sys, "stdout", Full())
    status, _, err = cannon("catalog")
    assert status == 2
    assert "No space left on device" in err


class Gone(io.StringIO):
    """Standard output whose reader has gone."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")

    def fileno(self) -> int:
        return self._descriptor


@pytest.mark.parametrize("command", [("catalog",), ("validate", "a.json")])
def test_a_reader_that_has_gone_is_no_complaint(
    command: tuple[str, ...], cannon: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the reader of the output has gone nothing is complained of."""
    write("a.json", SQUARE)
    with (tmp_path / "out").open("w") as file:
        monkeypatch.setattr(sys, "stdout", Gone(file.fileno()))
        status, _, err = cannon(*command)
    assert (status, err) == (2, "")


@pytest.mark.parametrize(
    "topic", ["gptimage2", "GPT Image 2", "gptimage2-auto-1k", "model-assumed", "envelope/create#/type"]
)
def test_a_topic_is_explained(topic: str, cannon: Run) -> None:
    """The command explain prints what is known of a model, a claim, a word or a rule."""
    assert cannon("explain", topic) == (0, explanations.explain_topic(CATALOG, topic) + "\n", "")


@pytest.mark.parametrize(
    ("topic", "words"),
    [("gptimage3", "did you mean gptimage2?"), ("tea", "cannon-spec catalog and cannon-spec claims list the names")],
)
def test_an_unknown_topic_is_exit_status_2(topic: str, words: str, cannon: Run) -> None:
    """A topic that is none is exit status 2, with the nearest one."""
    assert cannon("explain", topic) == (2, "", f"cannon-spec: unknown name {topic}; {words}\n")


def test_the_catalog_is_listed(cannon: Run) -> None:
    """The command catalog lists every operation and every model, for a terminal and as Markdown."""
    status, out, err = cannon("catalog")
    assert (status, err) == (0, "")
    assert out.startswith(tables.render_text(tables.tabulate_operations(CATALOG)) + "\n")
    rows = [line.split() for line in out.splitlines()]
    assert all(any(model.id in row for row in rows) for model in CATALOG.models.values())
    assert "Models of image.generate (cannon-spec explain MODEL shows more):" in out


def test_the_catalog_is_listed_as_markdown(cannon: Run) -> None:
    """As Markdown the two tables are those of the README."""
    status, out, _ = cannon("catalog", "--format", "markdown")
    assert status == 0
    assert out.startswith(tables.render_markdown(tables.tabulate_operations(CATALOG)) + "\n")
    assert out.endswith("\n" + tables.render_markdown(tables.tabulate_models(CATALOG, "image.generate")) + "\n")


@pytest.mark.parametrize("model", [None, *CATALOG.models])
def test_an_example_is_judged_clean(model: str | None, cannon: Run) -> None:
    """What example prints, validate has no error in."""
    chosen = () if model is None else ("--model", model)
    status, out, _ = cannon("example", "image.generate", *chosen)
    assert status == 0
    assert json.loads(out)["input"]["model"] == (model or "gptimage2")
    assert cannon("validate", "-", stdin=out)[0] == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("image.edit",), "image.edit is not a covered operation"),
        (("image.generate", "--model", "tea"), "tea is not a model that serves image.generate"),
    ],
)
def test_no_example_of_what_is_not_known(argv: tuple[str, ...], words: str, cannon: Run) -> None:
    """An operation that is not covered, or a model that does not serve it, is exit status 2."""
    status, out, err = cannon("example", *argv)
    assert (status, out) == (2, "")
    assert err.startswith(f"cannon-spec: {words}")
    assert err.count("\n") == 1


def real(*argv: str | bytes, stdin: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    environ = environment(**options.pop("env", {}))
    streams = {"capture_output": True, **options}
    if "stdout" in options:
        streams.update(capture_output=False, stderr=subprocess.PIPE)
    command = [sys.executable, "-m", "cannon_spec.cli.main", *argv]
    return subprocess.run(command, input=stdin, env=environ, check=False, timeout=60, **streams)


@pytest.mark.parametrize(
    ("body", "status"),
    [(DOCUMENTED, 0), (TOO_MANY, 0), (SQUARE, 1), ("{", 2)],
)
def test_the_process_has_the_status(body: Any, status: int) -> None:
    """The exit status of the process is that of the judgement."""
    text = body if isinstance(body, str) else json.dumps(body)
    done = real("validate", "-", stdin=text.encode())
    assert (done.returncode, done.stderr) == (status, b"")
    assert done.stdout.splitlines()[-1].startswith(b"1 judged")


def test_the_process_minds_a_closed_pipe() -> None:
    """A process whose reader has gone ends without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = real("catalog", stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (2, b"")


@pytest.mark.parametrize("form", ["text", "json"])
def test_any_payload_can_be_written_to_any_terminal(form: str) -> None:
    """Where standard output cannot hold a letter of the payload, the judgement is written all the same."""
    body = json.dumps(patched(DOCUMENTED, resolution="😀"), ensure_ascii=False).encode()
    done = real("validate", "-", "--format", form, stdin=body, env={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (1, b"")
    if form == "json":
        assert "😀" in findings(done.stdout.decode())[0]["message"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_any_file_name_can_be_written(form: str, tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is judged as any other."""
    name = os.fsencode(tmp_path) + b"/\xff.json"
    with open(name, "w") as file:
        json.dump(SQUARE, file)
    done = real("validate", name, "--format", form, env={"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8:strict"})
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_bare_input_is_noticed(cannon: Run) -> None:
    """A bare input judged as a body is an error, and a line says what to do; the same the other way round."""
    bare, whole = write("bare.json", DOCUMENTED["input"]), write("whole.json", DOCUMENTED)
    status, _, err = cannon("validate", bare)
    assert (status, err) == (
        1,
        f"cannon-spec: {bare}: looks like a bare input; judge it with --operation image.generate\n",
    )
    status, _, err = cannon("validate", "--operation", "image.generate", whole)
    assert (status, err) == (1, f"cannon-spec: {whole}: looks like a whole create body; leave --operation out\n")
    assert cannon("validate", whole)[2] == cannon("validate", write("none.json", {}))[2] == ""


def test_an_operation_is_explained(cannon: Run) -> None:
    """An operation is explained with its fields, one that is only listed with that; a claim as a header names it."""
    assert "Fields: prompt, model, aspect_ratio" in cannon("explain", "image.generate")[1]
    assert "not judged yet" in cannon("explain", "image.edit")[1]
    assert cannon("explain", "assumed:asset-open")[1].startswith("asset-open\n")


def test_the_package_is_a_command() -> None:
    """Python -m cannon_spec is cannon-spec."""
    run = subprocess.run([sys.executable, "-m", "cannon_spec", "--version"], capture_output=True, text=True)
    assert run.stdout == f"cannon-spec {__version__}\n"
