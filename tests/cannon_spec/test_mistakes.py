"""The table of mistakes: each slip gives one finding at its place, and the fix of each that has one mends the body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonpatch
import pytest

from cannon_spec import Finding, NotJSON, document, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES
from tests.support.mistakes import BASES, BrokenText, Mistake, read_broken_texts, read_mistakes
from tests.support.mistakes_by_rule import list_mistakes_by_rule
from tests.support.payloads import CATALOG, OPERATIONS

MISTAKES_BY_HAND = read_mistakes()
MISTAKES = [*MISTAKES_BY_HAND, *list_mistakes_by_rule()]
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
    """At least 300 rows, more than half of all, are not made by a rule; no two rows have the same body.

    Each row has either a repaired body or a reason why there is none.
    """
    bodies = [repr(row.body) for row in MISTAKES]
    assert len(MISTAKES_BY_HAND) >= LEAST_ROWS
    assert len(MISTAKES_BY_HAND) > len(MISTAKES) / 2
    assert [row.id for row in MISTAKES if bodies.count(repr(row.body)) > 1] == []
    assert [row.id for row in MISTAKES if (row.repaired_body is None) != bool(row.reason)] == []


def iter_fields() -> Iterator[tuple[str, str]]:
    """Each operation that is covered, with each of its fields that the contract says something of."""
    for operation in OPERATIONS:
        for name, node in CATALOG.schemas[f"operations/{operation}/input"]["properties"].items():
            if node.keys() - {"description", "examples"}:
                yield operation, name


def test_each_field_has_a_mistake() -> None:
    """For each field of each operation with a rule of its own, some row has its slip in it or in its name."""
    fields = {(row.body["operation"], part) for row in MISTAKES for part in row.path.split("/") if is_named(row)}
    fields |= {(row.body["operation"], word) for row in MISTAKES for word in row.words if is_named(row)}
    assert [each for each in iter_fields() if each not in fields] == []


def is_named(row: Mistake) -> bool:
    """Whether the body of a row names its operation."""
    return isinstance(row.body, dict) and isinstance(row.body.get("operation"), str)


@pytest.mark.parametrize("row", read_broken_texts(), ids=lambda row: row.text[-24:])
def test_a_text_that_cannot_be_read_has_a_place_and_advice(row: BrokenText) -> None:
    """Each broken text is refused at its line and column, with advice in the words of people, not of the parser."""
    with pytest.raises(NotJSON) as caught:
        document.loads(row.text)
    error = caught.value
    assert (error.line, error.column) == (row.line, row.column)
    assert [word for word in row.words if word not in error.advice] == []
    assert "Expecting" not in error.problem
