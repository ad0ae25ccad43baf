"""The report of a run: what each claim shows, bounded and escaped whatever a target sends."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.client.api import Deviation
from cannon_contract.client.recording import Exchange
from cannon_contract.report import write_report
from cannon_contract.report.bounds import LARGEST_FILE, LEVELS
from cannon_contract.report.json_report import build_report
from cannon_contract.report.markdown_summary import render_summary
from cannon_contract.report.page import render_page
from cannon_contract.report.terminal import build_summary
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import TestResult
from cannon_contract.runner.run import Run
from cannon_contract.runner.suite_tests import SuiteTest, build_command
from cannon_contract.runner.targets import Target
from cannon_contract.spending.accounts import BalanceReading
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from tests.support.payloads import CATALOG

_EXCHANGE = Exchange("GET http://x/a", {"host": "x"}, "sent body", 200, {"server": "y"}, "reply body")
_TARGET = Target("http://x", is_mock=False, may_charge=True, accepts_any_key=False, switches={})
_ATTACK = "<script>alert(1)</script>\"'&"


def _run(*results: TestResult, **changes: Any) -> Run:
    return Run(CATALOG, Options(), Budget(10, PriceList((), 1)), results=list(results), **changes)


def _find_claim(run: Run, id_: str) -> dict[str, Any]:
    claim: dict[str, Any] = next(each for each in build_report(run)["claims"] if each["id"] == id_)
    return claim


def _break(claim: str, test: str = "test_a", **changes: Any) -> TestResult:
    why = "n: expected 1, got 2"
    return TestResult(test, (claim,), "broken", why, (claim,), exchanges=(_EXCHANGE,), **changes)


def test_an_observation_keeps_its_exchange() -> None:
    """What a run observed has the calls that show it, in the data and on the page: the run has paid for them."""
    observed = TestResult("t", ("poll-after-2000",), "observed", "why", ("poll-after-2000",), exchanges=(_EXCHANGE,))
    deviation = Deviation("credits-hold", "another balance", exchange=_EXCHANGE)
    held = TestResult("u", ("credits-hold",), "held", deviations=(deviation,))
    run = _run(observed, held)
    for claim in ("poll-after-2000", "credits-hold"):
        assert _find_claim(run, claim)["outcome"] == "observed"
        assert [each["body"] for each in _find_claim(run, claim)["exchanges"]] == ["reply body"]
    assert render_page(build_report(run)).count("reply body") == 2


def test_the_tests_that_show_a_break_are_marked_and_come_first() -> None:
    """Of the tests of a broken claim those that found it broken come first, marked in the data and on the page."""
    held = TestResult("test_that_holds", ("status-ok",), "held")
    run = _run(held, _break("status-ok", "test_that_fails"))
    claim = _find_claim(run, "status-ok")
    assert (claim["tests"], claim["showing_tests"]) == (["test_that_fails", "test_that_holds"], ["test_that_fails"])
    page = render_page(build_report(run))
    assert page.count('<b class="mark">') == 1
    assert '<li><b class="mark">broken</b> test_that_fails' in page
    assert "    test: test_that_fails" in build_summary(run)


def test_a_claim_that_was_not_tested_has_a_command() -> None:
    """A claim that was not tested has the command that would test it; a rule without tests has one that judges it."""
    test = SuiteTest("id", "test_a", None, frozenset(), "nothing")
    skipped = TestResult("id", ("status-ok",), "not tested", "no answer")
    run = _run(skipped, suite_tests_by_claim={"status-ok": [test]}, needs_by_claim={"status-ok": {"nothing"}})
    assert _find_claim(run, "status-ok")["to_test"] == "cannon-contract -k test_a"
    assert "cannon-spec validate" in _find_claim(run, "gptimage2-references-max")["to_test"]
    assert "<code>cannon-contract -k test_a</code>" in render_page(build_report(run))
    assert _find_claim(_run(_break("status-ok")), "status-ok")["to_test"] == ""


@pytest.mark.parametrize(
    ("tests", "target", "may_charge", "command"),
    [
        ([], "mock", False, "cannon-spec validate FILE, with a body that breaks it"),
        ([("a", None, (), "nothing")], "mock", False, "cannon-contract -k test_a"),
        ([("a", None, (), "nothing")], "http://x", True, "cannon-contract --target http://x -k test_a"),
        (
            [("a", "video.generate", (), "credits")],
            "mock",
            False,
            "cannon-contract --operation video.generate -k test_a",
        ),
        (
            [("a", None, (), "credits")],
            "http://x",
            True,
            "cannon-contract --target http://x --allow-spend CREDITS -k test_a",
        ),
        (
            [("a", None, ("limits",), "credits")],
            "http://x",
            False,
            "cannon-contract --target http://x --probe-limits -k test_a",
        ),
        (
            [("a", None, ("other key",), "nothing")],
            "http://x",
            False,
            "CANNON_OTHER_API_KEY=KEY cannon-contract --target http://x -k test_a",
        ),
        ([("a", None, ("clock",), "a mock")], "http://x", True, "cannon-contract -k test_a"),
        ([("a", None, ("own pace",), "nothing")], "http://x", False, "cannon-contract -k test_a"),
        ([("a", None, ("mock",), "a mock")], "http://x", False, "cannon-contract --target http://x -k test_a"),
        ([("a", None, (), "credits"), ("b", None, (), "nothing")], "mock", False, "cannon-contract -k test_b"),
        ([("a", None, (), "nothing")], "http://x/a b", False, "cannon-contract --target 'http://x/a b' -k test_a"),
    ],
)
def test_the_command_runs_the_test_that_takes_least(
    tests: list[Any], target: str, may_charge: bool, command: str
) -> None:
    """The command names the test that takes least, the target where that can run it, and the options that it needs."""
    suite_tests = [SuiteTest(name, f"test_{name}", op, frozenset(needs), cost) for name, op, needs, cost in tests]
    assert build_command(suite_tests, target, {"mock"}, Options(), may_charge=may_charge) == command


@pytest.mark.parametrize(
    ("needs", "cost", "flags"),
    [
        ((), "nothing", "--treat-as-live"),
        ((), "credits", "--treat-as-live --allow-spend CREDITS --prices 'my prices.json' --assume-price 5"),
        (("limits",), "nothing", "--treat-as-live --probe-limits"),
        (("webhooks",), "nothing", "--treat-as-live --webhook-listen 127.0.0.1:8080"),
    ],
)
def test_the_command_keeps_the_options_of_the_run(needs: tuple[str, ...], cost: Any, flags: str) -> None:
    """Whoever repeats a test with its command gets it as this run would have had it: charged and priced alike."""
    run_options = Options(
        treat_as_live=True,
        prices="my prices.json",
        assume_price=5,
        probe_limits=True,
        webhook_listen="127.0.0.1:8080",
    )
    suite_test = SuiteTest("a", "test_a", None, frozenset(needs), cost)
    command = build_command([suite_test], "http://x", {"limits", "webhooks"}, run_options, may_charge=True)
    assert command == f"cannon-contract --target http://x {flags} -k test_a"


@pytest.mark.parametrize(
    ("costs", "line"),
    [
        ((2.0, None), "spent: 33 of 100 credits allowed, in 2 creates, of which 1 cost something and 1 may have, and "),
        ((2.0, 0.0), "spent: 2 of 100 credits allowed, in 2 creates, of which 1 cost something"),
    ],
)
def test_a_create_that_counts_at_its_estimate_is_not_said_to_have_cost_something(
    costs: tuple[float | None, ...], line: str
) -> None:
    """Of the creates that count, the line on spending tells those that cost something from those that may have."""
    run = _run(TestResult("t", ("status-ok",), "held"))
    reading = BalanceReading("cs_a", 100)
    run = replace(run, budget=Budget(100, PriceList(assumed_price=31)), target=_TARGET)
    for cost in costs:
        (number,) = run.budget.begin_creates({"operation": "image.generate", "input": {"prompt": "x"}})
        run.budget.settle(number, reading, reading, stated_cost=cost)
    spending = [each for each in build_summary(run) if each.startswith(("spent", "  31", "  2"))]
    assert spending[0].startswith(line)
    assert [each for each in spending if each.endswith("(its estimate)")] == spending[2:]


def test_a_run_that_was_stopped_names_the_claims_it_had_finished() -> None:
    """A claim is finished when its selected tests have run and one showed something; all outputs say which are."""
    by_claim = {"status-ok": {"a"}, "status-free": {"a", "b"}, "status-code": {"c"}}
    result = TestResult("a", ("status-ok", "status-free"), "held")
    skipped = TestResult("c", ("status-code",), "not tested", "no answer")
    run = _run(result, skipped, tests_by_claim=by_claim, stop_reason="overrun")
    report = build_report(run)
    assert report["finished_claims"] == ["status-ok"]
    assert build_summary(run)[-2:] == ["claims finished before that: 1 of 3", "  status-ok"]
    page = render_page(report)
    assert "Claims finished before that: 1" in page
    assert page.count("stopped before the last of its tests") == 2


class _Tags(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.tags |= {name for name, _ in attrs if name.startswith("on")}


def test_the_page_escapes_what_a_target_sends() -> None:
    """Whatever text a target sends, wherever the page shows it, is text there."""
    exchange = Exchange(_ATTACK, {_ATTACK: _ATTACK}, _ATTACK, 200, {_ATTACK: _ATTACK}, _ATTACK)
    result = TestResult(_ATTACK, ("status-ok",), "broken", _ATTACK, ("status-ok",), exchanges=(exchange,) * 2)
    skipped = TestResult(_ATTACK, ("status-free",), "not tested", _ATTACK)
    budget = Budget(10, PriceList((), 1), remarks=[_ATTACK], open_requests={_ATTACK: _ATTACK})
    run = _run(result, skipped, stop_reason=_ATTACK, target=replace(_TARGET, url=_ATTACK))
    run.budget = budget
    page = render_page(build_report(run))
    assert page.count("&lt;script&gt;") >= 15
    assert _Tags(page).tags.isdisjoint({"script", "img", "onload"})


def test_the_summary_has_the_breaks_first() -> None:
    """The summary in Markdown counts all claims, and has a row for each that is broken, then for each observed."""
    observed = TestResult("t", ("poll-after-2000",), "observed", "2 @all", ("poll-after-2000",))
    summary = render_summary(build_report(_run(observed, _break("status-ok"), target=_TARGET, stop_reason="a|b")))
    title, *_, first, second = summary.splitlines()
    assert title.startswith("## cannon-contract: 1 broken, 1 observed, ")
    assert first.startswith("| status-ok | broken | ")
    assert "expected 1, got 2 | test\\_a |" in first
    assert second.startswith("| poll-after-2000 | observed | ")
    assert "2 &#64;all" in second
    assert "The run was stopped: a\\|b" in summary
    assert "0 of 10 credits were spent." in summary


def test_no_text_of_a_target_moves_a_cursor(tmp_path: Path) -> None:
    """Control characters in a reply are escapes in each file, and the JSON files have the same values."""
    nasty = "a\x1b[31m\r\x7f\x9b\u202eb\nc"
    exchange = Exchange(nasty, {nasty: nasty}, nasty, 200, {nasty: nasty}, nasty)
    claims = ("status-ok",)
    write_report(_run(TestResult(nasty, claims, "broken", nasty, claims, exchanges=(exchange,) * 2)), tmp_path)
    for name in ("report.json", "index.html", "summary.md", "observations.json"):
        text = (tmp_path / name).read_bytes().decode()
        assert not set("\x1b\r\x7f\x9b\u202e") & set(text), name
    assert "a\\u001b[31m\\r\\u007f" in (tmp_path / "index.html").read_text()
    report = json.loads((tmp_path / "report.json").read_text())
    assert [each["exchanges"][0]["body"] for each in report["claims"] if each["exchanges"]] == [nasty]


_RARE_LETTERS = [pytest.param(each, marks=pytest.mark.extended) for each in ("&", "\x01", "\U0001f600", "\ud800")]


@pytest.mark.parametrize("letter", ['"', *_RARE_LETTERS])
def test_no_target_makes_a_report_large(tmp_path: Path, letter: str) -> None:
    """However many claims break and whatever is sent, each file is below its limit, and says what it leaves out."""
    claims = [claim.id for claim in CATALOG.claims.values() if claim.kind != "gap"]
    body = letter.encode(errors="replace").decode() * 4096
    exchange = Exchange("GET http://x", {"a": body[:300]}, body, 200, {"b": body[:300]}, body)
    results = [
        TestResult(
            f"suite/test_a.py::test_{i}",
            (claims[i % len(claims)],),
            "broken",
            f"{i}{letter * 2000}",
            (claims[i % len(claims)],),
            exchanges=(exchange,),
            law="A law of usual length, as each test of the suite opens with one, which is a sentence",
        )
        for i in range(1500)
    ]
    run = _run(*results, stop_reason=letter * 9999)
    run.budget.remarks.extend(f"{i}{letter * 500}" for i in range(300))
    run.budget.open_requests.update({f"{i}{letter * 90}": letter * 90 for i in range(300)})
    write_report(run, tmp_path)
    files = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert files.keys() == {"report.json", "index.html", "summary.md", "observations.json"}
    assert max(files.values()) <= LARGEST_FILE
    assert files["summary.md"] < 65_536  # an issue of GitHub
    assert "more claims: report.json has all" in (tmp_path / "summary.md").read_text(errors="replace")
    report = json.loads((tmp_path / "report.json").read_text(errors="replace"))
    assert report["counts"]["broken"] == len(claims)
    assert report["spending"]["more_open"] > 0
    assert all(len(each["why"]) + each["more_why"] >= 2 for each in report["claims"])


def test_a_small_run_is_reported_whole() -> None:
    """Without need nothing is left out: the widest limits have all bodies, tests and reasons of a usual run."""
    exchange = Exchange("GET http://x", {}, "s" * 4096, 200, {}, "r" * 4096)
    result = TestResult("t", ("status-ok",), "broken", "why", ("status-ok",), exchanges=(exchange,) * 12)
    claim = next(each for each in build_report(_run(result), LEVELS[0])["claims"] if each["id"] == "status-ok")
    assert (len(claim["exchanges"]), claim["more_exchanges"]) == (12, 0)
    assert claim["exchanges"][0]["body"] == "r" * 4096


def test_the_summary_is_bounded() -> None:
    """The summary has the first reasons, tests, charges and open requests, and how many more there are."""
    results = [TestResult(f"t{i}", ("status-ok",), "broken", f"{i}" + "x" * 5000, ("status-ok",)) for i in range(100)]
    run = _run(*results, target=_TARGET)
    run.budget.remarks.extend(f"remark {i}" for i in range(500))
    run.budget.open_requests.update({f"req_{i}": "queued" for i in range(500)})
    lines = build_summary(run)
    assert len(lines) < 120
    assert max(map(len, lines)) < 500
    assert "    test: t0 and 99 more" in lines
    assert "    and 97 more" in lines
    assert "and 450 more" in lines
