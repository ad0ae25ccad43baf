"""The judge: what the issue asks for, as tables; what holds of every report, as laws."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections import OrderedDict
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import (
    ContractViolation,
    NotJSON,
    Report,
    UnknownName,
    check_request,
    validate_input,
    validate_request,
    validate_response,
)
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding
from cannon_spec.named_rules import NAMED_RULES
from cannon_spec.pointer import follow, from_pointer, replace_at
from cannon_spec.validate import RESPONSE_KINDS, report_unreadable
from tests.support.payloads import (
    CATALOG,
    DOCUMENTED,
    FIELDS,
    FOLDER,
    bodies,
    inputs,
    mutated,
    patched,
    places,
    replies,
    requests,
    texts,
    values,
)

PAGE = "https://www.cannonstudio.app/developers/docs/operations/image-generate"
INPUT = "operations/image.generate/input#"
ADDRESS = "https://example.com/1.jpg"


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def test_the_documented_example_is_clean() -> None:
    """The vendor's own example has no finding."""
    assert validate_request(DOCUMENTED) == Report()
    assert validate_input("image.generate", DOCUMENTED["input"]) == Report()


def test_square_at_4k_is_refused() -> None:
    """The documented example at 1:1 is one error at its resolution, with the page that says so and a way out."""
    finding = only(validate_request(patched(DOCUMENTED, aspect_ratio="1:1")))
    assert (finding.path, finding.severity) == ("/input/resolution", "error")
    assert finding.rule == "models/gptimage2#/allOf/0/then/properties/resolution/enum"
    assert finding.evidence.claim == "gptimage2-square-below-4k"
    assert (finding.evidence.strength, finding.evidence.source) == ("documented", PAGE)
    assert finding.message == 'resolution "4K" is not accepted for GPT Image 2 when aspect_ratio is "1:1"'
    assert finding.hint == 'legal here: "1K", "2K"'


