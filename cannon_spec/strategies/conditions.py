"""The fields of one object, what conditions say of them, and the ways to fill one field after another (floor 2, pure).

Trying each combination of all fields would take a product of cases. Here a field comes after those it depends on, and
of the fields before it only what they leave open is kept: the guards that may still hold and still matter to a later
field. Few ways to fill them differ in that, so the cases of independent groups of fields add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import product
from typing import Any, NamedTuple

from cannon_spec.contract.keywords import KEYWORDS, KINDS, satisfies
from cannon_spec.contract.wording import Node
from cannon_spec.strategies.layers import Breach, Layer, Layers

ABSENT = object()
"""Stands for the value of a field that is absent."""
UNKNOWN_NAME = "\0"
"""Stands for the name of a field that no schema knows."""

State = Mapping[int, bool | None]
"""The guards that may hold and still matter: True if one holds or must, False if it must not, None if that is open."""

Case = tuple[int, frozenset[tuple[int, bool | None]]]
"""A field, by its index in the order, and the state before it."""


class Clause(NamedTuple):
    """What a condition asks of one field; no value meets the node None, so that the field must be absent."""

    name: str
    node: Node | None
    if_absent: bool

    def holds(self, value: Any) -> bool:
        """Whether a value of the field, or its absence, meets the clause."""
        return self.if_absent if value is ABSENT else self.node is not None and satisfies(self.node, value)


class Ban(NamedTuple):
    """A guard that must not hold, because of a word of a layer; those of one ``cause`` are reported as one."""

    guard: int
    layer: Layer
    word: str
    cause: tuple[str, ...]


class Pool(NamedTuple):
    """Values to draw: how their strategy is built, and a sample that no clause tells from any of them."""

    sample: Any
    build: Callable[[], Any]
    is_constant: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One way to fill a field, None for leaving it out, and what is open after it."""

    pools: list[Pool] | None
    state: State


def _list_clauses(condition: Node) -> list[Clause]:
    return [
        *(Clause(name, each or None, if_absent=True) for name, each in condition.get("properties", {}).items()),
        *(Clause(name, {}, if_absent=False) for name in condition.get("required", ())),
        *(Clause(name, None, if_absent=True) for name in condition.get("not", {}).get("required", ())),
    ]


def _split(nodes: list[Node]) -> list[Node]:
    """Schema objects that part all values: in one, no clause tells two values of a type apart, unless it names them."""
    lists = [node.get("not", node) for node in nodes]
    values = [value for node in lists for value in node.get("enum", [node["const"]] if "const" in node else [])]
    cuts = {(node["minimum"], "exclusiveMaximum", "minimum") for node in nodes if "minimum" in node}
    cuts |= {(node["maximum"], "maximum", "exclusiveMinimum") for node in nodes if "maximum" in node}
    rest: Node = {"not": {"enum": values}} if values else {"type": list(KINDS)} if nodes else {}
    lows: list[Node] = [{}, *({"type": "number", above: bound} for bound, _, above in sorted(cuts))]
    highs: list[Node] = [*({below: bound} for bound, below, _ in sorted(cuts)), {}]
    ranges: list[Node] = [{**rest, **low, **high} for low, high in zip(lows, highs, strict=True)]
    return [{"enum": values}, *ranges] if values else ranges


