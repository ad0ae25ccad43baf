"""The formats in which findings can be written: one writer a row (floor 2)."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from cannon_spec.output.judged_document import Output, Writer


class OutputFormat(NamedTuple):
    """What a format is, for the help text, and its writer."""

    description: str
    writer: Callable[[Output], Writer]


def _describe(description: str, module: str, name: str) -> OutputFormat:
    """A format whose writer is imported when it is used, as a run has one."""

    def make_writer(output: Output) -> Writer:
        writer: Writer = getattr(import_module(f"cannon_spec.output.{module}"), name)(output)
        return writer

    return OutputFormat(description, make_writer)


FORMATS: dict[str, OutputFormat] = {
    "text": _describe("some lines a finding, for people", "text_writer", "TextWriter"),
    "json": _describe("one JSON document, for programs", "json_writer", "JsonWriter"),
    "jsonl": _describe("its results as JSON, one a line", "json_lines_writer", "JsonLinesWriter"),
    "github": _describe("annotations of GitHub Actions", "github_writer", "GithubWriter"),
    "gitlab": _describe("a code quality report of GitLab", "gitlab_writer", "GitlabWriter"),
    "sarif": _describe("SARIF 2.1.0, for code scanning", "sarif_writer", "SarifWriter"),
    "junit": _describe("JUnit's XML, a case a document", "junit_writer", "JunitWriter"),
    "markdown": _describe("a table, for a summary or a comment", "markdown_writer", "MarkdownWriter"),
}
"""Each format by the name that ``--format`` takes; the first is the default."""
