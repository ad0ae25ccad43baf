"""The settings that the command line gives."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What one server is told at its start."""

    port: int
    keys: tuple[str, ...]
    other_key: str | None
    balance: int
    pace: float
    answer_ms: float
    busy_ms: float
    public_base: str | None


def read_settings(words: Sequence[str] | None = None) -> Settings:
    """Read the command line."""
    options = _parser().parse_args(words)
    return Settings(
        port=options.port,
        keys=tuple(options.key or ["cs_live_honest_1"]),
        other_key=options.other_key,
        balance=options.balance,
        pace=options.pace,
        answer_ms=options.answer_ms,
        busy_ms=options.busy_ms,
        public_base=options.public_base and options.public_base.rstrip("/"),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.fastapi_server")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", action="append", help="a key of the account; repeatable")
    parser.add_argument("--other-key", help="the key of a second account")
    parser.add_argument("--balance", type=int, default=100_000, help="credits of each account")
    parser.add_argument("--pace", type=_positive, default=1.0, help="divides every duration")
    parser.add_argument("--answer-ms", type=float, default=0.0, help="delays each reply")
    parser.add_argument("--busy-ms", type=float, default=0.0, help="somebody else spends 3 credits so often")
    parser.add_argument("--public-base", help="what the addresses in replies start with")
    return parser


def _positive(word: str) -> float:
    number = float(word)
    if number <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number
