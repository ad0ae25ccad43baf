"""--baseline: findings that are accepted today are silent, and new ones fail."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cannon_spec import Report, inputs, validate
from cannon_spec.printable import escape_unprintable
from tests.cannon_spec.cli.command import SQUARE, TOO_MANY, Command, list_findings, write_documents
from tests.support.effort import examples
from tests.support.payloads import DOCUMENTED, bodies, mutated, patched

BASELINE = "baseline.json"
MISSPELT = patched(DOCUMENTED, aspectRatio="16:9")
ASSUMED = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "flux2"}}
TEXTS = st.one_of(mutated(bodies).map(json.dumps), bodies.map(json.dumps), st.sampled_from(['{"operation":', "[1]"]))
FILES = st.dictionaries(
    st.sampled_from(["a.jsonl", "b.jsonl", "folder/c.jsonl", "d.json"]),
    st.lists(TEXTS, min_size=1, max_size=3),
    min_size=1,
)
"""Files with their lines; some lines are not JSON."""

fresh_files = settings(examples(24), suppress_health_check=[HealthCheck.function_scoped_fixture])


def write_files(files: dict[str, list[str]]) -> list[str]:
    """Write files into an otherwise empty folder, and return their names."""
    Path("folder").mkdir(exist_ok=True)
    Path(BASELINE).unlink(missing_ok=True)
    return [write_documents(name, *lines) for name, lines in files.items()]


def accept(cannon: Command, *argv: str, command: str = "validate") -> list[dict[str, Any]]:
    """Write the baseline from a run, which is ok, and return what it lists."""
    status, out, _ = cannon(command, *argv, "--baseline", BASELINE, "--update-baseline", "--format", "json")
    assert (status, list_findings(out)) == (0, [])
    return read_baseline()


def read_baseline() -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = json.loads(Path(BASELINE).read_text("utf-8"))["findings"]
    return findings


def judge(cannon: Command, *argv: str) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
    """The exit status, the findings and the summary of a run with the baseline."""
    status, out, _ = cannon("validate", *argv, "--baseline", BASELINE, "--format", "json")
    return status, list_findings(out), json.loads(out)["summary"]


@fresh_files
@given(FILES, st.sampled_from([(), ("--strict",), ("--lenient",)]))
def test_what_is_accepted_is_silent(cannon: Command, files: dict[str, list[str]], flags: tuple[str, ...]) -> None:
    """With a baseline just written, a run on the same files has no finding, and no note on it, however strict it is."""
    names = write_files(files)
    accept(cannon, *names)
    status, out, err = cannon("validate", *names, "--baseline", BASELINE, "--format", "json", *flags)
    summary = json.loads(out)["summary"]
    assert (status, list_findings(out)) == (0, [])
    assert "baseline.json" not in err
    assert (summary["ok"], summary["errors"], summary["warnings"]) == (summary["judged"], 0, 0)


@fresh_files
@given(FILES, st.data())
def test_what_is_removed_from_it_is_new(cannon: Command, files: dict[str, list[str]], data: st.DataObject) -> None:
    """Without one entry of the baseline exactly its findings are shown, as often as it had counted them."""
    names = write_files(files)
    entries = accept(cannon, *names)
    if not entries:
        return
    removed = entries.pop(data.draw(st.integers(0, len(entries) - 1)))
    Path(BASELINE).write_text(json.dumps({"format": 1, "findings": entries}))
    _, findings, summary = judge(cannon, *names)
    texts = {tuple(escape_unprintable(each[name]) for name in ("path", "rule", "message")) for each in findings}
    assert texts == {(removed["path"], removed["rule"], removed["message"])}
    assert len(findings) == removed["count"] == summary["errors"] + summary["warnings"]


def test_a_path_that_cannot_be_printed_is_accepted(cannon: Command) -> None:
    """The name of a field that has control characters stands escaped in the baseline, and is found there again."""
    names = write_files({"a.jsonl": [json.dumps(patched(DOCUMENTED, **{"\x1f": 1}))]})
    assert [each["path"] for each in accept(cannon, *names)] == ["/input/\\u001f"]
    assert judge(cannon, *names)[:2] == (0, [])


@fresh_files
@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(cannon: Command, files: dict[str, list[str]], random: Any) -> None:
    """Files in another order give the same baseline, and the same counts with it."""
    names = write_files(files)
    entries = accept(cannon, *names)
    random.shuffle(names)
    assert judge(cannon, *names)[1] == []
    Path(BASELINE).unlink()
    assert accept(cannon, *names) == entries


def test_each_file_has_its_documented_form(cannon: Command) -> None:
    """The file is JSON with a format, and lists what makes findings the same, sorted, with how often each occurs."""
    Path("folder").mkdir()
    names = write_documents("folder/b.jsonl", SQUARE, MISSPELT, SQUARE), write_documents("a.json", "{")
    status, out, err = cannon("validate", *names, "--baseline", BASELINE, "--update-baseline")
    assert (status, out) == (0, "4 judged, 4 ok, 0 errors, 0 warnings, 4 in the baseline\n")
    assert err == "cannon-spec: baseline.json: 3 entries written: 3 added, 0 changed, 0 removed\n"
    text = Path(BASELINE).read_text("utf-8")
    assert json.loads(text)["format"] == 1
    assert text == json.dumps(json.loads(text), indent=2) + "\n"
    assert [(each["file"], each["path"], each["count"]) for each in read_baseline()] == [
        ("a.json", "", 1),
        ("folder/b.jsonl", "/input/aspectRatio", 1),
        ("folder/b.jsonl", "/input/resolution", 2),
    ]
    assert list(read_baseline()[2]) == ["file", "path", "rule", "message", "count"]


def test_a_line_above_changes_nothing_and_a_second_one_is_new(cannon: Command) -> None:
    """A finding that moves to another line is still accepted; the same finding once more is an error."""
    file = write_documents("a.jsonl", SQUARE)
    accept(cannon, file)
    write_documents("a.jsonl", DOCUMENTED, "", SQUARE)
    assert judge(cannon, file)[0] == 0
    write_documents("a.jsonl", SQUARE, DOCUMENTED, SQUARE)
    status, findings, summary = judge(cannon, file)
    assert (status, [each["path"] for each in findings], summary["baseline"]) == (1, ["/input/resolution"], 1)


def test_it_works_from_each_folder(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are kept relative to the folder of the baseline: absolute names and other folders change nothing."""
    Path("folder/deep").mkdir(parents=True)
    file, base = write_documents("folder/deep/a.json", SQUARE), Path("folder/base.json").resolve()
    assert cannon("validate", file, "--baseline", "folder/base.json", "--update-baseline")[0] == 0
    assert json.loads(base.read_text())["findings"][0]["file"] == "deep/a.json"
    assert cannon("validate", str(Path(file).resolve()), "--baseline", "folder/base.json")[0] == 0
    monkeypatch.chdir("folder/deep")
    assert cannon("validate", "a.json", "--baseline", "../base.json")[0] == 0
    assert cannon("validate", "../deep/a.json", "--baseline", str(base))[0] == 0
    write_documents("b.json", SQUARE)
    assert cannon("validate", "a.json", "b.json", "--baseline", str(base))[0] == 1


