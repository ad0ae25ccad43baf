"""Defaults: what the service takes for a field that an input leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, CatalogError, validate
from cannon_spec.completion import complete_input
from tests.support import made_up
from tests.support.payloads import CATALOG


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with made-up operations."""
    return made_up.load_made_up(tmp_path_factory.mktemp("completion"))


@pytest.mark.parametrize(
    ("input", "added_fields", "claims"),
    [
        (
            {},
            {"model": "grand", "resolution": "huge", "frame_rate": 30},
            ("film-model", "film-resolution", "film-frame-rate"),
        ),
        ({"model": "grand", "resolution": "large", "frame_rate": 24}, {}, ()),
        ({"model": "grand", "resolution": "small"}, {}, ()),
        (
            {"model": "grand", "length": 9},
            {"resolution": "large", "frame_rate": 30},
            ("film-resolution", "film-frame-rate"),
        ),
        ({"model": "grand", "resolution": "huge", "length": 9}, {"frame_rate": 30}, ("film-frame-rate",)),
        ({"model": "quick"}, {"resolution": "small"}, ("film-resolution",)),
    ],
)
def test_a_default_is_added_where_its_conditions_are_met(
    catalog: Catalog, input: dict[str, Any], added_fields: dict[str, Any], claims: tuple[str, ...]
) -> None:
    """The first default that fits is added with its claim: a value, or the largest one that is legal with the rest."""
    whole = {"prompt": "A fox", **input}
    assert complete_input(catalog, catalog.operations["film.make"], whole) == ({**whole, **added_fields}, claims)


def test_an_operation_without_defaults_adds_nothing(catalog: Catalog) -> None:
    """An input of an operation without models and defaults is complete."""
    input = {"prompt": "A fox"}
    assert complete_input(catalog, catalog.operations["words.make"], input) == (input, ())


@pytest.mark.parametrize("operation", [each.id for each in CATALOG.operations.values() if each.is_covered])
def test_the_shipped_defaults_are_legal(operation: str) -> None:
    """The defaults of a shipped operation break no further rule, with each model and without one."""
    covered_operation = CATALOG.operations[operation]
    for model in (None, *covered_operation.models):
        input = {} if model is None else {"model": model}
        complete = complete_input(CATALOG, covered_operation, input).input
        before, after = (
            {finding.rule for finding in validate.bare_input(CATALOG, operation, each).findings}
            for each in (input, complete)
        )
        assert after - before <= {"model-assumed", "notice", "shut-down"}


@pytest.mark.parametrize(
    ("default", "words"),
    [
        ({"field": "colour", "value": "red"}, ("defaults 1", "colour", "does not have")),
        ({"field": "length", "when": {"hue": 1}, "value": 5}, ("hue", "does not have")),
        ({"field": "length", "largest": True}, ("no schema lists", "length")),
        ({"field": "resolution", "value": "tiny"}, ("tiny", "resolution")),
        ({"field": "resolution", "value": "small", "largest": True}, ("defaults",)),
    ],
)
def test_a_default_that_no_input_can_have_is_refused(
    tmp_path: Path, default: dict[str, Any], words: tuple[str, ...]
) -> None:
    """A default for an unknown field, under an unknown condition or with a value that no schema lists is an error."""
    patch = {"operations": {"film.make": {"defaults": [{"claim": "user-overlay", **default}]}}}
    with pytest.raises(CatalogError) as error:
        made_up.load_made_up(tmp_path, patch)
    assert all(word in str(error.value) for word in ("film.make", *words))


@pytest.mark.parametrize(
    ("only_with", "words"),
    [({"thumb": "title"}, ("no key thumb", "preview_url")), ({"title": "name"}, ("no field name", "video_url"))],
)
def test_a_key_that_needs_an_unknown_field_is_refused(
    tmp_path: Path, only_with: dict[str, str], words: tuple[str, ...]
) -> None:
    """only_with may name keys of the output and fields of the input, no others."""
    with pytest.raises(CatalogError) as error:
        made_up.load_made_up(tmp_path, {"operations": {"sound.make": {"replies": {"only_with": only_with}}}})
    assert all(word in str(error.value) for word in ("sound.make", *words))
