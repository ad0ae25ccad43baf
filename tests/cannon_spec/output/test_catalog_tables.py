"""Operations and models as tables and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from cannon_spec import Catalog
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.prices import Price
from cannon_spec.output import catalog_tables, tables
from tests.support.payloads import CATALOG

OPERATIONS = list(CATALOG.operations.values())


def _find_row(catalog: Catalog, operation: str) -> tuple[str, ...]:
    rows = catalog_tables.tabulate_operations(catalog, catalog.operations.values())
    return tuple(next(row for row in rows if row[0] == operation))


def _undocumented() -> Operation:
    return next(each for each in OPERATIONS if not each.is_covered)


def test_every_operation_has_a_row() -> None:
    """The table of operations has a row for each, in the order of the catalog."""
    head, *rows = catalog_tables.tabulate_operations(CATALOG, OPERATIONS)
    assert {len(row) for row in rows} == {len(head)}
    assert [row[0] for row in rows] == list(CATALOG.operations)


def test_a_row_says_what_is_known_of_an_operation(added_catalog: Catalog) -> None:
    """A row has the kind of media, the price, the number of models, how the id is known, and the coverage."""
    row = ("clip.generate", "Generate Clip", "video", "dynamic", "2", "documented", "covered")
    assert _find_row(added_catalog, "clip.generate") == row
    assert _find_row(added_catalog, "caption.write")[2:5] == ("text", "1", "1")
    undocumented = _undocumented()
    row = (undocumented.id, undocumented.name, "", "", "", undocumented.claim.strength, "exists, not documented")
    assert _find_row(CATALOG, undocumented.id) == row


def test_an_operation_with_an_assumed_id_is_inferred(added_catalog: Catalog) -> None:
    """An operation that can be judged, but whose id no page documents, is inferred, and has no page of its own."""
    operation = added_catalog.operations["caption.write"]
    assert catalog_tables.describe_coverage(operation) == "covered"
    assumption = added_catalog.claims["image-default-model"]
    inferred = Operation(operation.id, operation.name, assumption, operation.data, {}, operation.prices)
    assert catalog_tables.describe_coverage(inferred) == "inferred"
    assert catalog_tables.find_page(inferred) is None
    assert catalog_tables.describe_price(added_catalog, inferred) == "1"
    guess = replace(inferred, prices=(Price(3, claim=assumption.id),))
    assert catalog_tables.describe_price(added_catalog, guess) == "3 (assumed)"
    shipped_claim = CATALOG.operations["image.generate"].claim
    assert catalog_tables.describe_price(added_catalog, replace(guess, claim=shipped_claim)) == "dynamic"


def test_every_coverage_is_explained() -> None:
    """Each coverage that an operation may have is in the list of those."""
    assert {catalog_tables.describe_coverage(each) for each in OPERATIONS} <= catalog_tables.COVERAGE.keys()


def test_the_tables_fit_a_terminal(added_catalog: Catalog) -> None:
    """No line of the tables is wider than 110 letters."""
    operations = list(added_catalog.operations.values())
    lists = [catalog_tables.tabulate_services(added_catalog, each) for each in operations]
    for table in (catalog_tables.tabulate_operations(added_catalog, operations), *lists):
        assert max(map(len, tables.render_text(table).splitlines())) <= 110


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_service_has_a_row(operation: Operation) -> None:
    """Each model of an operation has a row, with its identifier, its prices and the number of its rules by strength."""
    head, *rows = catalog_tables.tabulate_services(CATALOG, operation)
    assert {len(row) for row in rows} <= {len(head)}
    assert [row[1] for row in rows] == list(operation.models)
    for row, model in zip(rows, operation.models.values(), strict=True):
        numbers = [int(part.split()[0]) for part in row[5].split(", ")] if row[5] != "none" else []
        assert sum(numbers) == (len(list(CATALOG.rules(model.schema))) if model.schema else 0)
        assert re.fullmatch(r"[\d.]+( to [\d.]+)?( for [\d.]+ \w+)?( by \w+)? \([a-z, ]+\)", row[4]), row[4]


def test_a_service_that_is_shut_down_is_marked(added_catalog: Catalog) -> None:
    """The row of a model says that it is shut down, and how many notes there are."""
    _, *rows = catalog_tables.tabulate_services(added_catalog, added_catalog.operations["clip.generate"])
    assert {row[1]: row[6] for row in rows} == {"clipper": "", "tenfold": "shut down, 1 note"}


@pytest.mark.parametrize(
    ("operation", "name", "column", "credits"),
    [
        ("image.generate", "gptimage2", 4, "31 to 81 by resolution (assumed)"),
        ("image.generate", "seedream5", 4, "28 (example)"),
        ("video.generate", "seedance2", 4, "22 to 478 for 5 seconds by resolution (assumed)"),
        ("video.generate", "veo31", 4, "14 to 42 by resolution (assumed)"),
        ("video.upscale", "proteus", 4, "11 to 82 for 1 second by upscale_factor (assumed)"),
        ("video.upscale", "wavespeed", 4, "17 for 7.2 seconds (assumed)"),
        ("image.generate", "image.generate", 3, "dynamic"),
        ("narration.generate", "narration.generate", 3, "dynamic, 20 for 1000 characters (assumed)"),
        ("prompt.enhance.image", "prompt.enhance.image", 3, "1"),
    ],
)
def test_the_prices_in_a_few_words(operation: str, name: str, column: int, credits: str) -> None:
    """A model has the range of its prices, what they go by and how they are known; so has an operation without models.

    Where prices grow with a field, those for single values of it are left out.
    """
    served_operation = CATALOG.operations[operation]
    services = catalog_tables.tabulate_services(CATALOG, served_operation)
    rows = [*services, *catalog_tables.tabulate_operations(CATALOG, [served_operation])]
    assert [row[column] for row in rows if name in row[:2]] == [credits]


def test_the_catalog_as_json(added_catalog: Catalog) -> None:
    """As JSON an operation has its claim, coverage, price and models, and each of them its own claims."""
    operations = json.loads(catalog_tables.render_json(added_catalog, added_catalog.operations.values()))["operations"]
    assert [each["id"] for each in operations] == list(added_catalog.operations)
    clip = next(each for each in operations if each["id"] == "clip.generate")
    assert (clip["kind"], clip["credits"], clip["coverage"]) == ("video", "dynamic", "covered")
    assert (clip["notes"], clip["notices"], clip["default_model"]) == (["clip-note"], ["clip-notice"], "clipper")
    assert [(each["id"], each["shut_down"]) for each in clip["models"]] == [
        ("clipper", None),
        ("tenfold", "tenfold-shut"),
    ]
    assert clip["prices"][0]["credits"] == added_catalog.operations["clip.generate"].prices[0].credits
    undocumented = next(each for each in operations if each["id"] == _undocumented().id)
    assert (undocumented["kind"], undocumented["credits"], undocumented["models"]) == (None, None, [])


def test_prices_as_json() -> None:
    """Each price has its conditions, credits, growth, claim and strength, in the order in which they are tried."""
    operations = [CATALOG.operations[name] for name in ("image.generate", "narration.generate")]
    images, narration = json.loads(catalog_tables.render_json(CATALOG, operations))["operations"]
    assert images["prices"][0] == {
        "when": {"model": "gptimage2", "resolution": "2K"},
        "credits": 51,
        "per": None,
        "claim": "credits-price-scaled",
        "strength": "assumed",
    }
    assert len(images["prices"]) == len(operations[0].prices)
    growth = {"field": "text", "unit": "character", "amount": 1000, "default": None}
    assert [(price["when"], price["per"]) for price in narration["prices"]] == [({}, growth)]
