"""What a run writes for CI systems, held to the schemas that they publish."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from jsonschema import Draft7Validator

from cannon_spec.output import markdown_writer, sarif_writer
from cannon_spec.output.writers import FORMATS
from tests.cannon_spec.cli.command import SQUARE, TOO_MANY, Command, write_documents
from tests.support.payloads import DOCUMENTED, patched

OFFICIAL = Path(__file__).parents[2] / "official"
ERRORS = [patched(DOCUMENTED, prompt=number) for number in range(13)]


@pytest.fixture
def folder(cannon: Command) -> str:
    """Six files with forty errors and some warnings: lines, a document, YAML, a table, no JSON, and one that fails."""
    Path("payloads").mkdir()
    write_documents("payloads/lines.jsonl", DOCUMENTED, *ERRORS, *ERRORS, SQUARE)
    write_documents("payloads/one, two.json", TOO_MANY)
    Path("payloads/three.yaml").write_text("".join(f"---\n{json.dumps(each)}\n" for each in ERRORS[:11]), "utf-8")
    Path("payloads/cut.json").write_text('{"operation": "image.generate",\n "input": {', "utf-8")
    write_documents("payloads/key.json", patched(DOCUMENTED, **{"a%b|<x>\n::@e": 1}))
    Path("payloads/empty.jsonl").write_text("", "utf-8")
    return "payloads"


def judge(cannon: Command, folder: str, *flags: str) -> str:
    """What is written of the folder."""
    status, out, _ = cannon("validate", folder, *flags)
    assert status == 2
    return out


def test_a_text_of_an_overlay_leaves_a_report_readable(cannon: Command) -> None:
    """Control characters in what an overlay says are escaped in the report of JUnit: XML has none."""
    advice = {"names": ["style_name"], "fields": ["none"], "advice": "leave\x1b it\x00 out"}
    write_documents("overlay.json", {"aliases": {"fields": [advice]}})
    write_documents("payload.json", patched(DOCUMENTED, style_name=1))
    _, out, _ = cannon("validate", "payload.json", "--overlay", "overlay.json", "--format", "junit")
    (failure,) = ElementTree.fromstring(out).iter("failure")
    assert failure.attrib["message"].endswith("; leave\\u001b it\\u0000 out")


def test_sarif_follows_its_schema(cannon: Command, folder: str) -> None:
    """SARIF has a result a finding, with its rule, place and strength, and names the file that could not be judged."""
    log = json.loads(judge(cannon, folder, "--format", "sarif"))
    assert [*Draft7Validator(json.loads((OFFICIAL / "sarif-2.1.0.json").read_text("utf-8"))).iter_errors(log)] == []
    (run,) = log["runs"]
    results, rules = run["results"], run["tool"]["driver"]["rules"]
    assert sum(each["level"] == "error" for each in results) == 40
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in results)
    assert all(each["properties"]["strength"] for each in rules)
    assert all(each["shortDescription"]["text"] in each["fullDescription"]["text"] for each in rules)
    assert {each["defaultConfiguration"]["level"] for each in rules} == {"error", "warning"}
    assert {each["helpUri"].partition(":")[0] for each in rules} == {"https"}
    first = results[0]["locations"][0]
    assert first["physicalLocation"]["artifactLocation"]["uri"] == "payloads/cut.json"
    assert first["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 12}
    uris = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results}
    assert "payloads/one%2C%20two.json" in uris
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "holds no document; check the file"


def test_sarif_has_no_more_results_than_github_takes(
    cannon: Command, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results beyond the bound are left out, and a notification says how many."""
    monkeypatch.setattr(sarif_writer, "MOST_RESULTS", 30)
    (run,) = json.loads(judge(cannon, folder, "--format", "sarif"))["runs"]
    assert len(run["results"]) == 30
    (invocation,) = run["invocations"]
    assert re.match(r"\d+ findings more", invocation["toolExecutionNotifications"][-1]["message"]["text"])


