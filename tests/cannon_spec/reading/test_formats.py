"""Which format a file has."""

from __future__ import annotations

import pytest

from cannon_spec.reading.formats import FORMATS, find_format


@pytest.mark.parametrize(
    ("name", "choice", "format"),
    [
        ("a.json", "auto", "json"),
        ("A.JSON", "auto", "json"),
        ("a.YAML", "auto", "yaml"),
        ("a.yml", "auto", "yaml"),
        ("a.csv", "auto", "csv"),
        ("a.tsv", "auto", "tsv"),
        ("a.jsonl.gz", "auto", "jsonl"),
        ("a.YML.GZ", "auto", "yaml"),
        ("a.gz", "auto", "auto"),
        ("-", "yaml", "yaml"),
        ("a.jsonl", "auto", "jsonl"),
        ("a.Ndjson", "auto", "jsonl"),
        ("-", "auto", "auto"),
        ("a.txt", "auto", "auto"),
        ("a.json", "jsonl", "jsonl"),
        ("a.jsonl", "json", "json"),
    ],
)
def test_the_suffix_of_a_name_decides_the_format(name: str, choice: str, format: str) -> None:
    """The suffix of a file's name, in any case, decides its format, unless the user chooses one."""
    assert find_format(name, choice) is FORMATS[format]
