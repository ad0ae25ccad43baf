"""Judged documents as text and as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import Evidence, Finding, Report, validate_request
from cannon_spec.json_positions import JSONPlaces
from cannon_spec.output.judged_document import JudgedDocument, Output, Summary
from cannon_spec.output.writers import FORMATS
from tests.support.payloads import requests

EVIDENCE = Evidence("a-claim", "documented", "https://example.com")
ERROR = Finding("/a/1", "rule-a", "error", "a is wrong", "make it right", EVIDENCE)
WARNING = Finding("", "rule-b", "warning", "b is odd", "think again", EVIDENCE)
TEXT = '{"x": 0,\n  "a": [1,\n 22]}'
locate = JSONPlaces(TEXT).locate


def write(format: str, *documents: JudgedDocument, color: bool = False) -> str:
    """What the writer of a format writes of documents."""
    pieces: list[str] = []
    writer, summary = FORMATS[format].writer(Output(pieces.append, color)), Summary()
    for judged_document in documents:
        summary = summary.plus(judged_document)
        writer.add((writer.format(judged_document),))
    writer.finish(summary, {})
    return "".join(pieces)


def write_text(*documents: JudgedDocument, color: bool = False) -> str:
    return write("text", *documents, color=color)


def test_a_finding_is_five_lines() -> None:
    """A finding has its place, what is wrong, what is legal, the evidence and the rule, each on a line."""
    assert write_text(JudgedDocument("f.json", None, Report((ERROR,)), locate)) == (
        "f.json:3:2: error at /a/1\n"
        "  a is wrong\n"
        "  make it right\n"
        "  known from: a-claim (documented) https://example.com\n"
        "  rule: rule-a\n"
        "1 judged, 0 ok, 1 error, 0 warnings\n"
    )


@pytest.mark.parametrize(
    ("document", "place", "line", "column"),
    [
        (JudgedDocument("f", None, Report((ERROR,)), locate), "f:3:2: error at /a/1", 3, 2),
        (JudgedDocument("f", 9, Report((ERROR,)), JSONPlaces(TEXT, 9).locate), "f:11:2: error at /a/1", 11, 2),
        (JudgedDocument("f", None, Report((WARNING,)), locate), "f:1:1: warning at the document", 1, 1),
        (JudgedDocument("f", None, Report((ERROR,)), lambda pointer: None), "f: error at /a/1", None, None),
        (JudgedDocument("f", None, Report((ERROR,))), "f: error at /a/1", None, None),
        (
            JudgedDocument("f", None, Report((ERROR,)), None, 7, "GET /"),
            "f: entry 7 (GET /): error at /a/1",
            None,
            None,
        ),
    ],
)
def test_a_place_can_be_clicked(document: JudgedDocument, place: str, line: int | None, column: int | None) -> None:
    """A place is file, line and column, in text and in JSON; recorded traffic has an entry instead."""
    assert write_text(document).startswith(place + "\n")
    (finding,) = json.loads(write("json", document))["results"][0]["findings"]
    assert (finding["line"], finding["column"]) == (line, column)


@given(st.lists(st.tuples(st.text() | st.just('"line": null'), st.none() | st.integers(1)), min_size=1))
def test_a_clean_document_has_the_text_of_one_without_findings(places: list[tuple[str, int | None]]) -> None:
    """What a writer writes of documents without findings is the same, added as such or one by one as any other."""
    for format in FORMATS.values():
        texts = []
        for is_clean in (True, False):
            pieces: list[str] = []
            writer = format.writer(Output(pieces.append))
            for file, line in places:
                text = writer.format(JudgedDocument(file, line, Report()))
                writer.add((writer.format_clean(file, [line, line]),) if is_clean else (text, text))
            writer.finish(Summary(), {})
            texts.append("".join(pieces))
        assert texts[0] == texts[1]


def test_a_file_that_failed_is_a_result() -> None:
    """K8: a file that cannot be judged is a result of the JSON, not ok, with the reason and no findings."""
    pieces: list[str] = []
    writer = FORMATS["json"].writer(Output(pieces.append))
    writer.add_failure("f.json", "No such file; check the path")
    writer.finish(Summary(), {})
    failure = {"file": "f.json", "line": None, "ok": False, "error": "No such file; check the path", "findings": []}
    assert json.loads("".join(pieces))["results"] == [failure]


def test_a_document_without_findings_is_only_counted() -> None:
    """Of a document without findings only the count is written."""
    results = [
        JudgedDocument("f", None, Report()),
        JudgedDocument("g", None, Report((WARNING, ERROR)), locate),
    ]
    assert write_text(results[0]) == "1 judged, 1 ok, 0 errors, 0 warnings\n"
    assert write_text(*results).endswith("\n2 judged, 1 ok, 1 error, 1 warning\n")


def test_colors_change_no_text() -> None:
    """With colour the same text is written with escapes around words; each severity has a colour of its own."""
    result = JudgedDocument("f", None, Report((WARNING, ERROR)), locate)
    plain_text, color_text = write_text(result), write_text(result, color=True)
    assert "\x1b" not in plain_text
    assert "\x1b[31merror\x1b[0m at /a/1" in color_text
    assert "\x1b[33mwarning\x1b[0m at" in color_text
    for style in ("31", "32", "33", "2", "0"):
        color_text = color_text.replace(f"\x1b[{style}m", "")
    assert color_text == plain_text
    assert "\x1b[32m0 judged" in write_text(color=True)


@pytest.mark.parametrize("key", ["a\nb", "\x1b[31m", "\x9b31m", "\r", "\x00"])
def test_a_payload_writes_no_control_characters(key: str) -> None:
    """Control characters in the keys of a payload are escaped, and a finding stays on its five lines."""
    report = validate_request({"operation": "image.generate", "input": {"prompt": "x", key: 1}})
    text = write_text(JudgedDocument("f", None, report))
    assert len(text.splitlines()) == 6
    assert not any(character in text for character in "\x1b\x9b\r\x00")


def test_the_json_has_the_documented_form() -> None:
    """The JSON has the documented keys and no other."""
    text = write(
        "json",
        JudgedDocument("f.jsonl", 3, Report((WARNING, ERROR)), locate),
        JudgedDocument("é.json", None, Report()),
    )
    assert json.loads(text) == {
        "results": [
            {
                "file": "f.jsonl",
                "line": 3,
                "ok": False,
                "findings": [
                    {**WARNING.to_dict(), "line": 1, "column": 1},
                    {**ERROR.to_dict(), "line": 3, "column": 2},
                ],
            },
            {"file": "é.json", "line": None, "ok": True, "findings": []},
        ],
        "summary": {"judged": 2, "ok": 1, "errors": 1, "warnings": 1},
    }
    assert text.endswith("\n")


def test_a_run_without_documents_writes_json() -> None:
    """A run that judges nothing writes a JSON document without results."""
    summary = {"judged": 0, "ok": 0, "errors": 0, "warnings": 0}
    assert json.loads(write("json")) == {"results": [], "summary": summary}


@settings(max_examples=50)
@given(st.lists(requests, max_size=4))
def test_every_report_survives_its_json(bodies: list[object]) -> None:
    """The JSON of any reports has the same findings, and a summary that counts them."""
    reports = [validate_request(body) for body in bodies]
    results = [JudgedDocument("f", line, each) for line, each in enumerate(reports, 1)]
    output = json.loads(write("json", *results))
    no_place = {"line": None, "column": None}
    findings = [[each.to_dict() | no_place for each in report.findings] for report in reports]
    assert [entry["findings"] for entry in output["results"]] == findings
    assert [entry["ok"] for entry in output["results"]] == [each.ok for each in reports]
    assert output["summary"]["ok"] == sum(each.ok for each in reports)
    assert output["summary"]["errors"] + output["summary"]["warnings"] == sum(len(each.findings) for each in reports)
