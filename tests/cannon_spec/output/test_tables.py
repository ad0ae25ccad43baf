"""Tables for a terminal and for Markdown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cannon_spec import load_catalog
from cannon_spec.contract.catalog import ServedModel
from cannon_spec.contract.keywords import describe_requirement
from cannon_spec.output import tables
from tests.support.payloads import CATALOG


def test_columns_are_aligned() -> None:
    """A text table has a line under its head, columns as wide as their widest cell, and no blanks at line ends."""
    assert tables.render_text([("a", "bb"), ("ccc", "d"), ("", "e")]) == "a    bb\n---  --\nccc  d\n     e"


def test_long_cells_are_wrapped() -> None:
    """A long cell continues on the next line of its column, with all its words."""
    long = " ".join(["word"] * 20)
    lines = tables.render_text([("a", "b"), (long, "x"), ("y", "z")]).splitlines()
    assert max(map(len, lines)) < 45
    assert " ".join(lines[2:-1]).split().count("word") == 20
    assert lines[2].endswith("  x")
    assert lines[-1].split() == ["y", "z"]


def test_bars_in_markdown_cells_are_escaped() -> None:
    """A Markdown table has a delimiter row, and a bar in a cell is escaped."""
    assert tables.render_markdown([("a", "b"), ("c|d", "")]) == "| a | b |\n| --- | --- |\n| c\\|d |  |"


def test_every_operation_has_a_row() -> None:
    """The table of operations has a head, and a row for each that says whether it is covered."""
    head, *rows = tables.tabulate_operations(CATALOG)
    assert len(head) == 4
    assert [row[0] for row in rows] == list(CATALOG.operations)
    assert [row[0] for row in rows if row[2] == "yes"] == ["image.generate"]
    assert ("prompt.enhance.location", "Enhance Location Prompt", "not yet", "assumed") in rows


def test_every_model_has_a_row() -> None:
    """The tables of models have a row for each model that serves the operation, in the order of its file."""
    models = list(CATALOG.operations["image.generate"].models)
    assert [row[1] for row in tables.tabulate_identifiers(CATALOG, "image.generate")[1:]] == models
    assert len(tables.tabulate_models(CATALOG, "image.generate")) == 1 + len(models)
    assert len(tables.tabulate_models(CATALOG, "image.edit")) == 1


@pytest.mark.parametrize("model", CATALOG.models_of("image.generate"), ids=lambda model: model.id)
def test_a_row_has_all_rules_of_its_model(model: ServedModel) -> None:
    """The row of a model has each of its rules, with the condition and the strength of the claim."""
    head, *rows = tables.tabulate_models(CATALOG, "image.generate")
    (row,) = [row for row in rows if row[1].startswith(f"`{model.id}`")]
    assert len(row) == len(head)
    assert f"({model.claim.strength})" in row[1]
    for rule in CATALOG.rules(model.schema or ""):
        takes = ", ".join(rule.value) if rule.keyword == "enum" else describe_requirement(rule.keyword, rule.value)
        assert any(takes in cell and rule.condition in cell and f"({rule.claim.strength})" in cell for cell in row)


def test_a_field_that_a_model_narrows_has_a_column(tmp_path: Path) -> None:
    """A field has a column if a model narrows it."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"schemas": {"models/grok": {"properties": {"quality": {"enum": ["low"]}}}}}))
    assert "quality" not in tables.tabulate_models(CATALOG, "image.generate")[0]
    head, *rows = tables.tabulate_models(load_catalog(overlay=file), "image.generate")
    assert next(row for row in rows if row[0] == "Grok")[head.index("quality")] == "low (user)"


def test_a_rule_on_the_whole_input_is_in_the_last_column(tmp_path: Path) -> None:
    """A rule that excludes fields belongs to no column of a field, and stands in the last column."""
    file = tmp_path / "mine.json"
    pair = {"not": {"required": ["style", "quality"]}}
    file.write_text(json.dumps({"schemas": {"models/grok": {**pair, "x-evidence": {"not": "user-overlay"}}}}))
    rows = tables.tabulate_models(load_catalog(overlay=file), "image.generate")
    (row,) = [row for row in rows if row[0] == "Grok"]
    assert 'the input: without "style" and "quality" together (user)' in row[-1]


def test_a_table_that_is_too_wide_keeps_its_cells() -> None:
    """A table with more columns than fit a line keeps every cell."""
    row = [f"cell {number} of a row that is long" for number in range(12)]
    lines = tables.render_text([row, row]).splitlines()
    assert " ".join(lines).count("cell") == 24
