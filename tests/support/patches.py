"""Documents and their texts for the laws of patches and fixes, however they are laid out."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonpatch
from hypothesis import strategies as st

from cannon_spec.pointer import to_pointer
from tests.support.payloads import DOCUMENTED, at, bodies, mutated, places, texts, values

TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')
"""A bracket, comma, colon, string or scalar of a JSON text."""

_SPACES = ("", "", " ", "\n", "\r\n  ", "\t", "\n    ")


wrapped_bodies = st.builds(
    lambda body, name: {name: body}, mutated(bodies), st.sampled_from(["request", "body", "data"])
)
flat_bodies = bodies.map(lambda body: {"operation": body["operation"], **body["input"]})
bodies_with_text = bodies.map(lambda body: {**body, "input": json.dumps(body["input"])})
misspelt_bodies = bodies.map(
    lambda body: {**body, "input": {name.replace("_", "-"): value for name, value in body["input"].items()}}
)
slips = st.one_of(wrapped_bodies, flat_bodies, bodies_with_text, misspelt_bodies, mutated(st.just(DOCUMENTED)))
"""Bodies with slips of which most have a fix."""


def list_tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


@st.composite
def patches(draw: st.DrawFn, document: Any, most: int = 3) -> list[dict[str, Any]]:
    """Operations that the document has places for, each after the ones before it."""
    patch = []
    for _ in range(draw(st.integers(1, most))):
        operation = _draw_operation(draw, document)
        patch.append(operation)
        document = jsonpatch.apply_patch(document, [operation])
    return patch


def _draw_operation(draw: st.DrawFn, document: Any) -> dict[str, Any]:
    name = draw(st.sampled_from(("add", "remove", "replace", "move")))
    place = draw(st.sampled_from(list(places(document))))
    if name == "replace" or (name != "add" and not place):
        return {"op": "replace", "path": to_pointer(place), "value": draw(values)}
    if name == "add":
        return {"op": "add", "path": to_pointer(_draw_new_place(draw, document, place)), "value": draw(values)}
    removal = {"op": "remove", "path": to_pointer(place)}
    if name == "remove":
        return removal
    rest = jsonpatch.apply_patch(document, [removal])
    target = _draw_new_place(draw, rest, draw(st.sampled_from(list(places(rest)))))
    if target[: len(place)] == place:  # the RFC forbids it, also where the removal of an item gives its index another
        target = ()
    return {"op": "move", "from": to_pointer(place), "path": to_pointer(target)}


def _draw_new_place(draw: st.DrawFn, document: Any, place: Any) -> Any:
    """A place for a new member of what is at ``place``; that of the whole document if it can have none."""
    value = at(document, place)
    if isinstance(value, list):
        return (*place, draw(st.sampled_from([*range(len(value) + 1), "-"])))
    return (*place, draw(texts)) if isinstance(value, dict) else ()


@st.composite
def layouts(draw: st.DrawFn, value: Any) -> str:
    """A text of a value: indented, compact, or with any space between its tokens."""
    indent = draw(st.sampled_from((None, 2, 4, "\t")))
    is_ascii, separators = draw(st.booleans()), draw(st.sampled_from(((",", ":"), (", ", ": "), (",", ": "))))
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii, separators=separators)
    if draw(st.booleans()):
        text = "".join(token + draw(st.sampled_from(_SPACES)) for token in TOKEN.findall(text))
    return draw(st.sampled_from(("", "\n"))) + text.replace("\n", draw(st.sampled_from(("\n", "\r\n")))) + "\n"
