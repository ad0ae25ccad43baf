"""The cost of judging grows in line with the input: twice the input takes at most 2.5 times the operations."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import pytest

from cannon_spec import document, load_catalog, validate_request
from cannon_spec.cli.file_fixes import fix_content
from cannon_spec.contract.prices import Price
from cannon_spec.contract.refs import inline_refs
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.fast_decoder import load_fast_decoder
from cannon_spec.finding import Report
from cannon_spec.finding_cache import _WORDINGS
from cannon_spec.json_positions import JSONPlaces
from cannon_spec.json_text import patch_text
from cannon_spec.pricing.body_cost import RunPrices
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.reading.formats import ReadContext, find_reader, read_documents
from cannon_spec.traffic import har
from cannon_spec.traffic.client_habits import check_habits
from cannon_spec.traffic.sequence import ParsedCall, check_sequence
from tests.support.operation_count import MOST_GROWTH, count_operations
from tests.support.payloads import CATALOG

PICTURE = "https://example.com/1.jpg"
Work = Callable[[], object]


class Case(NamedTuple):
    """Work over an input of a size, and the size: large enough that what is done once counts little."""

    build: Callable[[int], Work]
    size: int = 300


def judge_body(
    build_input: Callable[[int], dict[str, Any]], operation: str = "image.generate", engine: str = ""
) -> Any:
    """Judge a body whose input has a size."""

    def build(size: int) -> Work:
        body = {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2", **build_input(size)}}
        return lambda: validate_request(body, catalog=load_engine(engine) if engine else CATALOG)

    return build


@cache
def load_engine(engine: str) -> Any:
    return load_catalog(engine=engine)


def judge_angles(angle: dict[str, Any]) -> Any:
    """Judge a body with a list of many objects."""
    fields = {"name": "x", "description": "x", "source_image_urls": [PICTURE]}

    def build(size: int) -> Work:
        body = {"operation": "three_d.location.generate", "input": {**fields, "angle_context": [angle] * size}}
        return lambda: validate_request(body, catalog=CATALOG)

    return build


def read_json(build_text: Callable[[int], str]) -> Any:
    """Read a text with the strict decoder; it may be refused."""

    def build(size: int) -> Work:
        text = build_text(size)
        return lambda: _try(lambda: document.read_strictly(text))

    return build


def read_file(name: str, build_content: Callable[[int], str | bytes], *, locates: bool = False) -> Any:
    """Read the documents of a file, and find all members of their values in it."""

    def build(size: int) -> Work:
        content = build_content(size)
        data = content if isinstance(content, bytes) else content.encode()
        reader = find_reader(name, "auto", ReadContext(CATALOG, None))

        def read() -> None:
            for each in read_documents(io.BytesIO(data), reader):
                for member in each.value if locates and each.error is None else ():
                    each.locate(f"/{member}")

        return read

    return build


def inline(build_definitions: Callable[[int], dict[str, Any]]) -> Any:
    """Replace the references of a schema."""

    def build(size: int) -> Work:
        schema = {"$defs": build_definitions(size), "properties": {"x": {"$ref": "#/$defs/d0"}}}
        return lambda: _try(lambda: inline_refs("models/x", {"models/x": schema}.__getitem__))

    return build


def check_traffic(build_entries: Callable[[int], list[dict[str, Any]]]) -> Any:
    """Check the calls of a HAR together."""

    def build(size: int) -> Work:
        recording = {"log": {"entries": build_entries(size)}}
        calls = har.parse_recording(recording, "https://www.cannonstudio.app").calls
        parsed_calls = [ParsedCall(each, json.loads(each.request_body or "0"), _parse_reply(each)) for each in calls]
        return lambda: [*check_sequence(CATALOG, parsed_calls), *check_habits(CATALOG, parsed_calls)]

    return build


def _parse_reply(call: har.RecordedCall) -> Any:
    return json.loads(call.response_body or "")


def record(number: int, method: str, path: str, reply: dict[str, Any], **headers: str) -> dict[str, Any]:
    """An entry of a HAR; calls follow each other by a millisecond."""
    sent = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    url = f"https://www.cannonstudio.app/api/v1/requests{path}"
    body = {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2"}}
    return {
        "startedDateTime": f"2026-01-01T00:00:{number // 1000:02}.{number % 1000:03}+00:00",
        "time": 0,
        "request": {"method": method, "url": url, "headers": sent, "postData": {"text": json.dumps(body)}},
        "response": {"status": 202 if method == "POST" else 200, "content": {"text": json.dumps(reply)}},
    }


def record_repeats(size: int) -> list[dict[str, Any]]:
    """Creates with one idempotency key, each with an API key of its own."""
    keys = [f"key-{number}" for number in range(size)]
    return [record(n, "POST", "", {"id": key}, x_idempotency_key="k", x_api_key=key) for n, key in enumerate(keys)]


def record_polls(size: int) -> list[dict[str, Any]]:
    """Polls of one request that go on after its end."""
    return [record(number, "GET", "/r", {"id": "r", "status": "succeeded"}) for number in range(size)]


def fix_fields(size: int) -> Work:
    """Apply the fixes of a file whose lines have one slip each."""
    body = {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2", "aspectRatio": "16:9"}}
    content = (json.dumps(body) + "\n").encode() * size
    reader = find_reader("a.jsonl", "auto", ReadContext(CATALOG, None))
    return lambda: fix_content(content, reader, lambda value: validate_request(value, catalog=CATALOG))


def patch_members(size: int) -> Work:
    """Apply a patch with an operation for each member of a text."""
    text = json.dumps({f"k{number}": 1 for number in range(size)})
    patch = [{"op": "replace", "path": f"/k{number}", "value": 2} for number in range(size)]
    return lambda: patch_text(text, patch)


def locate_members(size: int) -> Work:
    """Find each member of a text."""
    text = json.dumps({f"k{number}": [1] for number in range(size)})

    def locate() -> None:
        places = JSONPlaces(text)
        for number in range(size):
            places.locate(f"/k{number}/0")

    return locate


def decode_fast(size: int) -> Work:
    """Decode a text with a long number by the fast decoder."""
    decode, text = load_fast_decoder(document.MAX_DEPTH), f"[{'1' * 300 * size}]"
    return lambda: decode(text)


def _try(work: Work) -> None:
    with suppress(NotJSON, CatalogError):
        work()


def _number(name: str, size: int) -> dict[str, int]:
    return {f"{name}{number}": 1 for number in range(size)}


def define_doubles(size: int) -> dict[str, Any]:
    """Definitions of which each names the next one twice."""
    doubles = {f"d{n}": {"properties": {key: {"$ref": f"#/$defs/d{n + 1}"} for key in "ab"}} for n in range(size)}
    return {**doubles, f"d{size}": {"type": "string"}}


def define_row(size: int) -> dict[str, Any]:
    """Definitions of which each is the next one."""
    return {**{f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(size)}, f"d{size}": {"type": "string"}}


def _write_aliases(size: int) -> str:
    return f"a: &a [{'1, ' * size}]\nb:\n" + "- *a\n" * size


def _write_keys(size: int) -> str:
    return "".join(f"k{number}: 1\n" for number in range(size))


def _write_columns(size: int) -> str:
    return f"{','.join(_number('c', size))}\n{'1,' * size}\n"


def find_costs(size: int) -> Work:
    """Find the costs of some bodies by as many prices of a file, of which each is for one of them."""
    inputs = [{"model": "gptimage2", "prompt": f"A fox {number}"} for number in range(size)]
    prices = [KnownPrice(Price(3, {"model": "gptimage2", "prompt": each["prompt"]})) for each in inputs]
    bodies = [{"operation": "image.generate", "input": each} for each in inputs]

    def find_all() -> None:
        run_prices = RunPrices(CATALOG, prices)
        assert all(run_prices.find_cost(body, Report(())).credits == 3 for body in bodies)

    return find_all


CASES: dict[str, Case] = {
    "unknown fields": Case(judge_body(lambda size: _number("x", size)), 250),
    "unknown fields, by the engine in Python": Case(
        judge_body(lambda size: _number("x", size), engine="jsonschema"), 250
    ),
    "unreachable addresses": Case(judge_body(lambda size: {"reference_image_urls": ["http://localhost/"] * size})),
    "joined addresses": Case(judge_body(lambda size: {"reference_image_urls": [f"{PICTURE},{PICTURE}"] * size})),
    "items that are no addresses": Case(judge_body(lambda size: {"reference_image_urls": ["x"] * size})),
    "items of a wrong type": Case(judge_body(lambda size: {"reference_image_urls": [{}] * size}), 600),
    "unknown fields of objects": Case(judge_angles({"image_url": PICTURE, "zzz": 1}), 400),
    "misspelt fields of objects": Case(judge_angles({"image_ur": PICTURE, "label": "x"}), 60),
    "a key given twice": Case(read_json(lambda size: json.dumps(_number("k", size))[:-1] + ', "k0": 1}')),
    "a number too large": Case(read_json(lambda size: f"[{'1, ' * size}1e999]")),
    "a text that nests too deep": Case(read_json(lambda size: "[" * (size + 100))),
    "a missing comma": Case(read_json(lambda size: f"[{'1, ' * size}1 1]")),
    "a long number": Case(decode_fast, 10),
    "places of members": Case(locate_members),
    "a patch of many members": Case(patch_members, 200),
    "lines with a slip": Case(fix_fields, 20),
    "lines of JSON": Case(read_file("a.jsonl", lambda size: '{"a": 1}\n' * size)),
    "files packed together": Case(read_file("a.jsonl.gz", lambda size: gzip.compress(b"{}\n") * size), 60),
    "YAML with many keys": Case(read_file("a.yaml", _write_keys, locates=True), 30),
    "YAML with many aliases": Case(read_file("a.yaml", _write_aliases), 30),
    "YAML with open brackets": Case(read_file("a.yaml", lambda size: "[" * size), 150),
    "a table with many columns": Case(read_file("a.csv", _write_columns)),
    "a table with many rows": Case(read_file("a.csv", lambda size: "operation,prompt\n" + "a,x\n" * size), 60),
    "references that double": Case(inline(define_doubles), 6),
    "references in a row": Case(inline(define_row), 60),
    "creates with one idempotency key": Case(check_traffic(record_repeats), 150),
    "polls of one request": Case(check_traffic(record_polls), 30),
    "prices of a file for as many bodies": Case(find_costs, 100),
}
"""Inputs of each kind, of which much is wrong or repeated."""


@pytest.mark.parametrize("name", CASES)
def test_twice_the_input_takes_twice_the_operations(name: str) -> None:
    """Whatever is wrong with an input, and however often: the operations grow no faster than the input."""
    case = CASES[name]
    case.build(case.size)()  # so that no module is imported while operations are counted
    once, twice = (_count(case, size) for size in (case.size, 2 * case.size))
    assert twice <= MOST_GROWTH * once, (once, twice)


def _count(case: Case, size: int) -> int:
    for catalog in (CATALOG, load_engine("jsonschema")):
        catalog.caches[_WORDINGS].clear()
    return count_operations(case.build(size))
