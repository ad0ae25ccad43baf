"""The strategies: what is drawn is as promised, by both engines and the mock, and every edge and rule is drawn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache, partial
from itertools import chain, product
from typing import Any

import pytest
from hypothesis import Phase, assume, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cannon_mock.views.api import WARNINGS_HEADER
from cannon_spec import Catalog, UnknownName, load_catalog, validate_input, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES
from cannon_spec.installation import advise_extra
from cannon_spec.strategies import Broken, breakable, broken_requests, requests
from tests.support.effort import examples
from tests.support.mocks import build_driver

ENGINES = [load_catalog(engine=engine) for engine in ("jsonschema", "jsonschema-rs")]
CATALOG = ENGINES[1]
OPERATION = "image.generate"
OPERATIONS = [each.id for each in CATALOG.operations.values() if each.is_covered]
MODELS = list(CATALOG.operations[OPERATION].models)
INPUT = "operations/image.generate/input"


def find_rules(body: Any, catalog: Catalog, strictness: Any = "normal") -> list[str]:
    """The rules that a body breaks, beside the warnings that each body for its model has."""
    findings = validate_request(body, catalog=catalog, strictness=strictness).findings
    return [finding.rule for finding in findings if finding.rule not in UNAVOIDABLE_RULES]


def sample(strategy: SearchStrategy[Any], count: int, size: int = 50, start: int = 0) -> list[Any]:
    """The same draws in each run: so many lists of so many each, which is cheaper than one each and repeats less."""
    lists: list[list[Any]] = []

    @seed(start)
    @settings(max_examples=2 * count + 1, database=None, phases=[Phase.generate])
    @given(st.integers(0, 2**32), st.data())
    def collect(number: int, data: st.DataObject) -> None:
        # The first example is the simplest one, a list of equal values: it has the number 0, and is not drawn.
        if number and len(lists) < count:
            lists.append(data.draw(st.lists(strategy, min_size=size, max_size=size)))

    collect()
    return list(chain.from_iterable(lists))


@cache
def inputs(model: str, start: int = 0) -> list[dict[str, Any]]:
    """Inputs that are drawn for one model, others for another ``start``."""
    return [body["input"] for body in sample(requests(OPERATION, model), 1, 60, start)]


def draw_until(draw: Callable[[int], list[Any]], is_enough: Callable[[Any], bool]) -> Any:
    """What is drawn, more of it until it is enough, but no more than ten times: few draws will do for most laws."""
    drawn: list[Any] = []
    for start in range(10):
        drawn += draw(start)
        if is_enough(drawn):
            break
    return drawn


@examples(200)
@given(requests())
def test_requests_are_clean(body: dict[str, Any]) -> None:
    """Both engines have nothing against a drawn body, and neither has the mock, which gives no warning of a rule."""
    assert [find_rules(body, catalog) for catalog in ENGINES] == [[], []]


def test_a_rule_of_the_default_model_is_as_grave_as_it_counts() -> None:
    """A body that names no model breaks a rule of the default one, which comes with it as the judge reports it."""
    drawn = sample(broken_requests(OPERATION, rule="models/gptimage2#/allOf/0/then/properties/resolution/enum"), 1)
    severities = {"model" in broken.body["input"]: broken.rule.severity for broken in drawn}
    assert severities == {True: "error", False: "warning"}
    for broken in drawn:
        findings = validate_request(broken.body).findings
        assert [each.severity for each in findings if each.rule == broken.rule.id] == [broken.rule.severity]


@examples(200)
@given(broken_requests())
def test_broken_requests_break_their_one_rule(broken: Broken) -> None:
    """Both engines find exactly the rule that comes with a body, as grave as the rule is, and strictly too."""
    body, rule = broken
    for catalog in ENGINES:
        assert find_rules(body, catalog) == find_rules(body, catalog, "strict") == [rule.id]
        findings = validate_request(body, catalog=catalog).findings
        assert {finding.severity for finding in findings if finding.rule == rule.id} == {rule.severity}


MOCK, STRICT = build_driver(CATALOG, credits=10**9), build_driver(CATALOG, strict=True, credits=10**9)


def has_small_cost(body: dict[str, Any]) -> bool:
    """Whether a body costs little. A drawn duration may be as large as a double, and so the cost of its seconds."""
    return CATALOG.operations[body["operation"]].find_cost(body["input"]).credits <= 10**6


@examples(100)
@given(requests())
def test_the_mock_accepts_requests(body: dict[str, Any]) -> None:
    """A drawn body is accepted; the mock warns of no more than what each body for its model has."""
    assume(has_small_cost(body))
    reply = MOCK.create(body)
    assert reply.status_code == 202
    assert set(filter(None, reply.headers.get(WARNINGS_HEADER, "").split(", "))) <= UNAVOIDABLE_RULES


@examples(100)
@given(broken_requests())
def test_the_mock_says_what_is_broken(broken: Broken) -> None:
    """An error is refused, a warning is named in a header; a strict mock refuses both. Each time the rule is named."""
    assume(broken.rule.severity == "error" or has_small_cost(broken.body))
    reply, strict = (mock.post(json.dumps(broken.body)) for mock in (MOCK, STRICT))
    assert strict.status_code == 400
    assert broken.rule.id in [finding["rule"] for finding in strict.get_json()["error"]["findings"]]
    if broken.rule.severity == "error":
        assert reply.status_code == 400
        assert broken.rule.id in [finding["rule"] for finding in reply.get_json()["error"]["findings"]]
    else:
        assert reply.status_code == 202
        assert broken.rule.id in reply.headers[WARNINGS_HEADER].split(", ")


@pytest.mark.parametrize("escaped", [True, False])
def test_the_mock_reads_the_longest_body_however_it_is_written(escaped: bool) -> None:
    """The longest prompt of any model is accepted, in letters of four bytes, and with two escapes for each of them."""
    longest = max(MODELS, key=lambda model: limit(model, "prompt", "maxLength"))
    prompt = "😀" * limit(longest, "prompt", "maxLength")
    input = {"prompt": prompt, "model": longest, REFERENCES: ["https://example.com/a.png"]}
    body = {"operation": OPERATION, "input": input}
    assert MOCK.post(json.dumps(body, ensure_ascii=escaped)).status_code == 202
    assert STRICT.post(json.dumps({**body, "webhook_url": 1}, ensure_ascii=escaped)).status_code == 400


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_rule_is_broken_but_one(operation: str) -> None:
    """Of all rules, one is left out, which another always speaks for: an input that is no object spoils its body.

    That rule is reported only where an input is judged without its body.
    """
    schema = f"operations/{operation}/input"
    schemas = ("envelope/create", schema, *(model.schema for model in CATALOG.models_of(operation) if model.schema))
    rules = {rule.id for each in schemas for rule in CATALOG.rules(each)}
    left_out = rules - {rule.id for rule in breakable(operation)}
    assert left_out == {f"{schema}#/type"}
    for odd in (None, True, 4, "text", []):
        assert find_rules({"operation": operation, "input": odd}, CATALOG) == ["envelope/create#/properties/input/type"]
        report = validate_input(operation, odd)
        assert [each.rule for each in report.findings if each.rule not in UNAVOIDABLE_RULES] == [f"{schema}#/type"]


@pytest.mark.extended
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_rule_of_an_operation_is_broken_alone(operation: str) -> None:
    """Each rule of each operation is broken by bodies that both engines find that rule alone in."""
    for rule in breakable(operation):
        drawn = sample(broken_requests(operation, rule=rule.id), 1, 4)
        found = [find_rules(broken.body, catalog) for broken in drawn for catalog in ENGINES]
        assert found == [[rule.id]] * len(found)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_field_is_drawn(operation: str) -> None:
    """Bodies for an operation have each field of its input at times, and each of its models or none."""
    fields = CATALOG.schemas[f"operations/{operation}/input"]["properties"].keys()
    models = CATALOG.operations[operation].models.keys()

    def find_names(drawn: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
        return set().union(*drawn), {each["model"] for each in drawn if "model" in each}

    def draw(start: int) -> list[dict[str, Any]]:
        return [body["input"] for body in sample(strategy, 1, 30, start)]

    strategy = requests(operation)
    assert find_names(draw_until(draw, lambda drawn: find_names(drawn) == (fields, models))) == (fields, models)


@pytest.mark.parametrize("rule", [rule.id for rule in breakable(OPERATION)])
def test_every_breakable_rule_is_drawn(rule: str) -> None:
    """Each rule that is said to be broken is, by bodies that differ, for its own model; the default may be unnamed."""
    drawn = sample(broken_requests(OPERATION, rule=rule), 1, 3)
    assert [find_rules(broken.body, CATALOG) for broken in drawn] == [[rule]] * len(drawn)
    assert {broken.rule.id for broken in drawn} == {rule}
    assert len({repr(broken.body) for broken in drawn}) > 1
    own = rule.partition("#")[0].rpartition("models/")[2]
    default = CATALOG.operations[OPERATION].default_model
    assert own not in MODELS or {broken.body["input"].get("model", default) for broken in drawn} == {own}


def test_rules_are_drawn_in_turn() -> None:
    """Without a rule's name, all that one model can break are drawn."""
    rules = {rule.id for rule in breakable(OPERATION, "nanobanana")}
    draw = partial(sample, broken_requests(OPERATION, "nanobanana"), 1, 100)

    def find_ids(drawn: list[Broken]) -> set[str]:
        return {broken.rule.id for broken in drawn}

    assert find_ids(draw_until(draw, lambda drawn: find_ids(drawn) == rules)) == rules


