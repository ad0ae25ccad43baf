"""The words of JSON Schema that constrain a value, one record each (floor 1, pure).

A record says how a violation is worded, what is legal instead, how the requirement reads in a table, which values meet
it, and which values lie beyond it. Messages come from the keyword and the values alone, never from an engine's text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from cannon_spec.contract.arithmetic import find_multiples_around, is_multiple, is_number, normalise_value
from cannon_spec.contract.patterns import compile_pattern
from cannon_spec.contract.wording import (
    Node,
    format_count,
    join_field,
    join_words,
    show_json,
    show_value,
    show_values,
    suggest_values,
)

KINDS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and value == int(value),
    "number": is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
"""The types of JSON, and which values are of each."""

ODD_VALUES: tuple[Any, ...] = (None, False, True, 0, 7, 2.5, "text", "", [], [None], {})
"""Values of every type, empty and not."""

ODD_TEXTS = (
    "https://example.com/1.jpg",
    "HTTP://EXAMPLE.COM:8080/a/b.png?size=1&x=%20#top",
    "http://bücher.example/😀.webp",
    "https://example.com/" + "a" * 2000,
    "not a url",
    "",
    "https://",
    "https:// example.com",
    "ftp://example.com/1.jpg",
    " https://example.com/1.jpg",
    "https://example.com/my picture.png",
    "https://example.com/1.jpg\n",
    "16x9",
    "16:09:00",
    "4k",
    "8K",
    "2160P",
    " \t\u200b",
    "\n",
)
"""Texts that a pattern may accept or refuse. Their hosts are of domains that are reserved for examples."""

_TYPE_NAMES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


class Violation(NamedTuple):
    """A keyword that a value does not meet.

    ``field`` is the value's place as a reader names it (``shots[1].duration``), empty for the document; ``title`` is
    the schema's. ``name`` is the property in question where the keyword judges properties, and ``value`` their object.
    """

    keyword: str
    node: Node
    value: Any
    field: str
    title: str
    name: str = ""

    @property
    def requirement(self) -> Any:
        """What the keyword requires: the list of an ``enum``, the number of a ``maxLength``."""
        return self.node[self.keyword]


@dataclass(frozen=True, slots=True)
class Keyword:
    """One word of JSON Schema.

    ``problem`` and ``advice`` put a violation into words, ``describe`` its requirement. ``is_met`` takes requirement
    and value. ``list_beyond`` gives schema objects whose values violate the requirement, in the same words. A keyword
    that judges properties has ``list_names``: the property, or pair of them, that each finding is about.
    """

    problem: Callable[[Violation], str]
    advice: Callable[[Violation], str]
    describe: Callable[[Any], str]
    is_met: Callable[[Any, Any], bool]
    list_beyond: Callable[[Any], list[Node]]
    list_names: Callable[[Node, Mapping[str, Any]], list[str]] | None = None


def describe_violation(violation: Violation, condition: str = "", problem: str = "") -> str:
    """What is wrong, and under which condition. ``problem`` says what is wrong with how a text is written."""
    if problem and violation.keyword == "pattern":
        problem = f"{violation.field} {show_value(violation.value)} {problem}"
    else:
        problem = KEYWORDS[violation.keyword].problem(violation)
    return f"{problem} when {condition}" if condition else problem


def describe_legal(
    violation: Violation, legal: Sequence[Any] | None = None, depends: Iterable[str] = (), meant: Sequence[Any] = ()
) -> str:
    """What would be legal. ``legal`` are the values that all rules allow, ``depends`` the fields that narrow them.

    ``meant`` has the one of them that is meant, where that is known.
    """
    if legal:
        return suggest_values(violation.value, legal, meant=next(iter(meant), None))
    if legal is not None:
        fields = join_words(depends, "or")
        advice = f"no value is valid with this combination; change {fields}"
        return advice if fields else f"no value is valid; leave {violation.field} out"
    return KEYWORDS[violation.keyword].advice(violation)


def describe_meaning(violation: Violation, values: Sequence[Any], advice: str) -> str:
    """What to send in place of a value: those that are meant, and why or how."""
    if violation.keyword == "type":
        return f"send {_describe_types(violation.requirement)}: {show_json(values[0])}"
    return "; ".join(filter(None, [f"send {show_values(values)}" if values else "", advice]))


def describe_requirement(keyword: str, requirement: Any) -> str:
    """What a rule requires, without the field it judges: ``one of "1K", "2K"``, ``at most 16 items``."""
    return KEYWORDS[keyword].describe(requirement)


def satisfies(node: Node, value: Any) -> bool:
    """Whether a value meets the keywords of a schema object itself; its properties and items are not looked at."""
    return all(KEYWORDS[word].is_met(each, value) for word, each in node.items() if word in KEYWORDS)


def list_types(types: str | Sequence[str]) -> Sequence[str]:
    """The types of a ``type``, which may be a single one."""
    return [types] if isinstance(types, str) else types


def identify(value: Any) -> Any:
    """A hashable stand-in, equal for values that JSON Schema holds equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, list):
        return "array", tuple(map(identify, value))
    if isinstance(value, dict):
        return "object", frozenset((name, identify(item)) for name, item in value.items())
    return isinstance(value, bool), value