@pytest.mark.parametrize(
    ("changes", "path", "rule", "severity", "words"),
    [
        (
            {"resolution": "8K"},
            "/input/resolution",
            "models/gptimage2#/properties/resolution/enum",
            "error",
            ('"8K" is not accepted for GPT Image 2', 'legal here: "1K", "2K", "4K"'),
        ),
        (
            {"resolution": "4k"},
            "/input/resolution",
            "models/gptimage2#/properties/resolution/enum",
            "error",
            ('"4k" is not accepted', 'did you mean "4K"?'),
        ),
        (
            {"resolution": 4},
            "/input/resolution",
            INPUT + "/properties/resolution/type",
            "error",
            ("expected resolution to be a string, got 4", '"1K", "2K", "4K"'),
        ),
        (
            {"model": "gpt-image-2"},
            "/input/model",
            "model-unknown",
            "error",
            ('"gpt-image-2" is not a model that serves image.generate', 'did you mean "gptimage2"?', "--overlay"),
        ),
        ({"model": "GPT Image 2"}, "/input/model", "model-unknown", "error", ('did you mean "gptimage2"?',)),
        ({"model": "dall-e"}, "/input/model", "model-unknown", "error", ('known: "gptimage2"',)),
        (
            {"aspect_ratio": None, "aspectRatio": "16:9", "resolution": "1K"},
            "/input/aspectRatio",
            INPUT + "/additionalProperties",
            "error",
            ('"aspectRatio" is not a field of image.generate', 'did you mean "aspect_ratio"?'),
        ),
        ({"prompt": None}, "/input", INPUT + "/required", "error", ("prompt is missing", 'add "prompt", for example')),
        (
            {"prompt": ""},
            "/input/prompt",
            INPUT + "/properties/prompt/minLength",
            "error",
            ("prompt is empty", "write at least 1 character"),
        ),
        (
            {"prompt": "x" * 20_001},
            "/input/prompt",
            "models/gptimage2#/properties/prompt/maxLength",
            "warning",
            ("prompt has 20001 characters", "accepts at most 20000", "shorten it to 20000 characters"),
        ),
        (
            {"reference_image_urls": ADDRESS},
            "/input/reference_image_urls",
            INPUT + "/properties/reference_image_urls/type",
            "error",
            ('expected reference_image_urls to be an array, got "https:', "send an array"),
        ),
        (
            {"reference_image_urls": [ADDRESS] * 17},
            "/input/reference_image_urls",
            "models/gptimage2#/properties/reference_image_urls/maxItems",
            "warning",
            ("reference_image_urls has 17 items", "accepts at most 16", "leave out 1"),
        ),
        (
            {"reference_image_urls": [ADDRESS, "not a url"]},
            "/input/reference_image_urls/1",
            INPUT + "/properties/reference_image_urls/items/pattern",
            "error",
            ('reference_image_urls[1] is "not a url", not an http or https address', "for example", "https://"),
        ),
        (
            {"aspect_ratio": "auto", "resolution": "2K"},
            "/input/resolution",
            "models/gptimage2#/allOf/1/then/properties/resolution/enum",
            "warning",
            ('when aspect_ratio is "auto" or absent', 'legal here: "1K"'),
        ),
        (
            {"aspect_ratio": "7:5"},
            "/input/aspect_ratio",
            "models/gptimage2#/properties/aspect_ratio/enum",
            "warning",
            ('"7:5" is not accepted', '"16:9"'),
        ),
    ],
)
def test_one_fault_of_an_input_is_one_finding(
    changes: dict[str, Any], path: str, rule: str, severity: str, words: tuple[str, ...]
) -> None:
    """One thing wrong with an input is one finding, in its place, in words that a person can act on."""
    finding = only(validate_request(patched(DOCUMENTED, **changes)))
    assert (finding.path, finding.rule, finding.severity) == (path, rule, severity)
    said = f"{finding.message}\n{finding.hint}"
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("body", "path", "rule", "words"),
    [
        (
            {**DOCUMENTED, "input": ["x"]},
            "/input",
            "envelope/create#/properties/input/type",
            ("input to be an object, got an array of 1",),
        ),
        (
            {**DOCUMENTED, "operation": 4},
            "/operation",
            "envelope/create#/properties/operation/type",
            ("expected operation to be a string",),
        ),
        ({"input": {}}, "", "envelope/create#/required", ("operation is missing", '"image.generate"')),
        ({"operation": "image.generate"}, "", "envelope/create#/required", ("input is missing",)),
        (
            {**DOCUMENTED, "operation": "image.generat"},
            "/operation",
            "operation-unknown",
            ('"image.generat" is not the identifier of an operation', 'did you mean "image.generate"?'),
        ),
        (
            {**DOCUMENTED, "operation": "tea"},
            "/operation",
            "operation-unknown",
            ('"tea" is not the identifier of an operation', 'covered: "image.generate"'),
        ),
        (
            {**DOCUMENTED, "webhook_url": "your-app.com"},
            "/webhook_url",
            "envelope/create#/properties/webhook_url/pattern",
            ('webhook_url is "your-app.com", not an http or https address',),
        ),
        (
            {**DOCUMENTED, "webhookUrl": ADDRESS},
            "/webhookUrl",
            "envelope/create#/additionalProperties",
            ("is not a field", 'did you mean "webhook_url"?'),
        ),
        (
            {**DOCUMENTED, "a/b~c": 1},
            "/a~1b~0c",
            "envelope/create#/additionalProperties",
            ('"a/b~c" is not a field', 'fields: "operation", "input", "webhook_url"'),
        ),
        ([], "", "envelope/create#/type", ("expected an object, got []",)),
        (None, "", "envelope/create#/type", ("expected an object, got null",)),
        ("image.generate", "", "envelope/create#/type", ('expected an object, got "image.generate"',)),
    ],
)
def test_one_fault_of_an_envelope_is_one_error(body: Any, path: str, rule: str, words: tuple[str, ...]) -> None:
    """One thing wrong around the input is one error, in its place, in words that a person can act on."""
    finding = only(validate_request(body))
    assert (finding.path, finding.rule, finding.severity) == (path, rule, "error")
    said = f"{finding.message}\n{finding.hint}"
    assert all(word in said for word in words), said


