"""Judged documents as text and as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import Evidence, Finding, Report, validate_request
from cannon_spec.output.judged_document import JudgedDocument, Output, Summary
from cannon_spec.output.writers import FORMATS
from tests.support.payloads import requests

EVIDENCE = Evidence("a-claim", "documented", "https://example.com")
ERROR = Finding("/a/1", "rule-a", "error", "a is wrong", "make it right", EVIDENCE)
WARNING = Finding("", "rule-b", "warning", "b is odd", "think again", EVIDENCE)
TEXT = '{"x": 0,\n  "a": [1,\n 22]}'


def write(format: str, *documents: JudgedDocument, color: bool = False) -> str:
    """What the writer of a format writes of documents."""
    pieces: list[str] = []
    writer, summary = FORMATS[format].writer(Output(pieces.append, color)), Summary()
    for judged_document in documents:
        summary = summary.plus(judged_document.report)
        writer.add(judged_document)
    writer.finish(summary, {})
    return "".join(pieces)


def write_text(*documents: JudgedDocument, color: bool = False) -> str:
    return write("text", *documents, color=color)


def test_a_finding_is_five_lines() -> None:
    """A finding has its place, what is wrong, what is legal, the evidence and the rule, each on a line."""
    assert write_text(JudgedDocument("f.json", None, TEXT, Report((ERROR,)))) == (
        "f.json:3:2: error at /a/1\n"
        "  a is wrong\n"
        "  make it right\n"
        "  known from: a-claim (documented) https://example.com\n"
        "  rule: rule-a\n"
        "1 judged, 0 ok, 1 error, 0 warnings\n"
    )


@pytest.mark.parametrize(
    ("finding", "line", "place"),
    [
        (ERROR, None, "f:3:2: error at /a/1"),
        (ERROR, 9, "f:9:2: error at /a/1"),
        (WARNING, None, "f:1:1: warning at the document"),
        (Finding("/b", "r", "error", "m", "h", EVIDENCE), None, "f: error at /b"),
        (Finding("/b", "r", "error", "m", "h", EVIDENCE), 9, "f:9: error at /b"),
        (Finding("", "json", "error", "m", "h", EVIDENCE), None, "f: error at the document"),
        (Finding("", "json", "error", "m", "h", EVIDENCE), 9, "f:9: error at the document"),
    ],
)
def test_a_place_can_be_clicked(finding: Finding, line: int | None, place: str) -> None:
    """A place is file, line and column if they are known; a document on a line has the number of that line."""
    assert write_text(JudgedDocument("f", line, TEXT, Report((finding,)))).startswith(place + "\n")


def test_a_document_without_findings_is_only_counted() -> None:
    """Of a document without findings only the count is written."""
    results = [
        JudgedDocument("f", None, "{}", Report()),
        JudgedDocument("g", None, TEXT, Report((WARNING, ERROR))),
    ]
    assert write_text(results[0]) == "1 judged, 1 ok, 0 errors, 0 warnings\n"
    assert write_text(*results).endswith("\n2 judged, 1 ok, 1 error, 1 warning\n")


def test_colors_change_no_text() -> None:
    """With colour the same text is written with escapes around words; each severity has a colour of its own."""
    result = JudgedDocument("f", None, TEXT, Report((WARNING, ERROR)))
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
    text = write_text(JudgedDocument("f", None, "", report))
    assert len(text.splitlines()) == 6
    assert not any(character in text for character in "\x1b\x9b\r\x00")


def test_the_json_has_the_documented_form() -> None:
    """The JSON has the documented keys and no other."""
    text = write(
        "json",
        JudgedDocument("f.jsonl", 3, TEXT, Report((WARNING, ERROR))),
        JudgedDocument("é.json", None, "{}", Report()),
    )
    assert json.loads(text) == {
        "results": [
            {"file": "f.jsonl", "line": 3, "ok": False, "findings": [WARNING.to_dict(), ERROR.to_dict()]},
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
    results = [JudgedDocument("f", line, "", each) for line, each in enumerate(reports, 1)]
    output = json.loads(write("json", *results))
    assert [entry["findings"] for entry in output["results"]] == [[f.to_dict() for f in r.findings] for r in reports]
    assert [entry["ok"] for entry in output["results"]] == [each.ok for each in reports]
    assert output["summary"]["ok"] == sum(each.ok for each in reports)
    assert output["summary"]["errors"] + output["summary"]["warnings"] == sum(len(each.findings) for each in reports)
