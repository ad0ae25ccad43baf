"""What a value that breaks rules was meant to be: the ``x-readings`` of a schema, another type, another spelling.

Floor 1, pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import gcd
from typing import Any, NamedTuple

from cannon_spec import document
from cannon_spec.contract.arithmetic import is_number
from cannon_spec.contract.catalog import Catalog, Rule
from cannon_spec.contract.keywords import KINDS, list_types, satisfies
from cannon_spec.contract.nodes import find_field
from cannon_spec.contract.patterns import compile_pattern
from cannon_spec.contract.wording import Node
from cannon_spec.errors import NotJSON
from cannon_spec.nearest import find_certain_value

_NUMBER = re.compile(r"\s*+(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)\s*+(?:s|secs?|seconds?)?\s*+", re.ASCII | re.IGNORECASE)
_WORDS = {"true": True, "false": False}
_ADDRESS_BREAK = re.compile(r"(?<![\s,;|])[\s,;|]++(?=https?://)", re.IGNORECASE)
_SEXAGESIMAL = 60


class Meaning(NamedTuple):
    """What a value was meant to be, and what is wrong with how it is written.

    ``values`` are the one value that is meant, those of several items, or none where that is not known. ``problem`` and
    ``advice`` are empty where the rules that the value breaks say enough. ``is_certain`` is whether nothing else can be
    meant.
    """

    values: tuple[Any, ...] = ()
    problem: str = ""
    advice: str = ""
    is_certain: bool = False


class Readings(NamedTuple):
    """The ``x-readings`` of a field, and the data on pictures, which say what the size of one means."""

    entries: Sequence[Mapping[str, Any]] = ()
    media: Mapping[str, Any] = {}

    def find_tier(self, size: str) -> tuple[str, str] | None:
        """The resolution and the ratio of which a picture has a size like ``3840x2160``; None where no table has it."""
        for model in self.media["image"]["models"].values():
            for tier, sizes in model["sizes"].items():
                for ratio, each in sizes.items():
                    if each == size:
                        return tier, ratio
        return None


class Context(NamedTuple):
    """What a value is read by.

    ``nodes`` are the schema objects that a value must meet, ``legal`` the values of their lists (None for no list).
    ``aspect_ratio`` is that of the field beside the value, and ``is_item`` is whether the value is one of a list.
    """

    nodes: Sequence[Node]
    legal: Sequence[Any] | None
    readings: Readings
    aspect_ratio: str | None
    is_item: bool

    def allows(self, value: Any) -> bool:
        """Whether a value meets each schema object, and its items those of the items."""
        items = value if isinstance(value, list) else ()
        return all(
            satisfies(node, value) and all(satisfies(node.get("items", {}), item) for item in items)
            for node in self.nodes
        )


def find_readings(catalog: Catalog, schema: str, rule: Rule) -> Readings:
    """How a value that violates a rule is read: as the rule's own node says, else as the field of that schema does."""
    node = rule.node
    if "x-readings" not in node:
        node = (find_field(catalog.schemas[schema], rule.field) if rule.field else None) or {}
    return Readings(node["x-readings"], catalog.media) if "x-readings" in node else Readings()


def find_meaning(value: Any, context: Context) -> Meaning:
    """What a value that breaks a rule was meant to be."""
    if isinstance(value, str) or is_number(value):
        text = value if isinstance(value, str) else str(value)
        for entry in context.readings.entries:
            match = compile_pattern(entry["pattern"]).search(text)
            if match is not None and ("value" in entry or "means" in entry or isinstance(value, str)):
                meaning = _read(entry, match, context)
                if meaning is not None:
                    return meaning
    candidates = (find_certain_value(value, context.legal or ()), *_convert(value, context))
    certain_value = next((each for each in candidates if each is not None and context.allows(each)), None)
    return Meaning() if certain_value is None else Meaning((certain_value,), is_certain=True)


