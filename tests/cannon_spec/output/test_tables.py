"""Tables for a terminal and for Markdown."""

from __future__ import annotations

from cannon_spec.output import tables


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


def test_a_table_that_is_too_wide_keeps_its_cells() -> None:
    """A table with more columns than fit a line keeps every cell."""
    row = [f"cell {number} of a row that is long" for number in range(12)]
    lines = tables.render_text([row, row]).splitlines()
    assert " ".join(lines).count("cell") == 24
