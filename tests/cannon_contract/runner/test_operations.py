"""Runs by operation: which are tested, and with which input."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cannon_contract.runner.options import Options
from cannon_contract.runner.run import Run
from cannon_contract.runner.targets import Target
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.default_input import find_cheapest_operation, find_default_input
from cannon_contract.spending.price_list import PriceList
from cannon_spec import Catalog, load_catalog, validate_request
from cannon_spec.contract.catalog import Rule
from cannon_spec.contract.prices import Price
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.strategies import breakable
from tests.support.contract_runs import run_contract

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
FIRST, SECOND = "image.generate", "image.again"
PAID = Target("https://x.example", is_mock=False, may_charge=True, accepts_any_key=False, switches={})


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with a second operation, whose price depends on the number of its pictures."""
    folder = tmp_path_factory.mktemp("contract") / "schemas"
    shutil.copytree(SCHEMAS, folder)
    catalog = json.loads((folder / "catalog.json").read_text())
    price = {"credits": 50, "claim": "credits-price-image"}
    price["cases"] = [{"when": {"count": {"maximum": 1}}, "credits": 5, "claim": "credits-price-image"}]
    schema = json.loads((folder / "operations" / FIRST / "input.schema.json").read_text())
    schema["properties"]["count"] = {"type": "integer", "minimum": 1, "examples": [4], "x-evidence": {}}
    schema["properties"]["count"]["x-evidence"] = {"type": "credits-price-image", "minimum": "credits-price-image"}
    shutil.copytree(folder / "operations" / FIRST, folder / "operations" / SECOND)
    (folder / "operations" / SECOND / "input.schema.json").write_text(json.dumps(schema))
    (folder / "operations" / SECOND / "evidence.json").write_text('{"claims": {}}')
    operation = json.loads((folder / "operations" / FIRST / "operation.json").read_text())
    (folder / "operations" / SECOND / "operation.json").write_text(json.dumps({**operation, "price": price}))
    catalog["operations"][SECOND] = catalog["operations"][FIRST]
    (folder / "catalog.json").write_text(json.dumps(catalog))
    return load_catalog(folder)


def make_item(operation: str) -> Any:
    return SimpleNamespace(callspec=SimpleNamespace(params={"operation": operation}), iter_markers=lambda name: ())


def make_run(catalog: Catalog, options: Options, **prices: float) -> Run:
    known = tuple(KnownPrice(Price(credits), operation) for operation, credits in prices.items())
    return Run(catalog, options, Budget(100, PriceList(known)), target=PAID)


@pytest.mark.parametrize("operation", [FIRST, SECOND])
def test_the_default_input_comes_from_data(catalog: Catalog, operation: str) -> None:
    """It is valid and cheap, and has what is required, what the output repeats and what makes it cheap; no more."""
    input = find_default_input(catalog, operation)
    assert not validate_request({"operation": operation, "input": input}, catalog=catalog).findings
    extra = {"count": 1} if operation == SECOND else {"resolution": "1K"}
    assert {name: input[name] for name in extra} == extra
    assert input.keys() - extra.keys() <= {"prompt", "model", "aspect_ratio", "resolution"}
    assert catalog.operations[operation].find_cost(input).credits == (5 if operation == SECOND else 31)


def test_the_cheapest_operation_has_a_known_price(catalog: Catalog) -> None:
    """Of operations with a known price it is the cheapest; one whose price is unknown comes last."""
    prices = {FIRST: KnownPrice(Price(9), FIRST), SECOND: KnownPrice(Price(4), SECOND)}
    both = (FIRST, SECOND)
    assert find_cheapest_operation(catalog, both, PriceList(tuple(prices.values()))) == SECOND
    assert find_cheapest_operation(catalog, both, PriceList((prices[FIRST],))) == FIRST


def test_a_paid_run_tests_the_cheapest_operation_unless_it_is_told_others(catalog: Catalog) -> None:
    """Where creates may cost credits the other operations are left out, with the option that asks for them."""
    run = make_run(catalog, Options(), **{FIRST: 9, SECOND: 4})
    assert run.default_operation == SECOND
    assert run.find_obstacle(make_item(SECOND)) == ""
    assert f"than the cheapest, {SECOND}: name it with --operation" in run.find_obstacle(make_item(FIRST))
    told = make_run(catalog, Options(operation=(FIRST,)), **{FIRST: 9, SECOND: 4})
    assert (told.default_operation, told.find_obstacle(make_item(FIRST))) == (FIRST, "")


