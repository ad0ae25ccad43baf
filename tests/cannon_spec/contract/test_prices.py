"""Prices: the first that fits counts, by any field, and may grow with one; what a body may cost at most."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import CatalogError, validate_input
from cannon_spec.contract.price_checks import check_prices
from cannon_spec.contract.prices import Price, build_price, find_price, list_price_fields, read_field
from tests.support.payloads import CATALOG

OPERATION = CATALOG.operations["image.generate"]
SCHEMA = {
    "required": ["text"],
    "properties": {
        "text": {"type": "string"},
        "duration": {"type": ["number", "null"]},
        "resolution": {"type": "string"},
        "loop": {"type": "boolean"},
        "voice": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    },
}


def price(when: dict[str, Any] | None = None, credits: float = 10, **per: Any) -> Price:
    return build_price({"credits": credits, "when": when or {}, **({"per": per} if per else {})})


@pytest.mark.parametrize(
    ("condition", "fitting", "others"),
    [
        ("4K", ["4K"], ["4k", "2K", None, 4]),
        (None, [None], ["4K", False, 0]),
        (8, [8, 8.0], [9, "8", None]),
        (1, [1], [True]),
        (True, [True], [1, None]),
        (["1K", None], ["1K", None], ["2K"]),
        ({"minimum": 9}, [9, 9.5, 10**9], [8, "9", None, True]),
        ({"maximum": 8}, [8, -1, 0], [8.1, None, False]),
        ({"minimum": 5, "maximum": 8}, [5, 6.5, 8], [4.9, 9]),
    ],
)
def test_a_condition_is_met_by_its_values_alone(condition: Any, fitting: list[Any], others: list[Any]) -> None:
    """A plain value equals the field, null means absent, a list holds the value, a range holds the number."""
    one = price({"field": condition})
    assert [value for value in (*fitting, *others) if one.fits({"field": value})] == fitting
    assert one.fits({}) == (None in fitting)


def test_all_conditions_must_be_met_at_any_depth() -> None:
    """A price fits where each of its conditions is met; a dotted name reads a field within objects."""
    one = price({"resolution": "4K", "voice.style.name": "calm"})
    assert one.fits({"resolution": "4K", "voice": {"style": {"name": "calm"}}})
    assert not one.fits({"resolution": "4K", "voice": {"style": "calm"}})
    assert not one.fits({"resolution": "2K", "voice": {"style": {"name": "calm"}}})
    assert read_field({"voice": {"style": None}}, "voice.style.name") is None


def test_the_first_price_that_fits_counts() -> None:
    """Prices are tried in their order; there is none where none fits."""
    prices = [price({"resolution": "4K"}, 92), price({"resolution": ["2K", "4K"]}, 61)]
    assert find_price(prices, {"resolution": "4K"}) is prices[0]
    assert find_price(prices, {"resolution": "2K"}) is prices[1]
    assert find_price(prices, {}) is None


@pytest.mark.parametrize(
    ("one", "input", "cost"),
    [
        (price(credits=10, field="duration", unit="second", default=5), {"duration": 8}, 80),
        (price(credits=10, field="duration", unit="second", default=5), {}, 50),
        (price(credits=10, field="duration", unit="second", default=5), {"duration": None}, 50),
        (price(credits=10, field="duration", unit="second", default=5), {"duration": "8"}, 50),
        (price(credits=10, field="duration", unit="second", default=5), {"duration": 8.01}, 81),
        (price(credits=10, field="duration", unit="second", default=5), {"duration": 1.1}, 11),
        (price(credits=10, field="duration", unit="second", default=5), {"duration": -8}, 0),
        (price(credits=3, field="text", unit="character", amount=100), {"text": "x" * 100}, 3),
        (price(credits=3, field="text", unit="character", amount=100), {"text": "x" * 101}, 4),
        (price(credits=3, field="text", unit="character", amount=100), {"text": "😀" * 100}, 3),
        (price(credits=3, field="voice.name", unit="character"), {"voice": {"name": "Ann"}}, 9),
        (price(credits=0.5), {}, 0.5),
    ],
)
def test_a_price_may_grow_with_a_field(one: Price, input: dict[str, Any], cost: float) -> None:
    """A price by the second or character counts units, takes the default for none, and rounds the whole sum up."""
    assert one.compute_cost(input) == cost


def test_the_fields_that_prices_go_by() -> None:
    """Each field of a condition or a growth is listed once, in the order of the prices."""
    prices = [
        price({"model": "a", "resolution": None}),
        price({"model": "b"}, field="duration", unit="second"),
        price(),
    ]
    assert list_price_fields(prices) == ("model", "resolution", "duration")


SECONDS = {"field": "duration", "unit": "second", "default": 5}


@pytest.mark.parametrize(
    ("condition", "highest"),
    [
        ({"duration": {"maximum": 8}}, 80),
        ({"duration": {"minimum": 8}}, None),
        ({"duration": [4, 6]}, 60),
        ({"duration": [4, None]}, 50),
        ({"duration": 6}, 60),
        ({"duration": None}, 50),
        ({"model": "a"}, None),
    ],
)
def test_the_highest_cost_of_an_unknown_field(condition: dict[str, Any], highest: float | None) -> None:
    """The condition on an unknown field that a price grows with limits its cost; without a limit there is none."""
    one = price(condition, 10, **SECONDS)
    assert one.compute_highest_cost({"duration": 4, "model": "a"}, ("duration",)) == highest
    assert one.compute_highest_cost({"duration": 4, "model": "a"}, ("model",)) == 40
    assert price(condition, 10).compute_highest_cost({}, ("duration", "model")) == 10


@pytest.mark.parametrize(("credits", "amount", "units"), [(1, 1e-320, 9), (10**300, 1, 10**10), (9, 1, 1e308)])
def test_no_input_costs_more_than_a_number_can_say(credits: int, amount: float, units: float) -> None:
    """A cost beyond every account is a whole number too, however the numbers of price and input multiply."""
    one = price({}, credits, field="duration", unit="second", amount=amount)
    assert one.compute_cost({"duration": units}) == 10**15


values = st.sampled_from(["1K", "4K", None, 4, 6, 8, True])
conditions = st.one_of(
    values, st.lists(values, min_size=1, max_size=3), st.fixed_dictionaries({"maximum": st.integers(4, 9)})
)
fields = st.sampled_from(["a", "b", "c"])
growths = st.none() | st.builds(lambda name: {"field": name, "unit": "second", "default": 2}, fields)
entries = st.builds(
    lambda when, number, per: build_price({"when": when, "credits": number, **({"per": per} if per else {})}),
    *(st.dictionaries(fields, conditions, max_size=2), st.integers(0, 50), growths),
)


@given(
    one=entries,
    input=st.dictionaries(fields, values, max_size=3),
    unknowns=st.sets(fields),
    other=st.dictionaries(fields, values, max_size=3),
)
def test_no_value_of_an_unknown_field_costs_more(
    one: Price, input: dict[str, Any], unknowns: set[str], other: dict[str, Any]
) -> None:
    """An input with a price may have it whatever its unknown fields are, and costs at most the highest cost."""
    actual = {name: (other if name in unknowns else input).get(name) for name in ("a", "b", "c")}
    if one.fits(actual):
        assert one.may_fit(input, unknowns)
        highest = one.compute_highest_cost(input, unknowns)
        assert highest is None or one.compute_cost(actual) <= highest
    if not unknowns:
        assert one.may_fit(input, unknowns) == one.fits(input)
        assert one.compute_highest_cost(input, unknowns) == one.compute_cost(input)


@pytest.mark.parametrize(
    ("prices", "texts"),
    [
        ([price({"resolutoin": "4K"})], ("prices 1", "the field resolutoin", "add the field")),
        ([price({"voice.style": "calm"})], ("voice.style",)),
        ([price(field="time", unit="second", default=1)], ("the field time",)),
        ([price({"duration": {"minimum": 9, "maximum": 8}})], ("minimum of duration is above",)),
        ([price(field="resolution", unit="second", default=1)], ("by the second of resolution", "number or integer")),
        ([price(field="duration", unit="character", default=1)], ("by the character of duration", "string")),
        ([price(field="duration", unit="second")], ("no default for duration",)),
        ([price(field="voice.name", unit="character")], ("no default for voice.name",)),
        ([price({"loop": True}), price({"loop": True, "resolution": "4K"})], ("prices 2", "before price 1")),
        ([price(), price({"loop": True})], ("prices 2", "price 1 fits all")),
    ],
)
def test_prices_that_cannot_be_right_are_refused(prices: list[Price], texts: tuple[str, ...]) -> None:
    """A field that the input lacks, an empty range, a wrong unit, a price that is never reached: errors."""
    with pytest.raises(CatalogError) as error:
        check_prices("prices", prices, SCHEMA)
    assert [text for text in texts if text not in str(error.value)] == []


def test_prices_that_can_be_right_are_accepted() -> None:
    """Conditions on fields of any depth, growth by each unit, and special cases before general ones are no error."""
    prices = [
        price({"loop": True, "voice.name": ["Ann", "Bob"]}),
        price({"loop": True, "duration": {"minimum": 8, "maximum": 8}}, field="duration", unit="second", default=5),
        price({"loop": True}, field="text", unit="character"),
        price(),
    ]
    check_prices("prices", prices, SCHEMA)


@pytest.mark.parametrize(
    ("input", "cost"),
    [
        ({}, (31, "credits-price-scaled")),
        ({"model": "gptimage2"}, (31, "credits-price-scaled")),
        ({"resolution": "4K"}, (81, "credits-price-scaled")),
        ({"model": "seedream5", "resolution": "4K"}, (28, "credits-price-seedream5")),
        ({"model": "flux2", "resolution": "4K"}, (71, "credits-price-scaled")),
        ({"model": "of an overlay"}, (28, "credits-price-image")),
    ],
)
def test_what_an_image_costs(input: dict[str, Any], cost: tuple[int, str]) -> None:
    """An input without a model costs what the default model does; one of a model without a price 28."""
    assert OPERATION.find_cost(input) == cost


@pytest.mark.parametrize("one", OPERATION.prices, ids=lambda each: str(dict(each.when)))
def test_the_shipped_prices_are_of_legal_inputs(one: Price) -> None:
    """The contract has no error for an input that is as the conditions of a shipped price say."""
    assert all(isinstance(value, str) for value in one.when.values())
    assert validate_input(OPERATION.id, {"prompt": "x", "aspect_ratio": "16:9", **one.when}).ok
