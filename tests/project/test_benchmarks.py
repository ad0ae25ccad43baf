"""The benchmarks run, give both sides the same work, and say what is met."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from benchmarks import payloads, results, schema, table
from benchmarks.__main__ import main
from benchmarks.measure import NotMeasured, Pair, interleave
from benchmarks.row import Aim, Row
from benchmarks.rows import ROWS
from cannon_spec import load_catalog, validate_request
from docs.performance_page import render_performance
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.extended
@pytest.mark.parametrize("has_peers", [False, True], ids=["alone", "peers"])
def test_each_row_can_be_measured(has_peers: bool) -> None:
    """Law: a short run measures every row of the table, on each side, and says so of a row that lacks a tool."""
    tools = ("wrk", "node") if has_peers else ("wrk",)
    missing = [each for each in tools if shutil.which(each) is None]
    if has_peers and not (ROOT / ".peers/node_modules").is_dir():
        missing.append("the peers (make bench-peers installs them)")
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed")
    rows = [row.name for row in ROWS if row.has_npm_peer == has_peers]
    command = [sys.executable, "-m", "benchmarks", "--short", "--rows", ",".join(rows)]
    run = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr
    assert "not measured" not in run.stdout, run.stderr
    assert [line.split()[0] for line in run.stdout.splitlines()[2:] if not line.startswith(" ")] == rows


def test_an_unknown_row_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: the name of a row that does not exist ends the program with the names that do."""
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--rows", "nothing"])
    with pytest.raises(SystemExit, match=r"^there is no row nothing; use good-ajv, "):
        main()


def test_rows_have_names_of_their_own() -> None:
    """Law: each row can be chosen by its name alone."""
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def test_the_schemas_of_peers_refuse_what_the_judge_refuses() -> None:
    """Law: by the bundle, and by the schema of its operation and model, a body is valid that breaks no schema's rule.

    The other findings are of names that the judge looks up.
    """
    catalog = load_catalog()
    (bundle,) = schema.bundle_contract(catalog)[""].values()
    judge_bundle = jsonschema_rs.Draft202012Validator(bundle, offline=True)
    schemas = schema.list_schemas(catalog)
    for body in _list_bodies(catalog):
        models = schemas[body["operation"]]
        chosen = models.get(body["input"].get("model", ""), models[""])
        expected = all("#" not in each.rule for each in validate_request(body, catalog=catalog).findings)
        verdicts = judge_bundle.is_valid(body), jsonschema_rs.Draft202012Validator(chosen, offline=True).is_valid(body)
        assert verdicts == (expected, expected), body


def _list_bodies(catalog: Any) -> Iterator[dict[str, Any]]:
    for operation in catalog.operations.values():
        yield from payloads.build_good_bodies(catalog, operation.id) if operation.is_covered else ()
    for body in payloads.build_bad_bodies():
        if body["operation"] == payloads.OPERATION and isinstance(body["input"], dict):
            yield body


def test_sides_are_measured_in_turns() -> None:
    """Law: after a first round, each round measures both sides, the other one first; the ratio is the median of all."""
    order: list[str] = []
    figures = {"ours": iter([9.0, 1, 2, 6]), "peer": iter([9.0, 2, 2, 2])}

    def measure(side: str) -> float:
        order.append(side)
        return next(figures[side])

    pair = interleave(lambda: measure("ours"), lambda: measure("peer"), rounds=3)
    assert order == ["ours", "peer", "ours", "peer", "peer", "ours", "ours", "peer"]
    assert pair == Pair(ours=2, peer=2, ratio=1)


@pytest.mark.parametrize(
    ("aims", "is_met"),
    [
        ((), None),
        ((Aim("ratio", "at most", 2),), True),
        ((Aim("ratio", "at least", 2),), True),
        ((Aim("ratio", "at most", 1.9),), False),
        ((Aim("ours", "at most", 4000),), True),
        ((Aim("ours", "at least", 4001),), False),
        ((Aim("ratio", "at most", 2), Aim("ours", "at most", 3999)), False),
    ],
)
def test_a_row_says_whether_it_meets_its_aims(aims: tuple[Aim, ...], is_met: bool | None) -> None:
    """Law: a row is met where all its aims are, each of the ratio or of our figure in the unit of the row."""
    row = Row("name", "a measure", "we", "they", "ms", lambda _: Pair(0), "What it is.", scale=1000, aims=aims)
    cells = row.tabulate(Pair(4, 2, 2), "they")
    assert cells["is_met"] is is_met
    assert table.list_cells(cells)[2:5] == ("we: 4,000 ms", "they: 2,000 ms", "2.00 x")


def test_an_aim_of_a_ratio_needs_a_peer() -> None:
    """Law: where nothing is beside a figure, an aim of the ratio is not met."""
    assert not Aim("ratio", "at most", 2).is_met(Pair(1), 1)


def test_the_machine_is_told_with_what_is_measured() -> None:
    """Law: the versions of what is measured are those of this environment, however a distribution spells its name."""
    machine = results.describe_machine()
    assert [machine[name] for name in ("jsonschema-rs", "msgspec", "flask")] == [
        metadata.version(name) for name in ("jsonschema_rs", "msgspec", "Flask")
    ]


def test_kept_figures_are_of_one_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a run replaces its own rows of those kept, in the order of the table; another machine's are dropped."""
    monkeypatch.setattr(results, "FILE", tmp_path / "results.json")
    monkeypatch.setattr(results, "describe_machine", lambda: {"system": "one"})
    results.keep([{"row": "b", "ours": 1}, {"row": "c", "ours": 1}], ["a", "b", "c"])
    results.keep([{"row": "b", "ours": 2}, {"row": "a", "ours": 2}], ["a", "b", "c"])
    rows = [(row["row"], row["ours"]) for row in json.loads(results.FILE.read_text())["rows"]]
    assert rows == [("a", 2), ("b", 2), ("c", 1)]
    monkeypatch.setattr(results, "describe_machine", lambda: {"system": "two"})
    results.keep([{"row": "c", "ours": 3}], ["a", "b", "c"])
    assert json.loads(results.FILE.read_text()) == {"machine": {"system": "two"}, "rows": [{"row": "c", "ours": 3}]}


def test_the_page_says_why_a_row_has_no_figure_or_misses_its_aim() -> None:
    """Law: the page has each row's command and meaning, and the reason of one that is not measured or not met."""
    aims = (Aim("ratio", "at most", 1),)
    row = Row("slow", "a slow one", "we", "they", "s", lambda _: Pair(0), "What it is.", aims=aims, remark="It waits.")
    rows = [
        row.tabulate(Pair(2, 1, 2), "they"),
        {"row": "x", "what": "no tool", "meaning": "Much.", "reason": "no wrk"},
    ]
    page = render_performance({"machine": {"processors": "2"}, "rows": rows})
    for text in ("`make bench-peers ROWS=slow`", "- a slow one: It waits.", "- no tool: not measured: no wrk", "| 2 |"):
        assert text in page
    good = render_performance({"machine": {}, "rows": [row.tabulate(Pair(1, 1, 1), "they")]})
    assert "It waits." not in good


def test_a_missing_peer_is_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Law: where the peers are not installed, a row that needs them says what installs them."""
    from benchmarks import process

    monkeypatch.setattr(process, "_PEERS", tmp_path)
    with pytest.raises(NotMeasured, match="make bench-peers installs them"):
        process.find_peer("prism")
