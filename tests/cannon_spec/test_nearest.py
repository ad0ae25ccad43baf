"""What a misspelt word most likely meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.nearest import find_nearest, fold, suggest_name
from tests.support.payloads import CATALOG, FIELDS

RESOLUTIONS = ("1K", "2K", "4K")


@pytest.mark.parametrize(
    ("word", "choices", "choice"),
    [
        ("aspectRatio", FIELDS, "aspect_ratio"),
        ("reference_images_urls", FIELDS, "reference_image_urls"),
        ("Prompt", FIELDS, "prompt"),
        ("4k", RESOLUTIONS, "4K"),
        ("8K", RESOLUTIONS, None),
        ("gpt-image-2", tuple(CATALOG.models), "gptimage2"),
        ("image.generat", tuple(CATALOG.operations), "image.generate"),
        ("", FIELDS, None),
        ("---", FIELDS, None),
        ("entirely unlike", FIELDS, None),
        ("prompt", (), None),
        ("flux-2", ("flux2pro", "flux2"), "flux2"),
        ("x" * 1_000_000, FIELDS, None),
        ("a_b", ("ab", "AB"), "ab"),
    ],
)
def test_the_nearest_choice(word: str, choices: tuple[str, ...], choice: str | None) -> None:
    """A word that differs from a choice in case, punctuation or a few letters finds that choice."""
    assert find_nearest(word, choices) == choice


@given(st.text(max_size=150), st.lists(st.text(max_size=12)))
def test_only_choices_are_found(word: str, choices: list[str]) -> None:
    """The result is one of the choices, or None."""
    assert find_nearest(word, choices) in (None, *choices)


@given(st.data())
def test_case_and_punctuation_do_not_matter(data: st.DataObject) -> None:
    """A choice is found by itself in another case and with other punctuation."""
    choices = data.draw(st.sampled_from((FIELDS, tuple(CATALOG.operations), tuple(CATALOG.models))))
    word = data.draw(st.sampled_from(choices))
    variant = "-".join(word.replace("_", "").replace(".", "")).swapcase()
    assert find_nearest(variant, choices) == word


@given(st.text())
def test_folding_is_idempotent(word: str) -> None:
    """A folded word has only letters and digits, and folding it again changes nothing."""
    assert all(map(str.isalnum, fold(word)))
    assert fold(fold(word)) == fold(word)


@pytest.mark.parametrize(
    ("name", "prefix", "advice"),
    [
        ("flx2", "", "did you mean flux2? catalog lists them"),
        ("tea", "", "catalog lists them"),
        ("my_flx2", "my_", "did you mean my_flux2? catalog lists them"),
        ("my_tea", "my_", "catalog lists them"),
    ],
)
def test_the_nearest_name_comes_first(name: str, prefix: str, advice: str) -> None:
    """A suggestion has the nearest name if there is one, then how to list all; a common prefix makes no name near."""
    assert suggest_name(name, [f"{prefix}flux2", f"{prefix}grok"], "catalog lists them", prefix) == advice
