"""Hypothesis strategies for create bodies: good ones, and ones that break one rule each (floor 2).

Both are made of the schemas alone: the judge has no part in it, and nothing that is drawn is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy

from cannon_spec.contract.catalog import Catalog, Operation, Rule, ServedModel
from cannon_spec.contract.load import default_catalog
from cannon_spec.coverage import find_covered_operation, list_covered_operations
from cannon_spec.errors import UnknownName
from cannon_spec.nearest import suggest_name
from cannon_spec.strategies.conditions import Pool
from cannon_spec.strategies.layers import Breach, Layer
from cannon_spec.strategies.values import choose, draw_from, find_pools

Pair = tuple[Operation, ServedModel | None]
"""An operation and a model that serves it; None stands for an input without a model."""

RulePools = tuple[Rule, list[Pool]]
"""A rule and the bodies that break it."""

_CREATE = "envelope/create"
_LISTING = "cannon-spec catalog lists them"


class Broken(NamedTuple):
    """A create body, and the one rule that it breaks. The body is no object where the rule is that it is one."""

    body: Any
    rule: Rule

    def __repr__(self) -> str:
        return f"Broken(body={self.body!r}, rule={self.rule.id!r})"


def requests(
    operation: str | None = None, model: str | None = None, *, catalog: Catalog | None = None
) -> SearchStrategy[dict[str, Any]]:
    """Create bodies against which the contract has nothing but the warnings that each body for its model has.

    They are for one operation, or for all that are covered; with one model, or with each that serves it and without.
    They lean to the edges: the longest prompt, the most references, none at all, each combination that a condition
    allows. The smallest is the shortest prompt alone. Raises UnknownName for an operation that is not covered, or a
    model that does not serve it.
    """
    contract = catalog or default_catalog()
    pairs_by_operation: dict[str, list[Pair]] = {}
    for pair in _list_pairs(contract, operation, model):
        pairs_by_operation.setdefault(pair[0].id, []).append(pair)
    return choose([partial(_build_good, contract, pairs) for pairs in pairs_by_operation.values()])


def broken_requests(
    operation: str | None = None, model: str | None = None, *, rule: str | None = None, catalog: Catalog | None = None
) -> SearchStrategy[Broken]:
    """Create bodies that break exactly one rule, with that rule: all else is as in ``requests``.

    Judging one gives one finding of that rule, beside the warnings that each body for its model has. A value may be
    refused by further rules that the judge leaves unsaid for this one (a number is no text, and none of the listed
    words either). The rules are those of ``breakable``, or the one whose id is given. Raises UnknownName as
    ``requests`` does, and for a rule that is not among them.
    """
    contract = catalog or default_catalog()
    pairs = _list_pairs(contract, operation, model)
    if rule is None:
        # The rules of a pair are looked for when it is first drawn: not all of them are, for a single draw.
        return choose([partial(_build_broken, _list_broken(contract, pair)) for pair in pairs])
    pools = [each for pair in pairs for each in _list_broken(contract, pair, lambda name: name == rule)]
    if not pools:
        raise UnknownName(f"{rule} is not a rule that such a body can break alone; breakable() has those")
    return _build_broken(pools)


def breakable(
    operation: str | None = None, model: str | None = None, *, catalog: Catalog | None = None
) -> tuple[Rule, ...]:
    """The rules that ``broken_requests`` breaks.

    Of the rules of the envelope, the operation's input and its models, those are left out that are never reported
    alone: that an input is an object, say, since the envelope says so first. Raises UnknownName as ``requests`` does.
    """
    contract = catalog or default_catalog()
    rules: dict[str, Rule] = {}
    for pair in _list_pairs(contract, operation, model):
        broken_rules = _list_broken(contract, pair, lambda name: name not in rules)
        rules.update({rule.id: contract.rule_by_id(rule.id) for rule, _ in broken_rules})
    return tuple(rules.values())


def _list_pairs(catalog: Catalog, operation: str | None, model: str | None) -> list[Pair]:
    """Each operation with each model that is asked for."""
    names = list_covered_operations(catalog) if operation is None else (operation,)
    operations = [find_covered_operation(catalog, name) for name in names]
    pairs = [(each, item) for each in operations for item in (None, *catalog.models_of(each.id))]
    if model is not None:
        pairs = [(each, item) for each, item in pairs if item is not None and item.id == model]
        if not pairs:
            serving = "any covered operation" if operation is None else operation
            ids = [served_model.id for each in operations for served_model in catalog.models_of(each.id)]
            raise UnknownName(f"{model} is not a model that serves {serving}; {suggest_name(model, ids, _LISTING)}")
    return pairs


def _list_schemas(pair: Pair) -> list[str]:
    """The schemas that judge the input of a pair: without a model, that of the default one has a part."""
    operation, model = pair
    model = model or operation.served_default_model
    return [schema for schema in (operation.input, None if model is None else model.schema) if schema is not None]


class _Contract:
    """A catalog as a key of a cache: equal to itself alone."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Contract) and other.catalog is self.catalog

    def __hash__(self) -> int:
        return id(self.catalog)