def limit(model: str, field: str, keyword: str) -> int:
    """The widest bound that a model sets a field."""
    return max(
        rule.value for rule in CATALOG.rules(f"models/{model}") if (rule.field, rule.keyword) == (field, keyword)
    )


REFERENCES = "reference_image_urls"


@pytest.mark.parametrize("model", MODELS)
def test_the_edges_are_drawn(model: str) -> None:
    """The longest and the shortest prompt; the most references, one, an empty list; each optional field, and none."""
    own = [rule.value for rule in CATALOG.rules(f"models/{model}") if rule.keyword == "minLength"]
    shortest, longest = max([1, *own]), limit(model, "prompt", "maxLength")
    most_references = limit(model, REFERENCES, "maxItems")
    names = CATALOG.schemas[INPUT]["properties"].keys() - {"prompt", "model"}

    def find_edges(drawn: list[dict[str, Any]]) -> tuple[Any, ...]:
        lengths, counts = ({len(each[name]) for each in drawn if name in each} for name in ("prompt", REFERENCES))
        optional_names = {name for name in names if {name in each for each in drawn} == {True, False}}
        return min(lengths), max(lengths), counts & {0, 1, most_references}, max(counts), optional_names

    edges = (shortest, longest, {0, 1, most_references}, most_references, names)
    assert find_edges(draw_until(partial(inputs, model), lambda drawn: find_edges(drawn) == edges)) == edges


