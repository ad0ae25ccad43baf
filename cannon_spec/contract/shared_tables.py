"""The tables of media.json that models share, each given to every model that names it (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec.contract.overlay import merge_patch
from cannon_spec.errors import CatalogError

_SAME_AS = "same_as"


def fill_in_tables(media: Mapping[str, Any]) -> dict[str, Any]:
    """The data on media in which each model has a whole table.

    A model with ``same_as`` has the table of the model that this names; other words that it has go before those of that
    table. Raises CatalogError where that model has no table of its own.
    """
    return {name: _fill_in(name, part) if "models" in part else part for name, part in media.items()}


def _fill_in(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    tables = part["models"]
    filled_in_tables = {
        model: _find_table(f"media {name} models {model}", table, tables) for model, table in tables.items()
    }
    return {**part, "models": filled_in_tables}


def _find_table(place: str, table: Mapping[str, Any], tables: Mapping[str, Any]) -> Mapping[str, Any]:
    if _SAME_AS not in table:
        return table
    model, own_words = table[_SAME_AS], {key: value for key, value in table.items() if key != _SAME_AS}
    if model not in tables or _SAME_AS in tables[model]:
        problem = f"{_SAME_AS} names {model}, which has no table of its own"
        models = [each for each, other_table in tables.items() if _SAME_AS not in other_table]
        raise CatalogError(place, problem, f"use one of {', '.join(models)}")
    filled_in_table: dict[str, Any] = merge_patch(tables[model], own_words)
    return filled_in_table