class Fields:
    """The fields of an object that layers judge, an order to fill them in, and the guards that tie them together.

    A guard is a list of clauses that may hold together: the conditions around a layer, under which it judges a field
    (``children``), or what a word bars (``bans``). Guard 0 has no clause and always holds.
    """

    def __init__(self, layers: Layers, find_pools: Callable[[Layers, Breach | None], list[Pool]]) -> None:
        self._find_pools = find_pools
        self.find_parts = cache(self._find_parts)
        self.guards: list[tuple[Clause, ...]] = [()]
        layer_pairs = [each for layer in layers for each in self._open(layer, ())]
        children = [(name, guard, child) for guard, layer in layer_pairs for name, child in layer.list_children()]
        self.bans = [ban for guard, layer in layer_pairs for ban in self._list_bans(guard, layer)]
        conditioned_names = [clause.name for guard in self.guards for clause in guard]
        self.names = list(dict.fromkeys([*(name for name, *_ in children), *conditioned_names, UNKNOWN_NAME]))
        closed_layers = [each for each in layer_pairs if "additionalProperties" in each[1].node]
        # Where no layer is closed, one of our own bars unknown names: a free field would say nothing of the contract.
        for guard, layer in closed_layers or [(0, Layer({"properties": {name: {} for name in self.names[:-1]}}))]:
            properties = layer.node.get("properties", {})
            nodes: list[Node] = [{"required": [name]} for name in self.names if name not in properties]
            self.bans += self._bar(guard, layer, "additionalProperties", nodes)
        self.children = {name: [each[1:] for each in children if each[0] == name] for name in self.names}

    def _open(self, layer: Layer, clauses: tuple[Clause, ...]) -> Iterator[tuple[int, Layer]]:
        """A layer and those within its conditions, each with its guard."""
        yield self._number(clauses), layer
        for condition, then in layer.list_branches():
            yield from self._open(then, (*clauses, *_list_clauses(condition)))

    def _number(self, clauses: tuple[Clause, ...]) -> int:
        if clauses not in self.guards:
            self.guards.append(clauses)
        return self.guards.index(clauses)

    def _list_bans(self, guard: int, layer: Layer) -> Iterator[Ban]:
        """The bans of a layer, but for those of unknown names, for which all names must be there first."""
        for word, requirement in layer.node.items():
            if word in KEYWORDS and KEYWORDS[word].list_names:
                yield from self._bar(guard, layer, word, KEYWORDS[word].list_beyond(requirement))

    def _bar(self, guard: int, layer: Layer, word: str, conditions: list[Node]) -> Iterator[Ban]:
        """The bans of conditions that break a word, but of those about a value: a layer of our own may bar one."""
        for clauses in filter(None, map(_list_clauses, conditions)):
            # Whichever word misses a field, the judge reports one finding; it reports any other word by itself.
            last = clauses[-1]
            cause = ("missing", last.name) if last.if_absent else (word, *sorted(each.name for each in clauses))
            yield Ban(self._number((*self.guards[guard], *clauses)), layer, word, cause)

    @cached_property
    def order(self) -> list[str]:
        """The fields, each after those it depends on but where these depend on it in turn."""
        order: list[str] = []
        sources = {
            name: [each.name for guard, _ in self.children[name] for each in self.guards[guard]] for name in self.names
        }
        for ban in self.bans:
            *others, last = (clause.name for clause in self.guards[ban.guard])
            sources[last] += others

        def place(name: str) -> None:
            if name in sources:
                for source in sources.pop(name):
                    place(source)
                order.append(name)

        # A field that depends on none comes right before the first that depends on it: so few guards are open at once.
        for name in sorted(self.names, key=lambda name: not sources[name]):
            place(name)
        return order

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """For each guard, the index in the order at which it is decided, and the last at which it is needed."""
        places = {name: index for index, name in enumerate(self.order)}
        decided_at = [max((places[clause.name] for clause in guard), default=-1) for guard in self.guards]
        needed_until = {guard: places[name] for name in self.order for guard, _ in self.children[name]}
        return [(index, needed_until.get(guard, -1)) for guard, index in enumerate(decided_at)]

    def _find_parts(self, name: str, guards: frozenset[int], breach: Breach | None) -> list[list[Pool]]:
        """What a field may be while those guards hold: pools of values, apart where a clause tells them apart."""
        layers = [layer for guard, layer in self.children[name] if guard in guards]
        # Guards within one condition share its clauses, and so their nodes: each is looked at once.
        clauses = (clause for guard in self.guards for clause in guard if clause.name == name)
        nodes = list({id(clause.node): clause.node for clause in clauses if clause.node}.values())
        parts: dict[tuple[bool, ...], list[Pool]] = {}
        for part in _split(nodes):
            for pool in self._find_pools([*layers, Layer(part)] if part else layers, breach):
                parts.setdefault(tuple(satisfies(node, pool.sample) for node in nodes), []).append(pool)
        return list(parts.values())


