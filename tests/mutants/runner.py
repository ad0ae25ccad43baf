"""Runs each mutant against the contract tests of its claim, all in one session of pytest."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from cannon_contract import __file__ as package
from cannon_contract.runner.results import read_result
from tests.mutants.table import Mutant

_HERE = Path(package).resolve().parent


class Hunt:
    """A plugin that runs each test once for every mutant of a claim that it is marked with."""

    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self.caught: dict[Mutant, list[str]] = {mutant: [] for mutant in mutants}
        self.crashed: list[str] = []
        self.run: dict[Mutant, int] = dict.fromkeys(mutants, 0)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Put the mutants in place of the plain mock."""
        claims = _claims(metafunc.definition)
        chosen = [mutant for mutant in self.caught if mutant.claim in claims]
        if not chosen:
            return
        ids = [f"{mutant.claim}: {mutant.how}" for mutant in chosen]
        metafunc.parametrize("mock_wrapper", [_Chosen(each) for each in chosen], indirect=True, ids=ids)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the cases of a test that speak of another claim."""
        items[:] = [item for item in items if (found := _mutant(item)) and found.claim in _own_claims(item)]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        """Note which mutant a test was run against, and whether its promise was found broken."""
        report = yield
        mutant, result = _mutant(item), getattr(report, "cannon", None)
        if mutant is not None and result is not None:
            self.run[mutant] += 1
            if result["outcome"] == "broken" and call.excinfo and not isinstance(call.excinfo.value, AssertionError):
                self.crashed.append(f"{mutant.claim}: {mutant.how}: {call.excinfo.exconly()} in {item.name}")
            elif read_result(result).breaks(mutant.claim):
                self.caught[mutant].append(item.name.partition("[")[0])
        return report


class _Chosen:
    """The wrapper of a mutant, for the fixture."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.app, self.send = mutant.wrapper.app, mutant.wrapper.send


def hunt(mutants: Sequence[Mutant]) -> Hunt:
    """The tests of their claims run against all mutants; Hypothesis need not make what it finds small."""
    plugin, profile = Hunt(mutants), settings.get_current_profile_name()
    settings.register_profile("hunt", settings.get_profile(profile), phases=[Phase.generate])
    settings.load_profile("hunt")
    try:
        _run(plugin)
    finally:
        settings.load_profile(profile)
    return plugin


def _run(plugin: Hunt) -> None:
    plugins = ["-p", "cannon_contract.plugin", "-p", "no:cacheprovider"]
    options = ["-c", str(_HERE / "pytest.ini"), "--rootdir", str(_HERE), "-q", "--tb=no", *plugins]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main([str(_HERE), *options], [plugin])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"the tests could not run:\n{said.getvalue()}")


def _mutant(item: pytest.Item) -> Mutant | None:
    wrapper = getattr(item, "callspec", None) and item.callspec.params.get("mock_wrapper")  # type: ignore[attr-defined]
    return wrapper.mutant if wrapper else None


def _own_claims(item: pytest.Item) -> set[str]:
    return {id_ for mark in item.iter_markers("claim") for id_ in mark.args}


def _claims(definition: Any) -> set[str]:
    """The claims of a test, and those of its cases."""
    cases = [case for mark in definition.iter_markers("parametrize") for case in mark.args[1]]
    marks = [mark for case in cases for mark in getattr(case, "marks", ())]
    return _own_claims(definition) | {id_ for mark in marks if mark.name == "claim" for id_ in mark.args}