def _list_layers(catalog: Catalog, pair: Pair) -> Sequence[Layer]:
    """What judges a create body for an operation with a model, or without one."""
    operation, model = pair
    return _find_layers(_Contract(catalog), operation.id, None if model is None else model.id)


@lru_cache(maxsize=256)
def _find_layers(contract: _Contract, operation_id: str, model_id: str | None) -> Sequence[Layer]:
    # The layers of a pair are the same objects each time, so that what was found for one rule serves the next.
    catalog, operation = contract.catalog, contract.catalog.operations[operation_id]
    model = None if model_id is None else operation.models[model_id]
    input_layers = [Layer(catalog.schemas[schema], f"{schema}#") for schema in _list_schemas((operation, model))]
    needs_model = {"required": ["model"]}
    if model is not None:
        input_layers.append(Layer(needs_model, fields={"model": [_name(model.id)]}))
    elif operation.models:
        input_layers.append(Layer({"not": needs_model}))
    fields = {"operation": [_name(operation.id)], "input": input_layers}
    return [Layer(catalog.schemas[_CREATE], f"{_CREATE}#"), Layer({}, fields=fields)]


def _name(text: str) -> Layer:
    """A layer for which a text is that one. What is no text passes: so the rule of its type can be broken."""
    return Layer({"pattern": f"^{re.escape(text)}$", "examples": [text]})


def _list_broken(catalog: Catalog, pair: Pair, matches: Callable[[str], bool] = bool) -> Iterator[RulePools]:
    """Each rule, of those whose ids match, that can be broken in such a body, with the bodies that break it.

    Without a model a rule of the default one is as it counts then, which may be less grave.
    """
    layers, default_operation = _list_layers(catalog, pair), pair[0] if pair[1] is None else None
    for rule in (rule for schema in (_CREATE, *_list_schemas(pair)) for rule in catalog.rules(schema)):
        if not matches(rule.id) or (default_operation and default_operation.ends_default_limits(rule)):
            continue
        if pools := find_pools(layers, Breach(catalog, rule, default_operation)):
            yield rule if default_operation is None else catalog.assume_default(default_operation, rule), pools


def _build_good(catalog: Catalog, pairs: list[Pair]) -> SearchStrategy[dict[str, Any]]:
    pools = [find_pools(_list_layers(catalog, pair)) for pair in pairs]
    return choose([partial(draw_from, each) for each in pools if each])


def _build_broken(rules: Iterable[RulePools]) -> SearchStrategy[Broken]:
    return choose([partial(_build_broken_by, *each) for each in rules])


def _build_broken_by(rule: Rule, pools: list[Pool]) -> SearchStrategy[Broken]:
    return draw_from(pools).map(lambda body: Broken(body, rule))