def test_several_faults_are_several_findings() -> None:
    """Every fault is found at once, in the order of paths."""
    report = validate_request({"operation": "image.generate", "inputs": {"prompt": "x"}, "webhook_url": 1})
    assert [(finding.path, finding.rule) for finding in report.findings] == [
        ("/inputs", "envelope/create#/additionalProperties"),
        ("/webhook_url", "envelope/create#/properties/webhook_url/type"),
    ]


def test_items_are_in_the_order_of_their_numbers() -> None:
    """Findings on the items of an array are in the order of the items: item 2 comes before item 10."""
    report = validate_input("image.generate", {"prompt": "x", "reference_image_urls": [1] * 12})
    numbers = [int(finding.path.rpartition("/")[2]) for finding in report.errors]
    assert numbers == list(range(12))


def test_a_misspelt_field_is_one_finding() -> None:
    """A rule that holds while a field is absent stays silent where its name was misspelt, and only there."""
    body = patched(DOCUMENTED, aspect_ratio=None, aspectRatio="16:9")
    assert only(validate_request(body)).path == "/input/aspectRatio"
    both = patched(DOCUMENTED, aspect_ratio="auto", aspectRatio="16:9")
    assert [finding.path for finding in validate_request(both).findings] == ["/input/aspectRatio", "/input/resolution"]
    other = patched(DOCUMENTED, aspect_ratio=None, zebra=1)
    assert [finding.path for finding in validate_request(other).findings] == ["/input/resolution", "/input/zebra"]


def test_the_narrowest_bound_is_the_hint() -> None:
    """Where several rules refuse one value, the gravest speaks and the hint heeds them all."""
    finding = only(validate_input("image.generate", {"prompt": "", "model": "seedream5"}))
    assert (finding.rule, finding.severity) == (INPUT + "/properties/prompt/minLength", "error")
    assert finding.hint == "write at least 3 characters, the limit of Seedream 5.0 Lite"
    long = {"prompt": "x" * 400_000, "model": "grok"}
    assert validate_input("image.generate", long).findings[1].hint == (
        "shorten it to 5000 characters, the limit of Grok when there are no reference_image_urls"
    )
    body = patched(DOCUMENTED, aspect_ratio="5:4", resolution="8K", reference_image_urls=None)
    assert only(validate_request(body)).hint == 'legal here: "1K", "4K"'


def test_an_assumed_identifier_is_a_warning() -> None:
    """A model whose identifier is guessed is judged, with a warning that says so."""
    finding = only(validate_input("image.generate", {"prompt": "A red bicycle", "model": "flux2"}))
    assert (finding.path, finding.rule, finding.severity) == ("/model", "model-assumed", "warning")
    assert finding.message == '"flux2" as the identifier of Flux 2 is assumed, not documented'
    assert "--overlay" in finding.hint
    assert finding.evidence.claim == "model-id-flux2"


@pytest.mark.parametrize("value", [None, True, 4, [], {}, "anything", [{"x": [0.5]}]])
def test_the_unexplained_field_takes_anything(value: Any) -> None:
    """reference_prompt_balance, which no page explains, takes any JSON value."""
    body = copy.deepcopy(DOCUMENTED)
    body["input"]["reference_prompt_balance"] = value
    assert validate_request(body) == Report()


def test_the_paths_of_a_bare_input_start_at_the_input() -> None:
    """A bare input is judged as within its envelope, with paths of its own."""
    input = patched(DOCUMENTED, resolution="8K", aspectRatio=1, model="flux3")["input"]
    bare = validate_input("image.generate", input).findings
    whole = validate_request({"operation": "image.generate", "input": input}).findings
    assert ["/input" + finding.path for finding in bare] == [finding.path for finding in whole]
    assert [finding.message for finding in bare] == [finding.message for finding in whole]


