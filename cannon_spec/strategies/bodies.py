"""Hypothesis strategies for create bodies: good ones, and ones that break one rule each (floor 2).

Both are made of the schemas alone: the judge has no part in it, and nothing that is drawn is thrown away. They need
Hypothesis, which comes with the extra ``testing``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

from cannon_spec.contract.catalog import Catalog, Model, Operation, Rule, iter_nodes
from cannon_spec.contract.load import default_catalog
from cannon_spec.errors import UnknownName
from cannon_spec.strategies.layers import (
    CREATE,
    KINDS,
    OF_PROPERTIES,
    TEXTS,
    Breach,
    Case,
    Layer,
    Layers,
    asked,
    below,
    cases,
    fits,
    listed,
    near_misses,
    of_body,
    of_items,
    standing,
    words_of,
)

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ImportError as error:
    advice = "cannon_spec.strategies needs Hypothesis; install it with: pip install 'cannon-spec[testing]'"
    raise ImportError(advice) from error

__all__ = ["Broken", "breakable", "broken_requests", "requests"]

_T = TypeVar("_T")

_SHORT = 16
"""How much longer than it must be a text or list that is drawn bit by bit may be."""
_PIECE = 8
"""The most bits of what is repeated to make a long one."""
_PIECES = ("é", "😀", "漢字 ", "e\u0301\n")
"""Texts to repeat that a count of bytes, or of halves of surrogate pairs, would measure wrong."""

_WIDER = {"integer": "number"}
"""The type that takes in another."""


class Broken(NamedTuple):
    """A create body, and the one rule that it breaks. The body is no object where the rule is that it is one."""

    body: Any
    rule: Rule

    def __repr__(self) -> str:
        return f"Broken(body={self.body!r}, rule={self.rule.id!r})"


_ANYTHING: SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=_SHORT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=_SHORT), inner, max_size=3),
    max_leaves=4,
)


class _Pool(NamedTuple):
    """How a strategy is made, and a value that no condition tells from what it draws."""

    like: Any
    make: Callable[[], SearchStrategy[Any]]


def requests(
    operation: str | None = None, model: str | None = None, *, catalog: Catalog | None = None
) -> SearchStrategy[dict[str, Any]]:
    """Create bodies against which the contract has nothing but, where it is so, that the model's name is assumed.

    They are for one operation, or for all that are covered; with one model, or with each that serves it and without.
    They lean to the edges: the longest prompt, the most references, none at all, each combination that a condition
    allows. The smallest is the shortest prompt alone. Raises UnknownName for an operation that is not covered, or a
    model that does not serve it.
    """
    contract = catalog or default_catalog()
    drawn = [_values(of_body(contract, *pair)) for pair in _pairs(contract, operation, model)]
    return _one_of([partial(_drawn, pools) for pools in drawn if pools])


def broken_requests(
    operation: str | None = None,
    model: str | None = None,
    *,
    rule: str | None = None,
    catalog: Catalog | None = None,
) -> SearchStrategy[Broken]:
    """Create bodies that break exactly one rule, with that rule: all else is as in ``requests``.

    Judging one gives one finding of that rule, beside that the model's name may be assumed. A value may be refused by
    further rules that the judge leaves unsaid for this one (a number is no text, and none of the listed words either).
    The rules are those of ``breakable``, or the one whose id is given. Raises UnknownName as ``requests`` does, and
    for a rule that is not among them.
    """
    contract = catalog or default_catalog()
    pairs = list(_pairs(contract, operation, model))
    if rule is None:
        return _one_of([partial(_all_broken, contract, *pair) for pair in pairs])
    found = [each for pair in pairs for each in _breaches(contract, *pair, only=rule)]
    if not found:
        raise UnknownName(f"{rule} is not a rule that such a body can break alone; breakable() has those")
    return _one_of([partial(_broken, *each) for each in found])


def breakable(
    operation: str | None = None, model: str | None = None, *, catalog: Catalog | None = None
) -> tuple[Rule, ...]:
    """The rules that ``broken_requests`` breaks.

    Of the rules of the envelope, the operation's input and its models, those are left out that are never reported
    alone: that an input is an object, say, since the envelope says so first. Raises UnknownName as ``requests`` does.
    """
    contract = catalog or default_catalog()
    pairs = _pairs(contract, operation, model)
    return tuple({rule.id: rule for pair in pairs for rule, _ in _breaches(contract, *pair)}.values())


def _pairs(catalog: Catalog, operation: str | None, model: str | None) -> Iterator[tuple[Operation, Model | None]]:
    """Each operation with each model that is asked for; None stands for an input without a model."""
    covered = {name: each for name, each in catalog.operations.items() if each.is_covered}
    if operation is not None and operation not in covered:
        raise UnknownName(f"{operation} is not a covered operation; cannon-spec catalog lists them")
    wanted = list(covered.values()) if operation is None else [covered[operation]]
    if model is None:
        yield from ((each, served) for each in wanted for served in (None, *catalog.models_of(each.id)))
        return
    pairs = [(each, served) for each in wanted for served in catalog.models_of(each.id) if served.id == model]
    if not pairs:
        served_by = "any covered operation" if operation is None else operation
        raise UnknownName(f"{model} is not a model that serves {served_by}; cannon-spec catalog lists them")
    yield from pairs


def _breaches(
    catalog: Catalog, operation: Operation, model: Model | None, only: str | None = None
) -> Iterator[tuple[Rule, list[_Pool]]]:
    """Each rule that can be broken in such a body, or only one, with the bodies that break it."""
    layers = of_body(catalog, operation, model)
    for schema in (CREATE, operation.input, None if model is None else model.schema):
        places = iter_nodes(catalog.schemas[schema]) if schema is not None else ()
        for path in ((*place, word) for place, node in places for word in node.get("x-evidence", ())):
            rule = catalog.rule(schema or "", path)
            if only in (None, rule.id):
                pools = _values(layers, Breach(catalog, rule, schema or "", path[:-1]))
                if pools:
                    yield rule, pools


def _all_broken(catalog: Catalog, operation: Operation, model: Model | None) -> SearchStrategy[Broken]:
    return _one_of([partial(_broken, *each) for each in _breaches(catalog, operation, model)])


def _broken(rule: Rule, pools: list[_Pool]) -> SearchStrategy[Broken]:
    return _drawn(pools).flatmap(lambda body: st.just(Broken(body, rule)))


def _drawn(pools: Sequence[_Pool]) -> SearchStrategy[Any]:
    return _one_of([pool.make for pool in pools])


def _one_of(makes: Sequence[Callable[[], SearchStrategy[_T]]]) -> SearchStrategy[_T]:
    """Draws from each choice as often as from another, whatever is in it; a choice is made at its first draw."""
    if len(makes) < 2:
        return makes[0]() if makes else st.nothing()
    made = cache(lambda index: makes[index]())

    @st.composite
    def bodies(draw: st.DrawFn) -> _T:
        return draw(made(draw(st.integers(0, len(makes) - 1))))

    return bodies()


def _values(layers: Layers, breach: Breach | None = None) -> list[_Pool]:
    """What keeps every layer; with ``breach``, what breaks that one rule of them. Empty where there is no such value.

    Conditions are heeded for objects, since they look at properties.
    """
    if breach is not None and breach.rule.keyword not in OF_PROPERTIES and breach.is_of(layers):
        return _values([*breach.makes_way(layers), Layer(breach.beyond)])
    enums = [*asked(layers, "enum"), *([value] for value in asked(layers, "const"))]
    if enums:
        return [] if breach is not None else _constants(layers, enums[0])
    if not any(layer.judges for layer in layers):
        return [_Pool(None, lambda: _ANYTHING)]
    types = [set(listed(types)) for types in asked(layers, "type")]
    allowed = [kind for kind in KINDS if all(_WIDER.get(kind, kind) in each or kind in each for each in types)]
    return [pool for kind in allowed for pool in _MADE[kind](layers, breach)]


def _constants(layers: Layers, values: Sequence[Any]) -> list[_Pool]:
    """Those of some values that fit, each by itself."""
    return [_Pool(value, partial(_constant, value)) for value in values if fits(layers, value)]


def _constant(value: Any) -> SearchStrategy[Any]:
    """A value, a new one for each draw where it could be changed."""
    return st.builds(deepcopy, st.just(value)) if isinstance(value, list | dict) else st.just(value)


def _numbers(layers: Layers, fractions: bool) -> list[_Pool]:
    """Numbers within all bounds; only those beside a bound or a barred number where some are barred."""
    low, high = max(asked(layers, "minimum"), default=None), min(asked(layers, "maximum"), default=None)
    barred = [value for values in asked(layers, "x-not") for value in values if KINDS["number"](value)]
    if barred:
        near = [value for value in (low, high, *barred) if value is not None]
        return _constants(layers, sorted({value + step for value in near for step in (-1, 0, 1)}, key=abs))
    if low is not None and high is not None and low > high:
        return []
    if fractions:
        return [_Pool(low, lambda: st.floats(low, high, allow_nan=False, allow_infinity=False))]
    return [_Pool(low, lambda: st.integers(low, high))]


def _strings(layers: Layers) -> list[_Pool]:
    """Texts: of those that are named, of those that a pattern takes, or free ones."""
    named, patterns = asked(layers, "x-texts"), asked(layers, "pattern")
    if named:
        return _constants(layers, named[0])
    examples = [text for texts in asked(layers, "examples") for text in texts]
    if patterns:
        fitting = _fitting(layers, (*TEXTS, *examples))
        return [_Pool(fitting[0], lambda: st.sampled_from(fitting))] if fitting else _of_pattern(layers, patterns)
    barred = [value for values in asked(layers, "x-not") for value in values if isinstance(value, str)]
    low = max(*asked(layers, "minLength"), int("" in barred), 0)
    high = min(asked(layers, "maxLength"), default=None)
    near = _fitting(layers, (*examples, *near_misses((*examples, *barred))))
    free = _Pool(max(barred, default="") + "a", lambda: _texts(low, high, barred, near))
    return [free] if high is None or high >= low else []


def _fitting(layers: Layers, texts: Sequence[Any]) -> list[str]:
    return [text for text in texts if isinstance(text, str) and fits(layers, text)]


def _of_pattern(layers: Layers, patterns: Sequence[str]) -> list[_Pool]:
    """Texts of one pattern, unless more is asked of them. No pattern says how a text ends, so it can be made longer."""
    low = max(asked(layers, "minLength"), default=0)
    if len(patterns) > 1 or asked(layers, "maxLength") or asked(layers, "x-not"):
        return []
    letters = st.characters(codec="utf-8")
    return [_Pool("", lambda: st.from_regex(patterns[0], alphabet=letters).map(lambda text: text.ljust(low, "a")))]


def _texts(low: int, high: int | None, barred: Sequence[str], near: Sequence[str]) -> SearchStrategy[str]:
    """Texts of a length, of letters with which no barred text begins, and some others."""
    first = {text[0] for text in barred if text}
    letters = st.characters(codec="utf-8", exclude_characters=sorted(first))
    pieces = [piece for piece in _PIECES if piece[0] not in first]
    free = _sized(lambda least, most: st.text(letters, min_size=least, max_size=most), pieces, low, high)
    return free | st.sampled_from(near) if near else free


def _sized(
    drawn: Callable[[int, int], SearchStrategy[Any]], pieces: Sequence[Any], low: int, high: int | None
) -> SearchStrategy[Any]:
    """Texts or lists of a size: those near the least drawn bit by bit, others by repeating a piece."""
    near = low + _SHORT if high is None else min(low + _SHORT, high)
    most = near if high is None else high
    sizes = st.integers(low, most) | st.sampled_from(sorted({low, near, most}))
    piece = st.one_of([drawn(1, _PIECE), *map(st.just, pieces)])
    repeated = st.builds(_repeated, piece, sizes)
    return repeated if low > _SHORT else drawn(low, near) | repeated


def _repeated(piece: Any, size: int) -> Any:
    return (piece * (size // len(piece) + 1))[:size]


def _arrays(layers: Layers, breach: Breach | None) -> list[_Pool]:
    """Lists of items that fit; with ``breach``, with one that does not."""
    low, high = max(asked(layers, "minItems"), default=0), min(asked(layers, "maxItems"), default=None)
    judges = of_items(layers)
    good = _values(judges)
    if breach is not None:
        return _with_one_bad(good, _values(judges, breach), low, high) if breach.is_within(judges) and high != 0 else []
    some = _Pool([None], lambda: _sized(partial(_lists, good), [], max(low, 1), high))
    return [*_constants(layers, [[]]), *([some] if good and (high is None or high >= max(low, 1)) else [])]


def _lists(pools: Sequence[_Pool], least: int, most: int) -> SearchStrategy[list[Any]]:
    return st.lists(_drawn(pools), min_size=least, max_size=most)


def _with_one_bad(good: list[_Pool], bad: list[_Pool], low: int, high: int | None) -> list[_Pool]:
    """Lists of good items, and of one bad item among them."""
    least = max(low - 1, 0)
    most = 0 if not good else max(least, _PIECE if high is None else min(high - 1, _PIECE))
    others = partial(_lists, good, least, most)
    return [_Pool([None], lambda: st.builds(_with, others(), _drawn(bad), st.integers(0, most)))] if bad else []


def _with(items: list[Any], item: Any, index: int) -> list[Any]:
    return [*items[:index], item, *items[index:]]


def _objects(layers: Layers, breach: Breach | None) -> list[_Pool]:
    """Objects whose properties fit, case by case; with ``breach``, with one that does not, or one too many or few."""
    return [_Pool({}, make) for case in cases(layers) for make in _of_case(case, breach)]


def _of_case(case: Case, breach: Breach | None) -> Iterator[Callable[[], SearchStrategy[Any]]]:
    if breach is None:
        yield from _dicts(case)
    elif not breach.is_of(case.layers):
        for name in case.fields:
            if breach.is_within(below(case.layers, name)):
                yield from _dicts(case, {name: _field(case, name, breach)})
    elif breach.rule.keyword == "required":
        for name in breach.rule.value:
            asking = [layer for layer in case.layers if name in layer.node.get("required", ())]
            if name not in case.stands and breach.speaks_for(asking):
                yield from _dicts(case, without=name)
    elif breach.rule.keyword == "additionalProperties":
        yield from _exceeding(case, breach)


def _exceeding(case: Case, breach: Breach) -> Iterator[Callable[[], SearchStrategy[Any]]]:
    """Objects with a property that is unknown to the rule: one of a made-up name, or one that other layers know."""
    closed = [layer for layer in case.layers if "additionalProperties" in layer.node]
    known = list(dict.fromkeys(name for layer in case.layers for name in layer.names))
    if breach.speaks_for(closed):
        yield from (partial(_with_another, known, make) for make in _dicts(case))
    for name in known:
        refusing = [layer for layer in closed if name not in layer.names]
        if breach.is_of(refusing) and breach.speaks_for(refusing):
            yield from _dicts(case, {name: _field(case, name)})


def _with_another(known: Sequence[str], make: Callable[[], SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """Objects with one more property, of a name that is not known."""
    names = _drawn(_strings([Layer({"x-not": known})]))
    return st.builds(lambda fields, name, value: {**fields, name: value}, make(), names, _ANYTHING)


def _dicts(
    case: Case, said: Mapping[str, list[_Pool]] | None = None, without: str | None = None
) -> list[Callable[[], SearchStrategy[dict[str, Any]]]]:
    """Objects of a case, with the values that are said for some fields; none where a field that must be cannot."""
    said, fields = dict(said or {}), case.fields
    required = case.required - said.keys() - {without}
    if not all(said.values()) or not required <= set(fields):
        return []
    must = dict(said)
    for name in fields:
        if name in required and not must.setdefault(name, _field(case, name)):
            return []
    return [partial(_dict, case, {name: must[name] for name in (*fields, *said) if name in must}, without)]


def _dict(case: Case, must: Mapping[str, list[_Pool]], without: str | None) -> SearchStrategy[dict[str, Any]]:
    may = {name: _field(case, name) for name in case.fields if name not in must and name != without}
    optional = {name: _drawn(pools) for name, pools in may.items() if pools}
    return st.fixed_dictionaries({name: _drawn(pools) for name, pools in must.items()}, optional=optional)


def _field(case: Case, name: str, breach: Breach | None = None) -> list[_Pool]:
    """What a field of a case is drawn from: of the values that keep its layers, those of its standing."""
    layers, conditions = below(case.layers, name), case.conditions.get(name)
    if conditions is None:
        return _values(layers, breach)
    words = words_of(conditions)
    apart = ({"enum": words}, {"x-not": words}) if words else ({"x-not": []},)
    pools = [pool for node in apart for pool in _values([*layers, Layer(node)], breach)]
    wanted = standing(conditions, case.stands[name]) if name in case.stands else None
    return [pool for pool in pools if standing(conditions, pool.like) == wanted]


_MADE: dict[str, Callable[[Layers, Breach | None], list[_Pool]]] = {
    "null": lambda layers, breach: [] if breach else _constants(layers, [None]),
    "boolean": lambda layers, breach: [] if breach else _constants(layers, [False, True]),
    "integer": lambda layers, breach: [] if breach else _numbers(layers, fractions=False),
    "number": lambda layers, breach: [] if breach else _numbers(layers, fractions=True),
    "string": lambda layers, breach: [] if breach else _strings(layers),
    "array": _arrays,
    "object": _objects,
}
"""How values of each type are made."""
