"""How large and how long the files of an operation are, in words, with the claims on it (floor 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cannon_spec.completion import complete_input
from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_properties import find_duration_rule
from cannon_spec.contract.media_size import find_size
from cannon_spec.contract.wording import format_count, join_words
from cannon_spec.output.limits import Cite, cite_ids
from cannon_spec.output.tables import Table


def tabulate_files(catalog: Catalog, operation: Operation, cite: Cite = cite_ids) -> Table:
    """The size and the duration of the files of an operation, as far as they have them."""
    rows = [*_list_size_rows(catalog, operation, cite), *_list_duration_rows(catalog, operation, cite)]
    return [("property", "is", "known from"), *rows]


def tabulate_sizes(catalog: Catalog, operation: Operation, model: str, cite: Cite = cite_ids) -> Table:
    """The sizes that the contract lists for a model of an operation, and what decides where no resolution does."""
    table = _find_tables(catalog, operation).get("models", {}).get(model)
    rows = [] if table is None else [(*row, cite([catalog.claims[table["claim"]]])) for row in _list_sizes(table)]
    return [("resolution", "sizes", "known from"), *rows]


def _find_tables(catalog: Catalog, operation: Operation) -> Mapping[str, Any]:
    return {} if operation.size_tables is None else catalog.media[operation.size_tables]


def _list_sizes(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for tier, sizes in table["sizes"].items():
        yield tier, ", ".join(f"{ratio} {size}" for ratio, size in sizes.items())
    for field, tiers in table.get("tier_by", {}).items():
        for value, tier in tiers.items():
            yield f"absent, {field} is {value}", f"as {tier}"
    if not table["sizes"]:
        yield "absent", f"as {table['resolution']}"


def _list_size_rows(catalog: Catalog, operation: Operation, cite: Cite) -> Iterator[tuple[str, str, str]]:
    tables = _find_tables(catalog, operation)
    if not tables:
        return
    default = find_size(tables, operation.default_model, complete_input(catalog, operation, {}).input)
    names = catalog.input_schema_of(operation)["properties"]
    fields = [each for each in ("model", *tables["resolution_fields"], "aspect_ratio") if each in names]
    condition = f" without {join_words(fields, 'and')}" if fields else ""
    cited = cite(catalog.claims[each] for each in default.claims)
    yield "size", f"{default.width}x{default.height} ({default.aspect_ratio}){condition}", cited
    if fields:
        has_lists = any(tables["models"].get(model, {}).get("sizes") for model in operation.models)
        others = "as listed for the model, else computed" if has_lists else "computed"
        computed = cite([catalog.claims[tables["computed"]["claim"]]])
        yield "other sizes", f"{others} from resolution and ratio", computed


def _list_duration_rows(catalog: Catalog, operation: Operation, cite: Cite) -> list[tuple[str, str, str]]:
    rule = find_duration_rule(catalog, operation)
    return [] if rule is None else [("duration", _describe_duration(rule), cite([catalog.claims[rule["claim"]]]))]


def _describe_duration(rule: Mapping[str, Any]) -> str:
    """How long files last: ``duration, else 5 seconds``."""
    own_length = list(rule.get("fields", ()))
    if "text" in rule:
        own_length = [f"1 second for each {rule['characters_per_second']:g} characters of {rule['text']}"]
    length = ", else ".join([*own_length, format_count(rule["default"], "second")])
    return f"{length}; and {' and '.join(rule['plus'])} in addition" if "plus" in rule else length
