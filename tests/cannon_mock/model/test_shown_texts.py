"""The texts of one reply of the mock's own API."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cannon_mock.model.shown_texts import ShownTexts
from cannon_spec.redaction import redact


@given(st.lists(st.text(max_size=9)), st.integers(0, 40))
def test_texts_are_whole_as_far_as_they_fit(texts: list[str], most_characters: int) -> None:
    """Texts that fit together are whole; the first that does not is cut off, later ones are counted."""
    shown_texts, characters = ShownTexts(most_characters), most_characters
    for text in texts:
        is_whole = len(text) <= characters
        assert shown_texts.redact(text) == (text if is_whole else f"{text[:characters]}... ({len(text)} characters)")
        characters = characters - len(text) if is_whole else 0


def test_a_text_that_is_cut_off_shows_no_part_of_a_secret() -> None:
    """A key that the cut goes through is redacted like a whole one."""
    key = "cs_" + "a1" * 20
    text = ShownTexts(20).redact(f"the key is {key} and more")
    assert "a1" not in text
    assert text.startswith(redact(f"the key is {key}")[:15])
