"""Tables of create bodies and bare inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import inputs
from cannon_spec.reading import csv_files
from cannon_spec.reading.documents import Document
from tests.cannon_spec.reading.reader import read

INPUT_HEADER = "prompt,model,reference_image_urls"


def read_inputs(text: str, operation: str = "image.generate") -> list[Any]:
    """The values of a table of bare inputs."""
    documents = read(text, "a.csv", operation)
    assert [str(each.error) for each in documents if each.error] == []
    return [each.value for each in documents]


def test_a_row_is_a_create_body() -> None:
    """A column is a field of the input, but operation and webhook_url stand beside it; an empty cell is absent."""
    text = (
        "operation,prompt,model,webhook_url,input.resolution\r\n"
        'image.generate,"A red, wet\r\n""bicycle""",gptimage2,https://example.com/h,4K\r\n'
        "\r\n"
        ",,,,\r\n"
        "image.edit,x,,,\r\n"
        "image.generate\r\n"
    )
    documents = read(text, "A.CSV")
    assert [(each.line, each.value) for each in documents] == [
        (
            2,
            {
                "operation": "image.generate",
                "input": {"prompt": 'A red, wet\r\n"bicycle"', "model": "gptimage2", "resolution": "4K"},
                "webhook_url": "https://example.com/h",
            },
        ),
        (6, {"operation": "image.edit", "input": {"prompt": "x"}}),
        (7, {"operation": "image.generate", "input": {}}),
    ]


def test_what_is_in_a_cell_has_its_place() -> None:
    """A value inside the JSON of a cell has the place of the cell; what has no cell has that of the row."""
    text = 'operation,prompt,reference_image_urls\nimage.generate,"x\ny","[""https://a.b/1""]"\n'
    (document,) = read(text, "a.csv")
    assert document.locate("/input/reference_image_urls/0") == (3, 4)
    assert document.locate("/input/prompt") == (2, 16)
    for pointer in ("", "/input", "/input/model", "/webhook_url"):
        assert document.locate(pointer) == (2, 1)


@pytest.mark.parametrize(
    ("operation", "field", "cell", "value"),
    [
        ("video.generate", "prompt", "7", "7"),
        ("video.generate", "prompt", "[1", "[1"),
        ("video.generate", "duration", "5", 5),
        ("video.generate", "duration", " 5.5 ", 5.5),
        ("video.generate", "duration", "five", "five"),
        ("video.generate", "duration", "1e999", "1e999"),
        ("video.generate", "seed", "7", 7),
        ("video.generate", "watermark", "TRUE", True),
        ("video.generate", "watermark", "logo", "logo"),
        ("video.generate", "prompt_extend", "false", False),
        ("image.generate", "reference_image_urls", "https://example.com/a.png", ["https://example.com/a.png"]),
        ("image.generate", "reference_image_urls", '"[""https://a.b/1"", ""x""]"', ["https://a.b/1", "x"]),
        ("image.generate", "reference_prompt_balance", "0.5", 0.5),
        ("image.generate", "reference_prompt_balance", "[1", "[1"),
        ("image.generate", "no_such_field", "5", "5"),
        ("subtitles.generate", "subtitle_settings", '"{""fontSize"": 5}"', {"fontSize": 5}),
        ("subtitles.generate", "subtitle_settings", "large", "large"),
        ("subtitles.generate", "subtitle_settings.fontSize", "5", {"fontSize": 5}),
        ("subtitles.generate", "subtitle_settings.font", "5", {"font": "5"}),
        ("no.such.operation", "duration", "5", "5"),
    ],
)
def test_a_cell_has_the_type_of_its_field(operation: str, field: str, cell: str, value: Any) -> None:
    """The schema of the operation says what a cell means; text that is no value of the type stays text."""
    (body,) = read(f"operation,{field}\n{operation},{cell}\n", "a.csv")
    assert body.value["input"] == {field.partition(".")[0]: value}
    if operation != "no.such.operation":
        assert read_inputs(f"{field},other\n{cell},\n", operation) == [body.value["input"]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("prompt,model\nx,y\n", "a.csv"),
        ("prompt;model\nx;y\n", "a.csv"),
        ("prompt\tmodel\nx\ty\n", "a.csv"),
        ("prompt\tmodel\nx\ty\n", "a.tsv"),
        ("\ufeffprompt;model;\r\nx;y;\r\n;;\r\n", "a.csv"),
        ("sep=;\r\nprompt;model\r\nx;y\r\n", "a.csv"),
        ("sep=|\nprompt|model\nx|y\n", "a.csv"),
        ("\n\r\nprompt;model\n\nx;y\n", "a.csv"),
        ('"prompt", model\nx,y', "a.csv"),
    ],
)
def test_a_table_may_be_as_excel_writes_it(text: str, name: str) -> None:
    """The delimiter is found in the header; a byte order mark, line ends of Windows and empty columns do no harm."""
    assert [each.value for each in read(text, name, "image.generate")] == [{"prompt": "x", "model": "y"}]


def test_a_table_of_one_column_has_commas() -> None:
    """In a header of one column there is no delimiter to be found; a comma in a cell is one."""
    assert read_inputs("prompt\nx\n") == [{"prompt": "x"}]
    (each,) = read("prompt\nx, y\n", "a.csv", "image.generate")
    assert 'the cell " y" has no column' in str(each.error)


