"""The snippets of the page on CI: valid, and with inputs, outputs and jobs that there are."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from tests.support.listings import find_blocks
from tests.support.payloads import DOCUMENTED, patched
from tests.support.workflow_steps import ROOT, Runner, read_yaml

PAGE = (ROOT / "docs" / "ci.md").read_text()
SNIPPETS = [YAML(typ="safe", pure=True).load(block.text) for block in find_blocks(PAGE) if block.language == "yaml"]
ACTION = read_yaml("action.yml")
CALL = read_yaml(".github/workflows/live-contract.yml")["on"]["workflow_call"]
WORKFLOWS = [each for each in SNIPPETS if isinstance(each, dict) and "jobs" in each]
STEP_LISTS = [each for each in SNIPPETS if isinstance(each, list)]
FOR_GITLAB = [each for each in SNIPPETS if ".cannon-" in str(each)]


def _list_uses(value: Any) -> Iterator[dict[str, Any]]:
    """Each object within a value that uses something of ours."""
    if isinstance(value, dict) and str(value.get("uses", "")).startswith("OWNER/NAME"):
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        yield from _list_uses(member)


def _find_faults(schema_file: str, value: Any) -> list[str]:
    schema = json.loads((ROOT / "tests" / "official" / schema_file).read_text("utf-8"))
    return [error.message for error in Draft7Validator(schema).iter_errors(value)]


def test_snippets_of_workflows_follow_the_schema() -> None:
    """A snippet with jobs is a workflow, but for its trigger where the page is not about that; a list is of steps."""
    assert (len(WORKFLOWS), len(STEP_LISTS)) == (3, 1)
    lists = [{"jobs": {"job": {"runs-on": "ubuntu-latest", "steps": steps}}} for steps in STEP_LISTS]
    for each in WORKFLOWS + lists:
        assert _find_faults("github-workflow.json", {"on": "push", **each}) == []
    assert _find_faults("github-workflow.json", {"on": "push", "jobs": {"job": {"steps": [{"ran": "x"}]}}}) != []


def test_snippets_for_gitlab_follow_the_schema() -> None:
    """A snippet with jobs for GitLab is valid, and its jobs extend those that there are, with their variables."""
    jobs = read_yaml("ci/cannon.gitlab-ci.yml")
    assert len(FOR_GITLAB) == 2
    for snippet in FOR_GITLAB:
        assert _find_faults("gitlab-ci.json", snippet) == []
        for job in (each for each in snippet.values() if "extends" in each):
            variables = {name for name in job["variables"] if not name.startswith("CANNON_MOCK_")}
            assert variables <= jobs[job["extends"]]["variables"].keys()


def test_snippets_name_inputs_and_outputs_that_there_are() -> None:
    """What a snippet hands to the action or the workflow is one of its inputs; what it takes is one of its outputs."""
    uses = list(_list_uses(SNIPPETS))
    assert len(uses) == 4
    for each in uses:
        declared = CALL if "workflows" in each["uses"] else ACTION
        assert each["with"].keys() <= declared["inputs"].keys()
        assert {name for name, entry in declared["inputs"].items() if entry.get("required")} <= each["with"].keys()
        assert each.get("secrets", {}).keys() <= declared.get("secrets", {}).keys()
    assert set(re.findall(r"steps\.mock\.outputs\.(\w+)", PAGE)) == ACTION["outputs"].keys()
    assert set(re.findall(r"needs\.contract\.outputs\.([\w-]+)", PAGE)) == CALL["outputs"].keys()
    table = re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)))
    assert set(table) == ACTION["inputs"].keys()


def test_snippets_for_gitlab_extend_jobs_that_there_are() -> None:
    """Each job that the page extends is in the file for GitLab."""
    names = set(re.findall(r"extends: ([\w.-]+[\w])", PAGE))
    assert names == {name for name in read_yaml("ci/cannon.gitlab-ci.yml") if name.startswith(".cannon-")}


def _find_job(name: str) -> dict[str, Any]:
    (job,) = (each["jobs"][name] for each in WORKFLOWS if name in each["jobs"])
    assert isinstance(job, dict)
    return job


GH = """
printf '%s\\n' "$(printf '<%s>' "$@")" >> calls
case "$1 $2" in
  "label create") touch label ;;
  "issue list") if [[ -f issue ]]; then echo 7; fi ;;
  "issue create") [[ -f label ]] && touch issue ;;
  "issue edit") [[ -f issue && "$3" == 7 ]] ;;
esac
"""
"""A program gh with at most one issue, which takes no label that was not created."""


def test_the_nightly_run_keeps_one_issue_open(tmp_path: Path) -> None:
    """The first night opens an issue, the next one edits it, and one after it was closed opens another."""
    (tmp_path / "gh").write_text(f"#!/bin/bash\n{GH}")
    (tmp_path / "gh").chmod(0o755)
    text = "## 1 broken\n\n| `a` | $(touch stolen) |\n"
    values = {
        "needs": {"contract": {"outputs": {"issue-text": text}}},
        "github": {"repository": "a/b", "token": "t"},
    }
    runner = Runner(tmp_path, tmp_path, values, tmp_path)
    ends = []
    for night in range(3):
        if night == 2:
            (tmp_path / "issue").unlink()
        assert runner.run(_find_job("issue")["steps"]) == 0, runner.output
        label, look, *rest = (tmp_path / "calls").read_text().split("\n<")
        (tmp_path / "calls").unlink()
        assert label == "<label><create><cannon-contract><--force>"
        assert look.startswith("issue><list><--state><open><--label><cannon-contract>")
        ends.append("\n<".join(rest))
    title = "<--title><The Cannon Studio API differs from its contract><--label><cannon-contract>"
    opened, edited = f"issue><create>{title}<--body><{text}>\n", f"issue><edit><7><--body><{text}>\n"
    assert ends == [opened, edited, opened]
    assert not (tmp_path / "stolen").exists()


def test_the_job_of_code_scanning_writes_what_it_uploads(tmp_path: Path) -> None:
    """The job writes its findings as SARIF to the file that its next step uploads, also where it fails."""
    _, judge, upload = _find_job("code-scanning")["steps"]
    assert _find_job("code-scanning")["permissions"]["security-events"] == "write"
    inputs = {**{name: each["default"] for name, each in ACTION["inputs"].items()}, **judge["with"]}
    (tmp_path / "payloads").mkdir()
    (tmp_path / "payloads" / "bad.json").write_text(json.dumps(patched(DOCUMENTED, prompt=1)))
    home = tmp_path / "cannon-spec"
    home.mkdir()
    (home / "venv").symlink_to(Path(sys.executable).parents[1])
    (step,) = (each for each in ACTION["runs"]["steps"] if each["name"] == "Judge")
    runner = Runner(tmp_path, tmp_path, {"inputs": {"mode": "validate", **inputs}}, home / "venv" / "bin")
    assert runner.run([step]) == 1
    report = json.loads((tmp_path / upload["with"]["sarif_file"]).read_text())
    assert report["version"] == "2.1.0"
    assert len(report["runs"][0]["results"]) == 1
    assert upload["if"] == "always()"
