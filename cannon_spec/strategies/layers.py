"""The schema objects that judge one value together, and the one rule of theirs that is to be broken (floor 2, pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation, Rule
from cannon_spec.contract.keywords import KEYWORDS, satisfies
from cannon_spec.contract.wording import Node
from cannon_spec.pointer import to_pointer


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One schema object that judges a value.

    ``id`` is its schema and pointer, as in the ids of its rules; a layer of our own has none, and so no rules.
    ``fields`` are layers of its properties beside those that its ``properties`` make.
    """

    node: Node
    id: str = ""
    fields: Mapping[str, Sequence[Layer]] = field(default_factory=dict)

    @property
    def judges_inside(self) -> bool:
        """Whether it says anything of items or properties."""
        return bool(self.fields or self.node.keys() & {"items", "properties", "allOf", "additionalProperties"})

    def list_children(self) -> Iterator[tuple[str, Layer]]:
        """Each property that it judges, with a layer for it."""
        for name, node in self.node.get("properties", {}).items():
            yield name, self._go(node, "properties", name)
        yield from ((name, layer) for name, layers in self.fields.items() for layer in layers)

    def list_items(self) -> list[Layer]:
        """The layer that judges each item of a list, if there is one."""
        return [self._go(self.node["items"], "items")] if "items" in self.node else []

    def list_branches(self) -> Iterator[tuple[Node, Layer]]:
        """Each condition (``if``) with the layer that judges too where it holds."""
        for index, branch in enumerate(self.node.get("allOf", ())):
            yield branch["if"], self._go(branch["then"], "allOf", index, "then")

    def _go(self, node: Node, *parts: str | int) -> Layer:
        return Layer(node, self.id + to_pointer(parts))


Layers = Sequence[Layer]


def collect(layers: Layers, word: str) -> list[Any]:
    """What each layer that has a word requires with it."""
    return [layer.node[word] for layer in layers if word in layer.node]


def fits(layers: Layers, value: Any) -> bool:
    """Whether a value surely meets every layer: its items and properties are not looked at, so none may be judged."""
    is_filled = isinstance(value, list | dict) and bool(value)
    return all(satisfies(layer.node, value) and not (is_filled and layer.judges_inside) for layer in layers)


@dataclass(frozen=True, eq=False)
class Breach:
    """The one rule that is to be broken.

    ``operation`` is the one whose default model counts, where the input names no model.
    """

    catalog: Catalog
    rule: Rule
    operation: Operation | None = None

    def is_of(self, layer: Layer) -> bool:
        """Whether the rule is a word of the layer itself."""
        return self.rule.id == f"{layer.id}/{self.rule.keyword}"

    def is_within(self, layer: Layer) -> bool:
        """Whether the rule is a word of the layer, or of something in it."""
        return self.rule.id.startswith(f"{layer.id}/")

    def judges_value(self, layers: Layers) -> bool:
        """Whether the rule is a word of one of the layers that judges their value itself, not its properties."""
        return KEYWORDS[self.rule.keyword].list_names is None and any(map(self.is_of, layers))

    def is_hidden_by(self, layer: Layer, word: str) -> bool:
        """Whether a word of a layer is reported instead of the rule where both are broken; ours must always hold."""
        if not layer.id:
            return True
        return self._weigh(self.catalog.rule_by_id(f"{layer.id}/{word}")) < self._weigh(self.rule)

    def _weigh(self, rule: Rule) -> tuple[bool, bool, bool, str]:
        return (rule if self.operation is None else self.catalog.assume_default(self.operation, rule)).precedence

    def relax(self, layer: Layer) -> Layer:
        """The layer without the rule, and without its words that are not reported where the rule is broken too."""
        rules = layer.node.get("x-evidence", {})
        node = {word: each for word, each in layer.node.items() if word not in rules or self.is_hidden_by(layer, word)}
        return Layer(node, layer.id, layer.fields)