@pytest.mark.parametrize("operation", ["image.draw", "", "\ud800"])
def test_inputs_of_unknown_operations_are_not_judged(operation: str) -> None:
    """An operation that there is not is a fault of the caller's."""
    with pytest.raises(UnknownName, match="cannon-spec catalog lists them"):
        validate_input(operation, {})


@pytest.mark.parametrize(
    ("strictness", "severities"), [("normal", ["warning"]), ("strict", ["error"]), ("lenient", [])]
)
def test_an_operation_that_no_page_documents_is_a_warning(strictness: Any, severities: list[str]) -> None:
    """An operation that exists, but that no page documents, is a warning, and an error under strict.

    Its envelope is judged, its input is not. A bare input of it has that as its one finding.
    """
    body = {"operation": "three_d.model.generate", "input": {"anything": 1}}
    for report, path in (
        (validate_request(body, strictness=strictness), "/operation"),
        (validate_input(body["operation"], body["input"], strictness=strictness), ""),
    ):
        assert {(each.path, each.rule) for each in report.findings} <= {(path, "operation-undocumented")}
        assert [each.severity for each in report.findings] == severities
    misspelt = {**body, "webhookUrl": ADDRESS}
    assert [each.path for each in validate_request(misspelt, strictness=strictness).errors][-1] == "/webhookUrl"
    finding = only(validate_request(body))
    assert finding.message == "three_d.model.generate exists, but no page documents its input"
    assert finding.hint.startswith('its input was not judged; covered: "image.generate"')


@pytest.mark.parametrize("kind", ["create", "request ", "", None])
def test_responses_of_other_kinds_are_not_judged(kind: Any) -> None:
    """A kind of response that there is not is a fault of the caller's, and the error names those there are."""
    with pytest.raises(ValueError, match=r'unknown kind of response .*known: "accepted", "request", "status", "error"'):
        validate_response(kind, {})


@pytest.mark.parametrize("kind", RESPONSE_KINDS)
def test_a_response_that_is_none_is_an_error(kind: str) -> None:
    """A reply is an object."""
    finding = only(validate_response(kind, []))
    assert (finding.path, finding.rule, finding.severity) == ("", f"envelope/{kind}#/type", finding.severity)
    assert only(validate_response(kind, float("nan"))).rule == "json"


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"output": {}}, ["/output"] * 10),
        ({"output": None}, ["/output"]),
        ({"operation": "three_d.model.generate", "output": {}}, []),
        ({"operation": "tea", "output": {}}, []),
        ({"operation": 4, "output": {}}, ["/operation"]),
        ({"status": "processing", "output": {}}, ["/completedAtMs", *["/output"] * 4]),
    ],
)
def test_the_output_of_a_success_is_judged(changes: dict[str, Any], paths: list[str]) -> None:
    """The output is held to its operation's schema when the request succeeded and the operation is covered."""
    file = FOLDER / "examples" / "envelope" / "request" / "documented-output.json"
    succeeded = json.loads(file.read_text("utf-8"))["body"]
    report = validate_response("request", {**succeeded, **changes})
    assert [finding.path for finding in report.findings] == paths


@pytest.mark.parametrize(
    ("kind", "example", "pointer", "value"),
    [
        ("accepted", "accepted/documented", "/urls/get", "/api/v1/requests/req_123"),
        ("status", "status/documented", "/serverTime", "2026-05-01 00:00:00Z"),
        ("request", "request/documented-output", "/output/provider_image_urls/0", "gs://bucket/image.png"),
    ],
)
def test_the_form_of_an_example_is_no_rule(kind: Any, example: str, pointer: str, value: str) -> None:
    """A text of another form than in an example is a warning where no page states the form."""
    body = json.loads((FOLDER / "examples" / "envelope" / f"{example}.json").read_text("utf-8"))["body"]
    report = validate_response(kind, replace_at(body, from_pointer(pointer), value))
    assert [(finding.path, finding.severity) for finding in report.findings] == [(pointer, "warning")]


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        (float("nan"), "", "not finite"),
        ({"operation": "image.generate", "input": {"prompt": float("inf")}}, "/input/prompt", "not finite"),
        ({"operation": ("a",)}, "/operation", "tuple"),
        ({"input": {1: 2}}, "/input", "a key is of type int"),
        ({"input": {"prompt": "\udc80"}}, "/input/prompt", "surrogate"),
        (b"{}", "", "bytes"),
        ({"operation", "input"}, "", "set"),
    ],
)
def test_what_is_no_json_is_one_error(value: Any, path: str, words: str) -> None:
    """A value without a sound JSON form is one error of the rule json, with the claim that it rests on."""
    finding = only(validate_request(value))
    assert (finding.path, finding.rule, finding.severity) == (path, "json", "error")
    assert words in finding.message
    assert finding.evidence == CATALOG.claims["json-strict"].evidence


