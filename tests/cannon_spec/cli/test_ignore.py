"""--ignore and --quiet: what a run leaves out, and what it tells of that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cannon_spec import validate_request
from tests.cannon_spec.cli.command import SQUARE, TOO_MANY, Command, list_findings, write_documents
from tests.cannon_spec.traffic.recorder import ONCE, REQUESTS, record
from tests.support.effort import examples
from tests.support.mocks import body
from tests.support.payloads import DOCUMENTED, bodies, mutated, patched

MISSPELT = patched(DOCUMENTED, aspectRatio="16:9")
ASSUMED = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "flux2"}}


@settings(examples(24), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(mutated(bodies), min_size=1, max_size=3))
def test_without_all_rules_there_is_no_finding(cannon: Command, documents: list[Any]) -> None:
    """Where each rule that a file breaks is ignored, nothing is found; where one is left, its findings are."""
    file = write_documents("a.jsonl", *map(json.dumps, documents))
    findings = [each for document in documents for each in validate_request(document).findings]
    rules = sorted({each.rule for each in findings})
    if not rules:
        return
    status, out, _ = cannon("validate", file, "--ignore", ",".join(rules), "--format", "json")
    summary = {"judged": len(documents), "ok": len(documents), "errors": 0, "warnings": 0}
    assert (status, list_findings(out)) == (0, [])
    assert json.loads(out)["summary"].items() >= summary.items()
    rest = [argument for rule in rules[1:] for argument in ("--ignore", rule)]
    _, out, _ = cannon("validate", file, *rest, "--format", "json")
    assert {each["rule"] for each in list_findings(out)} == {rules[0]}


@pytest.mark.parametrize(
    ("names", "left_rules"),
    [
        ((), ["model-assumed", "models/flux2", "operations/image.generate/input"]),
        (("model-assumed",), ["models/flux2", "operations/image.generate/input"]),
        (("models/",), ["model-assumed", "operations/image.generate/input"]),
        (("models/flux2",), ["model-assumed", "operations/image.generate/input"]),
        (("models/flux2#/properties/resolution",), ["model-assumed", "operations/image.generate/input"]),
        (("models/flux2pro",), ["model-assumed", "models/flux2", "operations/image.generate/input"]),
        (("models/flux",), ["model-assumed", "operations/image.generate/input"]),
        (("model",), ["operations/image.generate/input"]),
        (("model-assumed, models/", "operations"), []),
    ],
)
def test_a_rule_is_named_by_how_it_begins(names: tuple[str, ...], left_rules: list[str], cannon: Command) -> None:
    """P21: a name stands for the rules that begin so; one that ends with a whole part stands for that part alone."""
    flux = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "flux2", "resolution": "8K"}}
    file = write_documents("a.json", {**flux, "input": {**flux["input"], "aspectRatio": "16:9"}})
    flags = [argument for name in names for argument in ("--ignore", name)]
    _, out, _ = cannon("validate", file, "--format", "json", *flags)
    assert sorted({each["rule"].partition("#")[0] for each in list_findings(out)}) == left_rules
    ignored_count = json.loads(out)["summary"].get("ignored_findings")
    assert ignored_count == (3 - len(list_findings(out)) if names else None)


def test_what_is_ignored_is_not_counted_but_told(cannon: Command) -> None:
    """A document with ignored errors alone is ok, with exit status 0, and the summary tells how many were left out."""
    file = write_documents("a.jsonl", SQUARE, SQUARE, MISSPELT)
    status, out, err = cannon("validate", file, "--ignore", "models/gptimage2", "--quiet")
    assert (status, err) == (1, "")
    assert out.endswith("3 judged, 2 ok, 1 error, 0 warnings, 2 left out by --ignore\n")
    assert "at /input/resolution" not in out
    assert cannon("validate", file, "--ignore", "models/gptimage2,operations/") == (
        0,
        "3 judged, 3 ok, 0 errors, 0 warnings, 3 left out by --ignore\n",
        "",
    )


def test_a_file_that_is_not_json_can_be_ignored(cannon: Command) -> None:
    """Without the rule json a file that is not JSON does not fail; one that is not there does."""
    broken = write_documents("a.json", "{")
    assert cannon("validate", broken, "--ignore", "json")[0] == 0
    assert cannon("validate", broken, "nowhere.json", "--ignore", "json")[0] == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model-asumed", "no rule begins with model-asumed; did you mean model-assumed?"),
        ("models/gpt-image-2", "no rule begins with models/gpt-image-2; did you mean models/gptimage2?"),
        ("notice,tea", "no rule begins with tea; each finding names its rule"),
        ("notice,", "a name is empty; write RULE, or RULE,RULE"),
        ("", "a name is empty; write RULE, or RULE,RULE"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "check-traffic"])
def test_a_name_of_no_rule_is_an_error(name: str, words: str, command: str, cannon: Command) -> None:
    """A name that no rule has is a line with the nearest one and exit status 2, before any file is read."""
    assert cannon(command, "nowhere.json", "--ignore", name) == (2, "", f"cannon-spec: --ignore: {words}\n")


def test_traffic_has_the_same_flags(cannon: Command) -> None:
    """check-traffic leaves out ignored rules and accepts a baseline, whatever the number of an entry is."""
    square = body(aspect_ratio="1:1", resolution="4K")
    recording = record(lambda recorder: recorder.call("POST", REQUESTS, square))
    Path("a.har").write_text(json.dumps(recording))
    assert cannon("check-traffic", "a.har")[0] == 1
    status, out, _ = cannon("check-traffic", "a.har", "--ignore", "models/", "--format", "json")
    summary = json.loads(out)["summary"]
    assert (status, summary["errors"], summary["ignored_findings"], summary["ignored"]) == (0, 0, 1, 0)
    assert cannon("check-traffic", "a.har", "--baseline", "base.json", "--update-baseline")[0] == 0
    entries = recording["log"]["entries"]
    recording["log"]["entries"] = [*ONCE["log"]["entries"], *entries]
    Path("a.har").write_text(json.dumps(recording))
    assert cannon("check-traffic", "a.har", "--baseline", "base.json")[0] == 0
    assert "/log" not in json.loads(Path("base.json").read_text())["findings"][0]["path"]


def test_quiet_writes_what_has_findings(cannon: Command) -> None:
    """--quiet leaves documents without a finding out of the JSON, and the exit status and the counts as they are."""
    file = write_documents("a.jsonl", DOCUMENTED, SQUARE, TOO_MANY, DOCUMENTED)
    whole, quiet = (cannon("validate", file, "--format", "json", *flags) for flags in ((), ("--quiet",)))
    results = json.loads(whole[1])["results"]
    assert json.loads(quiet[1])["results"] == [each for each in results if each["findings"]]
    assert [each["line"] for each in json.loads(quiet[1])["results"]] == [2, 3]
    assert (quiet[0], json.loads(quiet[1])["summary"]) == (whole[0], json.loads(whole[1])["summary"])
    assert cannon("validate", file, "--quiet") == cannon("validate", file)


def test_quiet_writes_no_notes(cannon: Command) -> None:
    """--quiet has no notes on standard error; a file that cannot be judged is still named."""
    good = write_documents("good.json", DOCUMENTED)
    assert cannon("validate", good, "nowhere.json", "--quiet")[2].startswith("cannon-spec: nowhere.json: ")
    entries = ONCE["log"]["entries"]
    Path("a.har").write_text(json.dumps({"log": {"entries": [*entries, {"request": 7}]}}))
    assert "entry" in cannon("check-traffic", "a.har")[2]
    assert cannon("check-traffic", "a.har", "--quiet")[2] == ""
