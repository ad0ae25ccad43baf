"""The options of a run (floor 5)."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for."""

    target: str = "mock"
    treat_as_live: bool = False
    allow_spend: float = 0
    prices: str | None = None
    assume_price: float | None = None
    report: str | None = None
    probe_limits: bool = False


def add_options(add_option: Callable[..., Any]) -> None:
    """Add the options to a parser, by its own way of adding one."""
    add_option("--target", default="mock", type=_target, metavar="mock|URL|live", help="what to test (mock)")
    add_option(
        "--treat-as-live",
        action="store_true",
        help="treat the target as the vendor's: it may charge, and need not keep what is only assumed",
    )
    add_option(
        "--allow-spend",
        type=_credits,
        default=0.0,
        metavar="CREDITS",
        help="the most that a run may cost on a target that may charge (0: nothing is created there)",
    )
    add_option("--prices", metavar="FILE", help="what creates cost, as an earlier run wrote it or you know it")
    add_option("--assume-price", type=_credits, metavar="CREDITS", help="what to reckon for a create of unknown price")
    add_option(
        "--probe-limits",
        action="store_true",
        help="also send what only an assumption is against, to see whether it is refused; it may be charged",
    )
    add_option("--report", metavar="DIR", help="write index.html, report.json, junit.xml and observations.json there")


def read_options(config: Any) -> Options:
    """The options as they were given to pytest."""
    return Options(**{name: config.getoption(name) for name in Options.__dataclass_fields__})


def _target(text: str) -> str:
    if text in ("mock", "live"):
        return text
    if "@" in text.partition("//")[2].partition("/")[0]:
        raise argparse.ArgumentTypeError("leave user and password out of the address: they would be shown")
    if not _is_address(text):
        raise argparse.ArgumentTypeError(f"{text}: use mock, live, or an address with http:// or https://")
    return text


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # of a port that is no number, or a bracket that is not closed
        return False


def _credits(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}: a number of credits, from 0 on")
    return number
