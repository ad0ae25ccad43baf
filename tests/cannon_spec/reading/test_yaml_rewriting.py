"""YAML files with patches applied: the values change as they should, and comments and all else stay."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from cannon_spec.patch import apply_patch
from cannon_spec.reading.patches import DocumentPatch
from cannon_spec.reading.yaml_files import read_yaml
from cannon_spec.reading.yaml_rewriting import rewrite_yaml

WRAPPED = """\
# a bicycle
request:   # of the old client
    # the body
    operation: image.generate  # covered
    input:
        # what to paint
        prompt: |
            A red bicycle
              in the rain

        # two
        reference_image_urls:
          - https://example.com/1.jpg  # front
          - "https://example.com/2.jpg"
# the end
"""
UNWRAPPED = """\
# a bicycle
# of the old client
# the body
operation: image.generate  # covered
input:
    # what to paint
    prompt: |
        A red bicycle
          in the rain

    # two
    reference_image_urls:
      - https://example.com/1.jpg  # front
      - "https://example.com/2.jpg"
# the end
"""
FLAT = """\
operation: image.generate  # covered
prompt: 'x'   # a prompt
# an address
reference_image_urls:
- https://example.com/1.jpg
model: flux2
webhook_url: https://example.com
"""


def move(source: str, target: str) -> dict[str, Any]:
    return {"op": "move", "from": source, "path": target}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def read(text: str) -> list[Any]:
    return [document.value for document in read_yaml(io.BytesIO(text.encode()))]


MOVES = [
    {"op": "add", "path": "/input", "value": {}},
    *(move(f"/{name}", f"/input/{name}") for name in ("prompt", "reference_image_urls", "model")),
]


@pytest.mark.parametrize(
    ("text", "operations", "new_text"),
    [
        pytest.param(WRAPPED, [move("/request", "")], UNWRAPPED, id="unwrapped"),
        pytest.param(
            FLAT,
            MOVES,
            "operation: image.generate  # covered\nwebhook_url: https://example.com\ninput:\n"
            "  prompt: 'x'   # a prompt\n"
            "  # an address\n  reference_image_urls:\n  - https://example.com/1.jpg\n  model: flux2\n",
            id="moved into a new object",
        ),
        pytest.param(
            "input:\n    model: flux2\nprompt: >-\n  a\n  b\n",
            [move("/prompt", "/input/text")],
            "input:\n    model: flux2\n    text: >-\n      a\n      b\n",
            id="moved and renamed",
        ),
        pytest.param(
            "a:  # none\nb: 1\nc:\ninput:\n  x:\n# end\n",
            [move("/a", "/input/a"), move("/c", "/input/c")],
            "b: 1\ninput:\n  x:\n  a:  # none\n  c:\n# end\n",
            id="empty values moved",
        ),
        pytest.param(
            "input: {aspectRatio: 16x9, 'n': 1.0}  # flow\n",
            [move("/input/aspectRatio", "/input/aspect_ratio"), replace("/input/aspect_ratio", "16:9")],
            "input: {aspect_ratio: \"16:9\", 'n': 1.0}  # flow\n",
            id="renamed and replaced in braces",
        ),
        pytest.param(
            "a:\n- 4k   # four\n- 1.0\nb: |\n  text\n\nc: 1e3\n",
            [replace("/a/0", "4K"), replace("/b", "é\x9f")],
            'a:\n- "4K"   # four\n- 1.0\nb: "é\\u009f"\n\nc: 1e3\n',
            id="values of each kind replaced",
        ),
        pytest.param(
            "a: 1\n# of b\nb: 2  # two\n# of c\nc: 3\n",
            [{"op": "remove", "path": "/b"}, {"op": "add", "path": "/a b", "value": [1]}],
            'a: 1\n# of c\nc: 3\n"a b": [1]\n',
            id="removed with its comments, and added",
        ),
        pytest.param("input: '{\"a\": 1}'\n", [replace("/input", {"a": 1})], 'input: {"a": 1}\n', id="an object"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_and_comments_stay(text: str, operations: list[Any], new_text: str, newline: str) -> None:
    """What a patch moves takes its lines and comments along, and the value is the patched value."""
    text, new_text = (each.replace("\n", newline) for each in (text, new_text))
    rewritten_text = rewrite_yaml(text.encode(), [DocumentPatch(0, None, operations)]).decode()
    assert rewritten_text == new_text
    assert json.dumps(read(rewritten_text)) == json.dumps([apply_patch(read(text)[0], operations)])


def test_each_document_has_its_own_patch() -> None:
    """Of several documents each gets its patch; byte order mark, markers and empty documents stay."""
    text = "\ufeff---\na: 1\n--- # nothing\n---\na: 1\n...\n---\na: 1"
    patches = [DocumentPatch(number, None, [replace("/a", 5 + number)]) for number in (0, 2)]
    assert rewrite_yaml(text.encode(), patches).decode() == "\ufeff---\na: 5\n--- # nothing\n---\na: 1\n...\n---\na: 7"


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("- operation: x\n  input: {}\n", move("/0", "")),
        ("{prompt: x, input: {a: 1}}\n", move("/prompt", "/input/prompt")),
        ("a: 1\n", replace("/b", 1)),
        ("a: 1\n", replace("/a/b", 1)),
        ("a: [1]\n", {"op": "add", "path": "/a/0", "value": 1}),
    ],
)
def test_what_has_no_lines_of_its_own_is_not_moved(text: str, operation: dict[str, Any]) -> None:
    """What cannot be changed in the text without knowing more of it raises LookupError."""
    with pytest.raises(LookupError):
        rewrite_yaml(text.encode(), [DocumentPatch(0, None, [operation])])