@dataclass(frozen=True, eq=False)
class Plan:
    """How to fill the fields so that every layer is met, but for what is to be broken.

    ``start`` says which guards must hold or must not. A value of the field ``broken_name`` breaks ``breach``.
    A case is a field and what is open before it. ``ways_by_case`` says of each that was looked at whether that field
    and all later ones can be filled, and ``options_by_case`` of each that was drawn from what its options are.
    """

    fields: Fields
    start: State
    broken_name: str | None
    breach: Breach | None
    ways_by_case: dict[Case, bool] = field(default_factory=dict)
    options_by_case: dict[Case, list[Option]] = field(default_factory=dict)

    def is_possible(self, index: int, state: State) -> bool:
        """Whether there is a way to fill the field at that index of the order, and each later one."""
        if index == len(self.fields.order):
            return True
        case = (index, frozenset(state.items()))
        if case not in self.ways_by_case:
            # The first way is enough: a rule is looked for in many plans, and few of them are drawn from.
            self.ways_by_case[case] = any(self.is_possible(index + 1, x.state) for x in self._list_next(index, state))
        return self.ways_by_case[case]

    def list_options(self, index: int, state: State) -> list[Option]:
        """The ways to fill the field at that index of the order that leave a way to fill each later one."""
        case = (index, frozenset(state.items()))
        if case not in self.options_by_case:
            options = self._list_next(index, state)
            self.options_by_case[case] = [each for each in options if self.is_possible(index + 1, each.state)]
        return self.options_by_case[case]

    def _list_next(self, index: int, state: State) -> Iterator[Option]:
        name = self.fields.order[index]
        guards = list(dict.fromkeys(guard for guard, _ in self.fields.children[name]))
        open_guards = [guard for guard in guards if state.get(guard, False) is None]
        must_break = name == self.broken_name
        # In a cycle of fields a guard is still open here: either truth is promised, and later fields must keep it.
        for truths in product((False, True), repeat=len(open_guards)):
            promises = {**state, **dict(zip(open_guards, truths, strict=True))}
            true_guards = frozenset(guard for guard in guards if promises.get(guard))
            parts = self.fields.find_parts(name, true_guards, self.breach if must_break else None)
            for pools in parts if must_break else (None, *parts):
                after = self._advance(index, promises, pools[0].sample if pools else ABSENT)
                if after is not None:
                    yield Option(pools, after)

    def _advance(self, index: int, state: State, value: Any) -> State | None:
        """What is open once the field has a value like that; None where that breaks a promise."""
        name = self.fields.order[index]
        after: dict[int, bool | None] = {}
        for guard, promise in state.items():
            holds = all(clause.holds(value) for clause in self.fields.guards[guard] if clause.name == name)
            decided_at, needed_until = self.fields.spans[guard]
            is_decided = not holds or decided_at <= index
            if is_decided and promise is (not holds):
                return None
            # What no later field depends on is dropped: so cases that differ in it alone are one.
            if holds and (needed_until > index or (promise is not None and not is_decided)):
                after[guard] = True if is_decided else promise
        return after


def list_plans(fields: Fields, breach: Breach | None) -> list[Plan]:
    """The plans for objects of those fields: for good ones, or with ``breach`` for those that break its rule."""
    plans = _plan_breach(fields, breach) if breach is not None else _plan(fields, 0, fields.bans)
    return [plan for plan in plans if plan.is_possible(0, plan.start)]


def _plan_breach(fields: Fields, breach: Breach) -> Iterator[Plan]:
    """A value breaks the rule where the conditions around it hold, or a field is there or not against the rule."""
    for name, children in fields.children.items():
        for guard in (guard for guard, layer in children if breach.is_within(layer)):
            yield from _plan(fields, guard, fields.bans, name, breach)
    for ban in fields.bans:
        if breach.is_of(ban.layer) and ban.word == breach.rule.keyword:
            # A ban of the same cause may be broken too, unless it would be reported instead of this one.
            others = [x for x in fields.bans if x.cause != ban.cause or breach.is_hidden_by(x.layer, x.word)]
            yield from _plan(fields, ban.guard, others)


def _plan(
    fields: Fields, guard: int, bans: list[Ban], name: str | None = None, breach: Breach | None = None
) -> Iterator[Plan]:
    """The plan for objects of which one guard holds and no ban does; none where the guard is that of a ban."""
    promises: State = dict.fromkeys(range(len(fields.guards))) | {ban.guard: False for ban in bans}
    if promises[guard] is None:
        yield Plan(fields, {**promises, 0: True, guard: True}, name, breach)