def test_standard_input_has_entries_of_its_own(cannon: Command) -> None:
    """What is found on standard input is accepted there only, and its entries stay when other files are judged."""
    accept_input = ("validate", "-", "--baseline", BASELINE)
    assert cannon(*accept_input, "--update-baseline", stdin=json.dumps(SQUARE))[0] == 0
    assert cannon(*accept_input, stdin=json.dumps(SQUARE))[0] == 0
    file = write_documents("a.json", SQUARE)
    assert judge(cannon, file)[0] == 1
    assert [each["file"] for each in accept(cannon, file)] == ["<stdin>", "a.json"]


def test_a_warning_that_no_input_avoids_counts_once_a_file(cannon: Command) -> None:
    """A body that is added for the same model has nothing new; another file has the warning, which does not fail."""
    file = write_documents("a.jsonl", ASSUMED, ASSUMED)
    (entry,) = accept(cannon, file)
    assert (entry["rule"], entry["count"]) == ("model-assumed", 1)
    write_documents("a.jsonl", *[ASSUMED] * 4)
    assert judge(cannon, file)[1] == []
    status, findings, _ = judge(cannon, file, write_documents("b.json", ASSUMED), "--strict")
    assert (status, [each["rule"] for each in findings]) == (0, ["model-assumed"])


def test_what_the_baseline_accepts_is_counted_as_it_would_be_shown(cannon: Command) -> None:
    """A warning that no input avoids, which a run shows once, counts once of what the baseline accepts."""
    file = write_documents("a.jsonl", ASSUMED, ASSUMED)
    assert "1 warning\n" in cannon("validate", file)[1]
    accept(cannon, file)
    assert cannon("validate", file, "--baseline", BASELINE)[1].endswith(" 0 warnings, 1 in the baseline\n")
    assert cannon("validate", file, "--ignore", "model-")[1].endswith(" 0 warnings, 1 left out by --ignore\n")