def is_among(value: Any, values: Iterable[Any]) -> bool:
    """Whether a value equals one of several in the sense of JSON Schema."""
    return identify(value) in map(identify, values)


def _is_unique(value: Any) -> bool:
    return not isinstance(value, list) or len(set(map(identify, value))) == len(value)


def _describe_types(types: str | Sequence[str]) -> str:
    return " or ".join(_TYPE_NAMES[name] for name in list_types(types))


def _describe_type_problem(violation: Violation) -> str:
    types = _describe_types(violation.requirement)
    subject = f"{violation.field} to be " if violation.field else ""
    return f"expected {subject}{types}, got {show_value(violation.value)}"


def _describe_enum_problem(violation: Violation) -> str:
    field, value, title = violation.field, violation.value, violation.title
    if "x-normalise" in violation.node and is_number(value):
        legal_value = show_value(normalise_value(value, violation.requirement))
        claim = violation.node["x-normalise"][violation.keyword]
        return f"{field} is {show_value(value)}; {title} normalises it to {legal_value}, as claim {claim} says"
    return f"{field} {show_value(value)} is not accepted for {title}"


def _add_example(advice: str, node: Node) -> str:
    return f"{advice}, for example {show_json(node['examples'][0])}" if node.get("examples") else advice


def _name_property(violation: Violation) -> str:
    return join_field(violation.field, violation.name)


def _describe_exclusion(violation: Violation) -> str:
    names = violation.requirement["required"]
    if len(names) == 1:
        return f"{join_field(violation.field, names[0])} is not accepted"
    return f"{join_words([join_field(violation.field, name) for name in names], 'and')} cannot be sent together"


def _list_missing(names: Iterable[str], value: Mapping[str, Any]) -> list[str]:
    return [name for name in names if name not in value]


def _list_dependent(node: Node, value: Mapping[str, Any]) -> list[str]:
    dependent = node["dependentRequired"]
    return _list_missing({name: None for field in dependent if field in value for name in dependent[field]}, value)


def _list_unknown(node: Node, value: Mapping[str, Any]) -> list[str]:
    fields = node.get("properties", {})
    return [name for name in value if name not in fields]


def _suggest_property(violation: Violation) -> str:
    return _add_example(
        f"add {show_value(violation.name)}", violation.node.get("properties", {}).get(violation.name, {})
    )


def _suggest_field(violation: Violation) -> str:
    hint = suggest_values(violation.name, list(violation.node.get("properties", {})), "fields")
    return hint if hint.startswith("did you mean") else f"leave it out, or use one of the {hint}"


def _describe_multiple(step: Any) -> str:
    return "a whole number" if step == 1 else f"a multiple of {show_value(step)}"


def _suggest_multiple(violation: Violation) -> str:
    below, above = find_multiples_around(violation.value, violation.requirement)
    return f"send {show_value(below)} or {show_value(above)}"