@pytest.mark.parametrize(
    ("text", "operation", "line", "place", "words"),
    [
        ("prompt\nx", None, None, (1, 1), "the table has no column operation; add one, or choose --operation ID"),
        ("prompt,operation\n", "image.generate", None, (1, 8), "stands beside the input; leave --operation out"),
        ("prompt,model,prompt\n", "image.generate", None, (1, 14), "the columns prompt and prompt give one field"),
        ("a.b,a\n", "image.generate", None, (1, 5), "the columns a.b and a give one field"),
        ("prompt;model,style\n", "image.generate", None, (1, 7), "the header has both a comma and a semicolon"),
        (
            "prompt,model\nx,y\nx,y,z\n",
            "image.generate",
            3,
            (3, 5),
            'the cell "z" has no column; put a text with',
        ),
        ('prompt,model\nx,y\nx,"y\n', "image.generate", None, (3, 3), "a quoted cell is not closed"),
        ('prompt,model\n"x"y,z\n', "image.generate", None, (2, 1), "text after the end of a quoted cell"),
        ('prompt,model\n"x\n",y"y,"x"z\n', "image.generate", None, (3, 7), "text after the end of a quoted cell"),
        ('a,b,c\n"x\nx",y,"z\n1,2,3\n', "image.generate", None, (3, 6), "a quoted cell is not closed"),
        ("a.b,c,a.d,a.b.e\n", "image.generate", None, (1, 11), "the columns a.b and a.b.e give one field"),
        ("prompt,model\nx\ry,z\n", "image.generate", None, (2, 1), "a line end that only old Macs write"),
        ("prompt\n" + "x" * 140_000, "image.generate", None, (2, 1), "a cell is larger than 128 KiB"),
        (
            INPUT_HEADER + "\nx,y,[1\n",
            "image.generate",
            2,
            (2, 5),
            "the cell of reference_image_urls is not JSON",
        ),
        (b"prompt\n\xe4\n", "image.generate", None, (2, 1), "the text is not UTF-8; save the file as UTF-8; in Excel"),
        (
            "prompt\nx".encode("utf-16"),
            "image.generate",
            None,
            (1, 1),
            "it is UTF-16; save the file as UTF-8; in Excel",
        ),
    ],
)
def test_a_broken_table_is_told(
    text: str | bytes, operation: str | None, line: int | None, place: tuple[int, int], words: str
) -> None:
    """What is wrong with a table is told in a sentence, at its place; a broken row leaves the others."""
    last = read(text, "a.csv", operation)[-1]
    assert last.error is not None
    assert words in f"{last.error.problem}; {last.error.advice}"
    assert (last.line, last.locate("")) == (line, place)


def test_the_time_of_a_table_grows_as_its_columns_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells of a row are found once, and only when one is asked for, however many findings the row has."""
    calls = list[str]()
    iter_spans = csv_files._iter_spans

    def count_calls(text: str, delimiter: str) -> Iterator[tuple[int, int]]:
        calls.append(text)
        return iter_spans(text, delimiter)

    monkeypatch.setattr(csv_files, "_iter_spans", count_calls)
    size = 20_000
    (each,) = read(",".join(f"f{n}" for n in range(size)) + "\n" + ",".join("x" * size), "a.csv", "image.generate")
    assert calls == []
    assert [each.locate(f"/f{n}").column for n in range(size)] == list(range(1, 2 * size, 2))
    assert len(calls) == 1


def test_a_broken_row_leaves_the_others() -> None:
    """Rows after one that has too many cells are read."""
    values = [each.value for each in read("prompt\na\nb,c\nd\n", "a.csv", "image.generate")]
    assert values == [{"prompt": "a"}, None, {"prompt": "d"}]


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more of a line is read than a document may have."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 1000)
    (each,) = read("x" * 5000, "a.csv", "image.generate")
    assert "a line of more than" in str(each.error)


@pytest.mark.parametrize("text", ["", "prompt,model\n", "prompt\n\n\n"])
def test_a_table_without_rows_has_no_documents(text: str) -> None:
    """A table of a header only has no document."""
    assert read(text, "a.csv", "image.generate") == []


def write_cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',;"\n\r') else text


cells = st.text(st.sampled_from('ab,;"\né '), min_size=1, max_size=8).filter(lambda text: text.strip(" ") == text)
rows = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=4)


@given(rows, st.sampled_from(",;"), st.sampled_from(["\n", "\r\n"]))
def test_every_cell_is_located(rows: list[tuple[str, str, str]], delimiter: str, end: str) -> None:
    """The place of a field is the start of its cell, whatever its text and those before it."""
    names = ("prompt", "style", "model")
    lines = [delimiter.join(names), *(delimiter.join(map(write_cell, row)) for row in rows)]
    text = end.join(lines)
    documents: list[Document] = read(text, "a.csv", "image.generate")
    assert [each.value for each in documents] == [dict(zip(names, row, strict=True)) for row in rows]
    for each, row in zip(documents, rows, strict=True):
        for name, cell in zip(names, row, strict=True):
            position = each.locate(f"/{name}")
            assert position is not None
            offset = sum(len(line) + 1 for line in text.split("\n")[: position.line - 1]) + position.column - 1
            assert text[offset:].startswith(write_cell(cell))
        assert each.locate("") == (each.line, 1)