@pytest.mark.parametrize("model", MODELS)
def test_every_word_is_drawn(model: str) -> None:
    """Each word of each list that a model has for a field is drawn, the rarest in some hundreds of draws."""
    rules = [rule for rule in CATALOG.rules(f"models/{model}") if rule.keyword == "enum"]

    def find_missing_words(drawn: list[dict[str, Any]]) -> set[tuple[str, str]]:
        return {(rule.id, word) for rule in rules for word in {*rule.value} - {each.get(rule.field) for each in drawn}}

    assert not find_missing_words(draw_until(partial(inputs, model), lambda drawn: not find_missing_words(drawn)))


@pytest.mark.parametrize(
    ("model", "ratios", "references", "resolutions"),
    [
        ("gptimage2", {"1:1"}, {True, False}, {"1K", "2K"}),
        ("gptimage2", {"auto", None}, {True, False}, {"1K"}),
        ("gptimage2", {"5:4", "4:5"}, {False}, {"1K", "4K"}),
        ("gptimage2", {"5:4", "4:5"}, {True}, {"1K"}),
        ("gptimage2", {"3:1", "1:3", "9:21"}, {False}, {"1K"}),
        ("gptimage2", {"16:9", "2:1", "21:9", "3:2"}, {True, False}, {"1K", "2K", "4K"}),
        ("nanobanana2", {"1:4", "4:1", "1:8", "8:1"}, {True, False}, {"1K"}),
        ("wan27imagepro", {None}, {True}, {"1K", "2K"}),
        ("wan27imagepro", {None}, {False}, {"1K", "2K", "4K"}),
    ],
)
def test_the_neighbours_of_what_is_barred_are_drawn(
    model: str, ratios: set[str | None], references: set[bool], resolutions: set[str]
) -> None:
    """Under each condition no resolution is drawn, and each that the condition leaves, but no other."""

    def find_values(drawn: list[dict[str, Any]]) -> set[str | None]:
        return {
            each.get("resolution")
            for each in drawn
            if each.get("aspect_ratio") in ratios and bool(each.get(REFERENCES)) in references
        }

    drawn = draw_until(partial(inputs, model), lambda drawn: find_values(drawn) >= {None, *resolutions})
    assert find_values(drawn) == {None, *resolutions}