def nested(levels: int) -> Any:
    value: Any = None
    for _ in range(levels):
        value = [value]
    return value


def test_depth_is_bounded() -> None:
    """A document of 64 levels is judged; one of 65, or one without end, is refused."""
    clean = patched(DOCUMENTED, reference_prompt_balance=nested(62))
    assert validate_request(clean) == Report()
    deep = patched(DOCUMENTED, reference_prompt_balance=nested(63))
    assert (only(validate_request(deep)).rule, only(validate_request(deep)).path) == ("json", "/input")
    loop: list[Any] = []
    loop.append(loop)
    assert only(validate_request(loop)).rule == "json"


class Text(str):
    """A string that is not plain."""

    __slots__ = ()


class Four(IntEnum):
    """A number that is not plain."""

    FOUR = 4


def dressed(value: Any) -> Any:
    """The same JSON value in subclasses of JSON's types."""
    if isinstance(value, dict):
        return OrderedDict((Text(key), dressed(item)) for key, item in value.items())
    if isinstance(value, list):
        return type("Items", (list,), {})(map(dressed, value))
    return Text(value) if isinstance(value, str) else value


@given(requests)
def test_subclasses_are_judged_as_what_they_are(body: Any) -> None:
    """OrderedDict, and subclasses of list and str, are judged as dict, list and str."""
    assert validate_request(dressed(body)) == validate_request(body)


def test_an_enum_member_is_its_number() -> None:
    """A member of an IntEnum is judged as its number."""
    assert validate_request(patched(DOCUMENTED, resolution=Four.FOUR)) == validate_request(
        patched(DOCUMENTED, resolution=4)
    )


