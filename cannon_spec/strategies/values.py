"""Pools of values that layers allow, of each JSON type, and of values that break one rule (floor 2).

A pool is found without drawing from it; its strategy is built at the first draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from functools import cache, lru_cache, partial
from itertools import pairwise
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cannon_spec.contract.keywords import KINDS, ODD_TEXTS, identify, list_types
from cannon_spec.strategies.conditions import UNKNOWN_NAME, Fields, Plan, Pool, list_plans
from cannon_spec.strategies.layers import Breach, Layer, Layers, collect, fits

T = TypeVar("T")

_SHORT = 16
"""How much longer than it must be a text or list that is drawn bit by bit may be."""
_PIECE = 8
"""The most bits of what is repeated to make a long one."""
_PIECES = ("é", "😀", "漢字 ", "e\u0301\n")
"""Texts to repeat that a count of bytes, or of halves of surrogate pairs, would measure wrong."""

_WIDER = {"integer": "number"}
"""The type that takes in another."""
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_ANYTHING: SearchStrategy[Any] = st.recursive(
    _SCALARS | st.text(max_size=_SHORT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=_SHORT), inner, max_size=3),
    max_leaves=4,
)


def choose(builds: Sequence[Callable[[], SearchStrategy[T]]]) -> SearchStrategy[T]:
    """Draws from each choice as often as from another, whatever is in it; a choice is built at its first draw."""
    if len(builds) < 2:
        return builds[0]() if builds else st.nothing()
    build = cache(lambda index: builds[index]())
    return st.integers(0, len(builds) - 1).flatmap(lambda index: build(index))


def draw_from(pools: Sequence[Pool]) -> SearchStrategy[Any]:
    """Draws from each pool as often as from another."""
    if pools and all(pool.is_constant for pool in pools):
        return _build_constants([pool.sample for pool in pools])
    return choose([pool.build for pool in pools])


def find_pools(layers: Layers, breach: Breach | None = None) -> list[Pool]:
    """What meets every layer; with ``breach``, what breaks that one rule of them. Empty where no value does."""
    if breach is not None and breach.judges_value(layers):
        other_layers = [breach.relax(layer) for layer in layers]
        return [pool for node in breach.list_beyond() for pool in find_pools([*other_layers, Layer(node)])]
    value_lists = [*collect(layers, "enum"), *([value] for value in collect(layers, "const"))]
    if value_lists:
        return [] if breach else _find_constants(layers, value_lists[0])
    if not any(layer.judges for layer in layers):
        return [Pool(None, lambda: _ANYTHING)]
    types = [set(list_types(types)) for types in collect(layers, "type")]
    kinds = [kind for kind in KINDS if all(each & {kind, _WIDER.get(kind, kind)} for each in types)]
    return [pool for kind in kinds for pool in _FINDERS[kind](layers, breach)]


def _find_constants(layers: Layers, values: Iterable[Any]) -> list[Pool]:
    return [
        Pool(value, partial(_build_constants, [value]), is_constant=True) for value in values if fits(layers, value)
    ]


def _build_constants(values: list[Any]) -> SearchStrategy[Any]:
    # Who gets a list or an object may change it, and must not change the next draw.
    is_mutable = any(isinstance(value, list | dict) for value in values)
    return st.sampled_from(values).map(deepcopy) if is_mutable else st.sampled_from(values)


def _find_numbers(layers: Layers, *, is_whole: bool) -> list[Pool]:
    """Numbers within all bounds: a pool for each range between barred ones."""
    low, high = _find_bounds(layers, is_whole)
    step, bars = math.lcm(*collect(layers, "multipleOf")), collect(layers, "not")
    multiples = [node["multipleOf"] for node in bars if "multipleOf" in node]
    if multiples:
        near = [value for value in (0, low, high, *multiples) if value is not None]
        offsets = (0, -1, 1) if is_whole else (0, -0.5, 0.5)
        return _find_constants(layers, sorted({value + offset for value in near for offset in offsets}, key=abs))
    bar_values = sorted({value for node in bars for value in node.get("enum", ()) if KINDS["number"](value)})
    pools: list[Pool] = []
    for edges in pairwise((None, *bar_values, None)):
        words = zip(("exclusiveMinimum", "exclusiveMaximum"), edges, strict=True)
        between = Layer({word: bound for word, bound in words if bound is not None})
        pools += _find_range(*_find_bounds([*layers, between], is_whole), step, is_whole)
    return pools


def _find_range(low: Any, high: Any, step: int, is_whole: bool) -> list[Pool]:
    """The multiples of a step between two bounds; fractions only where any is a multiple."""
    if is_whole:
        low, high = (None if low is None else -(-low // step)), (None if high is None else high // step)
    if (low is not None and high is not None and low > high) or (step > 1 and not is_whole):
        return []
    sample = step * (low if low is not None else high or 0)
    if is_whole:
        return [Pool(sample, lambda: st.integers(low, high).map(lambda count: count * step))]
    return [Pool(sample, lambda: st.floats(low, high, allow_nan=False, allow_infinity=False))]


def _find_bounds(layers: Layers, is_whole: bool) -> tuple[Any, Any]:
    """The least and the greatest number within all bounds, or None."""
    lows, highs = collect(layers, "minimum"), collect(layers, "maximum")
    above, below = collect(layers, "exclusiveMinimum"), collect(layers, "exclusiveMaximum")
    lows += [math.floor(bound) + 1 if is_whole else math.nextafter(bound, math.inf) for bound in above]
    highs += [math.ceil(bound) - 1 if is_whole else math.nextafter(bound, -math.inf) for bound in below]
    low, high = max(lows, default=None), min(highs, default=None)
    if is_whole:
        return None if low is None else math.ceil(low), None if high is None else math.floor(high)
    return low, high


def _find_texts(layers: Layers) -> list[Pool]:
    """Texts: of those that a pattern takes, or free ones."""
    patterns, examples = collect(layers, "pattern"), [text for texts in collect(layers, "examples") for text in texts]
    bar_texts = [text for node in collect(layers, "not") for text in node.get("enum", ()) if isinstance(text, str)]
    low, high = (
        max(*collect(layers, "minLength"), int("" in bar_texts), 0),
        min(collect(layers, "maxLength"), default=None),
    )
    # No pattern says how a text ends, so texts of one can be longer, unless that breaks something else.
    is_open = len(patterns) == 1 and high is None and not bar_texts
    fitting = _list_fitting(layers, [*ODD_TEXTS, *examples]) if patterns else []
    if fitting:
        longer = [text for text in fitting if is_open and fits(layers, f"{text}0")]
        return [Pool(fitting[0], partial(_build_longer, fitting, longer))]
    if patterns:
        return [Pool("", partial(_build_by_pattern, patterns[0], low))] if is_open else []
    near = _list_fitting(layers, [*examples, *_list_near([*examples, *bar_texts])])
    free = Pool(max(bar_texts, default="") + "a", lambda: _build_texts(low, high, bar_texts, near))
    return [free] if high is None or high >= low else []


def _list_fitting(layers: Layers, texts: Sequence[Any]) -> list[str]:
    return [text for text in texts if isinstance(text, str) and fits(layers, text)]


def _list_near(texts: Sequence[Any]) -> list[str]:
    """What comes close to some texts: another case, a letter more, a letter less."""
    of = [text for text in texts if isinstance(text, str)]
    near = (each for text in of for each in (text.lower(), text.upper(), text + " ", text + "0", text[:-1]))
    return list(dict.fromkeys(near))


def _build_by_pattern(pattern: str, low: int) -> SearchStrategy[str]:
    return st.from_regex(pattern, alphabet=st.characters(codec="utf-8")).map(lambda text: text.ljust(low, "a"))


def _build_longer(fitting: Sequence[str], longer: Sequence[str]) -> SearchStrategy[str]:
    plain = st.sampled_from(fitting)
    return plain | st.builds("{}{}".format, st.sampled_from(longer), st.integers(0)) if longer else plain


def _build_texts(low: int, high: int | None, bar_texts: Sequence[str], near: Sequence[str]) -> SearchStrategy[str]:
    """Texts of a length, of letters with which no barred text begins, and some others."""
    first = {text[0] for text in bar_texts if text}
    letters = st.characters(codec="utf-8", exclude_characters=sorted(first))
    pieces = [piece for piece in _PIECES if piece[0] not in first]
    free = _build_sized(lambda least, most: st.text(letters, min_size=least, max_size=most), pieces, low, high)
    return free | st.sampled_from(near) if near else free


def _build_sized(
    build: Callable[[int, int], SearchStrategy[Any]], pieces: Sequence[Any] | None, low: int, high: int | None
) -> SearchStrategy[Any]:
    """Texts or lists of a size: those near the least drawn bit by bit, others by repeating a piece.

    ``pieces`` are those to repeat beside drawn ones; None where nothing may be repeated.
    """
    near = low + _SHORT if high is None else min(low + _SHORT, high)
    most = near if high is None else high
    if pieces is None:
        return build(low, near) | build(most, most)
    sizes = st.integers(low, most) | st.sampled_from(sorted({low, near, most}))
    piece = st.one_of([build(1, _PIECE), *map(st.just, pieces)])
    repeats = st.builds(lambda piece, size: (piece * (size // len(piece) + 1))[:size], piece, sizes)
    return repeats if low > _SHORT else build(low, near) | repeats


def _find_arrays(layers: Layers, breach: Breach | None) -> list[Pool]:
    """Lists of items that fit; with ``breach``, with one that does not."""
    items = [item for layer in layers for item in layer.list_items()]
    low, high = max(collect(layers, "minItems"), default=0), min(collect(layers, "maxItems"), default=None)
    pools, is_unique = find_pools(items), bool(collect(layers, "uniqueItems"))
    if not pools or (is_unique and all(pool.is_constant for pool in pools)):
        high = min(len(pools), len(pools) if high is None else high)

    def build(least: int, most: int) -> SearchStrategy[list[Any]]:
        return st.lists(draw_from(pools), min_size=least, max_size=most, unique_by=identify if is_unique else None)

    bad = find_pools(items, breach) if breach is not None and any(map(breach.is_within, items)) else []
    if bad or any("uniqueItems" in node for node in collect(layers, "not")):
        # A good list with one item more: one that breaks the rule, or one of its own again.
        least = max(low - 1, 0 if bad else 1)
        most = max(least, _PIECE) if high is None else min(high - 1, max(least, _PIECE))
        add = partial(_insert, (lambda _: draw_from(bad)) if bad else st.sampled_from)
        return [Pool([None], lambda: build(least, most).flatmap(add))] if least <= most else []
    least = max(low, 1)
    pieces: list[Any] | None = None if is_unique else []
    some = Pool([None], lambda: _build_sized(build, pieces, least, high))
    good = [*_find_constants(layers, [[]]), *([some] if high is None or high >= least else [])]
    return [] if breach else good


def _insert(build: Callable[[list[Any]], SearchStrategy[Any]], items: list[Any]) -> SearchStrategy[list[Any]]:
    return st.builds(lambda item, at: [*items[:at], item, *items[at:]], build(items), st.integers(0, len(items)))


def _find_objects(layers: Layers, breach: Breach | None) -> list[Pool]:
    return [Pool({}, partial(_build_object, plan)) for plan in list_plans(_find_fields(tuple(layers)), breach)]


@lru_cache(maxsize=64)
def _find_fields(layers: tuple[Layer, ...]) -> Fields:
    # A layer equals only itself: so the fields of a body are found once for all rules that it can break.
    return Fields(layers, find_pools)


def _build_object(plan: Plan) -> SearchStrategy[dict[str, Any]]:
    """Objects filled field by field, each in a way that leaves one for the next."""
    fields, build = plan.fields, cache(lambda option: draw_from(option.pools))
    unknown_names = draw_from(_find_texts([Layer({"not": {"enum": fields.names}})]))

    @st.composite
    def objects(draw: st.DrawFn) -> dict[str, Any]:
        values: dict[str, Any] = {}
        state = plan.start
        for index, name in enumerate(fields.order):
            options = plan.list_options(index, state)
            option = options[draw(st.integers(0, len(options) - 1))] if len(options) > 1 else options[0]
            if option.pools is not None:
                values[name] = draw(build(option))
            state = option.state
        names = {name: name if name != UNKNOWN_NAME else draw(unknown_names) for name in fields.names if name in values}
        return {name: values[each] for each, name in names.items()}

    return objects()


_FINDERS: dict[str, Callable[[Layers, Breach | None], list[Pool]]] = {
    "null": lambda layers, breach: [] if breach else _find_constants(layers, [None]),
    "boolean": lambda layers, breach: [] if breach else _find_constants(layers, [False, True]),
    "integer": lambda layers, breach: [] if breach else _find_numbers(layers, is_whole=True),
    "number": lambda layers, breach: [] if breach else _find_numbers(layers, is_whole=False),
    "string": lambda layers, breach: [] if breach else _find_texts(layers),
    "array": _find_arrays,
    "object": _find_objects,
}
"""How values of each type are found. Only lists and objects have rules further in."""
