"""Unknown fields of drawn bodies: their names mean nothing, so that they break one rule alone."""

from __future__ import annotations

import pytest

from cannon_spec import load_catalog
from cannon_spec.strategies.unknown_names import build_filter

MEANINGFUL_NAMES = ["aspectRatio", "PROMTP", "REFERENCEIMAGE", "webhookUrl", "n", "image_url", "seed", "operations"]
UNKNOWN_NAMES = ["", "\u00e9", "qqq", "0", "-", "x" * 500]


@pytest.mark.parametrize("name", MEANINGFUL_NAMES)
def test_a_name_that_may_stand_for_a_field_is_left_out(name: str) -> None:
    """A slip, another spelling, and a word of other services are no unknown names: the judge reads them as fields."""
    assert not build_filter(load_catalog())(name)


@pytest.mark.parametrize("name", UNKNOWN_NAMES)
def test_a_name_without_a_meaning_is_drawn(name: str) -> None:
    """A name that resembles no field and is no word of other services is an unknown one."""
    assert build_filter(load_catalog())(name)
