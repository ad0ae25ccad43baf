"""The page on containers: its snippets are valid, and what it says of the Dockerfile is so."""

from __future__ import annotations

import json
import re

from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from tests.container.build_files import read_arguments
from tests.support.listings import find_blocks
from tests.support.workflow_steps import ROOT

PAGE = (ROOT / "docs" / "container.md").read_text()


def test_its_snippets_follow_the_schemas_of_their_services() -> None:
    """The first snippet of YAML is a workflow of GitHub, but for its trigger, and the second a pipeline of GitLab."""
    snippets = [YAML(typ="safe", pure=True).load(block.text) for block in find_blocks(PAGE) if block.language == "yaml"]
    documents = [{"on": "push", **snippets[0]}, *snippets[1:]]
    for document, file in zip(documents, ("github-workflow.json", "gitlab-ci.json"), strict=True):
        schema = json.loads((ROOT / "tests" / "official" / file).read_text("utf-8"))
        assert [error.message for error in Draft7Validator(schema).iter_errors(document)] == []


def test_its_table_has_the_arguments_of_the_dockerfile() -> None:
    """Each argument of the Dockerfile has its row, with its default."""
    rows = re.findall(r"^\| (`[A-Z`, ]+`) \| .* \| (none|`.+?`).* \|$", PAGE, re.MULTILINE)
    defaults = {name: default.strip("`") for names, default in rows for name in re.findall(r"[A-Z]+", names)}
    assert defaults == {name: value or "none" for name, value in read_arguments().items()}
