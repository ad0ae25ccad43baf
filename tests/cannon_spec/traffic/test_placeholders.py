"""What a sanitizer writes in place of a value, and what is a value."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec.traffic.placeholders import fill_placeholders, has_placeholder, is_masked, is_placeholder


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("[application/json redacted]", True),
        ("[email redacted]", True),
        ("<REDACTED>", True),
        ("{{redacted}}", True),
        ("REDACTED_2", True),
        ("*****", True),
        ("…………", True),
        ("xxxx", True),
        ("A masked dancer in a hidden garden", False),
        ("hidden garden", False),
        ('{"redacted": "[redacted]"}', False),
        ("req_1234", False),
        ("16:9", False),
        ("", False),
        ("[redacted]" * 20, False),
        (7, False),
        (None, False),
    ],
)
def test_a_placeholder_is_recognised(value: Any, is_one: bool) -> None:
    """A short text that is nothing but a mark of redaction is a placeholder; a text with such a word in it is none."""
    assert is_placeholder(value) is is_one


@pytest.mark.parametrize(
    ("secret", "is_one"),
    [
        ("cs_live_51HxAbCdEf", False),
        ("quickstart-001", False),
        ("6f1c2f3e-9a55-4e7a-8a63-1f1f6d5d2e0a", False),
        ("cs_live_****", True),
        ("cs_live_...abcd", True),
        ("cs_live_xxxxxxxx", True),
        ("YOUR_API_KEY", True),
        ("$CANNON_API_KEY", True),
        ("<key>", True),
        ("{{apiKey}}", True),
        ("sha256:0f343b0931126a20", True),
        ("key-redacted-7", True),
    ],
)
def test_a_masked_secret_is_recognised(secret: str, is_one: bool) -> None:
    """A key of which a part is hidden is masked too, so that it is compared with no other."""
    assert is_masked(secret) is is_one


@pytest.mark.parametrize(
    ("value", "other", "result"),
    [
        ("[redacted]", 7, 7),
        ({"a": "[a redacted]", "b": 1}, {"a": "x", "b": 2}, {"a": "x", "b": 1}),
        ({"a": "[a redacted]"}, {}, {"a": "[a redacted]"}),
        ([1, "***"], [2, 3], [1, 3]),
        ([1, "***"], [2], [1, "***"]),
        ({"a": {"b": "***"}}, {"a": 1}, {"a": {"b": "***"}}),
    ],
)
def test_placeholders_are_filled(value: Any, other: Any, result: Any) -> None:
    """Each placeholder takes the value in its place in another document, where there is one."""
    assert fill_placeholders(value, other) == result


@pytest.mark.parametrize(("value", "has_one"), [({"a": [1, "***"]}, True), ({"***": 1}, False), ([], False)])
def test_a_placeholder_is_found_at_any_depth(value: Any, has_one: bool) -> None:
    """A document has a placeholder if one of its values is one."""
    assert has_placeholder(value) is has_one
