"""The page of licences: what is installed beside this project."""

from __future__ import annotations

import re
import tomllib

from docs import licence_page
from tests.support.workflow_steps import ROOT

PAGE = licence_page.PAGE.read_text()
OF_DEVELOPMENT = {"dev", "dist", "docs", "fuzz", "scale"}
"""Extras that no user installs."""


def _list_rows(page: str) -> set[str]:
    return {line for line in page.splitlines() if line.startswith("| ")}


def test_the_page_has_what_is_installed() -> None:
    """Each package that is installed here for a user has its row, with the licence that it states."""
    assert _list_rows(licence_page.render_page()) - _list_rows(PAGE) == set(), "run make tables"


def test_the_page_has_each_dependency_of_users() -> None:
    """Each dependency that we declare, but for those of development, is on the page; the GPL is told of one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [entries for name, entries in project["optional-dependencies"].items() if name not in OF_DEVELOPMENT]
    names = {re.match(r"[\w.-]+", each)[0] for entries in (project["dependencies"], *lists) for each in entries}  # type: ignore[index]
    rows = {row.split(" | ")[0].removeprefix("| ").replace("-", "") for row in _list_rows(PAGE)}
    assert {re.sub(r"[-._]", "", name) for name in names - {"cannon-spec"}} <= rows
    assert [row.split(" | ")[0] for row in PAGE.splitlines() if re.match(r"\| .*\bA?GPL", row)] == ["| av"]
