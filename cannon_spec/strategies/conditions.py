"""The fields of one object, what conditions say of them, and the ways to fill one field after another (floor 2, pure).

Trying each combination of all fields would take a product of cases. Here a field comes after those it depends on, and
of the fields before it only what they leave open is kept: the guards that may still hold and still matter to a later
field. Few ways to fill them differ in that, so the cases of independent groups of fields add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, product
from typing import Any, NamedTuple

from cannon_spec.contract.keywords import KEYWORDS, KINDS, satisfies
from cannon_spec.strategies.layers import Breach, Layer, Layers, Node

ABSENT = object()
"""Stands for the value of a field that is absent."""
UNKNOWN_NAME = "\0"
"""Stands for the name of a field that no schema knows."""

State = Mapping[int, bool | None]
"""The guards that may hold and still matter: True if one holds or must, False if it must not, None if that is open."""


class Clause(NamedTuple):
    """What a condition asks of one field; no value meets the node None, so that the field must be absent."""

    name: str
    node: Node | None
    if_absent: bool

    def holds(self, value: Any) -> bool:
        """Whether a value of the field, or its absence, meets the clause."""
        return self.if_absent if value is ABSENT else self.node is not None and satisfies(self.node, value)


class Way(NamedTuple):
    """One way to break a word of a layer by the presence of fields; those of one ``cause`` are reported as one."""

    layer: Layer
    word: str
    cause: tuple[Any, ...]
    present: tuple[str, ...]
    absent: tuple[str, ...] = ()


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


def _list_clauses(condition: Node) -> Iterator[Clause]:
    yield from (Clause(name, {}, if_absent=False) for name in condition.get("required", ()))
    yield from (Clause(name, None, if_absent=True) for name in condition.get("not", {}).get("required", ()))
    yield from (Clause(name, node, if_absent=True) for name, node in condition.get("properties", {}).items())


def _list_ways(layer: Layer, names: Iterable[str]) -> Iterator[Way]:
    for word, requirement in layer.node.items():
        if word == "additionalProperties":
            unknown_names = [name for name in names if name not in layer.node.get("properties", {})]
            yield from (Way(layer, word, (word, name), (name,)) for name in unknown_names)
        elif word in KEYWORDS and KEYWORDS[word].list_names:
            for node in KEYWORDS[word].list_beyond(requirement):
                present, absent = sorted(node.get("required", ())), node.get("not", {}).get("required", ())
                if present or absent:  # a layer of our own may bar values instead
                    cause = ("missing", *absent) if absent else (word, *present)
                    yield Way(layer, word, cause, tuple(present), tuple(absent))


def _split(nodes: list[Node]) -> list[Node]:
    """Schema objects that part all values: in one, no clause tells two values of a type apart, unless it names them."""
    values = [value for node in nodes for value in node.get("enum", [node["const"]] if "const" in node else [])]
    cuts = {(node["minimum"], False) for node in nodes if "minimum" in node}
    cuts |= {(node["maximum"], True) for node in nodes if "maximum" in node}  # what equals it belongs below the cut
    parts: list[Node] = [{"enum": values}] if values else []
    for low, high in pairwise((None, *sorted(cuts), None)):
        part: dict[str, Any] = {"not": {"enum": values}} if values else {"type": list(KINDS)} if nodes else {}
        if low is not None:
            part |= {"type": "number", "exclusiveMinimum" if low[1] else "minimum": low[0]}
        if high is not None:
            part["maximum" if high[1] else "exclusiveMaximum"] = high[0]
        parts.append(part)
    return parts


class Fields:
    """The fields of an object that layers judge, an order to fill them in, and the guards that tie them together.

    A guard is the conditions around a layer, as clauses; guard 0 has none and always holds.
    """

    def __init__(self, layers: Layers, find_pools: Callable[[Layers, Breach | None], list[Pool]]) -> None:
        self._find_pools = find_pools
        self._pools: dict[tuple[str, frozenset[int]], list[list[Pool]]] = {}
        self.guards: list[tuple[Clause, ...]] = [()]
        guard_layers = [each for layer in layers for each in self._open(layer, ())]
        pairs = [(name, guard, child) for guard, layer in guard_layers for name, child in layer.list_children()]
        ways = [way for _, layer in guard_layers for way in _list_ways(layer, ())]
        names = [
            *(name for name, *_ in pairs),
            *(name for way in ways for name in (*way.present, *way.absent)),
            UNKNOWN_NAME,
        ]
        self.names = list(dict.fromkeys([*names, *(clause.name for guard in self.guards for clause in guard)]))
        self.children = {name: [(guard, child) for each, guard, child in pairs if each == name] for name in self.names}
        self.effects: dict[str, list[tuple[int, Way]]] = {name: [] for name in self.names}
        for guard, way in [(guard, way) for guard, layer in guard_layers for way in _list_ways(layer, self.names)]:
            # While the other fields of a way are as it has them, the last one must not be.
            *others, last = (*way.present, *way.absent)
            clauses = (*self.guards[guard], *(Clause(name, {}, if_absent=False) for name in others))
            self.effects[last].append((self._number(clauses), way))

    def _open(self, layer: Layer, clauses: tuple[Clause, ...]) -> Iterator[tuple[int, Layer]]:
        """A layer and those within its conditions, each with its guard."""
        yield self._number(clauses), layer
        for condition, then in layer.list_branches():
            yield from self._open(then, (*clauses, *_list_clauses(condition)))

    def _number(self, clauses: tuple[Clause, ...]) -> int:
        if clauses not in self.guards:
            self.guards.append(clauses)
        return self.guards.index(clauses)

    @cached_property
    def dependencies(self) -> dict[str, set[int]]:
        """For each field, the guards on which it depends what the field may be."""
        return {name: {guard for guard, _ in (*self.children[name], *self.effects[name])} for name in self.names}

    @cached_property
    def order(self) -> list[str]:
        """The fields, each after those it depends on but where these depend on it in turn."""
        order: list[str] = []
        visited_names: set[str] = set()
        sources = {
            name: [each.name for guard in sorted(self.dependencies[name]) for each in self.guards[guard]]
            for name in self.names
        }

        def place(name: str) -> None:
            if name not in visited_names:
                visited_names.add(name)
                for source in sources[name]:
                    place(source)
                order.append(name)

        # A field that depends on none comes right before the first that depends on it: so few guards are open at once.
        for name in sorted(self.names, key=lambda name: not sources[name]):
            place(name)
        return order

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """For each guard, the index in the order at which it is decided, and the last at which it is needed."""
        looks = [
            [index for index, name in enumerate(self.order) if name in dict.fromkeys(c.name for c in guard)]
            for guard in self.guards
        ]
        needs = [
            [index for index, name in enumerate(self.order) if guard in self.dependencies[name]]
            for guard in range(len(self.guards))
        ]
        return [(max(look, default=-1), max(need, default=-1)) for look, need in zip(looks, needs, strict=True)]

    def list_pools(self, name: str, guards: frozenset[int], breach: Breach | None) -> list[list[Pool]]:
        """What a field may be while those guards hold: pools of values, apart where a clause tells them apart."""
        if breach is not None:
            return self._part_pools(name, guards, breach)
        if (name, guards) not in self._pools:
            self._pools[name, guards] = self._part_pools(name, guards, None)
        return self._pools[name, guards]

    def _part_pools(self, name: str, guards: frozenset[int], breach: Breach | None) -> list[list[Pool]]:
        layers = [layer for guard, layer in self.children[name] if guard in guards]
        nodes = [clause.node for guard in self.guards for clause in guard if clause.name == name and clause.node]
        parts: dict[tuple[bool, ...], list[Pool]] = {}
        for part in _split(nodes):
            for pool in self._find_pools([*layers, Layer(part)] if part else layers, breach):
                parts.setdefault(tuple(satisfies(node, pool.sample) for node in nodes), []).append(pool)
        return list(parts.values())


@dataclass(frozen=True, eq=False)
class Plan:
    """How to fill the fields so that every layer is met, but for what is to be broken.

    ``promises`` are guards that must hold or must not. ``presence`` says which fields must be present or absent,
    whatever the ways of ``own_cause`` say; a value of a field of it breaks ``breach``. ``cases`` are the options of
    each case that was looked at: a field, and what is open before it.
    """

    fields: Fields
    promises: Mapping[int, bool]
    presence: Mapping[str, bool]
    own_cause: tuple[Any, ...] = ()
    breach: Breach | None = None
    cases: dict[tuple[int, frozenset[Any]], list[Option]] = field(default_factory=dict)

    @property
    def start(self) -> State:
        """What is open before the first field."""
        return {0: True, **{guard: self.promises.get(guard) for guard in range(1, len(self.fields.guards))}}

    def list_options(self, index: int, state: State) -> list[Option]:
        """The ways to fill the field at that index of the order that leave a way to fill each later one."""
        case, is_last = (index, frozenset(state.items())), index + 1 == len(self.fields.order)
        if case not in self.cases:
            options = self._list_next(index, state)
            self.cases[case] = [each for each in options if is_last or self.list_options(index + 1, each.state)]
        return self.cases[case]

    def _list_next(self, index: int, state: State) -> Iterator[Option]:
        guards = sorted(self.fields.dependencies[self.fields.order[index]])
        promises = [state.get(guard, False) for guard in guards]
        # In a cycle of fields a guard is still open here: either truth is promised, and later fields must keep it.
        for truths in product(*((False, True) if promise is None else (promise,) for promise in promises)):
            next_state = {
                **state,
                **{guard: truth for guard, truth in zip(guards, truths, strict=True) if guard in state},
            }
            for pools, value in self._list_fillings(
                index, frozenset(guard for guard in guards if next_state.get(guard))
            ):
                after = self._advance(index, next_state, value)
                if after is not None:
                    yield Option(pools, after)

    def _list_fillings(self, index: int, guards: frozenset[int]) -> Iterator[tuple[list[Pool] | None, Any]]:
        name = self.fields.order[index]
        effects = [way for guard, way in self.fields.effects[name] if guard in guards and way.cause != self.own_cause]
        musts = {name in way.absent for way in effects} | {
            self.presence[each] for each in (name,) if each in self.presence
        }
        if True not in musts:
            yield None, ABSENT
        if False not in musts:
            breach = self.breach if name in self.presence else None
            yield from ((pools, pools[0].sample) for pools in self.fields.list_pools(name, guards, breach))

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
            if holds and (needed_until > index or (promise is not None and not is_decided)):
                after[guard] = True if is_decided else promise
        return after


def list_plans(fields: Fields, breach: Breach | None) -> list[Plan]:
    """The plans for objects of those fields: for good ones, or with ``breach`` for those that break its rule."""
    if breach is None:
        plans = [Plan(fields, {}, {UNKNOWN_NAME: False})]
    else:
        plans = [*_plan_values(fields, breach), *_plan_presence(fields, breach)]
    return [plan for plan in plans if plan.list_options(0, plan.start)]


def _plan_values(fields: Fields, breach: Breach) -> Iterator[Plan]:
    """The value of a field breaks the rule: the conditions around the rule are promised to hold."""
    for name, children in fields.children.items():
        for guard in (guard for guard, layer in children if breach.is_within(layer)):
            yield Plan(fields, {guard: True}, {name: True, UNKNOWN_NAME: False}, breach=breach)


def _plan_presence(fields: Fields, breach: Breach) -> Iterator[Plan]:
    """A field is there or not against the rule. Of all rules with that cause this one must be reported."""
    for effects in fields.effects.values():
        for guard, way in effects:
            if breach.is_of(way.layer) and way.word == breach.rule.keyword:
                others = {
                    each
                    for each, other in effects
                    if other.cause == way.cause and breach.is_hidden_by(other.layer, other.word)
                }
                presence = {UNKNOWN_NAME: False, **dict.fromkeys(way.present, True), **dict.fromkeys(way.absent, False)}
                if not others & {0, guard}:
                    yield Plan(fields, {**dict.fromkeys(others, False), guard: True}, presence, way.cause)
