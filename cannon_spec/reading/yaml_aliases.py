"""Trees of YAML in which an alias has its own place (floor 2; imported late, as the extra ``yaml`` may be missing)."""

from __future__ import annotations

from copy import copy
from typing import Any

from ruamel.yaml.composer import Composer
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import CollectionNode, Node


class AliasName(str):
    """What the node of an alias has as its anchor: the name of the anchor that it stands for."""

    __slots__ = ()


class PlacedAliasComposer(Composer):
    """Compose an alias as a copy of the node of its anchor, at its own place; the members stay those of the anchor."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The node of the next value."""
        event = self.parser.peek_event() if self.parser.check_event(AliasEvent) else None
        node = super().compose_node(parent, index)
        return node if event is None else _copy_node(node, event)


def _copy_node(node: Node, alias: AliasEvent) -> Node:
    placed = copy(node)
    placed.anchor = AliasName(alias.anchor)
    placed.start_mark, placed.end_mark = alias.start_mark, alias.end_mark
    if isinstance(placed, CollectionNode):
        placed.flow_style = True  # it ends at its own mark, not where its last member does
    return placed


def is_alias(node: Node) -> bool:
    """Whether a node of ``PlacedAliasComposer`` is that of an alias."""
    return isinstance(node.anchor, AliasName)
