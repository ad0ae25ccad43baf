"""Refuses options and keys that do not go together, before anything is created (floor 6)."""

from __future__ import annotations

import re

import pytest

from cannon_contract.runner import options, planning, targets
from cannon_contract.runner.listen_address import find_listen_address
from cannon_contract.runner.options import ApiKeys, Options
from cannon_contract.runner.webhook_listener import find_listen_problem
from cannon_spec import Catalog
from cannon_spec.printable import escape_unprintable

_KEY_CHARACTERS = re.compile(r"[!-~]*", re.ASCII)


def check_options(config: pytest.Config, run_options: Options, catalog: Catalog) -> None:
    """Refuse an unknown operation, and options that do not go together. Raises UsageError."""
    problem = options.find_bad_operation(run_options.operation, catalog)
    if problem:
        raise pytest.UsageError(f"--operation {escape_unprintable(problem)}")
    if run_options.treat_as_live and run_options.target == "mock":
        raise pytest.UsageError("--treat-as-live goes with --target URL: the mock in this process never charges")
    plan_flags = {"--plan-only": run_options.plan_only, "--plan": run_options.plan}
    used_flags = [name for name, value in plan_flags.items() if value is not None]
    if len(used_flags) > 1:
        raise pytest.UsageError("--plan-only writes a plan, and --plan runs one: leave one of them out")
    if run_options.target == "mock" and (used_flags or run_options.max_creates is not None):
        name = [*used_flags, "--max-creates"][0]
        raise pytest.UsageError(f"{name} {planning.NEEDS_CHARGES}")
    if is_distributed(config) and may_cost(run_options, catalog):
        raise pytest.UsageError("a run that may cost credits is one process: leave -n out")


def check_keys(run_options: Options, keys: ApiKeys) -> None:
    """Refuse keys that no header can have, without naming them, and a live run without a key."""
    for name, key in keys.by_variable().items():
        if not _KEY_CHARACTERS.fullmatch(key or ""):
            raise pytest.UsageError(f"{name}: an API key has printable ASCII letters and no spaces; set it again")
    if run_options.target == "live" and keys.main is None:
        raise pytest.UsageError(f"--target live: put your API key into the environment variable {options.KEY}")
    if keys.main is not None and keys.main == keys.other:
        raise pytest.UsageError(f"{options.OTHER_KEY} is the key of {options.KEY} again; set another one")


def check_webhook_address(run_options: Options) -> None:
    """Refuse an address that the user named and that no webhook can reach, before anything is created."""
    if run_options.webhook_listen is None or run_options.target == "mock":
        return
    address = find_listen_address(run_options.webhook_listen, "")
    problem = find_listen_problem(address) if address else ""
    if problem:
        raise pytest.UsageError(f"{escape_unprintable(problem)}; name another address, or off")


def is_distributed(config: pytest.Config) -> bool:
    """Whether tests run in several processes, or this is one of them."""
    flags = (getattr(config.option, name, None) for name in ("numprocesses", "tx", "distload"))
    return hasattr(config, "workerinput") or any(flags) or getattr(config.option, "dist", "no") != "no"


def may_cost(run_options: Options, catalog: Catalog) -> bool:
    """Whether a run may cost credits, as far as its options say."""
    is_vendors = targets.is_vendor_address(run_options.target, catalog.base_url)
    return run_options.treat_as_live or run_options.allow_spend > 0 or is_vendors
