"""Reports on a run: lines for the terminal, JSON files and a page (floor 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cannon_contract.report.json_report import build_observations, build_report, to_json
from cannon_contract.report.page import render_page
from cannon_contract.runner.run import Run


def write_report(run: Run, folder: Path) -> None:
    """Write report.json, index.html, observations.json and, where creates cost something, prices.json."""
    report = build_report(run)
    texts = {
        "report.json": to_json(report),
        "index.html": render_page(report),
        "observations.json": to_json(build_observations(report)),
    }
    now = datetime.now(UTC)
    price_list = run.budget.learn_prices(now)
    if run.budget.creates and price_list.prices:
        texts["prices.json"] = price_list.to_json(now)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
