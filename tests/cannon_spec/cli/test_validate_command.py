"""The command ``cannon-spec validate``: what it prints of which files, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import inputs, validate_request
from tests.cannon_spec.cli.command import SQUARE, TOO_MANY, Command, list_findings, write_documents
from tests.support.payloads import CATALOG, DOCUMENTED, patched

ASSUMED_BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "flux2"}}
PAGE = "https://www.cannonstudio.app/developers/docs/operations/image-generate"


def test_the_documented_example_is_ok(cannon: Command) -> None:
    """The vendor's own example has exit status 0, and only its count is written."""
    file = write_documents("a.json", DOCUMENTED)
    assert cannon("validate", file) == (0, "1 judged, 1 ok, 0 errors, 0 warnings\n", "")


def test_square_at_4k_is_explained(cannon: Command) -> None:
    """4K at 1:1 has exit status 1, and five lines: where, what is wrong, what is legal, the evidence, the rule."""
    file = write_documents("a.json", json.dumps(SQUARE, indent=2))
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
    ],
)
def test_each_mistake_is_one_error(body: Any, path: str, words: str, cannon: Command) -> None:
    """Each mistake is one error with exit status 1, its path, advice and evidence."""
    status, out, _ = cannon("validate", write_documents("a.json", body), "--format", "json")
    (finding,) = list_findings(out)
    assert status == 1
    assert (finding["path"], finding["severity"]) == (path, "error")
    assert words in f"{finding['message']}\n{finding['hint']}"
    assert finding["evidence"]["claim"] in CATALOG.claims


def test_warnings_do_not_fail(cannon: Command) -> None:
    """A document with warnings only has exit status 0, and its warnings are written."""
    status, out, _ = cannon("validate", write_documents("a.json", TOO_MANY))
    assert status == 0
    assert "warning at /input/reference_image_urls" in out
    assert out.endswith("1 judged, 1 ok, 0 errors, 1 warning\n")


def test_strict_and_lenient(cannon: Command) -> None:
    """Strict fails on warnings, lenient drops them, both at once are wrong usage."""
    file = write_documents("a.json", TOO_MANY)
    status, out, _ = cannon("validate", file, "--strict")
    assert (status, out.splitlines()[-1]) == (1, "1 judged, 0 ok, 1 error, 0 warnings")
    assert cannon("validate", file, "--lenient") == (0, "1 judged, 1 ok, 0 errors, 0 warnings\n", "")
    assert cannon("validate", file, "--lenient", "--strict")[0] == 2


@pytest.mark.parametrize(
    ("text", "claim", "words"),
    [
        ("{", "json-body", "the document ends"),
        ("", "json-body", "the document is empty"),
        ('{"a": 1, "a": 2}', "json-strict", "given twice"),
        ('{"a": NaN}', "json-strict", "NaN is not a JSON number"),
        ('{"a": "\\ud800"}', "json-strict", "surrogate"),
        ("[" * 65 + "]" * 65, "json-strict", "deeper than 64 levels"),
        ('{"a": 1e999}', "json-strict", "too large for a double"),
    ],
)
def test_a_file_that_is_not_json_could_not_be_judged(text: str, claim: str, words: str, cannon: Command) -> None:
    """A file that is not JSON, or is ambiguous JSON, has exit status 2 and one error of the rule json."""
    status, out, _ = cannon("validate", write_documents("a.json", text), "--format", "json")
    (finding,) = list_findings(out)
    assert status == 2
    assert (finding["rule"], finding["severity"], finding["evidence"]["claim"]) == ("json", "error", claim)
    assert words in finding["message"]


def test_a_broken_line_is_an_error_of_its_line(cannon: Command) -> None:
    """A line that is not JSON is an error with its number, blank lines counted; the other lines are judged."""
    file = write_documents("a.jsonl", DOCUMENTED, "", '{"operation": ', SQUARE)
    status, out, err = cannon("validate", file)
    assert (status, err) == (1, "")
    assert "a.jsonl:3:15: error at the document\n  the document ends, but the { at column 1" in out
    assert "  known from: json-body (example)" in out
    assert "a.jsonl:4:" in out
    assert out.endswith("3 judged, 1 ok, 2 errors, 0 warnings\n")


