"""Several schemas that judge one value, and the cases that their conditions tell apart (floor 1, pure).

A schema judges with all its words at once, so a value has a layer for each schema that has something to say of it.
Which those are depends on the conditions (``if``) of the object around it. A condition can only look at whether a field
is there, at its words and at whether it is an empty list: there are finitely many cases, and they are enumerated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

from cannon_spec.contract.catalog import Catalog, Model, Operation, Rule
from cannon_spec.pointer import Path

Node = Mapping[str, Any]

CREATE = "envelope/create"
"""The schema of a create body."""

OF_PROPERTIES = ("required", "additionalProperties")
"""The words that refuse a name, not a value."""

_SILENT = {"title", "description", "examples", "x-evidence", "x-severity", "x-cap"}

KINDS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == int(value),
    "number": lambda value: _is_number(value),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
"""The types of JSON, and which values are of each."""

ODD: tuple[Any, ...] = (None, False, True, 0, 7, 2.5, "text", "", [], [None], {})
"""Values of every type, empty and not."""

TEXTS = (
    "https://example.test/1.jpg",
    "HTTP://EXAMPLE.TEST:8080/a/b.png?size=1&x=%20#top",
    "http://bücher.test/😀.webp",
    "https://example.test/" + "a" * 2000,
    "not a url",
    "",
    "https://",
    "https:// example.test",
    "ftp://example.test/1.jpg",
    " https://example.test/1.jpg",
)
"""What a text that a pattern judges is drawn from: the hosts are of a domain in which nothing is ever reached."""

_BEYOND: dict[str, tuple[str, str, int]] = {
    "minLength": ("string", "maxLength", -1),
    "maxLength": ("string", "minLength", 1),
    "minItems": ("array", "maxItems", -1),
    "maxItems": ("array", "minItems", 1),
    "minimum": ("number", "maximum", -1),
    "maximum": ("number", "minimum", 1),
}
"""For each bound: of which type the value beyond it is, and how that is asked for."""

_WORDS: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda asked, value: any(KINDS[kind](value) for kind in listed(asked)),
    "enum": lambda asked, value: _is_among(value, asked),
    "const": lambda asked, value: _is_among(value, [asked]),
    "minLength": lambda asked, value: not isinstance(value, str) or len(value) >= asked,
    "maxLength": lambda asked, value: not isinstance(value, str) or len(value) <= asked,
    "minItems": lambda asked, value: not isinstance(value, list) or len(value) >= asked,
    "maxItems": lambda asked, value: not isinstance(value, list) or len(value) <= asked,
    "minimum": lambda asked, value: not _is_number(value) or value >= asked,
    "maximum": lambda asked, value: not _is_number(value) or value <= asked,
    "pattern": lambda asked, value: not isinstance(value, str) or re.search(asked, value) is not None,
    "required": lambda asked, value: not isinstance(value, dict) or value.keys() >= set(asked),
    "x-texts": lambda asked, value: not isinstance(value, str) or value in asked,
    "x-not": lambda asked, value: not _is_among(value, asked),
}
"""What each word asks of a value. The last two are for layers of our own: which texts it may be, what it may not be."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One schema object that judges a value.

    ``schema`` and ``place`` say where its rules stand; a layer of our own has none, and so no rules. ``under`` are
    layers of its properties beside those that its ``properties`` make.
    """

    node: Node
    schema: str = ""
    place: Path = ()
    under: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The properties that it speaks of."""
        return (*self.node.get("properties", {}), *self.under)

    @property
    def judges(self) -> bool:
        """Whether it says anything of a value."""
        return bool(self.under or self.node.keys() - _SILENT)

    def at(self, node: Node, *more: str | int) -> Layer:
        """A layer of the same schema, further in."""
        return Layer(node, self.schema, (*self.place, *more))

    def branches(self) -> Iterator[tuple[Node, Layer]]:
        """Each condition with the layer that is added where it holds."""
        for index, branch in enumerate(self.node.get("allOf", ())):
            yield branch["if"], self.at(branch["then"], "allOf", index, "then")


