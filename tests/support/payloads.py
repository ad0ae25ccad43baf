"""Payloads for properties: good ones from the catalog's own words, broken ones, and any JSON at all."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from cannon_spec import load_catalog, strategies
from cannon_spec.pointer import Path as Place

FOLDER = Path(__file__).resolve().parents[2] / "schemas"
CATALOG = load_catalog()

DOCUMENTED: dict[str, Any] = {
    "operation": "image.generate",
    "input": {
        "prompt": "A lone detective in a wet neon alley",
        "model": "gptimage2",
        "aspect_ratio": "16:9",
        "quality": "high",
        "resolution": "4K",
        "style": "neo-noir look, glossy wet ground, cinematic contrast",
        "reference_image_urls": ["https://example.com/reference-1.jpg"],
    },
}
"""The create body of the operation's page."""

INPUT = CATALOG.schemas["operations/image.generate/input"]
FIELDS = tuple(INPUT["properties"])
WORDS = sorted(
    {
        word
        for model in CATALOG.models_of("image.generate")
        for rule in CATALOG.rules(model.schema or "")
        if rule.keyword == "enum"
        for word in rule.value
    },
    key=repr,
)
"""Every value that some model's enum has."""

texts = st.text(max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**300), 10**300),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from([*WORDS, *FIELDS, *CATALOG.models, *CATALOG.operations, "0", "", "a/b~c"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)
"""Any JSON value."""

OPERATIONS = [each.id for each in CATALOG.operations.values() if each.is_covered]
"""The operations whose inputs are judged."""


def _mixed(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The fields of two inputs, with the model of the one or none."""
    return {**one, **{name: value for name, value in other.items() if name != "model"}}


@cache
def _build_inputs(operation: str) -> st.SearchStrategy[dict[str, Any]]:
    """Inputs of an operation with fields of two good ones: models may have something against their values."""
    good_inputs = strategies.requests(operation).map(itemgetter("input"))
    return st.builds(_mixed, good_inputs, good_inputs)


def _build_bodies(operation: str) -> st.SearchStrategy[dict[str, Any]]:
    return _build_inputs(operation).map(lambda each: {"operation": operation, "input": each})


inputs = _build_inputs("image.generate")
"""Image inputs with known fields of the right types; models may have something against their values."""

bodies = st.sampled_from(OPERATIONS).flatmap(_build_bodies)
"""Create bodies of all operations with inputs like that."""


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """The place of every value within a document, the whole first."""
    yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in members:
        yield from places(item, (*at, key))


def at(value: Any, place: Place) -> Any:
    """What stands at a place, without the help of the code under test."""
    for part in place:
        value = value[part]
    return value


@st.composite
def mutated(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """A document with one to three places broken: dropped, replaced, misspelt, or given a key too many."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        document = _broken(draw, document)
    return document


def _broken(draw: st.DrawFn, document: Any) -> Any:
    place = draw(st.sampled_from(list(places(document))))
    how = draw(st.sampled_from(("drop", "replace", "misspell", "add")))
    here = at(document, place)
    if how == "add" and isinstance(here, dict):
        here[draw(texts | st.sampled_from(FIELDS))] = draw(values)
    elif not place:
        return draw(values) if how == "replace" else document
    else:
        _break_member(draw, at(document, place[:-1]), place[-1], how)
    return document


def _break_member(draw: st.DrawFn, parent: Any, key: Any, how: str) -> None:
    if how == "drop":
        del parent[key]
    elif how == "misspell" and isinstance(key, str):
        parent[draw(st.sampled_from((key.upper(), key + "s", key[1:], key.replace("_", "-"))))] = parent.pop(key)
    else:
        parent[key] = draw(values)


broken = strategies.broken_requests().map(itemgetter(0))
requests = st.one_of(bodies, broken, mutated(bodies), mutated(st.just(DOCUMENTED)), values)
"""Good, broken and arbitrary create bodies."""


def replies() -> list[tuple[str, Any]]:
    """Every example reply with its kind."""
    files = sorted((FOLDER / "examples" / "envelope").glob("*/*.json"))
    read = [(file.parent.name, json.loads(file.read_text("utf-8"))["body"]) for file in files]
    return [(kind, body) for kind, body in read if kind != "create"]


def patched(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy of a create body with fields of its input changed; None leaves a field out."""
    changed = copy.deepcopy(document)
    changed["input"] = {key: value for key, value in {**changed["input"], **changes}.items() if value is not None}
    return changed