def _read(entry: Mapping[str, Any], match: re.Match[str], context: Context) -> Meaning | None:
    """The meaning by one entry whose pattern matches; None where it gives no legal value, though it has one to give."""
    if "value" not in entry and "means" not in entry:
        return Meaning((), entry.get("problem", ""), entry.get("advice", ""))
    values = tuple(_list_values(entry, match, context))
    if not values or not all(map(context.allows, values)):
        return None
    advice, is_certain = entry.get("advice", ""), entry.get("certain", True) and (len(values) == 1 or context.is_item)
    tier = context.readings.find_tier(f"{match[1]}x{match[2]}") if entry.get("means") == "size" else None
    if tier is not None:
        advice = f"{match[1]}x{match[2]} is its {tier[1]}"
        is_certain = context.aspect_ratio == tier[1]
    return Meaning(values, entry.get("problem", ""), advice, is_certain)


def _list_values(entry: Mapping[str, Any], match: re.Match[str], context: Context) -> Iterator[Any]:
    """The values that a match means by an entry which gives some."""
    if "means" not in entry:
        yield _fill(entry["value"], match)
        return
    with suppress(ValueError):  # Python reads no number of thousands of digits
        yield from _READERS[entry["means"]](match, context)


def _fill(template: str, match: re.Match[str]) -> str:
    """A template with ``$1`` and so on replaced by the groups of a match."""
    return re.sub(r"\$([1-9])", lambda number: match[int(number[1])] or "", template)


def _read_ratio(match: re.Match[str], context: Context) -> Iterator[str]:
    """The ratio of two numbers: the legal one that is equal, else the reduced one."""
    width, height = int(match[1]), int(match[2])
    divisor = gcd(width, height)
    legal = [each for each in context.legal or () if _is_equal_ratio(each, width, height)]
    yield legal[0] if len(legal) == 1 else f"{width // divisor}:{height // divisor}"


def _is_equal_ratio(ratio: Any, width: int, height: int) -> bool:
    parts = ratio.split(":") if isinstance(ratio, str) else []
    return len(parts) == 2 and all(map(str.isdecimal, parts)) and int(parts[0]) * height == int(parts[1]) * width


def _read_sexagesimal(match: re.Match[str], context: Context) -> Iterator[str]:
    """The ratio that a reader of YAML 1.1 took for a number to the base of 60."""
    ratio = ":".join(map(str, divmod(int(match[1]), _SEXAGESIMAL)))
    if ratio in (context.legal or ()):
        yield ratio


def _read_size(match: re.Match[str], context: Context) -> Iterator[str]:
    tier = context.readings.find_tier(f"{match[1]}x{match[2]}")
    if tier is not None:
        yield tier[0]


def _read_addresses(match: re.Match[str], _: Context) -> Iterator[str]:
    yield from split_addresses(match.string)


def _encode_spaces(match: re.Match[str], _: Context) -> Iterator[str]:
    from urllib.parse import quote  # late: few values need it

    yield "".join(quote(each) if each.isspace() else each for each in match.string)


_READERS: dict[str, Callable[[re.Match[str], Context], Iterator[str]]] = {
    "ratio": _read_ratio,
    "sexagesimal": _read_sexagesimal,
    "size": _read_size,
    "addresses": _read_addresses,
    "spaces": _encode_spaces,
}
"""What an entry may say that its two numbers, its number or its text means."""


def split_addresses(text: str) -> list[str]:
    """The addresses in a text that has several, one after another."""
    return _ADDRESS_BREAK.split(text.strip())


def _convert(value: Any, context: Context) -> Iterator[Any]:
    """The values of another JSON type that a value may stand for: ``10`` for ``"10"``, a list for its only item."""
    types = [types for node in context.nodes if "type" in node for types in list_types(node["type"])]
    if not types or any(KINDS[each](value) for each in types):
        return
    if isinstance(value, str):
        yield from _convert_text(value, types)
    elif isinstance(value, list) and len(value) == 1:
        yield value[0]
    elif isinstance(value, dict) and "array" in types:
        yield [value]
    elif "boolean" in types and value in (0, 1):
        yield bool(value)


def _convert_text(text: str, types: Sequence[str]) -> Iterator[Any]:
    number = _NUMBER.fullmatch(text)
    if number is not None and {"number", "integer"} & set(types):
        yield float(number[1]) if "." in number[1] else int(number[1])
    if "boolean" in types:
        yield _WORDS.get(text.strip().casefold())
    if text.lstrip().startswith(("[", "{")):
        with suppress(NotJSON):
            yield document.loads(text)
    if "array" in types:
        yield split_addresses(text)