def _describe_dependency(violation: Violation) -> str:
    dependent = violation.requirement
    fields = [each for each in dependent if each in violation.value and violation.name in dependent[each]]
    return f"{_name_property(violation)} is missing; {join_words(fields, 'and')} cannot be sent without it"


def _size(noun: str, kind: type, opposite: str, *, is_least: bool) -> Keyword:
    """The record of a bound on the length of a text or list; ``opposite`` is the bound from the other side."""
    verb, bound = ("needs", "at least") if is_least else ("accepts", "at most")
    step, type_ = -1 if is_least else 1, "string" if kind is str else "array"

    def describe_problem(violation: Violation) -> str:
        if not violation.value:
            return f"{violation.field} is empty"
        size = format_count(len(violation.value), noun)
        limit = f"{bound} {violation.requirement}" if violation.requirement else "none"
        return f"{violation.field} has {size}; {violation.title} {verb} {limit}"

    def is_met(limit: int, value: Any) -> bool:
        return not isinstance(value, kind) or (len(value) >= limit if is_least else len(value) <= limit)  # type: ignore[arg-type]

    return Keyword(
        problem=describe_problem,
        advice=_advise_longer(noun, kind) if is_least else _advise_shorter(noun, kind),
        describe=lambda limit: f"{bound} {format_count(limit, noun)}" if limit else f"no {noun}s",
        is_met=is_met,
        list_beyond=lambda limit: [{"type": type_, opposite: limit + step}],
    )


def _advise_longer(noun: str, kind: type) -> Callable[[Violation], str]:
    verb = "write" if kind is str else "send"
    return lambda it: f"{verb} at least {format_count(it.requirement, noun)}"


def _advise_shorter(noun: str, kind: type) -> Callable[[Violation], str]:
    if kind is str:
        return lambda it: f"shorten it to {format_count(it.requirement, noun)}"
    return lambda it: f"leave out {format_count(len(it.value) - it.requirement, noun) if it.requirement else it.field}"


def _bound(legal: str, opposite: str, is_within: Callable[[Any, Any], bool]) -> Keyword:
    """The record of a bound on a number; ``legal`` is the requirement in words, with {} for its number."""
    return Keyword(
        problem=lambda it: (
            f"{it.field} is {show_value(it.value)}; {it.title} takes {legal.format(show_value(it.requirement))}"
        ),
        advice=lambda it: f"send {legal.format(show_value(it.requirement))}",
        describe=lambda limit: legal.format(show_value(limit)),
        is_met=lambda limit, value: not is_number(value) or is_within(value, limit),
        list_beyond=lambda limit: [{"type": "number", opposite: limit}],
    )