def test_a_line_that_is_too_long_is_an_error_of_its_line(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line above the size limit is an error, and the lines after it are judged."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 1024)
    file = write_documents("a.jsonl", DOCUMENTED, patched(DOCUMENTED, style="x" * 5000), SQUARE)
    status, out, _ = cannon("validate", file, "--format", "json")
    results = json.loads(out)["results"]
    assert status == 1
    assert [(result["line"], result["ok"]) for result in results] == [(1, True), (2, False), (3, False)]
    assert "larger than" in results[1]["findings"][0]["message"]


def test_a_file_that_is_too_large_could_not_be_judged(cannon: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is one document above the size limit has exit status 2."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    status, out, _ = cannon("validate", write_documents("a.json", DOCUMENTED))
    assert status == 2
    assert "the document is larger than" in out


def test_json_results_have_the_documented_shape(cannon: Command) -> None:
    """The JSON has the documented keys; the line is null for a file that is one document."""
    one, many = write_documents("a.json", SQUARE), write_documents("b.jsonl", DOCUMENTED, TOO_MANY)
    status, out, err = cannon("validate", one, many, "--format", "json")
    assert (status, err) == (1, "")
    assert json.loads(out) == {
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
                        "fix": None,
                        "line": 1,
                        "column": 171,
                    }
                ],
            },
            {"file": "b.jsonl", "line": 1, "ok": True, "findings": []},
            {
                "file": "b.jsonl",
                "line": 2,
                "ok": True,
                "findings": [
                    {**finding.to_dict(), "line": 2, "column": 267} for finding in validate_request(TOO_MANY).findings
                ],
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
def test_standard_input_may_be_one_or_many(data: str, lines: list[int | None], status: int, cannon: Command) -> None:
    """Standard input holds one document a line if its first line is a document and more lines follow."""
    actual_status, out, _ = cannon("validate", "-", "--format", "json", stdin=data)
    results = json.loads(out)["results"]
    assert actual_status == status
    assert [result["line"] for result in results] == lines
    assert {result["file"] for result in results} == {"<stdin>"}


def test_the_input_flag_decides_the_form(cannon: Command) -> None:
    """--input decides whether a file holds one document or one a line, whatever its name is."""
    many = write_documents("a.txt", DOCUMENTED, SQUARE)
    assert cannon("validate", many)[1].splitlines()[-1].startswith("2 judged, 1 ok")
    assert cannon("validate", many, "--input", "json")[0] == 2
    pretty = write_documents("b.jsonl", json.dumps(DOCUMENTED, indent=1))
    assert cannon("validate", pretty)[0] == 1
    assert cannon("validate", pretty, "--input", "json")[0] == 0


def test_a_bare_input_has_paths_of_its_own(cannon: Command) -> None:
    """With --operation a file holds bare inputs, and paths start at the input."""
    status, out, _ = cannon("validate", "--operation", "image.generate", write_documents("a.json", SQUARE["input"]))
    assert status == 1
    assert "error at /resolution\n" in out
    assert cannon("validate", "--operation", "image.generate", write_documents("b.json", DOCUMENTED["input"]))[0] == 0


def test_an_unknown_operation_could_not_be_judged(cannon: Command) -> None:
    """An unknown operation gives exit status 2 before any file is read."""
    status, out, err = cannon("validate", "--operation", "tea", "nowhere.json")
    assert (status, out) == (2, "")
    assert err == "cannon-spec: --operation: unknown operation tea; cannon-spec catalog lists the operations\n"


@pytest.mark.parametrize(("flags", "expected_status"), [((), 0), (("--strict",), 1), (("--lenient",), 0)])
def test_an_operation_that_no_page_documents_fails_under_strict(
    flags: tuple[str, ...], expected_status: int, cannon: Command
) -> None:
    """An operation that exists, but that no page documents, fails with --strict only, as body and as bare input."""
    operation = "three_d.model.generate"
    body, input = write_documents("a.json", {"operation": operation, "input": {}}), write_documents("b.json", {})
    for argv in ((body,), ("--operation", operation, input)):
        status, out, _ = cannon("validate", *argv, "--format", "json", *flags)
        rules = [] if "--lenient" in flags else ["operation-undocumented"]
        assert (status, [finding["rule"] for finding in list_findings(out)]) == (expected_status, rules)


@pytest.mark.parametrize("name", ["empty.jsonl", "blank.jsonl"])
def test_a_file_without_a_document_could_not_be_judged(name: str, cannon: Command) -> None:
    """A file without a document gives exit status 2, and a line that names it."""
    Path(name).write_text("" if name.startswith("empty") else "\n \n")
    status, _, err = cannon("validate", name)
    assert (status, err) == (2, f"cannon-spec: {name}: holds no document; check the file\n")


def test_a_file_that_cannot_be_read_beats_errors(cannon: Command) -> None:
    """K8: a missing file gives exit status 2 whatever the findings are, and a result; the other files are judged."""
    file = write_documents("a.json", SQUARE)
    status, out, err = cannon("validate", "nowhere.json", file, "a.json/b.json", "--format", "json")
    assert status == 2
    results = json.loads(out)["results"]
    assert [(each["file"], each["ok"], each.get("error")) for each in results] == [
        ("nowhere.json", False, "No such file or directory; check the path"),
        ("a.json", False, None),
        ("a.json/b.json", False, "Not a directory; check the path"),
    ]
    assert err.splitlines() == [
        "cannon-spec: nowhere.json: No such file or directory; check the path",
        "cannon-spec: a.json/b.json: Not a directory; check the path",
    ]


def test_nothing_to_judge_is_json_too(cannon: Command) -> None:
    """K8: a file that could not be read is a result of the JSON, with the reason, and is not counted as judged."""
    status, out, _ = cannon("validate", "nowhere.json", "--format", "json")
    summary = {"judged": 0, "ok": 0, "errors": 0, "warnings": 0, "files_not_judged": 1}
    problem = "No such file or directory; check the path"
    result = {"file": "nowhere.json", "line": None, "ok": False, "error": problem, "findings": []}
    assert (status, json.loads(out)) == (2, {"results": [result], "summary": summary})


def test_an_assumed_identifier_is_reported_once(cannon: Command) -> None:
    """The warning about an assumed identifier is written once for each model, however many documents have it."""
    grok = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "grok"}}
    file, again = (
        write_documents("a.jsonl", ASSUMED_BODY, ASSUMED_BODY, grok, ASSUMED_BODY),
        write_documents("b.json", ASSUMED_BODY),
    )
    status, out, _ = cannon("validate", file, again, "--format", "json")
    assert status == 0
    assert [len(result["findings"]) for result in json.loads(out)["results"]] == [1, 0, 1, 0, 0]
    assert json.loads(out)["summary"] == {"judged": 5, "ok": 5, "errors": 0, "warnings": 2}


