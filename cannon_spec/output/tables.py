"""Tables as text for a terminal and as Markdown (floor 2)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

Table = Sequence[Sequence[str]]
"""Rows of cells; the first row is the head."""

PLAIN_WIDTH, MOST_WIDTH = 110, 200
"""The columns of a table where the width of the terminal is not known, and the most that a terminal gives it."""

_WIDEST_CELL, _NARROWEST_CELL = 40, 10
_WIDEST_PROSE = 110  # longer lines are hard to read
_GAP = "  "


def render_text(table: Table, width: int = PLAIN_WIDTH) -> str:
    """Render a table in aligned columns; long cells are wrapped, no more than it needs to have ``width`` columns."""
    for cell_width in range(_WIDEST_CELL, _NARROWEST_CELL, -2):
        rows = [[_wrap(cell, cell_width) for cell in row] for row in table]
        widths = [max(len(line) for row in rows for line in row[column]) for column in range(len(table[0]))]
        if sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
            break
    rows.insert(1, [["-" * each] for each in widths])
    lines = [line for row in rows for line in zip_longest(*row, fillvalue="")]
    return "\n".join(_GAP.join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _wrap(cell: str, width: int) -> list[str]:
    # Identifiers and addresses stay whole, so that they can be copied.
    return textwrap.wrap(cell, width, break_on_hyphens=False, break_long_words=False) or [""]


def render_markdown(table: Table) -> str:
    """Render a table in Markdown."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table]
    return "\n".join([lines[0], "|" + " --- |" * len(table[0]), *lines[1:]])


def fill(text: str, indent: int, width: int = PLAIN_WIDTH, first_indent: int = 0) -> str:
    """A paragraph in lines of at most ``width`` columns; each but the first begins with ``indent`` spaces."""
    return textwrap.fill(
        text,
        min(width, _WIDEST_PROSE),
        initial_indent=" " * first_indent,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
