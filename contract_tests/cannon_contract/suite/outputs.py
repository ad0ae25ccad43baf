"""What an output shows, by the template of its operation (floor 6).

A string of a template that is one variable stands for a value: a field of the input, a property, a file's address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cannon_contract.client.api import Api
from cannon_contract.client.asset_files import describe_file, fetch_asset, fetch_file, read_picture_size, read_size
from cannon_contract.client.differences import show
from cannon_contract.client.media_files.measured_file import PictureSize
from cannon_contract.client.outcomes import ClaimBroken, MemberMissing, NotTested
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.templates import VARIABLE, find_variables
from cannon_spec.contract.wording import format_count

_SIGNED_ADDRESS = re.compile(r"(https?://[^\s?#]*)[?#]\S*", re.IGNORECASE)
_PROVIDER_PREFIX = "provider_"

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


class NamedFile(NamedTuple):
    """A file that an output names: the member with its address, the name in the vendor's example, and the address."""

    member: str
    example_name: str
    url: str

    @property
    def is_of_provider(self) -> bool:
        """Whether the file is one of the provider's own, which may be gone or closed to others."""
        return self.member.startswith(_PROVIDER_PREFIX)


def find_files(operation: Operation, output: Mapping[str, Any]) -> Iterator[NamedFile]:
    """Find the files that an output names, however many there are. What is no address is left out."""
    for member, template in operation.replies["succeeded"].items():
        names = [operation.files[each] for each in find_variables(template) if each in operation.files]
        value = output.get(member)
        for url in value if isinstance(value, list) else [value]:
            if names and isinstance(url, str) and url.startswith(("http://", "https://")):
                yield NamedFile(member, names[0], url)


def strip_signatures(value: Any) -> Any:
    """A JSON value without the queries of the addresses in it: an address may be signed anew for each reply."""
    if isinstance(value, str):
        return _SIGNED_ADDRESS.sub(r"\1", value)
    if isinstance(value, Mapping):
        return {name: strip_signatures(each) for name, each in value.items()}
    return [strip_signatures(each) for each in value] if isinstance(value, list) else value


def list_shown_fields(operation: Operation) -> set[str]:
    """The variables whose values every output shows as they are, whatever the input has."""
    template = read_template(operation, {})
    leaves = list_leaves(template, template)
    return {leaf.variable for leaf in leaves if leaf.variable is not None}


def describe_result(api: Api, body: Mapping[str, Any], end: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What another request with the same body has at its end too: cost, values of the output, sizes of pictures."""
    operation, input = api.catalog.operations[api.operation], body["input"]
    own_variables = {_OF_ONE_REQUEST, *operation.files}
    leaves = list_leaves(read_template(operation, input), end["output"])
    values = [(leaf.name, leaf.value) for leaf in leaves if own_variables.isdisjoint(find_variables(leaf.template))]
    urls = [each.url for each in find_files(operation, end["output"]) if not each.is_of_provider]
    sizes = [("size", read_size(fetch_asset(api, url).content)) for url in urls]
    return [("billableCredits", end["billableCredits"]), *values, *sizes]


def list_own_files(api: Api, output: Mapping[str, Any]) -> list[NamedFile]:
    """The files of an output that the service hosts itself. Raises NotTested where the output names none."""
    files = [each for each in find_files(api.catalog.operations[api.operation], output) if not each.is_of_provider]
    if not files:
        raise NotTested("the output names no file that could be fetched")
    return files


def read_image_size(api: Api, output: Mapping[str, Any]) -> PictureSize:
    """The size of the first image that an output names. Raises NotTested where it names none that can be read."""
    file = list_own_files(api, output)[0]
    size = read_picture_size(fetch_file(api, file.member, file.url).content)
    if size is None:
        raise NotTested(f"{describe_file(file.member, file.url)} is no image that can be read here")
    return size
