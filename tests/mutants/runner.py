"""Runs the contract tests of a claim against each mutant that breaks it, all in one session of pytest."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from cannon_contract import __file__ as package
from cannon_contract.runner.failure_text import FALLBACKS
from cannon_contract.runner.results import read_result
from tests.mutants.mutant import Mutant

_FOLDER = Path(package).resolve().parent


@dataclass(slots=True)
class MutantResults:
    """For each mutant the tests that caught it and how many ran, and the tests that failed by an error."""

    catching_tests: dict[Mutant, list[str]]
    test_counts: dict[Mutant, int]
    errors: list[str] = field(default_factory=list)

    @property
    def survivors(self) -> list[Mutant]:
        """The mutants that no test caught."""
        return [mutant for mutant, tests in self.catching_tests.items() if not tests]


def run_mutants(mutants: Sequence[Mutant]) -> MutantResults:
    """Run the tests of their claims against the mutants. Hypothesis does not shrink what it finds: a find is enough."""
    plugin, profile = _Plugin(mutants), settings.get_current_profile_name()
    settings.register_profile("mutants", settings.get_profile(profile), phases=[Phase.generate])
    settings.load_profile("mutants")
    try:
        _run_pytest(plugin)
    finally:
        settings.load_profile(profile)
    return plugin.results


def is_sentence(why: str) -> bool:
    """Whether a finding is one printable line, and not what stands for a failure without a sentence of its own."""
    return why.isprintable() and not any(each in why for each in FALLBACKS)


class _Plugin:
    """Runs each test once for every mutant of a claim that it is marked with."""

    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self.results = MutantResults({mutant: [] for mutant in mutants}, dict.fromkeys(mutants, 0))

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Put the mutants in place of the plain mock."""
        claims = _list_all_claims(metafunc.definition)
        mutants = [mutant for mutant in self.results.test_counts if mutant.claim in claims]
        if mutants:
            ids = [f"{mutant.claim}: {mutant.description}" for mutant in mutants]
            metafunc.parametrize("mock_wrapper", [_MutantWrapper(each) for each in mutants], indirect=True, ids=ids)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the cases of a test that are about another claim."""
        items[:] = [item for item in items if (mutant := _find_mutant(item)) and mutant.claim in _list_claims(item)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Run no further case of a test that has caught a mutant."""
        mutant = _find_mutant(item)
        is_caught = mutant is not None and _name_test(item) in self.results.catching_tests[mutant]
        return True if is_caught else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        """Note which mutant a test ran against, and whether the test found its claim broken."""
        report = yield
        mutant, data = _find_mutant(item), getattr(report, "cannon", None)
        if mutant is not None and data is not None:
            self.results.test_counts[mutant] += 1
            if data["outcome"] == "broken" and call.excinfo and not isinstance(call.excinfo.value, AssertionError):
                error = f"{mutant.claim}: {mutant.description}: {call.excinfo.exconly()} in {item.name}"
                self.results.errors.append(error)
            elif data["outcome"] == "broken" and not is_sentence(data["why"]):
                self.results.errors.append(f"{mutant.claim}: {mutant.description}: {data['why']!r} is no sentence")
            elif read_result(data).breaks(mutant.claim):
                self.results.catching_tests[mutant].append(_name_test(item))
        return report


class _MutantWrapper:
    """The wrapper of a mutant, for the fixture."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.app, self.send = mutant.wrapper.app, mutant.wrapper.send


def _run_pytest(plugin: _Plugin) -> None:
    plugins = ["-p", "cannon_contract.plugin", "-p", "no:cacheprovider"]
    options = ["-c", str(_FOLDER / "pytest.ini"), "--rootdir", str(_FOLDER), "-q", "--tb=no", *plugins]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        status = pytest.main([str(_FOLDER), *options], [plugin])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"the tests could not run:\n{output.getvalue()}")


def _name_test(item: pytest.Item) -> str:
    return item.name.partition("[")[0]


def _find_mutant(item: pytest.Item) -> Mutant | None:
    callspec = getattr(item, "callspec", None)
    wrapper = callspec and callspec.params.get("mock_wrapper")
    return wrapper.mutant if wrapper else None


def _list_claims(item: pytest.Item) -> set[str]:
    return {id_ for mark in item.iter_markers("claim") for id_ in mark.args}


def _list_all_claims(definition: Any) -> set[str]:
    """The claims of a test and of its cases."""
    cases = [case for mark in definition.iter_markers("parametrize") for case in mark.args[1]]
    marks = [mark for case in cases for mark in getattr(case, "marks", ())]
    return _list_claims(definition) | {id_ for mark in marks if mark.name == "claim" for id_ in mark.args}
