"""The page of messages: every rule that the judge names, every kind of mistake and every name of elsewhere is on it."""

from __future__ import annotations

import json
import re

import pytest

from cannon_spec.contract.keywords import CONSTRAINTS
from cannon_spec.named_rules import NAMED_RULES
from docs import message_page
from tests.support.mistakes import read_mistakes
from tests.support.payloads import CATALOG


@pytest.fixture(scope="module")
def page() -> str:
    """The text of the page."""
    return message_page.render_messages(CATALOG)


def test_each_rule_with_a_name_has_an_example(page: str) -> None:
    """Each rule that is no keyword of a schema has an example, and names itself below it."""
    rules = set(re.findall(r"^  rule: ([a-z-]+)$", page, re.MULTILINE))
    assert set(NAMED_RULES) - rules == set()


def test_each_keyword_of_inputs_has_an_example(page: str) -> None:
    """Each keyword that a rule of an input or of the create body has, has an example."""
    schemas = [each for each in CATALOG.schemas if each.endswith("/input") or each == "envelope/create"]
    used_keywords = {rule.keyword for schema in schemas for rule in CATALOG.rules(schema)}
    keywords = set(re.findall(r"^  rule: \S+#\S*/(\w+)$", page, re.MULTILINE))
    assert used_keywords & set(CONSTRAINTS) - keywords == set()


def test_each_kind_of_mistake_has_a_part(page: str) -> None:
    """Each kind of the table of mistakes has a part of the page, and each reason for no fix a row."""
    rows = read_mistakes()
    assert {row.kind for row in rows} == message_page.GROUPS.keys()
    assert [title for title, _ in message_page.GROUPS.values() if f"\n## {title}\n" not in page] == []
    assert [row.reason for row in rows if f"\n| {row.reason}" not in page] == []


def test_each_name_of_elsewhere_is_listed(page: str) -> None:
    """Each name of another service that the judge knows is on the page."""
    entries = [*CATALOG.aliases["fields"], *CATALOG.aliases["operations"], *CATALOG.aliases["models"]["names"]]
    assert [name for entry in entries for name in entry["names"] if f"`{name}`" not in page] == []


def test_a_finding_is_shown_with_its_fix() -> None:
    """An example has the body, the finding, what to do, the fix and the rule."""
    row = next(each for each in read_mistakes() if each.kind == "ratio")
    (finding,) = message_page.list_findings(CATALOG, row.body)
    lines = message_page.render_example(row.body, finding).splitlines()
    assert lines[0] == "```text"
    assert lines[1] == json.dumps(row.body)
    assert lines[3:6] == [f"error at {finding.path}", f"  {finding.message}", f"  {finding.hint}"]
    assert lines[6:-1] == ['  fix: /input/aspect_ratio "16x9" -> "16:9"', f"  rule: {finding.rule}"]
