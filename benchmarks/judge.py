"""How fast one body is judged, beside Ajv, beside jsonschema-rs alone, and by each engine."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from benchmarks import payloads
from benchmarks.measure import Measurement, NotMeasured, Pair, interleave, time_calls
from benchmarks.process import build_node_command, get_environment
from benchmarks.row import Aim, Row
from cannon_spec import Catalog, load_catalog, validate_request

if TYPE_CHECKING:
    from benchmarks.bench import Bench


def compare_good_with_ajv(bench: Bench) -> Pair:
    """The seconds of one good body."""
    return _compare(bench, bench.good_bodies, _Ajv(bench, is_bundle=True).time("good", "first"))


def compare_good_with_split_ajv(bench: Bench) -> Pair:
    """The same beside Ajv with a schema for each operation and model."""
    return _compare(bench, bench.good_bodies, _Ajv(bench, is_bundle=False).time("good", "first"))


def compare_good_with_engine(bench: Bench) -> Pair:
    """The same beside the engine alone, which only says whether a body is valid."""
    return _compare(bench, bench.good_bodies, _time_engine(bench, bench.good_bodies, is_valid=True))


def compare_bad_with_ajv(bench: Bench) -> Pair:
    """The seconds of all findings of one bad body."""
    bad = list_bad_bodies(bench)
    return _compare(bench, bad, _Ajv(bench, is_bundle=True).time("bad", "all"))


def compare_bad_with_engine(bench: Bench) -> Pair:
    """The same beside the engine alone, which lists its errors."""
    bad = list_bad_bodies(bench)
    return _compare(bench, bad, _time_engine(bench, bad, is_valid=False))


def compare_good_engines(bench: Bench) -> Pair:
    """The seconds of one good body by the compiled engine, beside the one in Python."""
    return _compare(bench, bench.good_bodies, _time_judge(bench, bench.good_bodies, load_catalog(engine="jsonschema")))


def compare_bad_engines(bench: Bench) -> Pair:
    """The seconds of one bad body by the compiled engine, beside the one in Python."""
    bad = list_bad_bodies(bench)
    return _compare(bench, bad, _time_judge(bench, bad, load_catalog(engine="jsonschema")))


def compare_operations(bench: Bench) -> Pair:
    """The seconds of one body of the operation with the most rules, beside one of the first."""
    largest = payloads.build_good_bodies(bench.catalog, payloads.LARGEST)
    return _compare(bench, largest, _time_judge(bench, bench.good_bodies, bench.catalog))


def list_bad_bodies(bench: Bench) -> list[Any]:
    """Bodies with errors that a schema shows. The others are a matter of names, which a peer does not look up."""
    choose = _choose_engine(bench)
    return [body for body in payloads.build_bad_bodies() if not choose(body).is_valid(body)]


def _compare(bench: Bench, bodies: Sequence[Any], peer: Measurement) -> Pair:
    return interleave(_time_judge(bench, bodies, bench.catalog), peer, rounds=bench.size.rounds)


def _time_judge(bench: Bench, bodies: Sequence[Any], catalog: Catalog) -> Measurement:
    def judge() -> None:
        for body in bodies:
            validate_request(body, catalog=catalog)

    return _time_each(bench, bodies, judge)


def _time_engine(bench: Bench, bodies: Sequence[Any], *, is_valid: bool) -> Measurement:
    choose = _choose_engine(bench)

    def judge() -> None:
        for body in bodies:
            choose(body).is_valid(body)

    def list_errors() -> None:
        for body in bodies:
            list(choose(body).iter_errors(body))

    return _time_each(bench, bodies, judge if is_valid else list_errors)


def _time_each(bench: Bench, bodies: Sequence[Any], judge_all: Callable[[], None]) -> Measurement:
    time_all = time_calls(judge_all, at_least_s=bench.size.calls_s)
    return lambda: time_all() / len(bodies)


def _choose_engine(bench: Bench) -> Callable[[Any], Any]:
    """The compiled schema of a body, by its operation and model, as the scripts for Node choose it."""
    schemas = bench.schemas

    @cache
    def compile_schema(operation: str, model: str) -> Any:
        return jsonschema_rs.Draft202012Validator(schemas[operation][model], offline=True)

    def choose(body: Any) -> Any:
        models, input = schemas.get(body["operation"]), body["input"]
        operation = "" if models is None else body["operation"]
        model = input.get("model", "") if isinstance(input, dict) else ""
        return compile_schema(operation, model if model in schemas[operation] else "")

    return choose


class _Ajv:
    """A process of Node that judges the same bodies by the same schemas. Raises NotMeasured where a verdict differs."""

    def __init__(self, bench: Bench, *, is_bundle: bool) -> None:
        lists = {"good": bench.good_bodies, "bad": list_bad_bodies(bench)}
        files = bench.write_schemas(is_bundle=is_bundle), bench.write("bodies.json", lists)
        self._at_least_s = bench.size.calls_s
        self._process = bench.stack.enter_context(
            subprocess.Popen(
                build_node_command("judge.js", *files),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=get_environment(),
            )
        )
        bench.stack.callback(self._process.kill)
        numbers = [self._ask(f"{name} count 0") for name in lists]
        if numbers != [0, len(lists["bad"])]:
            raise NotMeasured(f"Ajv refuses {numbers[0]:g} good bodies and {numbers[1]:g} bad ones")

    def time(self, name: str, mode: str) -> Measurement:
        """A measurement of the seconds of one body of a list."""
        return lambda: self._ask(f"{name} {mode} {self._at_least_s}")

    def _ask(self, line: str) -> float:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise NotMeasured("the script for Ajv has ended")
        return float(answer)


_US = 1e6

_GOOD_REMARK = (
    "beside the engine, the judge looks whether the value is one of JSON, whether addresses can be reached, and which "
    "schema is meant, in Python. The addresses take the most of it. "
    "Profile: python -m cProfile -s tottime -m cannon_spec validate FILE --quiet."
)
_BAD_REMARK = (
    "the engine judges twice: whether there is an error, and which. The rest is ours alike: to find the rule of each "
    "error, to judge the body again without its unknown fields, and to word what is not yet known."
)

ROWS = (
    Row(
        "good-ajv",
        "one good body, parsed",
        "cannon-spec",
        "Ajv",
        "µs",
        compare_good_with_ajv,
        "One create body without errors is judged, as a value that is parsed. "
        "Ajv says only whether it is valid, by the whole contract as one schema, with its default settings.",
        _US,
        (Aim("ratio", "at most", 1.0),),
        remark=_GOOD_REMARK,
        has_npm_peer=True,
    ),
    Row(
        "good-ajv-split",
        "one good body, parsed, its schema chosen",
        "cannon-spec",
        "Ajv",
        "µs",
        compare_good_with_split_ajv,
        "The same beside Ajv with a schema for each operation and model, of which the caller chooses.",
        _US,
        has_npm_peer=True,
    ),
    Row(
        "good-raw",
        "one good body, parsed",
        "cannon-spec",
        "jsonschema-rs",
        "µs",
        compare_good_with_engine,
        "The same beside the engine that cannon-spec uses, called alone with the same schema.",
        _US,
        (Aim("ratio", "at most", 1.6),),
        remark=_GOOD_REMARK,
    ),
    Row(
        "bad-raw",
        "one bad body, findings with hints",
        "cannon-spec",
        "jsonschema-rs",
        "µs",
        compare_bad_with_engine,
        "All findings of one bad body, with hints and fixes. The engine alone lists its errors.",
        _US,
        (Aim("ratio", "at most", 2.5),),
        remark=_BAD_REMARK,
    ),
    Row(
        "bad-ajv",
        "one bad body, findings with hints",
        "cannon-spec",
        "Ajv",
        "µs",
        compare_bad_with_ajv,
        "The same beside Ajv with allErrors, which gives errors without hints.",
        _US,
        has_npm_peer=True,
    ),
    Row(
        "engines-good",
        "one good body, by each engine",
        "jsonschema-rs",
        "jsonschema",
        "µs",
        compare_good_engines,
        "cannon-spec with the compiled engine of the extra fast, beside cannon-spec with the one in Python.",
        _US,
        (Aim("ratio", "at most", 0.02),),
        remark=_GOOD_REMARK,
    ),
    Row(
        "engines-bad",
        "one bad body, by each engine",
        "jsonschema-rs",
        "jsonschema",
        "µs",
        compare_bad_engines,
        "The same for the findings of a bad body.",
        _US,
        (Aim("ratio", "at most", 0.1),),
        remark=_BAD_REMARK,
    ),
    Row(
        "operations",
        "one good body of the largest operation",
        "video.generate",
        "image.generate",
        "µs",
        compare_operations,
        "A body of the operation with the most rules, beside one of another operation.",
        _US,
        (Aim("ratio", "at most", 2),),
    ),
)
