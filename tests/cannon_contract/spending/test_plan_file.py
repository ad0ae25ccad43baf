"""Plans as files: written before a run, and kept to by the run that reads them."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cannon_contract import plugin
from cannon_contract.client.outcomes import NotTested
from cannon_contract.spending import plan, plan_file
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.plan import PlannedTest, Step
from cannon_contract.spending.plan_file import BadPlan
from cannon_contract.spending.price_sources import read_prices
from cannon_contract.spending.time_limit import TimeLimit
from cannon_spec import inputs
from tests.support.contract_runs import ContractRun, run_contract
from tests.support.payloads import CATALOG
from tests.support.serving import serve_mock

OPERATION = "prompt.enhance.image"
IMMEDIATE = {"progression": "immediate"}
TRUE_FORMAT = '{"format": true, "tests": [], "limit": 1, "made_for": {}}'
CONDITIONS = {
    "contract": "1 abc",
    "--target": "live",
    "--operation": ["a", "b"],
    "--allow-spend": 300.0,
    "--prices": None,
}


def _run(url: str, *flags: str) -> ContractRun:
    return run_contract("--target", url, "--treat-as-live", *flags, operation=OPERATION)


def test_a_plan_is_written_and_run_as_it_is(tmp_path: Path) -> None:
    """--plan-only sends no create; --plan runs just its tests, and refuses other options, tests and contracts."""
    file = tmp_path / "plan.json"
    with serve_mock(**IMMEDIATE) as served:
        flags = ("--allow-spend", "3", "--assume-price", "1")
        written = _run(served.url, *flags, "--plan-only", str(file), "-k", "test_create and not invalid and not model")
        assert written.returncode == 0, written.output
        assert served.creates == []
        assert f"run it with: cannon-contract --target {served.url} --operation {OPERATION} --treat" in written.stdout
        value = json.loads(file.read_text())
        running = {each["test"] for each in value["tests"] if not each["left_out"]}
        assert 0 < value["creates"] == value["cost"] <= value["limit"] <= 3

        run = _run(served.url, *flags, "--plan", str(file), "--report", str(tmp_path / "out"))
        assert run.returncode == 0, run.output
        assert f" / {len(value['tests'])} selected" in run.stdout
        report = json.loads((tmp_path / "out" / "report.json").read_text())
        assert {each["test"] for each in report["tests"] if each["outcome"] == "held"} == running
        charged = sum(each.credits for each in served.context.store.tasks.list_all())
        assert 0 < report["spending"]["spent"] == charged <= value["cost"]

        count = len(served.creates)
        for change, other_flags, text in (
            ({}, ("--probe-limits",), "it is for no --probe-limits, and this run has --probe-limits"),
            ({"limit": 0.5}, (), "cannot run as planned: could cross"),
            ({"tests": [{"test": "suite/test_x.py::test_x", "left_out": ""}]}, (), "does not know"),
            ({}, ("-k", "status"), "a plan runs whole: leave -k out"),
            ({"made_for": {**value["made_for"], "contract": "0 x"}}, (), "it is for contract 0 x"),
        ):
            file.write_text(json.dumps({**value, **change}))
            refused = _run(served.url, *flags, *other_flags, "--plan", str(file))
            assert (refused.returncode, text in refused.output) == (2, True), refused.output
        assert len(served.creates) == count


def test_a_plan_that_was_cut_spends_less(tmp_path: Path) -> None:
    """A user may strike tests from a plan: the others run, and no other test takes the place of those."""
    file = tmp_path / "plan.json"
    with serve_mock(**IMMEDIATE) as served:
        flags = ("--allow-spend", "3")
        _run(served.url, *flags, "--plan-only", str(file), "-k", "test_create and not invalid and not model")
        value = json.loads(file.read_text())
        paying = [each["test"] for each in value["tests"] if each["creates"] and not each["left_out"]]
        value["tests"] = [each for each in value["tests"] if each["test"] != paying[-1]]
        file.write_text(json.dumps(value))
        run = _run(served.url, *flags, "--plan", str(file))
        assert run.returncode == 0, run.output
        spent = re.search(r"spent: (\d+) of", run.stdout)
    assert spent
    assert 0 < int(spent[1]) <= sum(each["cost"] for each in value["tests"] if not each["left_out"]) < value["cost"]


@pytest.mark.parametrize("allowed", ["0", "1"])
def test_a_plan_that_was_edited_allows_no_more_than_the_options(allowed: str, tmp_path: Path) -> None:
    """A limit in the file above --allow-spend does not count: nothing beyond the option is spent."""
    file = tmp_path / "plan.json"
    chosen = ("--allow-spend", allowed, "--assume-price", "1", "-k", "test_create and not invalid and not model")
    with serve_mock(**IMMEDIATE) as served:
        assert _run(served.url, *chosen, "--plan-only", str(file)).returncode == 0
        plan_value = json.loads(file.read_text())
        tests = [{**each, "left_out": ""} for each in plan_value["tests"]]
        file.write_text(json.dumps({**plan_value, "limit": 5000, "tests": tests}))
        run = _run(served.url, *chosen[:4], "--plan", str(file))
        assert (run.returncode, "cannot run as planned" in run.output) == (2, True)
        assert served.creates == []


def test_a_body_without_an_operation_is_estimated_as_a_plain_one() -> None:
    """What should be refused whatever it asks for may cost as much as a plain create, should a target take it."""
    prices = read_prices(None, 100, CATALOG)
    budget = Budget(50, prices, plain_body={"operation": OPERATION, "input": {"prompt": "x"}})
    bodies: list[Any] = [None, {}, {"operation": "no.such", "input": {}}]
    assert [budget.admit([each]) for each in bodies] == [[1], [1], [1]]
    with pytest.raises(NotTested, match="could cross"):
        Budget(50, prices).admit([{}])


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ({"--allow-spend": 100.0}, "it is for --allow-spend 300, and this run has --allow-spend 100"),
        ({"--operation": []}, "it is for --operation a --operation b, and this run has no --operation"),
        ({"--prices": "my prices.json"}, "it is for no --prices, and this run has --prices 'my prices.json'"),
        ({"contract": "2 abc"}, "it is for contract 1 abc, and this run has contract 2 abc; write a new plan"),
        ({"--treat-as-live": True}, "it is for no --treat-as-live, and this run has --treat-as-live"),
    ],
)
def test_a_plan_for_another_run_is_refused(conditions: dict[str, Any], text: str, tmp_path: Path) -> None:
    """The first condition that differs is named, with both values and what to do."""
    file = tmp_path / "plan.json"
    plan_file.write_plan(str(file), (PlannedTest("test_a", 1, 31, 1, 40, ""),), 300, CONDITIONS, datetime.now(UTC))
    written = plan_file.read_plan(str(file))
    written.check_conditions(CONDITIONS)
    assert (written.limit, written.skip_reasons) == (71, {"test_a": ""})
    with pytest.raises(BadPlan) as error:
        written.check_conditions({**CONDITIONS, **conditions})
    assert text in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"prices": []}', '{"format": 1, "tests": [{}]}', '{"format": 1, "tests": []}', TRUE_FORMAT]
)
def test_what_is_no_plan_is_refused(text: str, tmp_path: Path) -> None:
    """Another file is refused by name, and so is one that is not there."""
    file = tmp_path / "plan.json"
    with pytest.raises(BadPlan, match="check the path"):
        plan_file.read_plan(str(file))
    file.write_text(text)
    with pytest.raises(BadPlan, match=r"plan\.json: "):
        plan_file.read_plan(str(file))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([[1]], "made_for.--target is an array of 1 item, which no option has; write a new plan"),
        ({"a": 1}, "made_for.--target is an object of 1 field"),
        (["\x1b[31m"], "it is for --target '\\u001b[31m', and this run has --target http"),
    ],
)
def test_a_condition_is_checked_and_printable(value: Any, sentence: str, tmp_path: Path) -> None:
    """A value that no option has is refused, and no text of a plan moves a cursor."""
    file = tmp_path / "plan.json"
    conditions = plan_file.build_conditions({"--target": value})
    plan_file.write_plan(str(file), (), 300, conditions, datetime.now(UTC))
    run = run_contract("--target", "http://127.0.0.1:9", "--plan", str(file))
    assert run.returncode == 2
    assert sentence in run.output
    assert "\x1b[31m" not in run.output


@pytest.mark.parametrize("flag", ["--plan", "--prices"])
def test_a_file_without_end_is_refused(flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the limit is read of a plan or of a file of prices."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 200_000)
    file = tmp_path / "large.json"
    file.write_bytes(b"{}" + b" " * 200_000)
    run = run_contract("--target", "http://127.0.0.1:9", flag, str(file))
    assert run.returncode == 2
    assert "large.json: the file is larger than 0 MiB; check the path" in run.output


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--plan-only", "x"), "--plan-only goes with a target that may charge"),
        (("--max-creates", "1"), "--max-creates goes with a target that may charge"),
        (("--plan", "x", "--plan-only", "y", "--target", "live"), "leave one of them out"),
        (("--plan", "no such file", "--target", "http://127.0.0.1:9"), "no such file: No such file or directory"),
        (("--max-creates", "-1"), "use a whole number of creates"),
        (("--max-time", "0"), "use a number of seconds above 0"),
    ],
)
def test_options_that_limit_nothing_are_refused(flags: tuple[str, ...], text: str) -> None:
    """An option that could not do what it says is refused before anything is sent."""
    run = run_contract(*flags)
    assert (run.returncode, text in run.output) == (2, True), run.output


def test_creates_are_counted_up_to_a_limit() -> None:
    """With --max-creates no more are sent, refused ones among them, and the plan says which tests that leaves out."""
    body = {"operation": OPERATION, "input": {"prompt": "x"}}
    steps = [Step("pays", (body,), ()), Step("probes", (), (body, body)), Step("free", (), ())]
    planned = plan.make_plan(steps, read_prices(None, None, CATALOG), 100, 2)
    reasons = [each.skip_reason for each in planned]
    assert reasons == ["", "would send more creates than --max-creates 2 allows", ""]
    with serve_mock(**IMMEDIATE) as served:
        run = _run(served.url, "--allow-spend", "100", "--assume-price", "1", "--max-creates", "1", "-k", "test_create")
        assert run.returncode == 0, run.output
        assert len(served.creates) == 1
    assert "would send more creates than --max-creates 1 allows" in run.stdout


def test_few_creates_show_a_request() -> None:
    """Where creates are few, a test of a request comes before one that only has creates refused."""
    body = {"operation": OPERATION, "input": {"prompt": "x"}}
    steps = [Step("refuses", (), (body,)), Step("creates", (body,), ()), Step("shares", (), (), (body,))]
    planned_tests = plan.make_plan(steps, read_prices(None, 1, CATALOG), 100, most_creates=2)
    reasons = {each.test: each.skip_reason for each in planned_tests}
    assert reasons == {
        "refuses": "would send more creates than --max-creates 2 allows",
        "creates": "",
        "shares": "",
    }


def test_a_run_whose_time_is_over_reads_its_costs_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --max-time a run ends in the middle of a wait: it says what it finished, what it spent, and what is open."""
    seconds = itertools.count()
    monkeypatch.setattr(plugin, "TimeLimit", lambda limit: TimeLimit(limit, now_s=lambda: float(next(seconds))))
    with serve_mock(speed=0.01) as served:
        run = _run(served.url, "--allow-spend", "100", "--max-time", "30", "-k", "both_headers or test_output")
        assert run.returncode == 2, run.output
        id_ = served.creates[-1].request_id
    assert "the run was stopped: --max-time 30 is over\nclaims finished before that: " in run.stdout
    assert "\n  auth-headers\n" in run.stdout.partition("claims finished before that")[2]
    assert "spent: 1 of 100 credits allowed" in run.stdout
    assert f"still open: {id_} (queued)" in run.stdout


def test_no_wait_goes_beyond_the_time() -> None:
    """A wait that fits is waited; one that does not ends the time at once."""
    waits: list[float] = []
    limit = TimeLimit(10, now_s=lambda: sum(waits), wait=waits.append)
    limit.sleep(9)
    assert (waits, limit.reason) == ([9], "")
    with pytest.raises(NotTested, match="--max-time 10 is over"):
        limit.sleep(1.5)
    assert (waits, limit.reason) == ([9], "--max-time 10 is over")
