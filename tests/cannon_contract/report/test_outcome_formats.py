"""What a run showed, for CI systems: annotations, a summary, and the error of a run that did not end."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from cannon_contract.report import markdown_summary
from cannon_contract.report.outcome_formats import write_outcome
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import TestResult
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from tests.support.contract_runs import run_contract
from tests.support.payloads import CATALOG

NO_SERVER = "http://127.0.0.1:9"
NO_ANSWER = f"no answer from {NO_SERVER}: [Errno 111] Connection refused; check the address, and that the server is up"


def make_run(broken_claims: list[str], stop_reason: str = "") -> Run:
    """A run that found these claims broken, and one different from its assumption."""
    results = [TestResult("test_a", (each,), "broken", "got\n::error::x", (each,)) for each in broken_claims]
    results.append(TestResult("test_b", ("poll-after-2000",), "observed", "got 1500", ("poll-after-2000",)))
    return Run(CATALOG, Options(), Budget(0, PriceList(())), results=results, stop_reason=stop_reason)


def test_github_gets_nine_annotations_of_a_kind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Broken claims are errors, observed ones warnings, each on one line; more are counted, and in the summary."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    claims = [each.id for each in CATALOG.claims.values() if each.kind == "behaviour" and each.id != "poll-after-2000"]
    write_outcome(make_run(claims[:11]), "github", 1)
    lines = capsys.readouterr().out.splitlines()
    errors = [line for line in lines if line.startswith("::error title=cannon-contract::")]
    assert (len(lines), len(errors)) == (11, 10)
    assert errors[0].startswith(f"::error title=cannon-contract::{claims[0]} is broken: ")
    assert errors[9] == "::error title=cannon-contract::2 more errors; the summary of this step has all"
    assert lines[9].startswith(
        "::warning title=cannon-contract::poll-after-2000 is observed: poll_after_ms is 2000. Seen:"
    )
    assert all(f"\n| {claim} | broken |" in summary.read_text("utf-8") for claim in claims[:11])


def test_without_a_whole_summary_the_text_of_the_run_has_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where no file takes the summary of the step, or it has no room, an annotation says where the others are."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    claims = [each.id for each in CATALOG.claims.values() if each.kind == "behaviour" and each.id != "poll-after-2000"]
    write_outcome(make_run(claims[:11]), "github", 1)
    assert "::2 more errors; the output of pytest names all" in capsys.readouterr().out
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setattr(markdown_summary, "MOST_BYTES", 500)
    write_outcome(make_run(claims[:11]), "github", 1)
    assert "::2 more errors; the output of pytest names all" in capsys.readouterr().out


def test_a_stopped_run_is_an_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a broken claim a run that did not come to its end is an error all the same."""
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write_outcome(make_run([], "it was interrupted"), "github", 2)
    line = capsys.readouterr().out.splitlines()[0]
    assert line == "::error title=cannon-contract::the run did not come to its end: it was interrupted"


def test_markdown_is_all_that_standard_output_has() -> None:
    """With --format markdown standard output is the summary, and standard error what pytest writes."""
    run = run_contract("--format", "markdown", "-k", "test_a_status_is_answered_with_200")
    assert (run.returncode, run.stdout.startswith("## cannon-contract: 0 broken, 0 observed, ")) == (0, True)
    assert "passed" not in run.stdout
    assert " passed" in run.stderr


def test_a_run_without_a_target_is_an_error_everywhere(tmp_path: Path) -> None:
    """Where there is no server, one line of the command says so, and the file of JUnit has it as an error."""
    run = run_contract("--target", NO_SERVER, "--report", str(tmp_path), "-k", "test_a_status_is_answered_with_200")
    assert (run.returncode, run.stderr) == (2, f"cannon-contract: {NO_ANSWER}\n")
    assert "Exit: " not in run.stdout
    suite = ET.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("errors"), suite.get("failures")) == ("1", "1", "0")
    assert [each.get("message") for each in suite.iter("error")] == [NO_ANSWER]
