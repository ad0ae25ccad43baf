"""How long the commands take to start, and the memory of the mock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.measure import Measurement, Pair, interleave
from benchmarks.process import Server, find_script, time_command
from benchmarks.row import Aim, Row

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_WITHOUT_ENGINE = (
    "import sys; sys.modules['jsonschema_rs'] = None; from cannon_spec.cli.main import main; sys.exit(main())"
)


def compare_validate(bench: Bench) -> Pair:
    """The seconds of the judge with one good file, beside Python alone."""
    return _compare_with_python(bench, find_script("cannon-spec"), *_build_arguments(bench))


def compare_validate_without_engine(bench: Bench) -> Pair:
    """The same with the engine in Python."""
    return _compare_with_python(bench, sys.executable, "-c", _WITHOUT_ENGINE, *_build_arguments(bench))


def compare_import(bench: Bench) -> Pair:
    """The seconds of the import of the library, beside Python alone."""
    return _compare_with_python(bench, sys.executable, "-c", "import cannon_spec")


def compare_server_start(bench: Bench) -> Pair:
    """The seconds of the mock to its first answer."""
    return _compare_servers(bench, lambda server: server.start_s)


def compare_server_memory(bench: Bench) -> Pair:
    """The bytes of the mock after its first answer."""
    return _compare_servers(bench, Server.get_memory)


def _build_arguments(bench: Bench) -> tuple[str, str]:
    return "validate", bench.write("good.json", bench.good_bodies[0])


def _compare_with_python(bench: Bench, *command: str) -> Pair:
    python = time_command(sys.executable, "-c", "pass")
    return interleave(time_command(*command), python, rounds=bench.size.starts)


def _compare_servers(bench: Bench, measure: Callable[[Server], float]) -> Pair:
    def measure_fresh(start: Callable[..., Server]) -> Measurement:
        def run() -> float:
            with ExitStack() as stack:
                return measure(start(stack=stack))

        return run

    return interleave(measure_fresh(bench.start_mock), measure_fresh(bench.start_peer), rounds=bench.size.rounds)


_MS = 1e3
_MIB = 1 / 1024 / 1024

ROWS = (
    Row(
        "start",
        "start to the first answer",
        "cannon-mock",
        "Prism",
        "s",
        compare_server_start,
        "From the start of the process to its first answer to a poll, of whatever status.",
        aims=(Aim("ours", "at most", 0.25),),
        remark="the import of Flask alone takes two fifths of it: python -X importtime -c 'import flask'. "
        "To build our 42 dataclasses takes a tenth, the contract and the routes 7 %. "
        "The rest is the import of 140 modules of ours, and of asyncio, msgspec and jsonschema-rs.",
        has_npm_peer=True,
    ),
    Row(
        "memory",
        "memory after the first answer",
        "cannon-mock",
        "Prism",
        "MiB",
        compare_server_memory,
        "The memory that the process holds then.",
        _MIB,
        (Aim("ours", "at most", 80),),
        has_npm_peer=True,
    ),
    Row(
        "cold-start",
        "cold start of cannon-spec validate",
        "cannon-spec",
        "python -c pass",
        "ms",
        compare_validate,
        "One good file, from the start of the process to its end.",
        _MS,
        (Aim("ratio", "at most", 6),),
        remark="argparse, dataclasses and jsonschema-rs alone take two thirds of what the aim allows: "
        "python -X importtime -m cannon_spec validate FILE. "
        "The rest reads and checks the contract. Its checks stay, since an installation may be damaged or edited.",
    ),
    Row(
        "cold-start-jsonschema",
        "the same without jsonschema-rs",
        "cannon-spec",
        "python -c pass",
        "ms",
        compare_validate_without_engine,
        "The same where the extra fast is not installed.",
        _MS,
    ),
    Row(
        "import",
        "import cannon_spec",
        "cannon-spec",
        "python -c pass",
        "ms",
        compare_import,
        "The import of the library.",
        _MS,
    ),
)