Layers = Sequence[Layer]


def below(layers: Layers, name: str) -> list[Layer]:
    """What judges a property of the value that ``layers`` judge."""
    children = [(layer, layer.node.get("properties", {})) for layer in layers]
    found = [layer.at(nodes[name], "properties", name) for layer, nodes in children if name in nodes]
    return found + [each for layer in layers for each in layer.under.get(name, ())]


def of_items(layers: Layers) -> list[Layer]:
    """What judges each item of the list that ``layers`` judge."""
    return [layer.at(layer.node["items"], "items") for layer in layers if "items" in layer.node]


def asked(layers: Layers, word: str) -> list[Any]:
    """What each layer that has the word asks with it."""
    return [layer.node[word] for layer in layers if word in layer.node]


def listed(types: str | list[str]) -> list[str]:
    """The types of a ``type``, which may be a single one."""
    return [types] if isinstance(types, str) else types


def keeps(node: Node, value: Any) -> bool:
    """Whether a value keeps the words of a node; what the node says of its properties and items is not looked at."""
    return all(_WORDS[word](what, value) for word, what in node.items() if word in _WORDS)


def fits(layers: Layers, value: Any) -> bool:
    """Whether a value keeps the words of every layer."""
    return all(keeps(layer.node, value) for layer in layers)


def words_of(conditions: Sequence[Node]) -> list[Any]:
    """The values that conditions on one field name."""
    return [
        value for node in conditions for value in (*node.get("enum", ()), *([node["const"]] if "const" in node else ()))
    ]


def near_misses(words: Sequence[str]) -> list[str]:
    """What comes close to some words: another case, a letter more, a letter less."""
    near = (each for word in words for each in (word.lower(), word.upper(), word + " ", word + "0", word[:-1]))
    return list(dict.fromkeys(near))