@pytest.mark.parametrize("model", ["flux2", "flux2pro", "grok", "wan27image", "wan27imagepro"])
def test_references_widen_what_is_drawn(model: str) -> None:
    """Ratios, and lengths of prompts, that are for requests with references are drawn with references alone."""

    def find_difference(drawn: list[dict[str, Any]]) -> tuple[bool, bool]:
        with_, without = ([each for each in drawn if bool(each.get(REFERENCES)) is wanted] for wanted in (True, False))
        ratios = {each.get("aspect_ratio") for each in with_} - {each.get("aspect_ratio") for each in without}
        longest = max((len(each["prompt"]) for each in without), default=0)
        return bool(ratios), model != "grok" or longest == 5000

    drawn = draw_until(partial(inputs, model), lambda drawn: len(drawn) > 200 and all(find_difference(drawn)))
    assert find_difference(drawn) == (True, True)


def test_references_lift_a_bar() -> None:
    """The ratios that are for 1K alone are drawn with more where there are references."""
    drawn = [each for start in range(4) for each in inputs("gptimage2", start)]
    extreme = [each for each in drawn if each.get("aspect_ratio") in ("3:1", "1:3", "9:21")]
    assert {each.get("resolution") for each in extreme if not each.get(REFERENCES)} == {None, "1K"}
    assert {each.get("resolution") for each in extreme if each.get(REFERENCES)} - {None, "1K"}


def test_texts_are_of_every_plane() -> None:
    """Prompts have letters beyond ASCII and beyond 16 bits, long ones too; none has half of a pair."""
    prompts = [each["prompt"] for model in MODELS for each in inputs(model)]
    for long in (False, True):
        letters = {letter for prompt in prompts if (len(prompt) > 1000) is long for letter in prompt[:100]}
        assert {len(letter.encode()) for letter in letters} == {1, 2, 3, 4}


def test_an_input_without_a_model_is_drawn() -> None:
    """Bodies are drawn with each model and without one; with one alone where that is asked for."""
    assert {body["input"].get("model") for body in sample(requests(OPERATION), 3, 60)} == {None, *MODELS}
    assert {each["model"] for each in inputs("grok")} == {"grok"}


def test_the_smallest_request_is_the_plain_one() -> None:
    """What is drawn shrinks to a prompt of one letter and nothing else."""
    assert find(requests(OPERATION), lambda body: True) == {"operation": OPERATION, "input": {"prompt": "0"}}