def test_the_severity_does_not_matter(cannon: Command) -> None:
    """One baseline serves each strictness: it has the warnings, which --strict makes errors and --lenient drops."""
    file = write_documents("a.json", TOO_MANY)
    for writing_flags in ((), ("--strict",), ("--lenient",)):
        Path(BASELINE).unlink(missing_ok=True)
        assert len(accept(cannon, file, *writing_flags)) == 1
        for flags in ((), ("--strict",), ("--lenient",)):
            status, out, err = cannon("validate", file, "--baseline", BASELINE, *flags)
            assert (status, out, err) == (0, "1 judged, 1 ok, 0 errors, 0 warnings, 1 in the baseline\n", "")


def test_a_file_that_is_not_json_can_be_accepted(cannon: Command) -> None:
    """A file that is not JSON is a finding too: accepted, it does not fail, and broken in another way it is new."""
    file = write_documents("a.json", '{"a": ')
    accept(cannon, file)
    assert judge(cannon, file)[0] == 0
    write_documents("a.json", "[1 2]")
    status, findings, _ = judge(cannon, file)
    assert (status, [each["rule"] for each in findings]) == (2, ["json"])


def test_entries_that_no_longer_occur_are_told(cannon: Command) -> None:
    """Entries that occur less often, or whose file is gone, are counted on standard error, and removed by an update."""
    names = [write_documents(f"{number}.json", SQUARE) for number in range(3)]
    names.append(write_documents("many.jsonl", MISSPELT, MISSPELT))
    accept(cannon, *names)
    write_documents("0.json", DOCUMENTED)
    Path("1.json").unlink()
    write_documents("many.jsonl", MISSPELT)
    left = ["0.json", "2.json", "many.jsonl"]
    status, out, err = cannon("validate", *left, "--baseline", BASELINE)
    assert (status, out) == (0, "3 judged, 3 ok, 0 errors, 0 warnings, 2 in the baseline\n")
    words = "3 of 4 entries no longer occur, or less often; --update-baseline removes what is gone"
    assert err == f"cannon-spec: baseline.json: {words}\n"
    assert cannon("validate", *left, "--baseline", BASELINE, "--quiet")[2] == ""
    _, _, err = cannon("validate", *left, "--baseline", BASELINE, "--update-baseline")
    assert err == "cannon-spec: baseline.json: 2 entries written: 0 added, 1 changed, 2 removed\n"
    assert [(each["file"], each["count"]) for each in read_baseline()] == [("2.json", 1), ("many.jsonl", 1)]


def test_what_a_run_does_not_see_stays(cannon: Command) -> None:
    """A run on some files, or without some rules, tells nothing of the other entries, and an update keeps them."""
    one, other = write_documents("1.json", SQUARE), write_documents("2.json", TOO_MANY)
    entries = accept(cannon, one, other)
    assert cannon("validate", one, "--baseline", BASELINE)[2] == ""
    assert accept(cannon, one) == entries
    hidden = ("--ignore", "models/gptimage2")
    assert cannon("validate", one, other, *hidden, "--baseline", BASELINE)[2] == ""
    assert accept(cannon, one, other, *hidden) == entries
    Path(BASELINE).unlink()
    assert accept(cannon, one, other, *hidden) == []


def test_a_file_that_could_not_be_judged_leaves_the_baseline(cannon: Command) -> None:
    """A run that misses a file has exit status 2 and writes no baseline, for it would lack what that file has."""
    file = write_documents("a.json", SQUARE)
    accept(cannon, file)
    before = Path(BASELINE).read_bytes()
    write_documents("a.json", DOCUMENTED)
    status, _, err = cannon("validate", file, "nowhere.json", "--baseline", BASELINE, "--update-baseline")
    assert (status, Path(BASELINE).read_bytes()) == (2, before)
    assert err.endswith("cannon-spec: baseline.json: not written, since not all files were judged\n")


ENTRY = {"file": "a.json", "path": "", "rule": "json", "message": "not JSON", "count": 1}