def standing(conditions: Sequence[Node], value: Any) -> tuple[bool, ...]:
    """Which of the conditions on one field a value fulfils. Values of the same standing are alike to all of them."""
    return tuple(keeps(node, value) for node in conditions)


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which the conditions of an object can turn out.

    ``layers`` then judge the object. ``conditions`` has the conditions on each field that some condition looks at, and
    ``stands`` a value of the field's standing in this case; a field without one is absent.
    """

    layers: tuple[Layer, ...]
    conditions: Mapping[str, Sequence[Node]]
    stands: Mapping[str, Any]

    @property
    def fields(self) -> list[str]:
        """The properties that may be there: those that no closed layer refuses, but for the absent ones."""
        closed = [layer for layer in self.layers if "additionalProperties" in layer.node]
        known = dict.fromkeys(name for layer in self.layers for name in layer.names)
        names = [name for name in known if all(name in layer.node.get("properties", {}) for layer in closed)]
        return [name for name in names if name in self.stands or name not in self.conditions]

    @property
    def required(self) -> set[str]:
        """The properties that must be there."""
        return {name for names in asked(self.layers, "required") for name in names} | self.stands.keys()


def cases(layers: Layers) -> Iterator[Case]:
    """Every case of an object that ``layers`` judge, those with the fewest fields first."""
    conditions: dict[str, list[Node]] = {}
    for condition in _conditions(layers):
        for name in condition.get("required", ()):
            conditions.setdefault(name, [])
        for name, node in condition["properties"].items():
            conditions.setdefault(name, []).append(node)
    ways = [((), *((value,) for value in _standing_apart(nodes))) for nodes in conditions.values()]
    for way in sorted(product(*ways), key=lambda way: sum(map(len, way))):
        stands = {name: value[0] for name, value in zip(conditions, way, strict=True) if value}
        yield Case(tuple(_active(layers, stands)), conditions, stands)


def _standing_apart(conditions: Sequence[Node]) -> list[Any]:
    """One value of each standing that there is."""
    return list({standing(conditions, value): value for value in (*words_of(conditions), *reversed(ODD))}.values())


def _conditions(layers: Layers) -> Iterator[Node]:
    for layer in layers:
        for condition, then in layer.branches():
            yield condition
            yield from _conditions((then,))


def _active(layers: Layers, stands: Mapping[str, Any]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        for condition, then in layer.branches():
            if _holds(condition, stands):
                yield from _active((then,), stands)


def _holds(condition: Node, stands: Mapping[str, Any]) -> bool:
    there = stands.keys() >= set(condition.get("required", ()))
    return there and all(keeps(node, stands[name]) for name, node in condition["properties"].items() if name in stands)


def of_body(catalog: Catalog, operation: Operation, model: Model | None) -> list[Layer]:
    """What judges a create body for an operation with a model, or without one."""
    schemas = [operation.input, None if model is None else model.schema]
    judging = [Layer(catalog.schemas[schema], schema) for schema in schemas if schema is not None]
    texts: list[str] = [] if model is None else [model.id]
    named = Layer({} if model is None else {"required": ["model"]}, under={"model": (Layer({"x-texts": texts}),)})
    chosen = {"operation": (Layer({"x-texts": [operation.id]}),), "input": (*judging, named)}
    return [Layer(catalog.schemas[CREATE], CREATE), Layer({}, under=chosen)]


class Breach(NamedTuple):
    """The one rule that is to be broken, and where it stands: the schema, and the place of the object that has it."""

    catalog: Catalog
    rule: Rule
    schema: str
    place: Path

    def is_of(self, layers: Layers) -> bool:
        """Whether the rule is a word of one of the layers."""
        return any((layer.schema, layer.place) == (self.schema, self.place) for layer in layers)

    def is_within(self, layers: Layers) -> bool:
        """Whether the rule is a word of one of the layers, or of something in one."""
        return any(layer.schema == self.schema and self.place[: len(layer.place)] == layer.place for layer in layers)

    @property
    def beyond(self) -> Node:
        """What a value must be so that it breaks the rule."""
        keyword, value = self.rule.keyword, self.rule.value
        if keyword in _BEYOND:
            kind, word, step = _BEYOND[keyword]
            return {"type": kind, word: value + step}
        if keyword in ("enum", "const"):
            return {"x-not": value if keyword == "enum" else [value]}
        return {"enum": [each for each in (*ODD, *TEXTS) if not keeps({keyword: value}, each)]}

    def speaks_for(self, layers: Layers) -> bool:
        """Whether the rule is what is reported where every layer refuses the same name by the rule's keyword.

        Never, if one of them is of our own.
        """
        return all(layer.schema and not self._is_after(layer, self.rule.keyword) for layer in layers)

    def makes_way(self, layers: Layers) -> list[Layer]:
        """The layers of a value without the rule, and without the rules that are not reported where it is broken too.

        Of the rules that refuse one value, one is reported: that of its type before others, an error before a warning,
        one without a condition before one with, then by their ids.
        """
        return [self._without(layer) for layer in layers]

    def _without(self, layer: Layer) -> Layer:
        rules = layer.node.get("x-evidence", {}).keys() - set(OF_PROPERTIES)
        node = {word: what for word, what in layer.node.items() if word not in rules or self._is_after(layer, word)}
        return Layer(node, layer.schema, layer.place, layer.under)

    def _is_after(self, layer: Layer, word: str) -> bool:
        """Whether another rule, by a word of a layer, is reported instead of this one."""
        return _rank(self.catalog.rule(layer.schema, (*layer.place, word))) < _rank(self.rule)


def _rank(rule: Rule) -> tuple[bool, bool, bool, str]:
    return rule.keyword != "type", rule.severity != "error", rule.condition != "", rule.id


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_among(value: Any, values: Sequence[Any]) -> bool:
    """Whether a value is one of several as JSON tells them apart: true is not 1."""
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in values)
