"""One document in each format: the same value, judged the same, each with the places of its values."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cannon_spec import validate
from cannon_spec.contract.catalog import Catalog
from cannon_spec.pointer import to_pointer
from cannon_spec.reading.documents import Document
from tests.cannon_spec.reading.reader import read
from tests.support.effort import examples
from tests.support.payloads import CATALOG, OPERATIONS, at, bodies, places, values


def dump_yaml(value: Any, flow: bool) -> str:
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style, writer.allow_unicode, writer.width = flow, True, 40
    stream = io.StringIO()
    writer.dump(value, stream)
    return stream.getvalue()


def dump_table(body: dict[str, Any], delimiter: str) -> str:
    """A table of one row: text as it is, an object, a list, a number or a boolean as JSON."""
    fields = {"operation": body["operation"], **body["input"]}
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerow(fields)
    writer.writerow(each if isinstance(each, str) else json.dumps(each) for each in fields.values())
    return stream.getvalue()


def drop_next_lines(value: Any) -> Any:
    """A value without U+0085, which is refused in YAML where it stands as itself."""
    return json.loads(json.dumps(value).replace("\\u0085", "n"))


def read_one(data: bytes | str, name: str) -> Document:
    (document,) = read(data, name)
    assert document.error is None, str(document.error)
    return document


def judge(catalog: Catalog, document: Document) -> list[dict[str, Any]]:
    return [each.to_dict() for each in validate.request(catalog, document.value).findings]


@examples(60)
@given(values, st.booleans())
def test_a_value_is_the_same_in_each_format(value: Any, flow: bool) -> None:
    """Any JSON value is read from YAML as from JSON, and every value of the YAML has a place where it starts."""
    assert read_one(json.dumps(value), "a.yaml").value == value
    assert read_one(gzip.compress(json.dumps(value).encode()), "a.json.gz").value == value
    assert read_one(json.dumps(value), "a.jsonl").value == value
    value = drop_next_lines(value)
    text = dump_yaml(value, flow)
    document = read_one(text, "a.yaml") if value is not None else read_one("null", "a.yaml")
    assert document.value == value
    lines = text.split("\n")
    for place in places(value) if value is not None else ():
        position = document.locate(to_pointer(place))
        assert position is not None
        rest = lines[position.line - 1][position.column - 1 :]
        member = at(value, place)
        if isinstance(member, (bool, int)):
            assert rest.startswith(json.dumps(member))
        elif isinstance(member, list) and member:
            assert rest[0] in "[-"


@examples(60)
@given(st.sampled_from(OPERATIONS).flatmap(lambda each: bodies.filter(lambda body: body["operation"] == each) | bodies))
def test_a_body_is_judged_the_same_in_each_format(body: dict[str, Any]) -> None:
    """The findings on a body are those on its JSON, also as YAML and as a row of a table."""
    body = drop_next_lines(body)
    findings = judge(CATALOG, read_one(json.dumps(body), "a.json"))
    assert judge(CATALOG, read_one(dump_yaml(body, flow=False), "a.yaml")) == findings
    if all(each not in ("", None) and is_in_a_cell(each) for each in body["input"].values()):
        for name, delimiter in (("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")):
            assert judge(CATALOG, read_one(dump_table(body, delimiter), name)) == findings


def is_in_a_cell(value: Any) -> bool:
    """Whether a table can hold a value: a cell has at most 128 KiB, and no lone carriage return."""
    text = value if isinstance(value, str) else json.dumps(value)
    return len(text.encode()) < 128 * 1024 and not ("\r" in text or "\x00" in text)


@examples(200)
@given(
    st.sampled_from(["a.json", "a.jsonl", "a.txt", "a.yaml", "a.csv", "a.tsv", "a.json.gz", "a.csv.gz"]),
    st.one_of(
        st.binary(max_size=40),
        st.text(max_size=40).map(str.encode),
        st.text("ab:-?!&*#|>%@`\"',[]{}\n\r\t ;0.\\<~", max_size=40).map(str.encode),
    ),
    st.sampled_from([None, "image.generate"]),
    st.booleans(),
)
def test_any_content_is_read_or_explained(name: str, content: bytes, operation: str | None, is_packed: bool) -> None:
    """Whatever a file holds, each of its documents has a value or an error, and a place where it has a line."""
    for document in read(gzip.compress(content) if is_packed else content, name, operation):
        position = document.locate("/input/prompt")
        if document.error is None:
            assert position is not None
            assert json.loads(json.dumps(document.value)) == document.value
        else:
            assert document.error.problem
        if document.line is not None:
            assert position is not None
            assert position.line >= document.line
