"""What a process prepares for a run that several processes share."""

from __future__ import annotations

from dataclasses import replace

from cannon_spec import Evidence, Finding, Report
from cannon_spec.cli.finding_filter import FindingFilter
from cannon_spec.cli.judge_run import JudgeRun
from cannon_spec.cli.partial_run import RunSegment
from cannon_spec.output.json_writer import JsonWriter
from cannon_spec.output.judged_document import JudgedDocument, Output

ERROR = Finding("/a", "rule-a", "error", "a is wrong", "mend it", Evidence("a-claim", "documented", "a page"))
UNAVOIDABLE = replace(ERROR, rule="model-assumed", severity="warning", message="a model is assumed")


def test_texts_are_prepared_but_for_what_is_said_once_a_run() -> None:
    """A process leaves only the first document with a warning of once a run to the run, and formats all others."""
    run = JudgeRun(JsonWriter(Output(str)), FindingFilter("strict", {"rule-b"})).begin_part()
    reports = [Report((replace(ERROR, rule="rule-b"), *others)) for others in ([ERROR], [ERROR, UNAVOIDABLE])]
    for line in range(1, 7):
        run.add(JudgedDocument("f", line, reports[line > 2]))
        run.add_clean("f", line + 100)
    before, first, after = run.take_part()
    assert isinstance(first, JudgedDocument)
    assert first.line == 3
    assert isinstance(before, RunSegment)
    assert isinstance(after, RunSegment)
    assert [each.summary[:4] for each in (before, after)] == [(4, 2, 2, 0), (7, 4, 3, 0)]
    assert [each.left_out.ignored_count for each in (before, after)] == [2, 3]
    assert not any("model-assumed" in text for text in after.texts)
    assert run.take_part() == []
