"""What an output shows, by the template of its operation (floor 6).

A string of a template that is one variable stands for a value: a field of the input, a property, a file's address.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.flows import fetch_asset
from cannon_contract.client.outcomes import ClaimBroken, MemberMissing
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.templates import VARIABLE, find_variables
from cannon_spec.contract.wording import format_count

PNG = b"\x89PNG\r\n\x1a\n"
"""How a PNG file starts."""

_OF_ONE_REQUEST = "task_id"
"""The variable whose value no other request has."""


class Leaf(NamedTuple):
    """A value of an output, and what the template has in its place. ``name`` is that of the member it is in."""

    name: str
    template: Any
    value: Any

    @property
    def variable(self) -> str | None:
        """The variable that the value stands for; None for a constant, and for a text with more in it."""
        whole = VARIABLE.fullmatch(self.template) if isinstance(self.template, str) else None
        return whole[1] if whole else None


def read_template(operation: Operation, input: Mapping[str, Any]) -> Mapping[str, Any]:
    """The template of the output of an input: without the members that need a field which the input leaves out."""
    template, fields = operation.replies["succeeded"], operation.conditional_outputs
    return {name: each for name, each in template.items() if name not in fields or fields[name] in input}


def list_leaves(template: Any, value: Any, name: str = "") -> Iterator[Leaf]:
    """The values of an output that are no objects and no arrays, beside those of its template.

    Raises ClaimBroken for a member that the output lacks, and for an array of another length.
    """
    if isinstance(template, Mapping):
        for key, each in template.items():
            if not isinstance(value, Mapping) or key not in value:
                description = f"{_name_place(name)}: expected an object with the member {key}, got {show(value)}"
                raise MemberMissing(description, key)
            yield from list_leaves(each, value[key], f"{name}.{key}".removeprefix("."))
    elif isinstance(template, list):
        if not isinstance(value, list) or len(value) != len(template):
            count = format_count(len(template), "item")
            raise ClaimBroken(f"{_name_place(name)}: expected an array of {count}, got {show(value)}")
        for each, item in zip(template, value, strict=True):
            yield from list_leaves(each, item, name)
    else:
        yield Leaf(name, template, value)


def _name_place(name: str) -> str:
    return f"the output of a success: {name}" if name else "the output of a success"


def list_files(operation: Operation, input: Mapping[str, Any], output: Any) -> list[tuple[str, str]]:
    """The name and the address of each file that an output names."""
    files = operation.files
    leaves = list_leaves(read_template(operation, input), output)
    return [(files[each.variable], each.value) for each in leaves if each.variable and each.variable in files]


def list_shown_fields(operation: Operation) -> set[str]:
    """The variables whose values every output shows as they are, whatever the input has."""
    template = read_template(operation, {})
    leaves = list_leaves(template, template)
    return {leaf.variable for leaf in leaves if leaf.variable is not None}


def describe_result(api: Api, body: Mapping[str, Any], end: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What another request with the same body has at its end too: cost, values of the output, sizes of images."""
    operation, input = api.catalog.operations[api.operation], body["input"]
    own_variables = {_OF_ONE_REQUEST, *operation.files}
    leaves = list_leaves(read_template(operation, input), end["output"])
    values = [(leaf.name, leaf.value) for leaf in leaves if own_variables.isdisjoint(find_variables(leaf.template))]
    urls = [url for _, url in list_files(operation, input, end["output"])]
    sizes = [("size", read_image_size(fetch_asset(api, url).content)) for url in urls]
    return [("billableCredits", end["billableCredits"]), *values, *sizes]


def read_image_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG file, in pixels; None for another file."""
    if not content.startswith(PNG):
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height