def test_junit_follows_its_schema(cannon: Command, folder: str) -> None:
    """JUnit's XML has a suite a file and a case a document; a case fails where its document has errors."""
    text = judge(cannon, folder, "--format", "junit")
    assert [*xmlschema.XMLSchema(OFFICIAL / "junit.xsd").iter_errors(text)] == []
    suites = {each.get("name"): each for each in ElementTree.fromstring(text.encode())}
    lines = suites["payloads/lines.jsonl"]
    assert (lines.get("tests"), lines.get("failures"), lines.get("errors")) == ("28", "27", "0")
    assert [len(case) for case in lines][:2] == [0, 1]
    assert (suites["payloads/empty.jsonl"].get("tests"), suites["payloads/empty.jsonl"].get("errors")) == ("1", "1")
    assert len(suites) == 6


def test_gitlab_has_the_documented_members(cannon: Command, folder: str) -> None:
    """A code quality report has an object a finding, with the documented members and a fingerprint of its own."""
    degradations = json.loads(judge(cannon, folder, "--format", "gitlab"))
    errors = [each for each in degradations if each["severity"] == "major"]
    assert len(errors) == 41
    for each in degradations:
        assert each.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["severity"] in ("major", "minor")
        assert each["location"]["path"].startswith("payloads/")
        assert each["location"]["lines"]["begin"] >= 1
    assert len({each["fingerprint"] for each in degradations}) == len(degradations)


def test_a_report_without_findings_is_whole(cannon: Command) -> None:
    """Each format is whole where nothing is found."""
    file = write_documents("a.jsonl", DOCUMENTED)
    assert json.loads(cannon("validate", file, "--format", "gitlab", "--lenient")[1]) == []
    assert json.loads(cannon("validate", file, "--format", "sarif", "--lenient")[1])["runs"][0]["results"] == []
    assert cannon("validate", file, "--format", "github", "--lenient")[1].count("\n") == 1


