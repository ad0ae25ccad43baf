"""What has the form of a secret is removed from texts, whatever escapes it has, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cannon_spec import redaction
from cannon_spec.redaction import Redactor, redact, redact_start
from tests.support.operation_count import MOST_GROWTH
from tests.support.pattern_steps import count_steps

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ESCAPES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda letter: f"\\u{ord(letter):04x}",
    "JSON in JSON": lambda letter: f"\\\\u{ord(letter):04X}",
    "short": lambda letter: f"\\x{ord(letter):02x}",
    "address": lambda letter: f"%{ord(letter):02x}",
    "address in address": lambda letter: f"%25{ord(letter):02X}",
    "address in JSON": lambda letter: f"\\u0025{ord(letter):02x}",
    "number": lambda letter: f"&#{ord(letter)};",
    "HTML": lambda letter: f"&#x{ord(letter):X};",
    "HTML in HTML": lambda letter: f"&amp;#{ord(letter)};",
}
BEFORE = ("", " ", '"', "\\n", "\n", "%20", "=", "/", "-", "(", "&quot;", "\\u0022", "é", "Bearer%20")

keys = st.builds(
    lambda prefix, rest: prefix + rest,
    st.sampled_from(["cs_live_", "cs_test_", "cs_"]),
    st.text(f"{LETTERS}_-", min_size=12, max_size=40),
)


@given(st.data())
def test_a_key_is_found_in_every_form(data: st.DataObject) -> None:
    """A key of the documented form is cut wherever it stands but within a word, with any of its letters escaped."""
    key, before = data.draw(keys), data.draw(st.sampled_from(BEFORE))
    escapes = data.draw(st.lists(st.sampled_from(sorted(ESCAPES)), min_size=1, max_size=5))
    form = "".join(ESCAPES[escapes[index % len(escapes)]](letter) for index, letter in enumerate(key))
    text = redact(f"before{before and ' '}{before}{form} after" if before else f"{form} after")
    assert form not in text
    secret = form[len("".join(ESCAPES[escapes[index % len(escapes)]](letter) for index, letter in enumerate("cs_"))) :]
    assert secret not in text
    assert text.endswith("... after")


def _has_no_prefix(text: str) -> bool:
    return "cs_" not in text and "whs" not in text


@example("0", "test_")
@given(st.text(LETTERS, min_size=1), st.text(f"{LETTERS}_-.").filter(_has_no_prefix))
def test_a_prefix_within_a_word_is_none(start: str, end: str) -> None:
    """A word that has the prefix of a key within it, once, stays whole; behind a sign another may begin a key."""
    for word in (f"{start}cs_{end}", f"{start}whsec_{end}", f"x%2f{start}cs_{end}"):
        assert redact(word) == word


@pytest.mark.parametrize(
    "text",
    [
        *(
            "metrics_1",
            "docs_final.png",
            "job_cs_1",
            "cs_CZ",
            "cs_CZ.UTF-8",
            "a = b",
            "x@y.z",
            "cs_",
            "50%25 &amp; more",
        ),
        *("?key=hello x;key=5", "genre=lofi;key=Am&bpm=90", "meter=4/4;key=Am"),
        *("http://h:80/@u", "http:\\/\\/h:80\\/@u", "http://[::1]:80", "http://[::1]/@u", "http://h: a@b"),
    ],
)
def test_words_stay(text: str) -> None:
    """H9: words in which the prefix of a key means nothing, and texts without a secret, stay."""
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("cs_live_4f9a", "cs_..."),
        ("cs_CZ4f9a", "cs_..."),
        ("my_cs_live_4f9a", "my_cs_..."),
        ("whsec_a+b/c==", "whsec_..."),
        ("http://user:hush@host/x", "http://...@host/x"),
        ("http://h@sh@host/x", "http://...@host/x"),
        ("http://user:hu/sh@host", "http://...@host"),
        ("http://:/hush?hu#sh@host", "http://...@host"),
        ("http://user:hu@sh/hush@host", "http://...@host"),
        ("http://user:123456/hush@host", "http://...@host"),
        ("http:\\/\\/user:hu\\/sh@host", "http:\\/\\/...@host"),
        ("redis://:hu/sh@host:1/0", "redis://...@host:1/0"),
        ("redis://host/0,redis://:hush@host", "redis://...@host"),
        ("redis://host/0 redis://:hush@host redis://host", "redis://host/0 redis://...@host redis://host"),
        ("sqlite:folder/mock.db", "sqlite:folder/mock.db"),
        ("https://host/@name?page=2", "https://host/@name?page=2"),
        ("https://h/x?token=hush&page=2#key=hush", "https://h/x?token=...&page=2#key=..."),
        ("/x?X-Amz-Signature=ab12&accessToken=hush", "/x?X-Amz-Signature=...&accessToken=..."),
        ("/x?a[api_key]=hush&monkey=1&design=2", "/x?a[api_key]=...&monkey=1&design=2"),
        ('{"url": "http:\\/\\/user:hush@host\\/x"}', '{"url": "http:\\/\\/...@host\\/x"}'),
        ("/x?a=1\\u0026sig=hush", "/x?a=1\\u0026sig=..."),
        ("/x?next=http%3A%2F%2Fu%3Ahush%40host%2F", "/x?next=http%3A%2F%2F...%40host%2F"),
        ("/x?a=1&amp;token=hush", "/x?a=1&amp;token=..."),
        ("host/x?a=1;key=hush", "host/x?a=1;key=..."),
        ("/x?page=1 genre=lofi;key=Am", "/x?page=1 genre=lofi;key=Am"),
        ("?key=hush&token=hushhush", "?key=hush&token=..."),
    ],
)
def test_secrets_in_addresses_are_removed(text: str, redacted: str) -> None:
    """Names, passwords and tokens in addresses are cut, whichever signs of the address are escaped; the rest stays."""
    assert redact(text) == redacted


def test_what_is_cut_off_decides_too() -> None:
    """Of a text that is cut short, a password stays secret though the sign behind it is cut off."""
    assert redact_start("http://user:hush@host", 12) == "http://...@h"
    assert redact_start("x" * 20, 12) == "x" * 12


@pytest.mark.parametrize("form", [str.upper, str.title, lambda key: quote(key.upper()).replace("_", "%5F")])
def test_a_known_secret_is_removed_in_any_case(form: Callable[[str], str]) -> None:
    """A key that a server echoes in other letters is cut, but counts as another key."""
    key = "cs_live_4f9aQ7xE"
    redactor = Redactor([key])
    assert redactor.redact_text(f"<{form(key)}>") == "<(cut)>"
    assert not redactor.finds_secret(form(key).encode())


@given(st.text("\\u006%25&#;cs_lamp", max_size=60))
def test_escapes_without_a_secret_stay(text: str) -> None:
    """A text in which a known secret is in no form stays as it is, and JSON stays JSON."""
    assert Redactor(["QQQ"]).redact_text(text) == text
    assert json.loads(redact(json.dumps([text, "cs_live_1"])))[1] == "cs_..."


STARTS = (
    "redis://",
    "unix://",
    "://",
    "://a",
    "://a:b",
    "://a:8/",
    "cs_",
    "acs_",
    "whsec_",
    "xwhsec_",
    "?",
    "?a_",
    "?aK",
    "#key",
    "=a",
    "@",
)


@pytest.mark.parametrize("pattern", redaction._ALL)
def test_a_pattern_takes_twice_the_steps_for_twice_the_text(pattern: str) -> None:
    """No pattern looks at a text again from each place in it that may begin a secret, and has none."""
    compiled_pattern = redaction._compile(pattern)
    for start in STARTS:
        once, twice = (count_steps(compiled_pattern, start * count) for count in (9, 18))
        assert twice <= MOST_GROWTH * once, start


def test_escapes_are_undone_a_bounded_number_of_times() -> None:
    """Escapes that are escaped again and again are undone five times at most, and the rest is left."""
    for text in ("\\" * 10**4, "&amp;" * 10**4, "%25" * 10**4):
        assert redact(text) == text
    for count, end in ((4, "..."), (9, "1234")):
        assert redact(f"%{'25' * count}63s_live_1234").endswith(end)