KEYWORDS: dict[str, Keyword] = {
    "type": Keyword(
        problem=_describe_type_problem,
        advice=lambda it: _add_example(f"send {_describe_types(it.requirement)}", it.node),
        describe=_describe_types,
        is_met=lambda types, value: any(KINDS[kind](value) for kind in list_types(types)),
        list_beyond=lambda types: [{"enum": [each for each in ODD_VALUES if not satisfies({"type": types}, each)]}],
    ),
    "enum": Keyword(
        problem=_describe_enum_problem,
        advice=lambda it: suggest_values(it.value, it.requirement),
        describe=lambda values: f"one of {show_values(values)}" if len(values) > 1 else show_values(values),
        is_met=lambda values, value: is_among(value, values),
        list_beyond=lambda values: [{"not": {"enum": values}}],
    ),
    "const": Keyword(
        problem=lambda it: f"{it.field} must be {show_value(it.requirement)}, not {show_value(it.value)}",
        advice=lambda it: f"send {show_value(it.requirement)}",
        describe=show_value,
        is_met=lambda constant, value: is_among(value, [constant]),
        list_beyond=lambda constant: [{"not": {"enum": [constant]}}],
    ),
    "required": Keyword(
        problem=lambda it: f"{_name_property(it)} is missing",
        advice=_suggest_property,
        describe=lambda names: f"with {show_values(names)}",
        is_met=lambda names, value: not isinstance(value, dict) or value.keys() >= set(names),
        list_beyond=lambda names: [{"not": {"required": [name]}} for name in names],
        list_names=lambda node, value: _list_missing(node["required"], value),
    ),
    "dependentRequired": Keyword(
        problem=_describe_dependency,
        advice=_suggest_property,
        describe=lambda dependent: "; ".join(
            f"with {show_values(names)} where {show_value(field)} is present" for field, names in dependent.items()
        ),
        is_met=lambda dependent, value: (
            not isinstance(value, dict) or not _list_dependent({"dependentRequired": dependent}, value)
        ),
        list_beyond=lambda dependent: [
            {"required": [field], "not": {"required": [name]}} for field, names in dependent.items() for name in names
        ],
        list_names=_list_dependent,
    ),
    "not": Keyword(
        problem=_describe_exclusion,
        advice=lambda it: f"leave out {join_words(it.requirement['required'], 'or')}",
        describe=lambda node: (
            f"without {join_words(map(show_value, node['required']), 'and')}"
            + (" together" if len(node["required"]) > 1 else "")
        ),
        is_met=lambda node, value: not satisfies(node, value),
        list_beyond=lambda node: [node],
        # One name for the whole pair: what excludes the same fields is one finding, another pair is another.
        list_names=lambda node, value: [", ".join(sorted(node["not"]["required"]))],
    ),
    "additionalProperties": Keyword(
        problem=lambda it: f"{show_value(it.name)} is not a field of {it.field or it.title}",
        advice=_suggest_field,
        describe=lambda _: "no other field",
        is_met=lambda _, value: True,  # it depends on the ``properties`` beside it
        list_beyond=lambda _: [],
        list_names=_list_unknown,
    ),
    "minLength": _size("character", str, "maxLength", is_least=True),
    "maxLength": _size("character", str, "minLength", is_least=False),
    "minItems": _size("item", list, "maxItems", is_least=True),
    "maxItems": _size("item", list, "minItems", is_least=False),
    "uniqueItems": Keyword(
        problem=lambda it: f"{it.field} has an item more than once",
        advice=lambda it: "send each item once",
        describe=lambda _: "without repeated items",
        is_met=lambda is_unique, value: not is_unique or _is_unique(value),
        list_beyond=lambda _: [{"type": "array", "not": {"uniqueItems": True}}],
    ),
    "minimum": _bound("{} or more", "exclusiveMaximum", lambda value, limit: value >= limit),
    "maximum": _bound("{} or less", "exclusiveMinimum", lambda value, limit: value <= limit),
    "exclusiveMinimum": _bound("more than {}", "maximum", lambda value, limit: value > limit),
    "exclusiveMaximum": _bound("less than {}", "minimum", lambda value, limit: value < limit),
    "multipleOf": Keyword(
        problem=lambda it: f"{it.field} is {show_value(it.value)}, not {_describe_multiple(it.requirement)}",
        advice=_suggest_multiple,
        describe=_describe_multiple,
        is_met=lambda step, value: not is_number(value) or is_multiple(value, step),
        list_beyond=lambda step: [{"type": "number", "not": {"multipleOf": step}}],
    ),
    "pattern": Keyword(
        problem=lambda it: f"{it.field} is {show_value(it.value)}, not {it.node.get('title', 'of the required form')}",
        advice=lambda it: _add_example(f"send {it.node.get('title', 'text of that form')}", it.node),
        describe=lambda pattern: f"text like {pattern}",
        is_met=lambda pattern, value: not isinstance(value, str) or bool(compile_pattern(pattern).search(value)),
        list_beyond=lambda pattern: [
            {"enum": [text for text in ODD_TEXTS if not compile_pattern(pattern).search(text)]}
        ],
    ),
}
"""Every word of a schema that constrains a value. Each use of one names its claim under ``x-evidence``."""

CONSTRAINTS = tuple(KEYWORDS)
"""The names of the words that constrain."""