@pytest.mark.parametrize("update", [(), ("--update-baseline",)])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[]", "not a file of findings"),
        (json.dumps(DOCUMENTED), "not a file of findings"),
        (json.dumps({"findings": []}), "has format null; this version reads format 1"),
        (json.dumps({"format": 2, "findings": []}), "has format 2; this version reads format 1"),
        (json.dumps({"format": 1, "findings": [ENTRY, {**ENTRY, "count": True}]}), "finding 2 is not an object of"),
        (json.dumps({"format": 1, "findings": [{**ENTRY, "count": 0}]}), "finding 1 is not an object of"),
        (json.dumps({"format": 1, "findings": [{**ENTRY, "path": 7}]}), "finding 1 is not an object of"),
        (json.dumps({"format": 1, "findings": ["a"]}), "finding 1 is not an object of"),
        (" " * 2000 + json.dumps({"format": 1, "findings": []}), "larger than"),
    ],
)
def test_a_file_that_is_no_baseline_is_named(
    content: str, words: str, update: tuple[str, ...], cannon: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken, foreign, newer or too large file is a line with exit status 2, and an update does not overwrite it."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 2000)
    Path(BASELINE).write_text(content)
    status, out, err = cannon("validate", write_documents("a.json", SQUARE), "--baseline", BASELINE, *update)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("cannon-spec: baseline.json: ")
    assert words in err
    assert Path(BASELINE).read_text() == content


def test_entries_of_a_merge_add_up(cannon: Command) -> None:
    """An entry that is listed twice, as after a merge, counts as often as both say."""
    file = write_documents("a.jsonl", SQUARE, SQUARE)
    (entry,) = accept(cannon, file)
    Path(BASELINE).write_text(json.dumps({"format": 1, "findings": [{**entry, "count": 1}] * 2}))
    assert judge(cannon, file)[0] == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--update-baseline",), "--update-baseline: no file is named; add --baseline FILE"),
        (("--baseline", "none.json"), "none.json: no such baseline; write it with --update-baseline"),
        (("--baseline", "."), ".: Is a directory; check the path"),
        (("--baseline", "no/b.json", "--update-baseline"), "no/b.json: No such file or directory; check the path"),
    ],
)
def test_wrong_usage_is_named(argv: tuple[str, ...], words: str, cannon: Command) -> None:
    """A baseline that is not named, not there, or cannot be written is a line with exit status 2."""
    status, _, err = cannon("validate", write_documents("a.json", SQUARE), *argv)
    assert (status, err) == (2, f"cannon-spec: {words}\n")


