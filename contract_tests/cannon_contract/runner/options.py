"""The options of a run, its API keys, and what else it takes from the environment (floor 6)."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cannon_contract.runner.address_checks import find_bad_address
from cannon_contract.runner.listen_address import find_listen_address
from cannon_spec import Catalog
from cannon_spec.coverage import find_covered_operation
from cannon_spec.errors import UnknownName

KEY = "CANNON_API_KEY"
OTHER_KEY = "CANNON_OTHER_API_KEY"
EMPTY_KEY = "CANNON_EMPTY_API_KEY"
CALL_TIMEOUT_S = 30.0
"""How long a call may take in all, unless a run says otherwise."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one run, as the user gave them.

    ``allow_spend`` and ``assume_price`` are credits, ``max_time`` and ``call_timeout`` seconds, ``prices``, ``report``,
    ``plan_only`` and ``plan`` paths. ``operation`` is empty where the user named none.
    """

    target: str = "mock"
    operation: tuple[str, ...] = ()
    treat_as_live: bool = False
    allow_spend: float = 0
    prices: str | None = None
    assume_price: float | None = None
    report: str | None = None
    probe_limits: bool = False
    plan_only: str | None = None
    plan: str | None = None
    max_creates: int | None = None
    max_time: float = math.inf
    call_timeout: float = CALL_TIMEOUT_S
    webhook_listen: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The API keys of the user, None where the environment has none.

    ``other`` is a second one; ``empty`` is one of an account without credits.
    """

    main: str | None = field(default=None, repr=False)
    other: str | None = field(default=None, repr=False)
    empty: str | None = field(default=None, repr=False)

    def __iter__(self) -> Iterator[str | None]:
        """Iterate over the keys, the main one first."""
        return iter((self.main, self.other, self.empty))

    def by_variable(self) -> dict[str, str | None]:
        """Map each environment variable to its key."""
        return dict(zip((KEY, OTHER_KEY, EMPTY_KEY), self, strict=True))


def add_options(add_option: Callable[..., Any]) -> None:
    """Add the options to a parser. ``add_option`` is the parser's own method for that."""
    for flag, settings in _OPTIONS.items():
        add_option(flag, **settings)


def read_options(config: Any) -> Options:
    """Read the options that pytest was given."""
    values = {name: config.getoption(name) for name in Options.__dataclass_fields__}
    return Options(**{**values, "operation": tuple(dict.fromkeys(values["operation"]))})


def read_api_keys() -> ApiKeys:
    """Read the API keys of the environment; a variable that is empty counts as one that is not set."""
    return ApiKeys(*(os.environ.get(name) or None for name in (KEY, OTHER_KEY, EMPTY_KEY)))


@contextmanager
def isolate_pytest() -> Iterator[None]:
    """Keep the user's settings and plugins of pytest out of a run: what they do to it says nothing of a server."""
    variables = {"PYTEST_ADDOPTS": None, "PYTEST_PLUGINS": None, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    saved_values = {name: os.environ.get(name) for name in variables}
    _set_variables(variables)
    try:
        yield
    finally:
        _set_variables(saved_values)


def _set_variables(values: Mapping[str, str | None]) -> None:
    """Set variables of the environment; None removes one."""
    for name, value in values.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def find_bad_operation(operations: tuple[str, ...], catalog: Catalog) -> str:
    """Say which of the operations the contract does not cover, and what to do; empty where it covers each."""
    for each in operations:
        try:
            find_covered_operation(catalog, each)
        except UnknownName as error:
            return str(error)
    return ""


def _parse_target(text: str) -> str:
    if text in ("mock", "live"):
        return text
    problem = find_bad_address(text)
    if problem:
        raise argparse.ArgumentTypeError(problem.replace("use an address", "use mock, live, or an address"))
    return text


def _parse_webhook_listen(text: str) -> str:
    try:
        find_listen_address(text, "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _parse_credits(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: use a number of credits, 0 or more")
    return number


def _parse_creates(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text}: use a whole number of creates, 0 or more")
    return int(text)


def _parse_seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: use a number of seconds above 0")
    return number


FORMATS = {
    "text": "for people",
    "github": "also annotations of GitHub Actions, and all claims that differ in $GITHUB_STEP_SUMMARY",
    "markdown": "a summary for a comment; what pytest writes goes to standard error",
}
"""How standard output tells what a run showed."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "--target": {
        "default": "mock",
        "type": _parse_target,
        "metavar": "mock|URL|live",
        "help": "what to test: a mock in this process, a server's address, or the vendor's service (default: mock)",
    },
    "--operation": {
        "action": "append",
        "default": [],
        "metavar": "ID",
        "help": "test this operation only; repeat the option for more (default: every covered operation; the cheapest "
        "one where creates may cost credits). A run of one operation has all of its rules and prices, a run of several "
        "has one for each claim",
    },
    "--treat-as-live": {
        "action": "store_true",
        "help": "treat the target as the vendor's: it may charge, and need not keep what is only assumed",
    },
    "--allow-spend": {
        "type": _parse_credits,
        "default": 0.0,
        "metavar": "CREDITS",
        "help": "the most credits that a run may cost on a target that may charge (default: 0, which creates nothing)",
    },
    "--prices": {
        "metavar": "FILE",
        "help": "a JSON file of what creates cost, written by an earlier run or by you (default: none)",
    },
    "--assume-price": {
        "type": _parse_credits,
        "metavar": "CREDITS",
        "help": "the estimate for a create whose price is in no file. Estimate high: the first create that costs more "
        "than its estimate stops the run (default: none, which sends no such create)",
    },
    "--probe-limits": {
        "action": "store_true",
        "help": "also test undocumented limits: bodies that only an assumption is against; they may be charged",
    },
    "--plan-only": {
        "metavar": "FILE",
        "help": "write the priced plan of the run to this JSON file, and create nothing (default: none)",
    },
    "--plan": {
        "metavar": "FILE",
        "help": "run just the plan in this file, with the options that it was written with: no test that it does not "
        "have, and for no more credits than it states (default: none)",
    },
    "--max-creates": {
        "type": _parse_creates,
        "metavar": "NUMBER",
        "help": "the most creates that a run may send where they may cost credits; those that are refused count too "
        "(default: no limit)",
    },
    "--max-time": {
        "type": _parse_seconds,
        "default": math.inf,
        "metavar": "SECONDS",
        "help": "end the run after this time: no call begins after it, one that only reads is ended, costs are read "
        "back, and the exit status is 2 (default: no limit)",
    },
    "--call-timeout": {
        "type": _parse_seconds,
        "default": CALL_TIMEOUT_S,
        "metavar": "SECONDS",
        "help": "how long a call may take in all, however its bytes come; a file may take four times as long "
        f"(default: {CALL_TIMEOUT_S:g})",
    },
    "--webhook-listen": {
        "type": _parse_webhook_listen,
        "metavar": "HOST:PORT[=URL]|off",
        "help": "where to receive the target's webhooks, and the address that it calls if that is another one, such as "
        "0.0.0.0:8080=https://tunnel.example/hook (default: a free port of 127.0.0.1 for a target on this machine, off "
        "for any other)",
    },
    "--format": {
        "choices": tuple(FORMATS),
        "default": "text",
        "metavar": "NAME",
        "help": f"{'; '.join(f'{name}: {meaning}' for name, meaning in FORMATS.items())} (default: text)",
    },
    "--report": {
        "metavar": "DIR",
        "help": "write index.html, report.json, summary.md, junit.xml and observations.json to this folder "
        "(default: none)",
    },
}
