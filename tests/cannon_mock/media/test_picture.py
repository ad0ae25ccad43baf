"""Pictures: what their text looks like."""

from __future__ import annotations

import pytest

from cannon_mock.media import picture
from tests.cannon_mock.media.contents import SMALL


@pytest.mark.parametrize(
    ("text", "shown_text"),
    [
        ("Ein naïver Bär — süß", "Ein naiver Bar - su\u00df"),
        ("\u201ccafé\u2019s\u201d \u2013 à la carte", '"cafe\'s" - a la carte'),
        ("e\u0301te\u0301 \uff37", "ete W"),
    ],
)
def test_a_picture_shows_letters_that_its_font_has(text: str, shown_text: str) -> None:
    """Letters with accents, wide letters and typographic signs are shown as the plain ones."""
    assert picture.render(SMALL._replace(text=text)) == picture.render(SMALL._replace(text=shown_text))
    assert picture.render(SMALL._replace(text=text)) != picture.render(SMALL._replace(text=""))
