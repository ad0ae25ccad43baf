"""The page of a report (floor 6)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from cannon_contract.runner.results import CLAIM_OUTCOMES
from cannon_spec.printable import escape_lines


def render_page(report: dict[str, Any]) -> str:
    """Render the value of report.json as one HTML page that loads nothing else."""
    return str(_load_template().render(**report, outcomes=CLAIM_OUTCOMES))


@cache
def _load_template() -> Any:
    from jinja2 import Environment, StrictUndefined  # imported late: only a run with a report needs it

    text = files("cannon_contract.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_to_printable)
    return environment.from_string(text)


def _to_printable(value: Any) -> Any:
    """A text with what would move a cursor or hide a word escaped; HTML that a macro made, and numbers, as they are."""
    return escape_lines(value) if type(value) is str else value
