"""Checks of the contract's files: they use the words of the meta-schema, and every name they use exists (floor 1)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from types import ModuleType
from typing import Any

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.claim import Claim
from cannon_spec.contract.engines import Validator
from cannon_spec.contract.keywords import CONSTRAINTS
from cannon_spec.contract.nodes import find_field, iter_nodes
from cannon_spec.contract.patterns import compile_pattern
from cannon_spec.contract.price_checks import check_prices
from cannon_spec.contract.wording import show_value
from cannon_spec.errors import CatalogError
from cannon_spec.nearest import suggest_name
from cannon_spec.pointer import Path, follow, from_pointer, to_pointer

_VENDOR_PARTS = {
    "replies": ("processing", "succeeded", "log", "only_with"),
    "drift": ("patch",),
    "cases": ("when",),
    "defaults": ("when",),
}
"""By the key above them: parts in which names are the vendor's, so that a field ``claim`` names no claim."""

_CLAIMS_BY_NAME = (("replies", "default_claims"), ("media", "file_claims"))
"""The parts that have a claim for each name, after the keys above them."""

_ADVICE = {
    "type": "use a value of the type {}",
    "minLength": "use {} characters or more",
    "maxLength": "use {} characters or fewer",
    "minItems": "use {} items or more",
    "maxItems": "use {} items or fewer",
    "minProperties": "use {} fields or more",
    "maxProperties": "use {} fields or fewer",
}
"""What to do about a value that breaks a keyword of the meta-schema."""

_PROBLEMS = {
    "type": "has the wrong type",
    "enum": "is not a legal value",
    "minLength": "is too short",
    "maxLength": "is too long",
    "minItems": "has too few items",
    "maxItems": "has too many items",
    "minProperties": "has too few fields",
    "maxProperties": "has too many fields",
}
"""What is wrong with such a value."""

ENVELOPES = ("create", "accepted", "request", "status", "error", "webhook")
"""The schemas of the create body and of the replies: envelope/create, and so on."""


_MOST_FAULTS = 20


def check_parts(parts: dict[str, Any], meta: dict[str, Any], list_faults: Validator) -> None:
    """Check values by their kinds in the meta-schema: ``{"keys": ...}``. Raises CatalogError, with the first faults.

    ``list_faults`` is the validator of ``meta``.
    """
    errors = {}
    for path, keyword_path in list_faults(parts)[:_MOST_FAULTS]:
        file, place = _split_place(path)
        problem, advice = _describe(meta, keyword_path, follow(parts, path))
        errors[file, place, problem] = CatalogError(file, f"{place}: {problem}", advice)
    if errors:
        first, *others = errors.values()
        raise CatalogError(first.place, first.problem, first.advice, others)


def _split_place(path: Path) -> tuple[str, str]:
    """The file that a place of the bundle is in, and the place within it."""
    nouns = {"schemas": "schema", "operations": "operation"}
    size = 2 if path and path[0] in nouns else 1
    file = " ".join(map(str, (nouns[str(path[0])], *path[1:size]) if size > 1 else path[:size]))
    if path[:2] == ("keys", "keys") and len(path) > 2:  # whatever its form, the name of a key is one
        path = (*path[:2], "cs_..." if str(path[2]).startswith("cs_") else "***", *path[3:])
    return file or "the contract", "/".join(map(str, path[size:])) or "top level"


def _describe(meta: dict[str, Any], keyword_path: Path, value: Any) -> tuple[str, str]:
    """What is wrong with a value that breaks a keyword of the meta-schema, and what to do."""
    keyword, node = str(keyword_path[-1]), meta
    for part in keyword_path[:-1]:
        node = _follow_ref(meta, node, part)[part]
    node = _follow_ref(meta, node, keyword)
    if keyword == "additionalProperties":
        words = node.get("properties", {}).keys()
        unknown_words = sorted(value.keys() - words)
        advice = suggest_name(unknown_words[0], words, f"use {', '.join(sorted(words))}")
        return f"unknown word {', '.join(unknown_words)}", advice
    if keyword == "required":
        missing_words = ", ".join(sorted(set(node["required"]) - value.keys()))
        return f"lacks {missing_words}", f"add {missing_words}"
    if keyword == "dependentRequired":
        dependent = {word: ", ".join(sorted(set(words) - value.keys())) for word, words in node[keyword].items()}
        word, missing_words = next((word, words) for word, words in dependent.items() if word in value and words)
        return f"has {word} without {missing_words}", f"add {missing_words}, or remove {word}"
    if "propertyNames" in keyword_path:
        # The name itself is not shown: in a file of keys it may be a real API key.
        return "a name in it is not legal", f"use names of the form {node['pattern']}"
    if keyword in ("minimum", "maximum"):
        return f"{show_value(value)} is out of range", f"use {_show_range(node)}"
    is_schema = keyword not in ("enum", "type") and isinstance(node[keyword], Mapping | list)
    problem = "is not allowed here" if is_schema else _PROBLEMS.get(keyword, f"breaks {keyword}")
    advice = _advise(keyword, node)
    if keyword == "enum" and isinstance(value, str):
        advice = suggest_name(value, [each for each in node[keyword] if isinstance(each, str)], advice)
    return f"{show_value(value)} {problem}", advice