def test_each_operation_of_a_plan_has_its_own_body(catalog: Catalog) -> None:
    """A step of the plan has the operation of its case, and the shared body of each operation is paid for once."""
    run = make_run(catalog, Options(operation=(FIRST, SECOND)))
    items = [make_item(operation) for operation in (FIRST, SECOND)]
    for item in items:
        item.nodeid, item.iter_markers = "t", lambda name: [pytest.mark.shares.mark] if name == "shares" else []
    bodies = [run.plan_step(item).shared_bodies for item in items]
    assert [[body["operation"] for body in each] for each in bodies] == [[FIRST], [SECOND]]


def test_an_operation_that_is_not_covered_is_refused() -> None:
    """The message has what was written, the nearest operation and how to list them."""
    run = run_contract(operation="image.generat")
    assert run.returncode == 2
    assert (
        "--operation image.generat is not a covered operation; did you mean image.generate? cannon-spec catalog"
        in run.output
    )


@pytest.mark.parametrize("flag", ["--operation", "--prices"])
def test_a_refused_option_writes_no_control_characters(flag: str) -> None:
    """What the user wrote is shown with its control characters escaped, on one line."""
    run = run_contract(flag, "\x1b[31m\n", operation=None)
    assert run.returncode == 2
    assert run.output.startswith(f"cannon-contract: {flag} \\u001b[31m\\n")
    assert "\x1b[31m\n" not in run.output


def test_a_named_operation_is_tested() -> None:
    """With an operation by name its cases run, and so do the tests that are about none."""
    run = run_contract("-k", "test_status or has_its_default", "-v", operation=FIRST)
    assert run.returncode == 0
    assert f"[{FIRST}" in run.stdout
    assert "test_status.py" in run.stdout


def _list_tested_rules(operation: str | None) -> list[str]:
    """The rules that a run of one operation tests, or of all for None."""
    run = run_contract("--collect-only", "-q", "-k", "a_body_that_breaks_one_rule", operation=operation)
    return re.findall(r"a_body_that_breaks_one_rule\[[\w.]+-(.+)\]", run.stdout)


def test_a_run_of_several_operations_tests_each_claim_once() -> None:
    """Of the rules with one claim a run of several operations tests the first, and a run of one tests each.

    A rule with a cap has a test of its own.
    """
    assert sorted(_list_tested_rules(FIRST)) == sorted(rule.id for rule in breakable(FIRST) if not _is_capped(rule))
    contract = load_catalog()
    claims = [contract.rule_by_id(rule).claim.id for rule in _list_tested_rules(None)]
    assert sorted(claims) == sorted({rule.claim.id for rule in breakable() if not _is_capped(rule)})


def _is_capped(rule: Rule) -> bool:
    return rule.adjustment is not None and rule.adjustment.kind == "cap"


@pytest.mark.parametrize(
    ("claim", "is_required"),
    [
        ("create-accepted-202", True),
        ("create-reply-shape", True),
        ("lifecycle-order", True),
        ("poll-after-2000", False),
        ("credits-price-seedream5", False),
        ("asset-png", False),
        ("idempotency-mismatch", False),
    ],
)
def test_a_value_of_an_example_binds_nobody_but_the_mock(catalog: Catalog, claim: str, is_required: bool) -> None:
    """A server must keep documented words and the shapes of examples, not their values, and not assumptions.

    A mock that hides its settings, as its speed, is such a server.
    """
    assert make_run(catalog, Options()).is_required(claim) is is_required
    mock = replace(PAID, is_mock=True)
    assert Run(catalog, Options(), Budget(100, PriceList(())), target=mock).is_required(claim) is is_required
    mock = replace(mock, switches={"speed": 20.0})
    assert Run(catalog, Options(), Budget(100, PriceList(())), target=mock).is_required(claim)
