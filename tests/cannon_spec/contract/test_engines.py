"""Two engines, one judgement: whatever the payload, both say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import load_catalog, validate_input, validate_request, validate_response
from cannon_spec.contract import engines
from cannon_spec.pointer import Path
from tests.support.effort import examples
from tests.support.payloads import DOCUMENTED, bodies, inputs, mutated, places, replies, requests, values

REFERENCE = load_catalog(engine="jsonschema")
FAST = load_catalog(engine="jsonschema-rs")
REPLIES = replies()
EXAMPLES = 60


def test_the_two_engines_are_two() -> None:
    """The two catalogs that are compared have different engines."""
    assert (REFERENCE.engine, FAST.engine) == ("jsonschema", "jsonschema-rs")


@examples(EXAMPLES)
@given(bodies)
def test_well_formed_requests_are_judged_alike(body: Any) -> None:
    """Both engines find the same in requests whose fields have the right types."""
    assert validate_request(body, catalog=REFERENCE) == validate_request(body, catalog=FAST)


@examples(EXAMPLES)
@given(mutated(bodies))
def test_broken_requests_are_judged_alike(body: Any) -> None:
    """Both engines find the same in requests with something dropped, replaced, misspelt or added."""
    assert validate_request(body, catalog=REFERENCE) == validate_request(body, catalog=FAST)


@examples(EXAMPLES)
@given(mutated(st.just(DOCUMENTED)))
def test_the_documented_request_broken_is_judged_alike(body: Any) -> None:
    """Both engines find the same in the vendor's example with one thing changed."""
    assert validate_request(body, catalog=REFERENCE) == validate_request(body, catalog=FAST)


@examples(EXAMPLES)
@given(values, values)
def test_arbitrary_json_is_judged_alike(body: Any, input: Any) -> None:
    """Both engines find the same in any JSON value, as a request and as the input of one."""
    assert validate_request(body, catalog=REFERENCE) == validate_request(body, catalog=FAST)
    request = {"operation": "image.generate", "input": input}
    assert validate_request(request, catalog=REFERENCE) == validate_request(request, catalog=FAST)


@examples(EXAMPLES)
@given(mutated(inputs))
def test_bare_inputs_are_judged_alike(input: Any) -> None:
    """Both engines find the same in an input without its envelope."""
    reports = [validate_input("image.generate", input, catalog=catalog) for catalog in (REFERENCE, FAST)]
    assert reports[0] == reports[1]


@examples(EXAMPLES)
@given(st.data())
def test_replies_are_judged_alike(data: st.DataObject) -> None:
    """Both engines find the same in the example replies, broken in every way, and in any JSON value."""
    kind, body = data.draw(st.sampled_from(REPLIES))
    body = data.draw(mutated(st.just(body)) | values)
    reports = [validate_response(kind, body, catalog=catalog) for catalog in (REFERENCE, FAST)]
    assert reports[0] == reports[1]


NUMBERS = (0, -0.0, 7, 7.0, 7.5, True, -1, -1e-300, 2**53, 2**63, 2**64, -(2**63) - 1, 10**30, 10**300, 1e300)


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_numbers_are_judged_alike(number: float) -> None:
    """Whole numbers, fractions, signs, booleans and sizes beyond a machine word mean the same to both engines."""
    body = next(body for kind, body in REPLIES if kind == "request" and "requestLog" in body)
    log = {"available": number, "retentionDays": number, "retainedUntilMs": number}
    new_body = {**body, "billableCredits": number, "createdAtMs": number, "completedAtMs": number, "requestLog": log}
    reports = [validate_response("request", new_body, catalog=catalog) for catalog in (REFERENCE, FAST)]
    assert reports[0] == reports[1]
    whole = number is not True and number == int(number) and number >= 0
    assert ("/createdAtMs" in {finding.path for finding in reports[0].findings}) is not whole


@pytest.mark.parametrize(
    ("text", "is_legal"),
    [
        ("https://example.com/1.jpg", True),
        ("HTTP://x", True),
        ("http://é", True),
        ("http://\n", False),
        ("https://example.com/1.jpg\n", False),
        ("https://example.com/my picture.png", False),
        ("https://example.com/a\u00a0b", False),
        ("https://example.com/\x00", False),
        ("https://example.com/%20?a=b,c;d|e", True),
        ("https://", False),
        ("https:// x", False),
        ("https:///x", False),
        ("ftp://example.com", False),
        (" https://example.com", False),
        ("x\nhttps://example.com", False),
        ("not a url", False),
        ("", False),
    ],
)
def test_addresses_are_judged_alike(text: str, is_legal: bool) -> None:
    """Both engines read the pattern of an address the same, line ends and letters beyond ASCII included."""
    body = {**DOCUMENTED, "webhook_url": text}
    reports = [validate_request(body, catalog=catalog) for catalog in (REFERENCE, FAST)]
    assert reports[0] == reports[1]
    assert reports[0].ok is is_legal


