"""The formats in which findings can be written: one writer a row (floor 2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cannon_spec.output.judged_document import Output, Writer


class OutputFormat(NamedTuple):
    """What a format is, for the help text, and its writer."""

    description: str
    writer: Callable[[Output], Writer]


def _write_text(output: Output) -> Writer:
    from cannon_spec.output.text_writer import TextWriter  # late, as each writer: a run has one

    return TextWriter(output)


def _write_json(output: Output) -> Writer:
    from cannon_spec.output.json_writer import JsonWriter

    return JsonWriter(output)


FORMATS: dict[str, OutputFormat] = {
    "text": OutputFormat("some lines a finding, for people", _write_text),
    "json": OutputFormat("one JSON document, for programs", _write_json),
}
"""Each format by the name that ``--format`` takes; the first is the default."""
