"""The page of a report (floor 6)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from cannon_contract.runner.results import CLAIM_OUTCOMES


def render_page(report: dict[str, Any]) -> str:
    """Render the value of report.json as one HTML page that loads nothing else."""
    return str(_load_template().render(**report, outcomes=CLAIM_OUTCOMES))


@cache
def _load_template() -> Any:
    from jinja2 import Environment, StrictUndefined  # imported late: only a run with a report needs it

    text = files("cannon_contract.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