def test_requests_shrink_to_what_matters() -> None:
    """A body that fails for one thing shrinks to that thing alone."""
    smallest = find(requests(OPERATION, "wan27image"), lambda body: len(body["input"].get(REFERENCES, ())) == 9)
    assert smallest["input"].keys() == {"prompt", "model", REFERENCES}
    assert len(smallest["input"]["prompt"]) == 1
    longest = find(requests(OPERATION, "gptimage2"), lambda body: len(body["input"]["prompt"]) >= 3000)["input"]
    assert (longest.keys(), len(longest["prompt"])) == ({"prompt", "model"}, 3000)


def test_broken_requests_shrink_to_what_is_broken() -> None:
    """A body that breaks a rule shrinks to no more than that takes."""
    rule = "models/gptimage2#/allOf/0/then/properties/resolution/enum"
    body, _ = find(broken_requests(rule=rule), lambda broken: True)
    assert body["input"] == {"prompt": "0", "aspect_ratio": "1:1", "resolution": "4K"}


def test_a_broken_request_shows_its_rule_by_its_id() -> None:
    """What a failing test prints names the rule, and does not show all that it is."""
    rule = breakable(OPERATION)[0]
    assert repr(Broken([], rule)) == f"Broken(body=[], rule={rule.id!r})"


@pytest.mark.parametrize("strategy", [requests, broken_requests, breakable])
def test_unknown_names_are_refused_at_once(strategy: Callable[..., Any]) -> None:
    """An operation that is not covered, or a model that does not serve it, is refused before anything is drawn."""
    for operation in ("three_d.model.generate", "tea"):
        with pytest.raises(UnknownName, match=f"{operation} is not a covered operation"):
            strategy(operation)
    for operation in (None, OPERATION):
        with pytest.raises(UnknownName, match="dall-e is not a model that serves"):
            strategy(operation, "dall-e")


@pytest.mark.parametrize("rule", [f"{INPUT}#/type", "models/gptimage2#/properties/prompt/maxLength", "tea"])
def test_rules_that_cannot_be_broken_are_refused(rule: str) -> None:
    """A rule that is never reported alone, one of another model, and none at all are refused at once."""
    with pytest.raises(UnknownName, match="is not a rule that such a body can break alone"):
        broken_requests(model="grok", rule=rule)


def test_importing_reads_nothing() -> None:
    """The contract is read when a strategy is asked for, not when the module is imported."""
    code = "import cannon_spec.strategies; from cannon_spec.contract.load import default_catalog as load;"
    code += "print(load.cache_info().currsize)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "0\n"


def test_without_hypothesis_the_import_says_what_to_install() -> None:
    """The extra is named where Hypothesis is missing."""
    code = "import sys; sys.modules['hypothesis'] = None; import cannon_spec.strategies"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stderr.splitlines()[-1].endswith(f"needs Hypothesis; {advise_extra('testing')}")


FIELDS: dict[str, Any] = {
    "seed": {"type": ["integer", "null"], "minimum": 0, "maximum": 9},
    "strength": {"type": "number", "minimum": 0, "maximum": 1},
    "count": {"type": "integer", "minimum": 1, "maximum": 4},
    "draft": {"type": "boolean"},
    "layout": {
        "type": "object",
        "required": ["width"],
        "additionalProperties": False,
        "properties": {"width": {"type": "integer", "minimum": 64}, "unit": {"enum": ["px", None]}},
        "allOf": [
            {
                "if": {"properties": {"unit": {"const": "px"}}, "required": ["unit"]},
                "then": {"properties": {"width": {"maximum": 4096}}},
            }
        ],
    },
    "tags": {
        "type": "array",
        "minItems": 2,
        "maxItems": 3,
        "items": {"type": "string", "minLength": 1, "maxLength": 40},
    },
    "code": {"type": "string", "pattern": "^[A-Z][A-Z][0-9]+-", "minLength": 8},
    "version": {"const": 2},
}
"""Fields that an overlay adds to the operation: of every type, with every word that a schema may have."""