def _advise(keyword: str, node: Mapping[str, Any]) -> str:
    limit = node[keyword]
    if keyword in ("enum", "type") and isinstance(limit, list):
        return f"use one of {', '.join(map(str, limit))}"
    if keyword in _ADVICE and isinstance(limit, (str, int)):
        return _ADVICE[keyword].format(limit)
    if isinstance(limit, (str, int, float)):
        return f"see meta.schema.json, where {keyword} is {limit}"
    return f"see meta.schema.json: {node.get('description', keyword)}"


def _show_range(node: Mapping[str, Any]) -> str:
    least, most = node.get("minimum"), node.get("maximum")
    if least is None:
        return f"a number up to {most}"
    return f"a number from {least} on" if most is None else f"a number from {least} to {most}"


def _follow_ref(meta: dict[str, Any], node: Any, part: str | int) -> Any:
    """``node``, or what its ``$ref`` names if ``part`` is not in it."""
    # Engines differ: one names the $ref among the steps of a keyword path, the other leaves it out.
    while isinstance(node, dict) and part not in node and "$ref" in node:
        node = follow(meta, from_pointer(node["$ref"][1:]))
    return node


def check_operation(catalog: Catalog, operation: Operation) -> None:
    """Check that each schema and claim exists that a covered operation names, and that its prices can be computed.

    Raises CatalogError.
    """
    place = f"operation {operation.id}"
    check_claims(place, operation.data, catalog.claims)
    for schema in (operation.input, operation.output):
        require_name(schema or "", catalog.schemas, place, "schema")
    for model in operation.models.values():
        if model.schema is not None:
            require_name(model.schema, catalog.schemas, f"{place} model {model.id}", "schema")
    input = catalog.input_schema_of(operation)
    _check_models(operation, input)
    check_prices(f"{place} price", operation.prices, input)


def check_schema(id_: str, schema: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    """Check that each constraint of a schema names its claim. Raises CatalogError."""
    for path, node in iter_nodes(schema):
        _check_node(f"schema {id_}#{to_pointer(path)}", node, claims)


def check_claims(place: str, part: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    """Check that each claim that a part of the contract names is in the ledger."""
    for where, id_ in _iter_claim_ids(place, part):
        find_claim(id_, where, claims)


def check_claim_ids(module: ModuleType, claims: Mapping[str, Claim]) -> None:
    """Check that the ledger has each claim that the code of a package names.

    ``module`` holds the ids as constants in capitals and nothing else in capitals, as ``cannon_spec.claim_ids`` does.
    A package calls this once, where it first has a catalog. Raises CatalogError, which names the constant.
    """
    for name, id_ in vars(module).items():
        if name.isupper():
            find_claim(id_, f"{module.__name__}.{name}", claims)


def _check_models(operation: Operation, input: Mapping[str, Any]) -> None:
    place, name = f"operation {operation.id}", operation.default_model
    if name is not None and name not in operation.models:
        problem = f"its default model {name} does not serve it"
        raise CatalogError(place, problem, "add it to models, or name another model")
    if operation.models and find_field(input, "model") is None:
        raise CatalogError(place, "has models, and its input has no field model", "add it to the schema of the input")


def require_name(name: str, names: Container[str], place: str, what: str) -> None:
    """Check that ``names`` has the name that ``place`` uses for a ``what``. Raises CatalogError."""
    if name not in names:
        raise CatalogError(
            place, f"names the {what} {name}, which does not exist", f"add that {what}, or correct the name"
        )


def _check_node(place: str, node: Mapping[str, Any], claims: Mapping[str, Claim]) -> None:
    evidence = node.get("x-evidence", {})
    constraints = {word for word in CONSTRAINTS if word in node}
    if constraints - evidence.keys():
        word = min(constraints - evidence.keys())
        raise CatalogError(place, f"x-evidence has no claim for {word}", "name the claim that this word rests on")
    if evidence.keys() - constraints:
        word = min(evidence.keys() - constraints)
        raise CatalogError(place, f"x-evidence names {word}, which is not here", "add that word, or remove its claim")
    reachable = [node["x-reachable"]] if "x-reachable" in node else []
    for id_ in (*evidence.values(), *node.get("x-cap", {}).values(), *node.get("x-normalise", {}).values(), *reachable):
        find_claim(id_, place, claims)
    try:
        compile_pattern(node.get("pattern", ""))
    except re.error as error:
        raise CatalogError(place, f"pattern is no regular expression: {error}", "correct it") from None


def _iter_claim_ids(place: str, part: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, str]]:
    """Each claim id under the keys claim, claims, default_claims, file_claims and …_claim, with its place.

    ``parent`` is the key that ``part`` is under. A scenario or property may be named as one of these keys: it is an
    object, and a claim id is text.
    """
    for key, value in part.items():
        where = f"{place} {key}".strip()
        if key in _VENDOR_PARTS.get(parent, ()):
            continue
        if isinstance(value, Mapping):
            is_by_name = (parent, key) in _CLAIMS_BY_NAME
            yield from ((where, id_) for id_ in value.values()) if is_by_name else _iter_claim_ids(where, value, key)
        elif isinstance(value, list):
            yield from ((where, id_) for id_ in value if key == "claims")
            for item in value:
                yield from _iter_claim_ids(where, item, key) if isinstance(item, Mapping) else ()
        elif isinstance(value, str) and (key == "claim" or key.endswith("_claim")):
            yield where, value


def find_claim(id_: str, place: str, claims: Mapping[str, Claim]) -> Claim:
    """The claim with an id that ``place`` names. Raises CatalogError if the ledger has none."""
    try:
        return claims[id_]
    except KeyError:
        raise CatalogError(place, f"names the claim {id_}, which is not in the ledger", "add it to claims") from None
