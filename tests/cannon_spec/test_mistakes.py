"""The table of mistakes: each slip gives one finding at its place, and the fix of each that has one mends the body."""

from __future__ import annotations

from typing import Any

import jsonpatch
import pytest

from cannon_spec import Finding, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES
from tests.support.mistakes import BASES, Mistake, read_mistakes
from tests.support.payloads import CATALOG

MISTAKES = read_mistakes()
KINDS = sorted({each.kind for each in MISTAKES})
LEAST_ROWS = 300
each_kind = pytest.mark.parametrize("kind", KINDS)


def judge(body: Any) -> list[Finding]:
    """The findings on a body, without the warnings that each request for its operation and model has."""
    return [each for each in validate_request(body, catalog=CATALOG).findings if each.rule not in UNAVOIDABLE_RULES]


def list_rows(kind: str) -> list[Mistake]:
    """The rows of a kind."""
    return [each for each in MISTAKES if each.kind == kind]


@each_kind
def test_a_mistake_has_one_finding_at_its_place(kind: str) -> None:
    """Each row has one finding: at the path of the slip, of the severity of the row."""
    found_places = {row.id: [(each.path, each.severity) for each in judge(row.body)] for row in list_rows(kind)}
    assert found_places == {row.id: [(row.path, row.severity)] for row in list_rows(kind)}


@each_kind
def test_a_hint_says_what_to_send(kind: str) -> None:
    """The hint on each row names what the row asks for."""
    hints = {row.id: " ".join(each.hint for each in judge(row.body)) for row in list_rows(kind)}
    missing_words = {row.id: [word for word in row.words if word not in hints[row.id]] for row in list_rows(kind)}
    assert {id_: (words, hints[id_]) for id_, words in missing_words.items() if words} == {}


@each_kind
def test_a_fix_mends_the_body(kind: str) -> None:
    """Where the right value is certain, the fix turns the body into the one that was meant, which has no finding."""
    rows = [row for row in list_rows(kind) if not row.reason]
    repaired_bodies = {
        row.id: [jsonpatch.apply_patch(row.body, each.fix or ()) for each in judge(row.body)] for row in rows
    }
    assert repaired_bodies == {row.id: [row.repaired_body] for row in rows}
    assert {row.id: judge(row.repaired_body) for row in rows} == {row.id: [] for row in rows}


@each_kind
def test_a_slip_of_more_than_one_reading_has_no_fix(kind: str) -> None:
    """A row that gives a reason why there is no fix has none."""
    rows = [row for row in list_rows(kind) if row.reason]
    assert {row.id: each.fix for row in rows for each in judge(row.body) if each.fix is not None} == {}


def test_a_base_has_no_finding() -> None:
    """Each body that the rows change is good."""
    assert {name: judge(body) for name, body in BASES.items() if judge(body)} == {}


def test_the_table_is_large() -> None:
    """The table has at least 300 rows, no two with the same body; each has either a repaired body or a reason."""
    bodies = [repr(row.body) for row in MISTAKES]
    assert len(MISTAKES) >= LEAST_ROWS
    assert [row.id for row in MISTAKES if bodies.count(repr(row.body)) > 1] == []
    assert [row.id for row in MISTAKES if (row.repaired_body is None) != bool(row.reason)] == []
