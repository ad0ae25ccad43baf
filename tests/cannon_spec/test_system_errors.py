"""What the system refuses is told in one way, by every command."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

import pytest

from cannon_contract.spending import plan_file
from cannon_contract.spending.plan_file import BadPlan
from cannon_spec import Catalog, inputs
from cannon_spec.cli import output_file
from cannon_spec.cli.console import describe_os_error
from cannon_spec.cli.input_files import format_read_error
from cannon_spec.contract import source
from cannon_spec.errors import CannonSpecError
from cannon_spec.output import run_file
from cannon_spec.pricing import price_file
from cannon_spec.system_errors import explain_os_error


def refuse(*_: object, **__: object) -> None:
    """Open nothing, as where a process has as many files open as it may have."""
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def test_no_path_is_blamed_for_too_many_files(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    """Where a process may open no more files, each reader and writer says so, and what allows more."""
    monkeypatch.setattr(inputs, "read_file", refuse)
    monkeypatch.setattr(output_file, "open_replacement", refuse)
    works: list[Callable[[], object]] = [
        lambda: source.read_json("a"),
        lambda: run_file.read_run_file("a", "b", "c"),
        lambda: price_file.read_price_file("a", catalog),
        lambda: plan_file.read_plan("a"),
        lambda: output_file.open_output_file("a").__enter__(),
    ]
    for work in works:
        with pytest.raises((CannonSpecError, BadPlan), match=r"a: Too many open files; allow this process more"):
            work()
    error = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    assert describe_os_error(error) == format_read_error(error) == explain_os_error(error, "choose another port")


def test_a_reason_is_never_empty() -> None:
    """An error without a text of the system is told by its own text, or else by its name; advice may be left out."""
    assert explain_os_error(OSError("no luck")) == "no luck; check the path"
    assert explain_os_error(TimeoutError(), "") == "TimeoutError"
