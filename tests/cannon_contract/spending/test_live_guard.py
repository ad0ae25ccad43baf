"""Runs that may cost credits, against mocks that pose as the vendor's: nothing is spent that was not allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.runner import targets
from cannon_contract.runner.options import ApiKeys
from cannon_contract.spending.price_sources import read_prices
from tests.support.contract_runs import OPERATION, ContractRun, run_contract
from tests.support.payloads import CATALOG
from tests.support.serving import ServedMock, serve_mock

KEYS = ApiKeys("cs_live_x")


IMMEDIATE = {"progression": "immediate"}
"""A mock whose requests have ended by the first poll."""


KNOWN = [
    {"model": "gptimage2", "resolution": "1K", "credits": 31},
    {"model": "gptimage2", "credits": 81},
    {"model": "nanobanana", "credits": 20},
]


def _run(url: str, *flags: str, operation: str | None = OPERATION) -> ContractRun:
    return run_contract("--target", url, "--treat-as-live", *flags, operation=operation)


def _prices(folder: Path, entries: Sequence[dict[str, Any]]) -> str:
    file = folder / "prices.json"
    file.write_text(json.dumps({"prices": entries}))
    return str(file)


def _sent(served: ServedMock, price_file: str) -> list[float]:
    """The highest known price of each create that was sent and accepted."""
    known = read_prices(price_file, None, CATALOG)
    bodies = [json.loads(each.request_body) for each in served.creates if each.status == 202]
    return [known.estimate(body) or 0 for body in bodies]


def test_without_allow_spend_nothing_is_created() -> None:
    """Without --allow-spend not one create is sent, and what costs nothing is tested."""
    with serve_mock() as served:
        run = _run(served.url)
        assert run.returncode == 0, run.stdout
        assert served.creates == []
    assert re.search(r"plan: [12]\d of \d+ tests; 0 creates may cost 0 of 0 credits allowed", run.stdout)
    assert "creates requests, which may cost credits (--allow-spend CREDITS)" in run.stdout


def test_no_create_is_sent_that_could_cross_the_ceiling(tmp_path: Path) -> None:
    """With 30 allowed, one create at 20 is made, with the cheapest model; the rest is left out, and it is said."""
    price_file = _prices(tmp_path, KNOWN)
    with serve_mock(**IMMEDIATE) as served:
        run = _run(served.url, "--allow-spend", "30", "--prices", price_file, "-k", "test_create or test_output")
        assert run.returncode == 0, run.stdout
        assert _sent(served, price_file) == [20]
    assert "could cross --allow-spend 30" in run.stdout
    assert "spent: 20 of 30 credits allowed" in run.stdout


def test_what_was_not_spent_pays_for_more(tmp_path: Path) -> None:
    """Where creates cost less than they might, tests run that the plan had no room for; nothing crosses the ceiling."""
    with serve_mock(**IMMEDIATE) as served:
        flags = ("--allow-spend", "250", "--assume-price", "100", "--report", str(tmp_path), "-k", "test_idempotency")
        run = _run(served.url, *flags)
        assert run.returncode == 0, run.stdout
        tasks = [*served.context.store.tasks.list_all()]
    requests, charged = len(tasks), sum(task.credits for task in tasks)
    report = json.loads((tmp_path / "report.json").read_text())
    planned = re.search(r"(\d+) creates? may cost", run.stdout)
    assert planned
    assert requests > int(planned[1])
    assert 28 < charged == report["spending"]["spent"] <= 250
    held = {test["test"] for test in report["tests"] if test["outcome"] == "held"}
    assert len(held) > 3
    assert not held & {each["test"] for each in report["spending"]["left_out"]}


def test_a_create_of_unknown_price_is_not_sent() -> None:
    """Where no price is known, nothing is created, unless --assume-price gives an estimate."""
    chosen = ("--allow-spend", "1000", "-k", "test_create or test_output or test_idempotency")
    with serve_mock(**IMMEDIATE) as served:
        assert _run(served.url, *chosen).returncode == 0
        assert served.creates == []
        assert _run(served.url, *chosen, "--assume-price", "900").returncode == 0
        assert len([*served.context.store.tasks.list_all()]) == 4, "28 each, and no more where 900 would cross"


def test_a_documented_price_is_known_without_a_file() -> None:
    """Without a price file and an estimate, a run creates with an operation whose price the vendor documents."""
    with serve_mock(**IMMEDIATE) as served:
        run = _run(served.url, "--allow-spend", "2", "-k", "test_create", operation=None)
        assert run.returncode == 0, run.stdout
        operations = {json.loads(each.request_body)["operation"] for each in served.creates if each.status == 202}
    assert operations == {"prompt.enhance.video"}
    assert re.search("spent: [12] of 2 credits allowed", run.stdout)


def test_an_overrun_stops_the_run(tmp_path: Path) -> None:
    """A create that costs more than its estimate is the last one, and the run says so, and what is open."""
    with serve_mock() as served:
        flags = ("--allow-spend", "100", "--prices", _prices(tmp_path, [{"credits": 10}]), "--report", str(tmp_path))
        run = _run(served.url, *flags, "-k", "test_create or test_output")
        assert run.returncode == 2, run.stdout
        assert [each.status for each in served.creates].index(202) == len(served.creates) - 1
        id_ = served.creates[-1].request_id
    assert f"overrun: {id_} costs 28, and its estimate was 10" in run.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["stopped"].startswith("overrun")
    assert report["spending"]["spent"] == 28
    assert str(id_) in (tmp_path / "index.html").read_text()


def test_a_request_that_is_still_open_is_named(tmp_path: Path) -> None:
    """A run that ends before a request does names it."""
    with serve_mock(speed=0.01) as served:
        flags = ("--prices", _prices(tmp_path, [{"credits": 10}]), "-k", "test_output")
        run = _run(served.url, "--allow-spend", "100", *flags)
        assert f"still open: {served.creates[-1].request_id} (queued)" in run.stdout


def test_a_create_that_failed_and_was_charged_is_noticed() -> None:
    """A create answered with 500, though it was stored and charged, counts at its estimate, and the run says so."""
    with serve_mock(scenario="error-500-stored") as served:
        run = _run(served.url, "--allow-spend", "100", "--assume-price", "31", "-k", "test_create")
        assert run.returncode == 1
        assert "a create that was answered with 500 was charged: the balance fell by 28" in run.stdout
        held = [task.credits for task in served.context.store.tasks.list_all()]
    assert sum(held) <= 100
    assert f"spent: {31 * len(held)} of 100 credits allowed" in run.stdout


def test_the_prices_of_a_run_serve_the_next(tmp_path: Path) -> None:
    """A run writes the costs of its creates as a price file, and the next run estimates by it."""
    out = tmp_path / "out"
    with serve_mock() as served:
        flags = ("--allow-spend", "400", "--assume-price", "200", "--report", str(out))
        _run(served.url, "-k", "test_idempotency", *flags)
        known = json.loads((out / "prices.json").read_text())["prices"]
        when = {"model": "seedream5", "resolution": None}
        assert {"operation": "image.generate", "when": when, "credits": 28} in known
        count = len(served.creates)
        run = _run(served.url, "-k", "test_create", "--allow-spend", "28", "--prices", str(out / "prices.json"))
        assert [each.status for each in served.creates[count:]].count(202) == 1
    assert "spent: 28 of 28 credits allowed" in run.stdout


def test_it_is_one_process() -> None:
    """Tests side by side could not keep a common ceiling: the run refuses."""
    run = _run("http://127.0.0.1:9", "-n", "2")
    assert run.returncode == 2
    assert "a run that may cost credits is one process: leave -n out" in run.stdout + run.stderr


@pytest.mark.parametrize(
    ("target", "is_vendors"),
    [
        ("live", True),
        ("https://www.cannonstudio.app", True),
        ("https://cannonstudio.app/x", True),
        ("https://eu.cannonstudio.app", True),
        ("https://www.cannonstudio.app.", True),
        ("https://WWW.CannonStudio.app:443", True),
        ("https://notcannonstudio.app", False),
        ("http://127.0.0.1:2266", False),
        ("mock", False),
    ],
)
def test_every_host_of_the_vendor_is_live(target: str, is_vendors: bool) -> None:
    """Not only the documented host: any of the vendor's domain may charge."""
    assert targets.is_vendor_address(target, CATALOG.base_url) is is_vendors


def test_what_is_no_mock_and_has_a_real_key_may_charge() -> None:
    """A server that is not our mock, called with the user's key, is guarded. Our mock is guarded only on demand."""
    with serve_mock() as served:
        assert not targets.find_target(CATALOG, served.url, KEYS, is_live=False).may_charge
        assert targets.find_target(CATALOG, served.url, ApiKeys(), is_live=True).may_charge
    with serve_mock(admin=False) as served:
        assert targets.find_target(CATALOG, served.url, KEYS, is_live=False).may_charge
        assert targets.find_target(CATALOG, served.url, ApiKeys(other="cs_live_other"), is_live=False).may_charge
        assert not targets.find_target(CATALOG, served.url, ApiKeys(), is_live=False).may_charge