def test_a_baseline_too_large_to_be_read_is_not_written(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """More findings than a file may hold are a line with exit status 2, and the file stays as it is."""
    file = write_documents("a.json", SQUARE)
    accept(cannon, file)
    before = Path(BASELINE).read_bytes()
    monkeypatch.setattr(inputs, "MAX_BYTES", len(before) + 10)
    other = write_documents("b.json", MISSPELT)
    status, _, err = cannon("validate", file, other, "--baseline", BASELINE, "--update-baseline")
    assert (status, Path(BASELINE).read_bytes()) == (2, before)
    assert "2 findings are more than a baseline may hold; leave out rules with --ignore" in err


def test_a_link_stays_a_link(cannon: Command) -> None:
    """An update through a symbolic link writes the file that it leads to."""
    Path("real").mkdir()
    file = write_documents("real/a.json", SQUARE)
    Path(BASELINE).symlink_to("real/base.json")
    accept(cannon, file)
    assert Path(BASELINE).is_symlink()
    assert read_baseline()[0]["file"] == "a.json"
    assert {each.name for each in Path("real").iterdir()} == {"a.json", "base.json"}
    Path("loop.json").symlink_to("loop.json")
    assert cannon("validate", file, "--baseline", "loop.json")[0] == 2


def test_names_that_are_not_unicode_are_kept_apart(cannon: Command) -> None:
    """A file whose name is no text in UTF-8, or has a line end, has entries of its own."""
    names = [os.fsdecode(b"\xff.json"), "a\nb.json"]
    for name in names:
        write_documents(name, SQUARE)
    accept(cannon, *names)
    assert judge(cannon, *names)[0] == 0
    assert len({each["file"] for each in read_baseline()}) == 2


def test_a_full_disk_leaves_the_baseline(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file cannot be written, it stays as it was, and a line with exit status 2 says why."""
    accept(cannon, write_documents("a.json", SQUARE))
    before = Path(BASELINE).read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    file = write_documents("b.json", SQUARE)
    status, _, err = cannon("validate", file, "--baseline", BASELINE, "--update-baseline")
    assert (status, err) == (2, "cannon-spec: baseline.json: No space left on device; check the path\n")
    assert Path(BASELINE).read_bytes() == before


def add_fix(report: Report) -> Report:
    """A report whose findings all have the fix of the ratio."""
    fix = ({"op": "replace", "path": "/input/aspect_ratio", "value": "16:9"},)
    return Report(tuple(replace(finding, fix=fix) for finding in report.findings))


def test_fixing_does_not_stop_at_the_baseline(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """--fix mends what the baseline accepts, whose entry is then told to be gone, but not what --ignore names."""
    judge_body = validate.request
    monkeypatch.setattr(validate, "request", lambda *arguments, **options: add_fix(judge_body(*arguments, **options)))
    slip = patched(DOCUMENTED, aspect_ratio="16x9")
    file = write_documents("a.json", slip)
    (entry,) = accept(cannon, file)
    assert cannon("validate", file, "--fix", "--ignore", entry["rule"])[0] == 0
    assert json.loads(Path(file).read_text()) == slip
    status, _, err = cannon("validate", file, "--fix", "--baseline", BASELINE)
    assert (status, json.loads(Path(file).read_text())) == (0, patched(DOCUMENTED, aspect_ratio="16:9"))
    assert "1 of 1 entry no longer occurs, or less often" in err


def test_the_files_that_say_how_to_judge_are_no_payloads(cannon: Command) -> None:
    """A pattern of the shell names the baseline, the overlay and the prices among the payloads: they are not judged."""
    names = [write_documents("a.json", SQUARE), write_documents("overlay.json", {}), BASELINE, "prices.json"]
    Path("prices.json").write_text('{"prices": [{"credits": 7}]}')
    flags = ("--overlay", "./overlay.json", "--prices", "prices.json")
    for update in (("--update-baseline",), ()):
        status, out, _ = cannon("validate", *names, "--baseline", str(Path(BASELINE).resolve()), *flags, *update)
        assert status == 0
        assert "1 judged, 1 ok, 0 errors, 0 warnings, 1 in the baseline\n" in out
    assert cannon("cost", names[0], "overlay.json", *flags)[1].startswith("a.json: not counted")
    assert cannon("check-traffic", "overlay.json", "--overlay", "overlay.json")[1].startswith("0 judged")


def test_a_folder_with_its_baseline_is_accepted_as_a_whole(cannon: Command) -> None:
    """Files of each format in a folder, with a broken one of each, are accepted in one run, and a new slip fails."""
    Path("folder").mkdir()
    ratio = "operation: image.generate\ninput:\n  prompt: A red bicycle\n  aspect_ratio: 16x9\n"
    texts = {
        "a.json": json.dumps(SQUARE),
        "b.jsonl": f"{json.dumps(SQUARE)}\n{{\n",
        "c.yaml": f"{ratio}---\n{ratio}",
        "d.csv": "operation,prompt,aspect_ratio\nimage.generate,A red bicycle,16x9\n",
        "e.json": "{",
        "f.yaml": "a: [",
    }
    for name, text in texts.items():
        Path("folder", name).write_text(text)
    flags = ("validate", "folder", "--baseline", "folder/baseline.json")
    status, out, _ = cannon(*flags, "--update-baseline")
    assert (status, out.split(" in the baseline")[0]) == (0, "8 judged, 8 ok, 0 errors, 0 warnings, 8")
    assert cannon(*flags)[0] == 0
    for name, text in texts.items():
        Path("folder", name).write_text(text.replace("16x9", "16/9").replace("1:1", "1/1"))
        is_broken = text in ("{", "a: [")
        assert cannon(*flags)[0] == (0 if is_broken else 1)
        Path("folder", name).write_text(text)


def test_a_file_that_needs_a_missing_extra_is_in_no_baseline(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where YAML cannot be read for want of a package the file is not judged, and no baseline is written."""
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    Path("a.yaml").write_text("operation: image.generate\n", "utf-8")
    status, out, problem = cannon("validate", "a.yaml", "--baseline", BASELINE, "--update-baseline")
    assert (status, out) == (2, "0 judged, 0 ok, 0 errors, 0 warnings, 0 in the baseline, 1 file not judged\n")
    assert problem.startswith("cannon-spec: a.yaml: this is YAML, and ruamel.yaml is missing; install the extra yaml: ")
    assert not Path(BASELINE).exists()
