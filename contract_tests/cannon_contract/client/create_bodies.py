"""Create bodies that tests send beside the default one, for whatever operation they are about (floor 6)."""

from __future__ import annotations

from typing import Any

from cannon_contract.client.api import Api
from cannon_contract.client.outcomes import NotTested


def list_required_fields(api: Api) -> list[str]:
    """The names of the required fields of the input. Raises NotTested where no field is required."""
    names: list[str] = _read_input_schema(api).get("required", [])
    if not names:
        raise NotTested(f"the input of {api.operation} has no required field")
    return names


def build_incomplete_body(api: Api) -> dict[str, Any]:
    """A create body without the first required field of its input."""
    return api.build_body(**{list_required_fields(api)[0]: None})


def build_other_body(api: Api) -> dict[str, Any]:
    """A valid create body that differs from the default one in a text. Raises NotTested where no text is required."""
    properties = _read_input_schema(api)["properties"]
    text_names = [name for name in list_required_fields(api) if properties[name].get("type") == "string"]
    if not text_names:
        raise NotTested(f"the input of {api.operation} has no required text to change")
    body = api.build_body()
    return {**body, "input": {**body["input"], text_names[0]: body["input"][text_names[0]] + ", once more"}}


def _read_input_schema(api: Api) -> Any:
    return api.catalog.schemas[str(api.catalog.operations[api.operation].input)]
