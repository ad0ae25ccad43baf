"""The snippets of the page on CI: valid, and with inputs, outputs and jobs that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from tests.support.listings import find_blocks
from tests.support.workflow_steps import ROOT, read_yaml

PAGE = (ROOT / "docs" / "ci.md").read_text()
SNIPPETS = [YAML(typ="safe", pure=True).load(block.text) for block in find_blocks(PAGE) if block.language == "yaml"]
ACTION = read_yaml("action.yml")
CALL = read_yaml(".github/workflows/live-contract.yml")["on"]["workflow_call"]
WORKFLOWS = [each for each in SNIPPETS if isinstance(each, dict) and "jobs" in each]


def _list_uses(value: Any) -> Iterator[dict[str, Any]]:
    """Each object within a value that uses something of ours."""
    if isinstance(value, dict) and str(value.get("uses", "")).startswith("OWNER/NAME"):
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        yield from _list_uses(member)


def test_snippets_of_workflows_follow_the_schema() -> None:
    """A snippet with jobs is a workflow, but for its trigger where the page is not about that."""
    validator = Draft7Validator(json.loads((ROOT / "tests/official/github-workflow.json").read_text("utf-8")))
    assert len(WORKFLOWS) == 2
    for each in WORKFLOWS:
        assert [error.message for error in validator.iter_errors({"on": "push", **each})] == []


def test_snippets_name_inputs_and_outputs_that_there_are() -> None:
    """What a snippet hands to the action or the workflow is one of its inputs; what it takes is one of its outputs."""
    uses = list(_list_uses(SNIPPETS))
    assert len(uses) == 3
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