keys = st.one_of(texts, st.integers(), st.none(), st.just("\ud800"), st.just(("a",)))
oddities = st.one_of(
    st.sampled_from(
        [float("nan"), float("inf"), b"x", Decimal(1), 1j, object(), Four.FOUR, Text("x"), "\ud800", int, ...]
    ),
    st.integers(10**308, 10**310),
    values,
)
objects = st.recursive(
    oddities,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
        st.tuples(inner),
        st.sets(st.integers(), max_size=2),
        st.fixed_dictionaries({"operation": inner, "input": inner}),
        st.fixed_dictionaries(
            {"operation": st.just("image.generate"), "input": st.dictionaries(st.sampled_from(FIELDS), inner)}
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=50)
@given(objects)
def test_any_object_gets_a_report(value: Any) -> None:
    """Whatever Python object is judged, the answer is a report: of the rule json alone, or of what JSON has to say."""
    for report in (
        validate_request(value),
        validate_input("image.generate", value),
        *(validate_response(kind, value) for kind in RESPONSE_KINDS),
    ):
        rules = {finding.rule for finding in report.findings}
        if not sound(value):
            assert rules == {"json"}
        else:
            assert "json" not in rules


def sound(value: Any) -> bool:
    """Whether a value survives a strict JSON writer and reader of another make."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
        read = json.loads(text)
        largest = max((abs(leaf) for leaf in leaves(read) if isinstance(leaf, int)), default=0)
        return largest <= int(sys.float_info.max) and plain_kinds(value)
    except (TypeError, ValueError):
        return False


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, list) else [value]


def plain_kinds(value: Any) -> bool:
    """Whether there is no tuple and no key but strings, both of which json.dumps would write."""
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(plain_kinds, value.values()))
    return not isinstance(value, tuple) and (not isinstance(value, list) or all(map(plain_kinds, value)))


anything = st.one_of(requests, bodies, mutated(bodies))


@given(anything)
def test_a_report_is_ok_iff_it_has_no_error(body: Any) -> None:
    """A report is ok exactly when none of its findings is an error; errors and warnings are all there is."""
    report = validate_request(body)
    assert report.ok == (not any(finding.severity == "error" for finding in report.findings))
    assert set(report.errors) | set(report.warnings) == set(report.findings)
    assert len(report.errors) + len(report.warnings) == len(report.findings)


@given(anything)
def test_strict_makes_errors_of_warnings(body: Any) -> None:
    """Strict has no warnings but those that no input avoids, and otherwise the same findings."""
    normal, strict = validate_request(body), validate_request(body, strictness="strict")
    assert {finding.rule for finding in strict.warnings} <= UNAVOIDABLE_RULES
    assert {finding.rule for finding in strict.errors}.isdisjoint(UNAVOIDABLE_RULES)
    assert [(f.path, f.rule, f.message, f.hint, f.evidence) for f in strict.findings] == [
        (f.path, f.rule, f.message, f.hint, f.evidence) for f in normal.findings
    ]


@given(anything)
def test_lenient_drops_the_warnings(body: Any) -> None:
    """Lenient drops exactly the warnings."""
    assert validate_request(body, strictness="lenient").findings == validate_request(body).errors


@given(anything)
def test_strictness_does_not_change_what_is_ok(body: Any) -> None:
    """Lenient agrees with normal on what is ok; strict is ok only where nothing was found that an input avoids."""
    report = validate_request(body)
    assert validate_request(body, strictness="lenient").ok is report.ok
    is_clean = {finding.rule for finding in report.findings} <= UNAVOIDABLE_RULES
    assert validate_request(body, strictness="strict").ok is is_clean


def leads_somewhere(document: Any, path: str) -> bool:
    try:
        follow(document, from_pointer(path))
    except LookupError:
        return False
    return True


@given(anything)
def test_every_finding_can_be_acted_on(body: Any) -> None:
    """Each finding has a message, a hint, evidence from the ledger, a rule that exists, and a path that leads there."""
    for finding in validate_request(body).findings:
        assert finding.message.strip()
        assert finding.hint.strip()
        assert finding.evidence == CATALOG.claims[finding.evidence.claim].evidence
        assert finding.evidence.source
        assert leads_somewhere(body, finding.path)
        if finding.rule not in NAMED_RULES:
            operations = [each for each in CATALOG.operations.values() if each.default_model]
            default_claims = {each.data["default_model"]["claim"] for each in operations}
            assert finding.evidence.claim in {CATALOG.rule_by_id(finding.rule).claim.id, *default_claims}


@given(anything)
def test_one_cause_is_one_finding(body: Any) -> None:
    """Findings are sorted by path, and a path has one finding only.

    An object has one for each field that it lacks, and for each that it must not have beside others. What is said of
    each request for an operation or model stands beside it.
    """
    findings = validate_request(body).findings
    padded_paths = [re.sub(r"[0-9]+", lambda number: number[0].zfill(9), finding.path) for finding in findings]
    order = [(path, each.rule, each.message) for path, each in zip(padded_paths, findings, strict=True)]
    assert order == sorted(set(order))
    findings = [finding for finding in findings if finding.rule not in UNAVOIDABLE_RULES]
    on_fields = ("/required", "/dependentRequired", "/not")
    judged = [finding.path for finding in findings if not finding.rule.endswith(on_fields)]
    assert len(judged) == len(set(judged))


@given(mutated(st.sampled_from(replies())), st.sampled_from(RESPONSE_KINDS))
def test_every_finding_on_a_reply_can_be_acted_on(reply: Any, kind: str) -> None:
    """The same holds of replies, of whatever kind they are taken for."""
    body = reply[1] if isinstance(reply, (list, tuple)) and len(reply) > 1 else reply
    for finding in validate_response(kind, body).findings:
        assert finding.message.strip()
        assert finding.hint.strip()
        assert finding.evidence == CATALOG.claims[finding.evidence.claim].evidence
        assert leads_somewhere(body, finding.path)


@given(anything)
def test_judging_changes_nothing(body: Any) -> None:
    """A payload is as it was after it was judged, and judging it again says the same."""
    before = copy.deepcopy(body)
    report = validate_request(body)
    assert body == before
    assert validate_request(body) == report


@given(anything, st.sampled_from(["normal", "strict", "lenient"]))
def test_checking_raises_what_judging_reports(body: Any, strictness: Any) -> None:
    """check_request raises, with the report of validate_request, exactly where that has errors."""
    report = validate_request(body, strictness=strictness)
    if report.ok:
        check_request(body, strictness=strictness)
        return
    with pytest.raises(ContractViolation) as caught:
        check_request(body, strictness=strictness)
    assert caught.value.report == report
    assert all(finding.message in str(caught.value) for finding in report.errors)


@given(inputs)
def test_without_a_model_the_default_one_warns(input: Any) -> None:
    """P1: Without a model an input breaks the rules of the default one, as warnings that cite the claim on it."""
    rest = {key: value for key, value in input.items() if key != "model"}
    report = validate_input("image.generate", rest)
    with_model = validate_input("image.generate", {**rest, "model": "gptimage2"})
    assert [(each.path, each.rule) for each in report.findings] == [
        (each.path, each.rule) for each in with_model.findings
    ]
    limits = [each for each in report.findings if each.rule.startswith("models/")]
    assert {each.severity for each in limits} <= {"warning"}
    assert {each.evidence.claim for each in limits} <= {"image-default-model"}


@settings(max_examples=50)
@given(st.data())
def test_dropping_an_optional_field_keeps_the_form_sound(data: st.DataObject) -> None:
    """An input of the right form stays of the right form when any field but the prompt is left out."""
    input = data.draw(inputs)
    field = data.draw(st.sampled_from(FIELDS[1:]))
    rules = {finding.rule for finding in validate_input("image.generate", input).errors}
    less = {
        finding.rule
        for finding in validate_input("image.generate", {k: v for k, v in input.items() if k != field}).errors
    }
    form = {rule for rule in less if rule.startswith("operations/")}
    assert form <= rules


def test_a_refusal_is_a_report() -> None:
    """What the door refuses is a report with one error, the door's advice for a hint."""
    error = NotJSON("not so", "do it so", claim="json-body", pointer="/a")
    finding = only(report_unreadable(CATALOG, error))
    assert (finding.path, finding.rule, finding.severity) == ("/a", "json", "error")
    assert (finding.message, finding.hint, finding.evidence.claim) == ("not so", "do it so", "json-body")


def test_the_places_of_a_document_are_all_its_places() -> None:
    """The helper that these properties rest on names every place once."""
    assert list(places({"a": [1, {"b": 2}]})) == [(), ("a",), ("a", 0), ("a", 1), ("a", 1, "b")]


@pytest.mark.parametrize("operation", [None, 7, [], {}, b"image.generate"])
def test_an_operation_that_is_no_text_is_unknown(operation: Any) -> None:
    """A value that is no text is the name of no operation, whatever its type."""
    with pytest.raises(UnknownName, match=f"not by a value of type {type(operation).__name__}"):
        validate_input(operation, {})


@pytest.mark.parametrize("field", ["style", "resolution", "reference_image_urls", "prompt"])
def test_null_is_told_from_an_absent_field(field: str) -> None:
    """Where a field is null, the advice says that it may be left out, but for one that is required."""
    (finding,) = validate_input("image.generate", {"prompt": "x", "model": "gptimage2", field: None}).findings
    assert finding.hint.endswith("; or leave it out") is (field != "prompt")
