"""Reports on a run: lines for the terminal, JSON files, a page and a summary (floor 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cannon_contract.report.bounds import LARGEST_FILE, LEVELS
from cannon_contract.report.json_report import build_observations, build_report, to_json
from cannon_contract.report.markdown_summary import render_summary
from cannon_contract.report.page import render_page
from cannon_contract.runner.run import Run
from cannon_spec.printable import escape_unprintable
from cannon_spec.system_errors import explain_os_error


def write_report(run: Run, folder: Path) -> list[str]:
    """Write report.json, index.html, summary.md, observations.json and, where creates cost something, prices.json.

    No target makes one of the first four larger than ``LARGEST_FILE``. Returns which files could not be written.
    """
    texts = _render_report(run)
    now = datetime.now(UTC)
    price_list = run.budget.learn_prices(now)
    if run.budget.creates and price_list.prices:
        texts["prices.json"] = price_list.to_json(now)
    problems = []
    for name, text in texts.items():
        try:
            # A target may send half of a surrogate pair, which UTF-8 does not have.
            (folder / name).write_bytes(_encode(text))
        except OSError as error:
            reason = explain_os_error(error, "")
            problems.append(f"{escape_unprintable(str(folder / name))} could not be written: {reason}")
    return problems


def _render_report(run: Run) -> dict[str, str]:
    """The text of each file with the widest limits under which none is too large."""
    texts: dict[str, str] = {}
    for limits in LEVELS:
        report = build_report(run, limits)
        texts = {
            "report.json": to_json(report),
            "index.html": render_page(report),
            "summary.md": render_summary(report),
            "observations.json": to_json(build_observations(report)),
        }
        if max(len(_encode(text)) for text in texts.values()) <= LARGEST_FILE:
            break
    return texts


def _encode(text: str) -> bytes:
    return text.encode(errors="backslashreplace")
