"""The formats in which findings can be written: one writer a row (floor 2)."""

from __future__ import annotations

from typing import NamedTuple

from cannon_spec.output.json_writer import JsonWriter
from cannon_spec.output.judged_document import Writer
from cannon_spec.output.text_writer import TextWriter


class OutputFormat(NamedTuple):
    """What a format is, for the help text, and its writer."""

    description: str
    writer: type[Writer]


FORMATS: dict[str, OutputFormat] = {
    "text": OutputFormat("some lines a finding, for people", TextWriter),
    "json": OutputFormat("one JSON document, for programs", JsonWriter),
}
"""Each format by the name that ``--format`` takes; the first is the default."""
