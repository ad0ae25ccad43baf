"""Pools of values that layers allow, of each JSON type, and of values that break one rule (floor 2).

A pool is found without drawing from it; its strategy is built at the first draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from fractions import Fraction
from functools import cache, lru_cache, partial
from itertools import chain, pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cannon_spec.contract.arithmetic import find_common_multiple, to_fraction, to_number
from cannon_spec.contract.keywords import KEYWORDS, KINDS, ODD_TEXTS, ODD_VALUES, identify, list_types
from cannon_spec.strategies.conditions import UNKNOWN_NAME, Fields, Option, Plan, Pool, list_plans
from cannon_spec.strategies.layers import Breach, Layer, Layers, collect, fits
from cannon_spec.strategies.unknown_names import build_filter

_SHORT = 16
"""How much longer than it must be a text or list that is drawn bit by bit may be."""
_PIECE = 8
"""The most bits of what is repeated to make a long one."""
_PIECES = ("é", "😀", "漢字 ", "e\u0301\n")
"""Texts to repeat that a count of bytes, or of halves of surrogate pairs, would measure wrong."""

_LARGEST = 2.0**100
"""Numbers without a bound are drawn up to this one."""
_LARGEST_DECIMAL = 10**9
"""Multiples of a fraction are drawn up to this one: with six decimals they have the 15 digits that a double keeps."""


def choose(builds: Sequence[Callable[[], SearchStrategy[Any]]]) -> SearchStrategy[Any]:
    """Draws from each choice as often as from another, whatever is in it; a choice is built at its first draw."""
    if len(builds) < 2:
        return builds[0]() if builds else st.nothing()
    build = cache(lambda index: builds[index]())
    return _draw_index(len(builds)).flatmap(build)


@cache
def _draw_index(size: int) -> SearchStrategy[int]:
    # Hypothesis has a cache of its own, but to look an entry up there takes as long as to draw.
    return st.integers(0, size - 1)


def draw_from(pools: Sequence[Pool]) -> SearchStrategy[Any]:
    """Draws from each pool as often as from another."""
    if pools and all(pool.is_constant for pool in pools):
        return _build_constants([pool.sample for pool in pools])
    return choose([pool.build for pool in pools])


def find_pools(layers: Layers, breach: Breach | None = None) -> list[Pool]:
    """What meets every layer; with ``breach``, what breaks that one rule of them. Empty where no value does."""
    if breach is not None and breach.judges_value(layers):
        beyond = KEYWORDS[breach.rule.keyword].list_beyond(breach.rule.value)
        other_layers = [breach.relax(layer) for layer in layers]
        return [pool for node in beyond for pool in find_pools([*other_layers, Layer(node)])]
    value_lists = [*collect(layers, "enum"), *([value] for value in collect(layers, "const"))]
    if value_lists:
        return [] if breach else _find_constants(layers, value_lists[0])
    if not any(layer.judges_inside or layer.node.keys() & KEYWORDS for layer in layers):
        return _find_constants(layers, ODD_VALUES)
    kinds = list(KINDS)
    for types in map(list_types, collect(layers, "type")):
        # A type of numbers takes whole ones too.
        kinds = [kind for kind in kinds if kind in types or (kind == "integer" and "number" in types)]
    return [pool for kind in kinds for pool in _FINDERS[kind](layers, breach)]


def _find_constants(layers: Layers, values: Iterable[Any]) -> list[Pool]:
    return [Pool(each, partial(_build_constants, [each]), is_constant=True) for each in values if fits(layers, each)]


def _build_constants(values: list[Any]) -> SearchStrategy[Any]:
    # Who gets a list or an object may change it, and must not change the next draw.
    return st.sampled_from(values).map(deepcopy)


def _find_numbers(layers: Layers, *, is_whole: bool) -> list[Pool]:
    """Multiples of a step within all bounds: a pool for each range between barred ones."""
    bars, steps = collect(layers, "not"), [to_fraction(step) for step in collect(layers, "multipleOf")]
    bar_steps = [to_fraction(node["multipleOf"]) for node in bars if "multipleOf" in node]
    if bar_steps:
        return _find_constants(layers, _list_near_limits(layers, steps, bar_steps))
    step = find_common_multiple(steps) if steps else None
    bar_values = sorted({value for node in bars for value in node.get("enum", ()) if KINDS["number"](value)})
    pools: list[Pool] = []
    for above, below in pairwise((-math.inf, *bar_values, math.inf)):
        lows = [math.nextafter(bound, math.inf) for bound in (above, *collect(layers, "exclusiveMinimum"))]
        highs = [math.nextafter(bound, -math.inf) for bound in (below, *collect(layers, "exclusiveMaximum"))]
        low = max(-_LARGEST, *lows, *collect(layers, "minimum"))
        high = min(_LARGEST, *highs, *collect(layers, "maximum"))
        pools += _find_range(low, high, step, is_whole=is_whole)
    return pools


def _list_near_limits(layers: Layers, steps: list[Fraction], bar_steps: list[Fraction]) -> list[int | float]:
    """Numbers at and close to each limit, of which some are multiples of no barred step."""
    edges = [Fraction(0), *bar_steps, *map(to_fraction, [*collect(layers, "minimum"), *collect(layers, "maximum")])]
    sizes = [Fraction(0), Fraction(1, 2), Fraction(1), *(step / 2 for step in bar_steps), *steps]
    return [to_number(edge + sign * size) for size in sizes for sign in (1, -1) for edge in edges]


def _find_range(low: float, high: float, step: Fraction | None, *, is_whole: bool) -> list[Pool]:
    if is_whole:
        # The least whole multiple of a reduced fraction is its numerator.
        return _find_multiples(low, high, Fraction(1 if step is None else step.numerator))
    if step is None:
        return [Pool(low, lambda: st.floats(low, high))] if low <= high else []
    if step.denominator == 1:
        return []  # all its multiples are whole
    return _find_multiples(max(low, -_LARGEST_DECIMAL), min(high, _LARGEST_DECIMAL), step)


def _find_multiples(low: float, high: float, step: Fraction) -> list[Pool]:
    least, most = math.ceil(to_fraction(low) / step), math.floor(to_fraction(high) / step)
    pool = Pool(to_number(least * step), lambda: st.integers(least, most).map(lambda count: to_number(count * step)))
    return [pool] if least <= most else []


def _find_texts(layers: Layers) -> list[Pool]:
    """Texts: free ones, ones that begin as a pattern says, or ones of a form."""
    bars = [text for node in collect(layers, "not") for text in node.get("enum", ()) if isinstance(text, str)]
    examples = [text for texts in collect(layers, "examples") for text in texts if isinstance(text, str)]
    patterns, low = collect(layers, "pattern"), max(int("" in bars), *collect(layers, "minLength"), 0)
    high = min(collect(layers, "maxLength"), default=low + _SHORT)
    # What comes close to known texts: another case, a letter more, a letter less.
    variants = ([text, text.lower(), text.upper(), f"{text} ", f"{text}0", text[:-1]] for text in (*examples, *bars))
    near = [text for text in dict.fromkeys(chain(*variants)) if fits(layers, text)]
    if any(pattern.endswith("$") for pattern in patterns):
        return _find_forms(layers, [text for text in (*ODD_TEXTS, *examples, *bars) if _matches(patterns, text)])
    if low > high:
        return []
    if not patterns:
        return [Pool(f"{max(bars, default='')}a", partial(_build_texts, low, high, bars, near))]
    beginnings = [text for text in (*ODD_TEXTS, *examples) if _matches(patterns, text)]
    if not beginnings:
        return [Pool("", partial(_build_by_pattern, patterns[0], low))] if len(patterns) == 1 and not bars else []
    start = min(beginnings, key=len)
    build = partial(_build_beginnings, layers, start, _build_texts(low, high, bars, near), high)
    return [Pool(f"{start}{max(bars, default='')}a", build)] if len(start) <= high else []


def _matches(patterns: Sequence[str], text: str) -> bool:
    return all(KEYWORDS["pattern"].is_met(pattern, text) for pattern in patterns)


def _find_forms(layers: Layers, texts: Sequence[str]) -> list[Pool]:
    """Texts of a form: known ones, and known ones with a number before or after them."""
    known_texts = [text for text in dict.fromkeys(texts) if fits(layers, text)]
    pools = [Pool(known_texts[0], partial(_build_constants, known_texts), is_constant=True)] if known_texts else []
    for template, first in (("{text}{number}", 0), ("{number}{text}", 1)):
        numbered = [text for text in texts if fits(layers, template.format(text=text, number=first))]
        if numbered:
            build = partial(_build_numbered, layers, template, numbered, first)
            pools.append(Pool(template.format(text=numbered[0], number=first), build))
    return pools


def _build_numbered(layers: Layers, template: str, texts: Sequence[str], first: int) -> SearchStrategy[str]:
    numbered = st.builds(
        lambda text, number: template.format(text=text, number=number), st.sampled_from(texts), st.integers(first)
    )
    return numbered.filter(partial(fits, layers))


def _build_beginnings(layers: Layers, start: str, texts: SearchStrategy[str], high: int) -> SearchStrategy[str]:
    """The texts that fit, and the others after the start that lets them."""
    return texts.map(lambda text: text if fits(layers, text) else f"{start}{text}"[:high])


def _build_by_pattern(pattern: str, low: int) -> SearchStrategy[str]:
    return st.from_regex(pattern, alphabet=st.characters(codec="utf-8")).map(lambda text: text.ljust(low, "a"))


def _build_texts(low: int, high: int, bars: list[str], near: list[str]) -> SearchStrategy[str]:
    # No free text begins as a barred one does: so it is none of them, and nothing that is drawn is thrown away.
    first_letters = sorted({text[0] for text in bars if text})
    build = partial(st.text, st.characters(codec="utf-8", exclude_characters=first_letters))
    free = _build_sized(build, [piece for piece in _PIECES if piece[0] not in first_letters], low, high)
    return free | st.sampled_from(near) if near else free


def _build_sized(
    build: Callable[..., SearchStrategy[Any]], pieces: Sequence[Any] | None, low: int, high: int
) -> SearchStrategy[Any]:
    """Texts or lists of a size: those near the least drawn bit by bit, others by repeating a piece.

    ``pieces`` are those to repeat beside drawn ones; None where nothing may be repeated.
    """
    near = min(low + _SHORT, high)
    if pieces is None:
        return build(min_size=low, max_size=near) | build(min_size=high, max_size=high)
    sizes = st.integers(low, high) | st.sampled_from(sorted({low, near, high}))
    piece = st.one_of([build(min_size=1, max_size=_PIECE), *map(st.just, pieces)])
    repeats = st.builds(lambda piece, size: (piece * (size // len(piece) + 1))[:size], piece, sizes)
    return repeats if low > _SHORT else build(min_size=low, max_size=near) | repeats


def _find_arrays(layers: Layers, breach: Breach | None) -> list[Pool]:
    """Lists of items that fit; with ``breach``, with one that does not."""
    items = [item for layer in layers for item in layer.list_items()]
    low = max(collect(layers, "minItems"), default=0)
    high = min(collect(layers, "maxItems"), default=low + _SHORT)
    pools, is_unique = find_pools(items), bool(collect(layers, "uniqueItems"))
    if not pools or (is_unique and all(pool.is_constant for pool in pools)):
        high = min(len(pools), high)
    build = partial(_build_lists, pools, is_unique)
    bad = find_pools(items, breach) if breach is not None and any(map(breach.is_within, items)) else []
    if bad or any("uniqueItems" in node for node in collect(layers, "not")):
        # A good list with one item more: one that breaks the rule, or one of its own again.
        low, high = max(low - 1, 0 if bad else 1), min(high - 1, max(low, _PIECE))
        return [Pool([None], lambda: _build_bad_lists(build(low, high), bad))] if low <= high else []
    if breach is not None:
        return []
    some = Pool([None], lambda: _build_sized(build, None if is_unique else [], max(low, 1), high))
    return [*_find_constants(layers, [[]]), *([some] if max(low, 1) <= high else [])]


def _build_lists(pools: list[Pool], is_unique: bool, min_size: int, max_size: int) -> SearchStrategy[list[Any]]:
    return st.lists(draw_from(pools), min_size=min_size, max_size=max_size, unique_by=identify if is_unique else None)


@st.composite
def _build_bad_lists(draw: st.DrawFn, lists: SearchStrategy[list[Any]], bad: list[Pool]) -> list[Any]:
    items = draw(lists)
    item = draw(draw_from(bad) if bad else st.sampled_from(items))
    at = draw(_draw_index(len(items) + 1))
    return [*items[:at], item, *items[at:]]


def _find_objects(layers: Layers, breach: Breach | None) -> list[Pool]:
    plans = list_plans(_find_fields(tuple(layers)), breach)
    return [Pool({}, partial(_build_object, plan, breach)) for plan in plans]


@lru_cache(maxsize=256)
def _find_fields(layers: tuple[Layer, ...]) -> Fields:
    # A layer equals only itself: so the fields of a body are found once for all rules that it can break.
    return Fields(layers, find_pools)


def _build_object(plan: Plan, breach: Breach | None) -> SearchStrategy[dict[str, Any]]:
    """Objects filled field by field, each in a way that leaves one for the next."""
    unknown_names: SearchStrategy[str] = st.nothing()
    if breach is not None:
        names = draw_from(_find_texts([Layer({"not": {"enum": plan.fields.names}})]))
        unknown_names = names.filter(build_filter(breach.catalog))
    return _fill_fields(plan, cache(lambda option: draw_from(option.pools)), unknown_names)


@st.composite
def _fill_fields(
    draw: st.DrawFn,
    plan: Plan,
    build: Callable[[Option], SearchStrategy[Any]],
    unknown_names: SearchStrategy[str],
) -> dict[str, Any]:
    values, state = dict[str, Any](), plan.start
    for index, name in enumerate(plan.fields.order):
        options = plan.list_options(index, state)
        option = options[draw(_draw_index(len(options)))] if len(options) > 1 else options[0]
        if option.pools is not None:
            values[draw(unknown_names) if name == UNKNOWN_NAME else name] = draw(build(option))
        state = option.state
    return values


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
