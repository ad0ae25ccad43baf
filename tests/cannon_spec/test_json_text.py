"""JSON Patches on texts: the value changes as it should, and what the patch does not name stays letter by letter."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import document
from cannon_spec.json_text import patch_text
from cannon_spec.patch import apply_patch
from cannon_spec.pointer import to_pointer
from tests.support.effort import examples
from tests.support.patches import layouts, list_tokens, patches
from tests.support.payloads import places, scalars, values

BODY = """\
{
  "operation": "image.generate",
  "input": {
    "prompt": "caf\\u00e9",
    "duration": 1.0, "seed": 1e3,
    "urls": []
  }
}
"""


@examples(200)
@given(st.data())
def test_a_text_and_its_value_are_patched_alike(data: st.DataObject) -> None:
    """The value of a patched text is the patched value of the text, also in the order of its members."""
    value = data.draw(values)
    text, patch = data.draw(layouts(value)), data.draw(patches(value))
    patched_value = document.loads(patch_text(text, patch))
    assert json.dumps(patched_value) == json.dumps(apply_patch(document.loads(text), patch))


@examples(200)
@given(st.data())
def test_nothing_is_spelt_anew(data: st.DataObject) -> None:
    """A patched text has no token that neither the text nor the patch had: no number or string is written anew."""
    value = data.draw(values)
    text, patch = data.draw(layouts(value)), data.draw(patches(value, most=1))
    old, new = list_tokens(text), list_tokens(patch_text(text, patch))
    key = patch[0]["path"].rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    words = [json.dumps(part, ensure_ascii=how) for part in (patch[0].get("value"), key) for how in (True, False)]
    allowed = Counter([*old, *(token for word in words for token in list_tokens(word))])
    assert {token for token in Counter(new) - allowed if token not in "{}[],:"} == set()


@examples(200)
@given(st.data())
def test_only_the_letters_of_a_replaced_value_change(data: st.DataObject) -> None:
    """When a value is replaced by a scalar, all text before and after it stays, space included."""
    value = data.draw(values)
    text = data.draw(layouts(value))
    place, new = data.draw(st.sampled_from(list(places(value)))), data.draw(scalars)
    patched_text = patch_text(text, [{"op": "replace", "path": to_pointer(place), "value": new}])
    word = json.dumps(new, ensure_ascii=text.isascii())
    starts = [start for start in range(len(text)) if patched_text.startswith(word, start)]
    assert any(
        text.startswith(patched_text[:start]) and text.endswith(patched_text[start + len(word) :]) for start in starts
    )


@pytest.mark.parametrize(
    ("text", "patch", "patched_text"),
    [
        pytest.param(
            '{\n  "request": {\n    "operation": "x",\n    "input": {\n      "n": 1e3\n    }\n  }\n}\n',
            [{"op": "move", "from": "/request", "path": ""}],
            '{\n  "operation": "x",\n  "input": {\n    "n": 1e3\n  }\n}\n',
            id="an unwrapped object moves to the left",
        ),
        pytest.param(
            '{\r\n\t"operation": "x",\r\n\t"prompt": "y",\r\n\t"urls": ["z"]\r\n}\r\n',
            [
                {"op": "add", "path": "/input", "value": {}},
                {"op": "move", "from": "/prompt", "path": "/input/prompt"},
                {"op": "move", "from": "/urls", "path": "/input/urls"},
            ],
            '{\r\n\t"operation": "x",\r\n\t"input": {\r\n\t\t"prompt": "y",\r\n\t\t"urls": ["z"]\r\n\t}\r\n}\r\n',
            id="moved members are laid out as the document is",
        ),
        pytest.param(
            '{"operation":"x","prompt":"y"}',
            [{"op": "add", "path": "/input", "value": {}}, {"op": "move", "from": "/prompt", "path": "/input/prompt"}],
            '{"operation":"x","input":{"prompt":"y"}}',
            id="a compact document stays compact",
        ),
        pytest.param(
            BODY,
            [{"op": "move", "from": "/input/duration", "path": "/input/length"}],
            BODY.replace("duration", "length"),
            id="a renamed member keeps its place",
        ),
        pytest.param(
            BODY,
            [{"op": "remove", "path": "/input/urls"}, {"op": "remove", "path": "/input/prompt"}],
            BODY.replace('"prompt": "caf\\u00e9",\n    ', "").replace(',\n    "urls": []', ""),
            id="a removed member takes its comma along",
        ),
        pytest.param(
            '{\n    "input": "{}",\n    "urls": [\n        1\n    ]\n}',
            [
                {"op": "replace", "path": "/input", "value": {"a": {"b": "é"}}},
                {"op": "add", "path": "/urls/-", "value": 2},
            ],
            '{\n    "input": {\n        "a": {\n            "b": "\\u00e9"\n        }\n    },\n'
            '    "urls": [\n        1,\n        2\n    ]\n}',
            id="a new object is spread over lines where its neighbours are, in ASCII where the document is",
        ),
    ],
)
def test_the_layout_of_a_document_stays(text: str, patch: list[dict[str, Any]], patched_text: str) -> None:
    """What a patch moves or adds is laid out as its neighbours are, and the rest stays as it is."""
    assert patch_text(text, patch) == patched_text


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/x"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/input/urls/0", "value": 1},
        {"op": "add", "path": "/x/y", "value": 1},
        {"op": "add", "path": "/input/urls/1", "value": 1},
        {"op": "add", "path": "/operation/0", "value": 1},
        {"op": "move", "from": "/input", "path": "/input/x"},
    ],
)
def test_a_patch_of_other_places_is_refused(operation: dict[str, Any]) -> None:
    """A patch that names a place which the text does not have raises LookupError."""
    with pytest.raises(LookupError):
        patch_text(BODY, [operation])