def test_strict_warns_of_an_assumed_identifier_once(cannon: Command) -> None:
    """P21: with --strict it stays one warning of the run, for no change of the input avoids it."""
    status, out, _ = cannon(
        "validate", write_documents("a.jsonl", ASSUMED_BODY, ASSUMED_BODY), "--strict", "--format", "json"
    )
    assert (status, json.loads(out)["summary"]) == (0, {"judged": 2, "ok": 2, "errors": 0, "warnings": 1})


def test_a_whole_body_as_an_input_is_left_as_it_is(cannon: Command) -> None:
    """A body judged as an input is one error at the document, and --fix does not change its file."""
    whole = write_documents("whole.json", DOCUMENTED)
    text = Path(whole).read_text()
    status, out, _ = cannon("validate", "--fix", "--operation", "image.generate", whole)
    assert (status, out.count(": error at the document\n"), Path(whole).read_text()) == (1, 1, text)


def test_the_name_of_a_schema_is_accepted_in_files(cannon: Command) -> None:
    """P17: "$schema" at the top of a document, which editors read, is accepted in files, but not in an input."""
    schema = {"$schema": "./create.schema.json"}
    assert cannon("validate", write_documents("a.json", {**schema, **DOCUMENTED}))[0] == 0
    bare = write_documents("b.json", {**schema, **DOCUMENTED["input"]})
    assert cannon("validate", "--operation", "image.generate", bare)[0] == 0
    inner = write_documents("c.json", {**DOCUMENTED, "input": {**schema, **DOCUMENTED["input"]}})
    status, out, _ = cannon("validate", inner, "--format", "json")
    assert (status, [each["path"] for each in list_findings(out)]) == (1, ["/input/$schema"])
    assert cannon("validate", write_documents("d.json", {"$schema": 5, **DOCUMENTED}))[0] == 1


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{\n  "prompt": "a\nb"}', (2, 15), "a line break inside a string"),
        ('{\n  "a": 1,\n  "a": 2}', (3, 3), 'the key "a" is given twice in one object'),
        ("", (1, 1), "the document is empty"),
        ("\n \r\n", (3, 1), "the document is empty"),
    ],
)
def test_what_cannot_be_read_has_its_place(text: str, place: tuple[int, int], message: str, cannon: Command) -> None:
    """P18, P19: what cannot be read is named with line and column, in text and in JSON."""
    Path("a.json").write_text(text, newline="")
    _, out, _ = cannon("validate", "a.json")
    assert out.startswith(f"a.json:{place[0]}:{place[1]}: error at the document\n  {message}\n")
    (finding,) = list_findings(cannon("validate", "a.json", "--format", "json")[1])
    assert ((finding["line"], finding["column"]), finding["message"]) == (place, message)
