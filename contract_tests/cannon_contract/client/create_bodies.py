"""Create bodies that tests send beside the default one, for whatever operation they are about (floor 6)."""

from __future__ import annotations

from typing import Any

from cannon_contract.client.api import Api
from cannon_contract.client.outcomes import NotTested
from cannon_spec.validate import accepts_input


def list_required_fields(api: Api) -> list[str]:
    """The names of the required fields of the input. Raises NotTested where no field is required."""
    names: list[str] = api.catalog.input_schema_of(api.catalog.operations[api.operation]).get("required", [])
    if not names:
        raise NotTested(f"the input of {api.operation} has no required field")
    return names


def build_incomplete_body(api: Api) -> dict[str, Any]:
    """A create body without the first required field of its input."""
    return api.build_body(**{list_required_fields(api)[0]: None})


def build_other_body(api: Api) -> dict[str, Any]:
    """A valid create body that differs from the default one in a text. Raises NotTested where no text can differ."""
    body = api.build_body()
    texts = [(name, text) for name, text in body["input"].items() if isinstance(text, str)]
    # A text may have a form: an address stays one with the second end.
    for name, text in ((name, text + end) for end in (", once more", "?once=more") for name, text in texts):
        other_input = {**body["input"], name: text}
        if accepts_input(api.catalog, api.operation, other_input):
            return {**body, "input": other_input}
    raise NotTested(f"no text in the input of {api.operation} can have another value")


def build_body_of_unknown_model(api: Api) -> dict[str, Any]:
    """A create body with a model that no page names. Raises NotTested where no page lists all models."""
    operation = api.catalog.operations[api.operation]
    claim = api.catalog.claims.get(operation.data.get("models_claim", ""))
    if claim is None or claim.severity != "error":
        raise NotTested(f"no page lists the models of {api.operation}")
    return api.build_body(model="no-such-model")


def build_body_with_null(api: Api) -> dict[str, Any]:
    """A create body with null for a field that may be left out. Raises NotTested where the input has none of a type."""
    schema = api.catalog.input_schema_of(api.catalog.operations[api.operation])
    optional_fields = [name for name, node in schema["properties"].items() if "type" in node]
    name = next((each for each in optional_fields if each not in schema.get("required", ()) and each != "model"), None)
    if name is None:
        raise NotTested(f"the input of {api.operation} has no field that may be left out")
    body = api.build_body()
    return {**body, "input": {**body["input"], name: None}}
