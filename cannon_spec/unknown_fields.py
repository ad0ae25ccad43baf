"""Fields that the contract does not have: what they most likely mean, and how to put them right (floor 1, pure)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cannon_spec.contract.aliases import FieldAlias, find_field_alias
from cannon_spec.contract.arithmetic import is_number
from cannon_spec.contract.keywords import satisfies
from cannon_spec.contract.wording import Node, join_words, show_value
from cannon_spec.finding import Patch
from cannon_spec.nearest import find_nearest, fold, is_slip
from cannon_spec.pointer import Path, from_pointer, to_pointer

_SIZE = re.compile(r"\s*([1-9][0-9]{1,4})\s*[x*\u00d7]\s*([1-9][0-9]{1,4})\s*", re.IGNORECASE)
"""A width and a height in pixels, as other services write them."""

Fields = Mapping[str, Node]
"""The fields of an object by name, each with its schema."""


class Place(NamedTuple):
    """An object of a document: where it is, what it has, and the fields that it may have."""

    path: Path
    members: Mapping[str, Any]
    fields: Fields

    def point_to(self, names: Iterable[str]) -> tuple[str, ...]:
        """The pointers to members of the object."""
        return tuple(to_pointer((*self.path, name)) for name in names)

    def list_absent(self) -> list[str]:
        """The fields that it may have and has not."""
        return [name for name in self.fields if name not in self.members]


class FieldReading(NamedTuple):
    """What unknown fields of one object mean.

    ``pointers`` lead to them. ``fields`` are those of ours that they may stand for. ``patch`` puts them right; None
    where what they mean, or their value, is not certain. ``is_misplaced`` says that they belong in another object.
    ``advice`` says what to do. ``substitute`` puts a value that may be meant in their place, to judge the rest by.
    ``is_guess`` says that the field itself is not certain.
    """

    pointers: tuple[str, ...]
    fields: tuple[str, ...]
    advice: str
    patch: Patch | None = None
    is_misplaced: bool = False
    substitute: Patch | None = None
    is_guess: bool = False

    @property
    def is_inward(self) -> bool:
        """Whether the fields stand at the top of the document and belong into an object of it."""
        return all(len(from_pointer(each)) == 1 for each in self.pointers)

    @property
    def names(self) -> list[str]:
        """The names of the unknown fields."""
        return [from_pointer(each)[-1] for each in self.pointers]


def read_fields(
    aliases: Mapping[str, Any], place: Place, names: Iterable[str], others: Sequence[Place] = ()
) -> Iterator[FieldReading]:
    """Read the unknown fields of an object; one reading for those that mean the same together.

    A field may also belong in one of ``others``, objects of the same document. A field that means nothing we know has
    no reading. No two fields are read as the same one.
    """
    places, remaining = [place, *others], dict.fromkeys(names)
    while remaining:
        name = next(iter(remaining))
        alias = find_field_alias(aliases, name)
        group = [name]
        if alias is not None and alias.is_joint:
            group = [each for each in remaining if find_field_alias(aliases, each) == alias]
        for each in group:
            del remaining[each]
        reading = _read_group(places, group, alias)
        if reading is not None:
            places = [_add_targets(each, reading.patch or reading.substitute or ()) for each in places]
            yield reading


def _add_targets(place: Place, patch: Patch) -> Place:
    """A place with the fields that a patch puts into it."""
    parent = to_pointer(place.path)
    paths = [each["path"].rpartition("/") for each in patch if each["op"] in ("move", "add")]
    fields = {from_pointer(f"/{name}")[0]: None for target, _, name in paths if target == parent}
    return place._replace(members={**place.members, **fields})


def _read_group(places: Sequence[Place], names: list[str], alias: FieldAlias | None) -> FieldReading | None:
    place, *others = places
    name = names[0]
    for target in places:
        absent = target.list_absent()
        same = next((each for each in absent if fold(each) == fold(name)), None)
        if same is not None:
            return _rename(place, name, target, [same])
        fields = [each for each in (alias.fields if alias else ()) if each in absent]
        if fields and alias is not None and alias.is_joint:
            return FieldReading(place.point_to(names), tuple(fields), _advise_joint(place, names, fields))
        if fields and alias is not None:
            return _rename(place, name, target, fields, is_certain=not alias.is_guess, must_fit=True)
    if alias is not None and alias.advice:
        return FieldReading(place.point_to(names), (), alias.advice)
    close = find_nearest(name, place.list_absent())
    if any(name in each.members for each in others):
        return FieldReading(place.point_to(names), (), f"{name} stands in its place already; leave it out here")
    if close is not None:
        return _rename(place, name, place, [close], is_certain=is_slip(name, close))
    present = [each for each in (find_nearest(name, place.fields), *(alias.fields if alias else ())) if each]
    twin = next((each for each in present if each in place.members and each in place.fields), None)
    advice = f"{twin} is there too; keep one of the two"
    return None if twin is None else FieldReading(place.point_to(names), (), advice)


def _rename(
    place: Place, name: str, target: Place, fields: list[str], *, is_certain: bool = True, must_fit: bool = False
) -> FieldReading:
    """The reading of a field as one of several of ours: the first that takes its value, or the only one.

    It has a patch where it ``is_certain`` and, if it ``must_fit``, the value has no form that the field refuses.
    """
    value = place.members[name]
    field, new_value = _choose_field(value, {each: target.fields[each] for each in fields})
    if field is None and len(fields) == 1:
        advice = f"{show_value(fields[0])} takes one value, not {len(value)}: send a request for each of them"
        pointers, path = place.point_to([name]), to_pointer((*target.path, fields[0]))
        substitute: Patch = ({"op": "remove", "path": pointers[0]}, {"op": "add", "path": path, "value": value[0]})
        return FieldReading(pointers, tuple(fields), advice, substitute=substitute)
    if field is None:
        listing = join_words([show_value(each) for each in fields], "and" if len(fields) == 2 else "or")
        advice = f"send {listing} in its place{_describe_ratio(_read_size(value))}"
        return FieldReading(place.point_to([name]), tuple(fields), advice)
    source, path = to_pointer((*place.path, name)), to_pointer((*target.path, field))
    patch: Patch = ({"op": "move", "from": source, "path": path},)
    if new_value is not value:
        patch = ({"op": "remove", "path": source}, {"op": "add", "path": path, "value": new_value})
    advice = f"did you mean {show_value(field)}?"
    if is_certain and not (must_fit and _refuses_form(target.fields[field], new_value)):
        return FieldReading((source,), (field,), advice, patch, is_misplaced=target is not place)
    return FieldReading((source,), (field,), advice, substitute=patch, is_guess=not is_certain)


def _choose_field(value: Any, fields: Fields) -> tuple[str | None, Any]:
    """The one field that takes the value, as it is or as an item of a list.

    A single field takes any value but a list of several where it takes no list: which item is meant is not certain.
    """
    for changed_value in _list_forms(value):
        for name, node in fields.items():
            if _accepts(node, changed_value):
                return name, changed_value
    if len(fields) > 1 or any(_is_several(node, value) for node in fields.values()):
        return None, value
    return next(iter(fields)), value


def _is_several(node: Node, value: Any) -> bool:
    """Whether a value is a list of several, and a field of that schema takes no list."""
    types = node.get("type", "array")
    return isinstance(value, list) and len(value) > 1 and "array" not in ([types] if isinstance(types, str) else types)


def _list_forms(value: Any) -> list[Any]:
    """A value, and what it is as a list of one or as the one item of a list."""
    if isinstance(value, list):
        return [value, *value] if len(value) == 1 else [value]
    return [value, [value]]


def _accepts(node: Node, value: Any) -> bool:
    items = value if isinstance(value, list) else []
    return satisfies(node, value) and all(satisfies(node.get("items", {}), each) for each in items)


def _refuses_form(node: Node, value: Any) -> bool:
    """Whether a value is of the type of a field, which does not take it all the same: an address for an identifier."""
    return satisfies({"type": node["type"]} if "type" in node else {}, value) and not _accepts(node, value)


def _advise_joint(place: Place, names: list[str], fields: list[str]) -> str:
    """What to send in place of several fields; the ratio of two numbers is said."""
    numbers = [place.members[name] for name in names]
    advice = f"send {join_words([show_value(each) for each in fields], 'and')} in place of {join_words(names, 'and')}"
    return advice + _describe_ratio(numbers)


def _read_size(value: Any) -> list[Any]:
    """The width and height that a text or an object has; none where it is no size."""
    if isinstance(value, dict) and value.keys() == {"width", "height"}:
        return [value["width"], value["height"]]
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    return [] if match is None else [int(each) for each in match.groups()]


def _describe_ratio(numbers: Sequence[Any]) -> str:
    """The ratio of a width and a height, as the end of a sentence; empty where there are not two such numbers."""
    if len(numbers) != 2 or not all(is_number(each) and each == int(each) and each > 0 for each in numbers):
        return ""
    width, height = (int(each) for each in numbers)
    divisor = math.gcd(width, height)
    return f"; {width} x {height} is {width // divisor}:{height // divisor}"
