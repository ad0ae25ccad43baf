"""How fast one payload is judged, by each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import payloads
from measure import NotMeasured, interleaved, seconds_per_call
from table import Aim, Row, rendered

from cannon_spec import Catalog, CatalogError, load_catalog, validate_request

_ROUNDS = 9


def tables() -> Iterator[str]:
    """The table of the judge."""
    try:
        reference, fast = load_catalog(engine="jsonschema"), load_catalog(engine="jsonschema-rs")
    except CatalogError as error:
        raise NotMeasured(str(error)) from None
    good, bad = payloads.good(fast), payloads.bad()
    silent = [payload for payload in good if not validate_request(payload, catalog=fast).findings]
    warned = [payload for payload in good if payload not in silent]
    _make_sure(fast, good, bad)
    yield rendered(
        "1. Time to judge one payload",
        reference.engine,
        fast.engine,
        [
            _row("good", silent, reference, fast, Aim("over", 50)),
            _row("good, with a warning on the model", warned, reference, fast),
            _row("bad, a dozen slips", bad, reference, fast, Aim("over", 10)),
        ],
    )
    largest = payloads.good(fast, payloads.LARGEST)
    yield rendered(
        "1b. Time to judge one body of the largest operation, beside one of the first",
        payloads.LARGEST,
        payloads.OPERATION,
        [_compare(catalog, largest, good) for catalog in (fast, reference)],
    )


def _make_sure(catalog: Catalog, good: Sequence[Any], bad: Sequence[Any]) -> None:
    if not all(validate_request(payload, catalog=catalog).ok for payload in good):
        raise NotMeasured("a payload that should be good is not")
    if not all(validate_request(payload, catalog=catalog).findings for payload in bad):
        raise NotMeasured("a payload that should be bad is not")


def _row(what: str, judged: Sequence[Any], a: Catalog, b: Catalog, aim: Aim | None = None) -> Row:
    first, second = (seconds_per_call(_judging(judged, catalog)) for catalog in (a, b))
    pair = interleaved(f"payloads: {what}", first, second, rounds=_ROUNDS)
    return Row(what, pair, "µs", 1e6 / len(judged), aim)


def _compare(catalog: Catalog, judged: Sequence[Any], others: Sequence[Any]) -> Row:
    """The time of one payload of each list, by the engine of a catalog."""
    judge, judge_others = (seconds_per_call(_judging(each, catalog)) for each in (judged, others))
    first, second = (lambda: judge() / len(judged)), (lambda: judge_others() / len(others))
    pair = interleaved(f"operations: {catalog.engine}", first, second, rounds=_ROUNDS)
    return Row(catalog.engine, pair, "µs", 1e6, Aim("at most", 2))


def _judging(judged: Sequence[Any], catalog: Catalog) -> Callable[[], None]:
    def judge() -> None:
        for payload in judged:
            validate_request(payload, catalog=catalog)

    return judge
