"""The page on speed: the figures of the last run of the benchmarks that was kept (``make tables`` writes it)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks import table
from cannon_spec.output.tables import render_markdown


def render_performance(results: Mapping[str, Any]) -> str:
    """The page of ``benchmarks/results.json``."""
    rows, machine = results["rows"], results["machine"]
    figures = render_markdown([table.HEAD[1:], *(table.list_cells(row)[1:] for row in rows)])
    meanings = [(row["what"], row["meaning"], f"`make bench-peers ROWS={row['row']}`") for row in rows]
    versions = render_markdown([("part", "version or number"), *machine.items()])
    remarks = [f"- {row['what']}: {_find_remark(row)}" for row in rows if not row.get("is_met", False)]
    sections = {
        "Figures": figures,
        "What each row means": render_markdown([("measure", "what is measured", "command"), *meanings]),
        "Why an aim is not met": "\n".join(line for line in remarks if not line.endswith(": ")),
        "The machine": versions,
    }
    parts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([_INTRODUCTION, *parts]) + "\n"


def _find_remark(row: Mapping[str, Any]) -> str:
    """Why a row has no figures, or does not meet its aim; empty where nothing is to be said."""
    if "reason" in row:
        return f"not measured: {row['reason']}"
    return "" if row["is_met"] is None else str(row["remark"])


_INTRODUCTION = """\
# Speed

See how fast the judge and the mock are beside Ajv, Prism and others, and measure it on your machine:

<!-- not run: it takes half an hour, and installs Ajv and Prism from npm -->
```sh
make bench-peers
```

It prints the table below. Both sides of a row are measured in turns within one run, and the ratio is the median of the
rounds. So read the ratios: the figures are of one machine. The checkout has the options in `benchmarks/README.md`."""
