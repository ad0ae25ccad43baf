"""Create bodies that tests send beside the default one, for whatever operation they are about (floor 6)."""

from __future__ import annotations

from typing import Any

from cannon_contract.client.api import Api
from cannon_contract.client.outcomes import NotTested


def list_required_fields(api: Api) -> list[str]:
    """The names of the fields that the input needs. Raises NotTested where it needs none."""
    names: list[str] = _read_input_schema(api).get("required", [])
    if not names:
        raise NotTested(f"the input of {api.operation} needs no field")
    return names


def build_incomplete_body(api: Api) -> dict[str, Any]:
    """A create body without the first field that its input needs."""
    return api.build_body(**{list_required_fields(api)[0]: None})


def build_other_body(api: Api) -> dict[str, Any]:
    """A valid create body that differs from the default one in a text. Raises NotTested where no text is needed."""
    properties = _read_input_schema(api)["properties"]
    texts = [name for name in list_required_fields(api) if properties[name].get("type") == "string"]
    if not texts:
        raise NotTested(f"the input of {api.operation} needs no text that could be another")
    body = api.build_body()
    return {**body, "input": {**body["input"], texts[0]: body["input"][texts[0]] + ", once more"}}


def _read_input_schema(api: Api) -> Any:
    return api.catalog.schemas[str(api.catalog.operations[api.operation].input)]