@pytest.mark.parametrize(("length", "is_legal"), [(2, False), (3, True), (3000, True), (3001, False)])
def test_lengths_are_counted_alike(length: int, is_legal: bool) -> None:
    """Both engines count characters, not bytes or halves of surrogate pairs."""
    input = {"prompt": "😀" * length, "model": "seedream5"}
    reports = [validate_input("image.generate", input, catalog=catalog) for catalog in (REFERENCE, FAST)]
    assert reports[0] == reports[1]
    assert (reports[0].findings == ()) is is_legal


ENVELOPE, SCHEMAS = "envelope/create", ("operations/image.generate/input", "models/gptimage2")


@examples(EXAMPLES)
@given(requests | mutated(inputs))
def test_violations_are_paths_into_value_and_schema(value: Any) -> None:
    """Both engines give the same violations, each a path into the value and one to a keyword with evidence."""
    fast, reference = (set(catalog.validator(SCHEMAS, ENVELOPE)(value)) for catalog in (FAST, REFERENCE))
    assert fast == reference
    for place, at in fast:
        assert FAST.violated_rule(at, SCHEMAS, ENVELOPE).keyword == at[-1]
        assert set(place) <= {part for each in places(value) for part in each}


@pytest.mark.parametrize("engine", ["jsonschema", "jsonschema-rs"])
def test_a_member_with_the_name_of_a_number_is_a_member(engine: str) -> None:
    """A path names members by text and places of lists by number, also where the name of a member is a number."""
    schema = {"additionalProperties": {"items": {"additionalProperties": {"type": "string"}}}}
    ((path, _),) = engines.choose(engine).compile(schema)({"0": [{}, {"1": 5}]})
    assert path == ("0", 1, "1")


def _list_broken_rules(
    schemas: tuple[str, ...], value: Any, envelope: str | None = None, place: Path = ()
) -> set[tuple[Path, str]]:
    """The place of each violation, and the rule that it breaks."""
    violations = FAST.validator(schemas, envelope)(value)
    return {(place + path, FAST.violated_rule(at, schemas, envelope).id) for path, at in violations}


@examples(EXAMPLES)
@given(requests)
def test_a_validator_of_several_schemas_finds_what_each_finds(value: Any) -> None:
    """One validator of envelope and input finds what the validators of each find, by the same rules."""
    alone = _list_broken_rules((ENVELOPE,), value)
    if isinstance(value, dict) and "input" in value:
        for schema in SCHEMAS:
            alone |= _list_broken_rules((schema,), value["input"], place=("input",))
    assert _list_broken_rules(SCHEMAS, value, ENVELOPE) == alone


def test_validators_are_compiled_once() -> None:
    """A catalog compiles the validator of a schema, or of several schemas, once."""
    assert FAST.validator(SCHEMAS[:1]) is FAST.validator(SCHEMAS[:1])
    assert FAST.validator(SCHEMAS, ENVELOPE) is FAST.validator(SCHEMAS, ENVELOPE)
    assert FAST.validator(SCHEMAS, ENVELOPE) is not FAST.validator(SCHEMAS)


@pytest.mark.parametrize("engine", ["jsonschema", "jsonschema-rs"])
def test_engines_fetch_nothing(engine: str) -> None:
    """An engine raises an error for a $ref to an address, and does not fetch it."""
    judge = engines.choose(engine)
    with pytest.raises(Exception, match=r"http://127.0.0.1:9/x|[Uu]nresolvable|registry"):
        judge.compile({"$ref": "http://127.0.0.1:9/x.json"})({})


def test_reports_of_both_engines_are_the_same_json() -> None:
    """The findings of both engines are the same text when written as JSON."""
    body = {"operation": "image.generate", "input": {"model": "gptimage2", "resolution": 4, "aspectRatio": "1:1"}}
    texts = [
        json.dumps([finding.to_dict() for finding in validate_request(body, catalog=catalog).findings])
        for catalog in (REFERENCE, FAST)
    ]
    assert texts[0] == texts[1]
    assert len(json.loads(texts[0])) == 3
