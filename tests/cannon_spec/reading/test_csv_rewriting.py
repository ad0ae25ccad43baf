"""Tables with patches applied: cells and names of columns change, and all else stays."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec.reading.csv_rewriting import rewrite_table
from cannon_spec.reading.patches import DocumentPatch


def move(source: str, target: str) -> dict[str, Any]:
    return {"op": "move", "from": source, "path": target}


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


REMOVE = {"op": "remove", "path": "/input/n"}
RENAME = move("/input/aspectRatio", "/input/aspect_ratio")


@pytest.mark.parametrize(
    ("text", "patches", "new_text"),
    [
        pytest.param(
            'operation,prompt,aspectRatio\nimage.generate,"a, b",16x9\nimage.generate,"c\nd",1x1\n',
            [
                (2, [RENAME, replace("/input/aspect_ratio", "16:9")]),
                (3, [RENAME, replace("/input/aspect_ratio", "1:1")]),
            ],
            'operation,prompt,aspect_ratio\nimage.generate,"a, b",16:9\nimage.generate,"c\nd",1:1\n',
            id="a column is renamed once, and its cells are replaced",
        ),
        pytest.param(
            '\ufeffsep=;\r\n"input.aspectRatio";operation\r\n"16x9";image.generate\r\n',
            [(3, [RENAME, replace("/input/aspect_ratio", "16:9"), replace("/operation", 'a;"b"')])],
            '\ufeffsep=;\r\n"aspect_ratio";operation\r\n"16:9";"a;""b"""\r\n',
            id="quotes, line ends and the line that names the delimiter stay",
        ),
        pytest.param(
            "operation,aspectRatio,aspect_ratio\nimage.generate,1:1,\nimage.generate,,3:2",
            [(2, [RENAME])],
            "operation,aspectRatio,aspect_ratio\nimage.generate,,1:1\nimage.generate,,3:2",
            id="a cell moves where the column exists",
        ),
        pytest.param(
            "operation,n,urls,prompt\nimage.generate,1,x,y\n",
            [(2, [REMOVE, replace("/input/urls", ["a", "b"]), replace("/input/prompt", 5)])],
            'operation,n,urls,prompt\nimage.generate,,"[""a"", ""b""]",5\n',
            id="a removed field is an empty cell, a list is JSON",
        ),
        pytest.param(
            'operation;urls\nimage.generate;a b\nimage.generate;"[""a b"", ""c""]"\n',
            [(line, [replace("/input/urls/0", "a"), add("/input/urls/1", "b")]) for line in (2, 3)],
            'operation;urls\nimage.generate;"[""a"", ""b""]"\nimage.generate;"[""a"", ""b"", ""c""]"\n',
            id="items of a list in a cell",
        ),
    ],
)
def test_only_the_named_cells_change(text: str, patches: list[Any], new_text: str) -> None:
    """A patch of a row changes its cells and the names of columns; quotes, line ends and other cells stay."""
    document_patches = [DocumentPatch(number, *patch) for number, patch in enumerate(patches)]
    assert rewrite_table(text.encode(), document_patches, "", None).decode() == new_text


def test_a_table_of_bare_inputs_has_the_names_as_they_are() -> None:
    """In a table of bare inputs a column has the name of its field."""
    patch = DocumentPatch(0, 2, [move("/aspectRatio", "/aspect_ratio")])
    content = rewrite_table(b"prompt\taspectRatio\nx\t1:1\n", [patch], "\t", "image.generate")
    assert content == b"prompt\taspect_ratio\nx\t1:1\n"


@pytest.mark.parametrize("operation", [replace("/input/urls/3", "x"), replace("/input/z/0", "x"), add("/input/x", 1)])
@pytest.mark.parametrize("cell", ["y", "[y"])
def test_what_is_more_than_a_cell_is_not_changed(operation: dict[str, Any], cell: str) -> None:
    """An item that a cell does not hold, and a field without a column, raise LookupError."""
    with pytest.raises(LookupError):
        rewrite_table(f"operation,urls\nx,{cell}\n".encode(), [DocumentPatch(0, 2, [operation])], "", None)
