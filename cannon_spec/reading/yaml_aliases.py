"""What reads YAML as ruamel.yaml does, with places of aliases and a bound (floor 2).

It is imported late, as the extra ``yaml`` may be missing.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from ruamel.yaml.composer import Composer
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import CollectionNode, Node
from ruamel.yaml.scanner import Scanner

from cannon_spec.document import MAX_DEPTH

_MOST_BRACKETS = 2 * MAX_DEPTH


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


class BoundedScanner(Scanner):
    """Read no text whose brackets nest far deeper than a document may: each one costs a look at all that are open."""

    def fetch_flow_collection_start(self, token_class: Any, to_push: str) -> None:
        """Read a bracket. Raises TooManyBrackets."""
        if len(self.flow_context) > _MOST_BRACKETS:
            raise TooManyBrackets(self.reader.get_mark().index)
        super().fetch_flow_collection_start(token_class, to_push)


class TooManyBrackets(RecursionError):
    """More brackets are open at an offset of a text than a document may have levels."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def _copy_node(node: Node, alias: AliasEvent) -> Node:
    placed_node = copy(node)
    placed_node.anchor = AliasName(alias.anchor)
    placed_node.start_mark, placed_node.end_mark = alias.start_mark, alias.end_mark
    if isinstance(placed_node, CollectionNode):
        placed_node.flow_style = True  # it ends at its own mark, not where its last member does
    return placed_node


def is_alias(node: Node) -> bool:
    """Whether a node of ``PlacedAliasComposer`` is that of an alias."""
    return isinstance(node.anchor, AliasName)