def test_github_annotates_nine_and_summarizes_all(
    cannon: Command, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine errors are annotated, a tenth annotation says how many more there are, and the summary has all."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("summary.md").write_text("before\n", "utf-8")
    lines = judge(cannon, folder, "--format", "github").splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10
    assert errors[-1] == "::error title=cannon-spec::32 more errors; the summary of this step has all"
    assert errors[0].startswith(
        "::error title=cannon-spec,file=payloads/cut.json,line=2,col=12::payloads/cut.json:2:12: "
    )
    assert lines[-1].startswith("cannon-spec: 40 errors, ")
    summary = Path("summary.md").read_text("utf-8")
    assert summary.startswith("before\n## cannon-spec: 40 errors, ")
    assert summary.count(" | error | ") == 40
    assert "payloads/empty.jsonl | could not judge | holds no document; check the file" in summary


def test_a_summary_without_room_for_all_is_not_said_to_have_all(
    cannon: Command, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the summary of the step ends before the last finding, the annotation names what shows all."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setattr(markdown_writer, "MOST_BYTES", 2000)
    assert "::32 more errors; --format text shows all\n" in judge(cannon, folder, "--format", "github")
    assert "more findings: `--format text` shows all" in Path("summary.md").read_text("utf-8")


def test_what_github_reads_is_escaped(cannon: Command, folder: str) -> None:
    """Neither a key nor a file name ends an annotation's part, and Markdown makes no markup of a key."""
    _, out, _ = cannon("validate", f"{folder}/one, two.json", "--format", "github")
    assert "file=payloads/one%2C two.json," in out
    status, out, _ = cannon("validate", f"{folder}/key.json", "--format", "github")
    assert (status, "a%25b|<x>\\n::@e" in out) == (1, True)
    _, out, _ = cannon("validate", f"{folder}/key.json", "--format", "markdown")
    assert "a%b\\|&#60;x&#62;\\\\n::&#64;e" in out


def test_markdown_is_bounded(cannon: Command, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond the bound are left out, and the last line says how many, and which format has all."""
    monkeypatch.setattr(markdown_writer, "MOST_BYTES", 3000)
    out = judge(cannon, folder, "--format", "markdown")
    assert len(out) < 3500
    assert re.search(r"\n\d+ more findings: `--format text` shows all\.\n$", out)


@pytest.mark.parametrize("name", ["github", "markdown"])
def test_what_is_left_out_is_counted_in_words(cannon: Command, folder: str, name: str) -> None:
    """Findings of ignored rules are counted by the words of the text format."""
    out = judge(cannon, folder, "--format", name, "--ignore", "model-")
    assert " left out by --ignore in " in out


def _find_fingerprints(log: Any) -> set[str]:
    return {text for each in log["runs"][0]["results"] for text in each["partialFingerprints"].values()}


def test_fingerprints_do_not_depend_on_lines(cannon: Command, folder: str) -> None:
    """Ten lines before a finding change its line and not its fingerprint, in SARIF as for GitLab."""
    texts = {name: judge(cannon, folder, "--format", name) for name in ("sarif", "gitlab")}
    lines = Path(folder, "lines.jsonl")
    lines.write_text(f"{json.dumps(DOCUMENTED)}\n" * 10 + lines.read_text("utf-8"), "utf-8")
    new_texts = {name: judge(cannon, folder, "--format", name) for name in texts}
    assert _find_fingerprints(json.loads(new_texts["sarif"])) == _find_fingerprints(json.loads(texts["sarif"]))
    fingerprints, new_fingerprints = (
        {each["fingerprint"]: each["location"]["lines"]["begin"] for each in json.loads(each_texts["gitlab"])}
        for each_texts in (texts, new_texts)
    )
    assert new_fingerprints.keys() == fingerprints.keys()
    assert new_fingerprints != fingerprints


def test_paths_are_relative_to_the_checkout(cannon: Command, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in a folder of the checkout names files from the checkout; one outside, from the current folder."""
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.setenv(variable, str(Path.cwd()))
        monkeypatch.chdir(folder)
        assert "file=payloads/key.json," in cannon("validate", "key.json", "--format", "github")[1]
        monkeypatch.setenv(variable, "/elsewhere")
        assert "file=key.json," in cannon("validate", "key.json", "--format", "github")[1]
        monkeypatch.delenv(variable)
        monkeypatch.chdir("..")


def test_json_lines_are_the_results(cannon: Command, folder: str) -> None:
    """Each line has a result as the JSON document has it, and the last one has the summary."""
    document = json.loads(judge(cannon, folder, "--format", "json"))
    lines = [json.loads(line) for line in judge(cannon, folder, "--format", "jsonl").splitlines()]
    assert lines == [*document["results"], {"summary": document["summary"]}]


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_has_what_standard_output_would_have(cannon: Command, folder: str, format: str) -> None:
    """--output writes the same to a file, nothing to standard output, and judges its own file not."""
    out = judge(cannon, folder, "--format", format)
    file = Path(folder, "report.json")
    file.write_text("old", "utf-8")
    assert judge(cannon, folder, "--format", format, "--output", str(file)) == ""
    assert file.read_text("utf-8") == out
    file.unlink()
    assert judge(cannon, folder, "--format", format, "--output", "-") == out


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "payloads/key.json"),
        ("validate", "payloads/three.yaml", "payloads/key.json"),
        ("validate", "payloads/", "--baseline", "payloads/key.json"),
        ("check-traffic", "payloads/key.json", "payloads/cut.json"),
    ],
)
def test_no_file_that_is_read_is_replaced(cannon: Command, folder: str, arguments: tuple[str, ...]) -> None:
    """A file that is named to be judged and a baseline are refused as --output, and stay as they are."""
    file = Path(folder) / "key.json"
    content = file.read_bytes()
    status, out, problem = cannon(*arguments, "--output", str(file))
    assert (status, out) == (2, "")
    assert problem.endswith("; name another one\n")
    assert file.read_bytes() == content


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has it")
def test_a_full_disk_is_no_fault_of_the_file_that_is_judged(cannon: Command) -> None:
    """Where the output cannot be written in the middle of a file, only the output is named."""
    Path("many.jsonl").write_text("{}\n" * 1000, "utf-8")
    status, out, problem = cannon("validate", "many.jsonl", "--output", "/dev/full")
    assert (status, out) == (2, "")
    assert problem == "cannon-spec: /dev/full: No space left on device; check the path, or the space on the disk\n"


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="Windows has no such files")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_name_is_not_replaced(folder: str, tmp_path: Path, name: str) -> None:
    """A file that a shell redirects to keeps what others write to it, before and after."""
    command = f'echo before; "{sys.executable}" -m cannon_spec validate {folder}/key.json --output {name}; echo after'
    with (tmp_path / "all.txt").open("wb") as stream:
        subprocess.run(["sh", "-c", command], stdout=stream, check=True)
    lines = (tmp_path / "all.txt").read_text("utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("before", "after")
    assert " judged, " in lines[-2]


def test_an_output_file_that_cannot_be_written_is_named(cannon: Command, folder: str) -> None:
    """A run whose file cannot be written ends with 2 and a sentence; wrong usage leaves the file as it was."""
    status, out, problem = cannon("validate", f"{folder}/key.json", "--output", "none/report.txt")
    assert (status, out) == (2, "")
    assert (
        problem == "cannon-spec: none/report.txt: No such file or directory; check the path, or the space on the disk\n"
    )
    problem = cannon("validate", f"{folder}/key.json", "--output", "")[2]
    assert "--output: the name of the file is empty; name one, or - for standard output" in problem
    report = Path("report.txt")
    report.write_text("old", "utf-8")
    assert cannon("validate", f"{folder}/key.json", "--output", "report.txt", "--ignore", "no-such-rule")[0] == 2
    assert (report.read_text("utf-8"), list(Path().glob(".cannon-spec-*"))) == ("old", [])


def test_the_environment_sets_the_format(cannon: Command, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """CANNON_SPEC_FORMAT is the format of a run without the flag; an unknown one is refused."""
    monkeypatch.setenv("CANNON_SPEC_FORMAT", "gitlab")
    assert json.loads(cannon("validate", f"{folder}/key.json")[1])[0]["severity"] == "major"
    assert cannon("validate", f"{folder}/key.json", "--format", "text")[1].startswith("payloads/key.json:1:")
    monkeypatch.setenv("CANNON_SPEC_FORMAT", "gitlub")
    status, _, problem = cannon("validate", f"{folder}/key.json")
    assert (status, "CANNON_SPEC_FORMAT: unknown format gitlub; did you mean " in problem) == (2, True)


def test_a_run_that_writes_a_file_says_what_failed(cannon: Command, folder: str) -> None:
    """With --output the log has one line of counts where the run did not pass, and nothing where it did."""
    names = [f"{folder}/key.json", "nowhere.json"]
    for arguments, counts in (
        (names[:1], "1 error, 0 warnings in 1 document"),
        (names[1:], "0 errors, 0 warnings in 0 documents, 1 file not judged"),
    ):
        problem = cannon("validate", *arguments, "--output", "report.txt")[2]
        assert problem.splitlines()[-1] == f"cannon-spec: {counts}; see report.txt"
    write_documents("good.json", SQUARE | {"input": {**SQUARE["input"], "resolution": "1K"}})
    assert cannon("validate", "good.json", "--output", "report.txt") == (0, "", "")


@pytest.mark.parametrize("format", ["github", "markdown"])
def test_the_title_counts_files_that_were_not_judged(cannon: Command, folder: str, format: str) -> None:
    """The counts do not read as a pass where a file could not be judged at all."""
    out = cannon("validate", f"{folder}/key.json", "nowhere.json", "--format", format)[1]
    assert "cannon-spec: 1 error, 0 warnings in 1 document, 1 file not judged\n" in out