MODEL: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Twelfth",
    "additionalProperties": False,
    "properties": {
        **{name: {} for name in ("prompt", "model", "style", "reference_image_urls", *FIELDS)},
        "quality": {"enum": ["low", "high"]},
    },
    "allOf": [
        {
            "if": {"properties": {"draft": {"const": True}}, "required": ["draft"]},
            "then": {"required": ["count"], "properties": {"count": {"maximum": 2}, "quality": {"enum": ["low"]}}},
        },
        {
            "if": {"properties": {"count": {"const": 4}, "reference_image_urls": {"minItems": 1}}},
            "then": {"properties": {"style": {"enum": ["plain", "flat"]}, "tags": {"maxItems": 2}}},
        },
    ],
}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> list[Catalog]:
    """The contract under an overlay with many fields, a model to be named and a closed one, by each engine."""
    schemas = {INPUT: {"required": ["prompt", "model"], "properties": FIELDS}, "models/twelfth": MODEL}
    file = tmp_path_factory.mktemp("overlay") / "overlay.json"
    file.write_text(json.dumps({"models": {"twelfth": {}}, "schemas": schemas}))
    return [load_catalog(overlay=file, engine=engine) for engine in ("jsonschema", "jsonschema-rs")]


def test_a_model_of_an_overlay_is_drawn(wide: list[Catalog]) -> None:
    """A model that an overlay adds is drawn from its own schema, whatever words that has."""
    drawn = sample(requests(OPERATION, "twelfth", catalog=wide[1]), 2)
    assert [find_rules(body, catalog) for body in drawn for catalog in wide] == [[]] * 2 * len(drawn)
    held = [body["input"] for body in drawn]
    assert set().union(*held) == set(MODEL["properties"])
    assert {each.get("quality") for each in held if each.get("draft") is True} == {None, "low"}
    assert {each.get("draft") for each in held} == {None, True, False}


def test_rules_of_an_overlay_are_broken(wide: list[Catalog]) -> None:
    """Each rule of such a model, and of such fields, is broken alone, but for those that others always speak for.

    The model is closed as the operation is, and is asked first; what it does not know cannot have a wrong type or form
    only.
    """
    rules = {rule.id for schema in (INPUT, "models/twelfth") for rule in wide[1].rules(schema)}
    words = product(("aspect_ratio", "resolution"), ("type", "pattern"))
    unknown = {f"{INPUT}#/properties/{name}/{word}" for name, word in words}
    can = {rule.id for rule in breakable(OPERATION, "twelfth", catalog=wide[1])}
    assert rules - can == {f"{INPUT}#/type", f"{INPUT}#/additionalProperties"} | unknown
    drawn = sample(broken_requests(OPERATION, "twelfth", catalog=wide[1]), 2)
    assert [find_rules(broken.body, catalog) for broken in drawn for catalog in wide] == [
        [broken.rule.id] for broken in drawn for _ in wide
    ]
    assert {broken.rule.keyword for broken in drawn} >= {"type", "enum", "required", "additionalProperties", "pattern"}


def test_a_model_is_drawn_where_it_must_be_named(wide: list[Catalog]) -> None:
    """Where an input needs a model, none is drawn without one, but to break that rule, if no model is asked for."""
    assert all("model" in body["input"] for body in sample(requests(OPERATION, catalog=wide[1]), 1, 25))
    needed = f"{INPUT}#/required"
    for model, lacking in ((None, {"model", "prompt"}), ("twelfth", {"prompt"})):
        drawn = [
            broken.body["input"]
            for broken in sample(broken_requests(OPERATION, model, rule=needed, catalog=wide[1]), 1, 25)
        ]
        assert {name for each in drawn for name in ("model", "prompt") if name not in each} == lacking
