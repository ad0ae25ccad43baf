"""Judged documents as test cases in the XML of JUnit, as Jenkins and GitLab read it (floor 2)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from html import escape
from itertools import chain
from typing import IO, NamedTuple

from cannon_spec.finding import Finding, Report
from cannon_spec.output.code_place import CodeBase
from cannon_spec.output.finding_list import UNJUDGED_RULE, describe_finding
from cannon_spec.output.judged_document import JudgedDocument, Output, Summary, Write
from cannon_spec.output.text_writer import TextWriter
from cannon_spec.printable import escape_unprintable

_MOST_IN_MEMORY = 1024 * 1024
_TEXT = TextWriter(Output(lambda _: None))
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="cannon-spec">\n'


class TestCase(NamedTuple):
    """A case of the suite of a file: its name, and the elements in it, as XML."""

    file: str
    name: str
    content: str = ""
    is_failure: bool = False
    is_error: bool = False


class JunitWriter:
    """Write one suite a file and one case a document.

    A case fails where its document has errors; warnings are its output. A suite begins with its counts, so its cases
    wait in a temporary file until the next file comes.
    """

    def __init__(self, output: Output) -> None:
        self._write = output.write
        self._code_base = CodeBase(output.code_folder)
        self._suite: _Suite | None = None
        self._write(_HEAD)

    def format(self, judged_document: JudgedDocument) -> list[TestCase]:
        """The case of one document."""
        errors, warnings = judged_document.report.errors, judged_document.report.warnings
        content = ""
        if errors:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            message = escape(describe_finding(errors[0]) + more)
            content += f'<failure message="{message}">{_format_text(judged_document, errors)}</failure>'
        if warnings:
            content += f"<system-out>{_format_text(judged_document, warnings)}</system-out>"
        file = self._code_base.name_file(judged_document.file)
        return [TestCase(file, _name_case(judged_document), content, is_failure=bool(errors))]

    def format_clean(self, file: str, lines: Iterable[int | None]) -> list[TestCase]:
        """A case that passes for each document."""
        name = self._code_base.name_file(file)
        return [TestCase(name, _name_line(line)) for line in lines]

    def add(self, lists: Iterable[Iterable[TestCase]]) -> None:
        """Write cases."""
        for case in chain.from_iterable(lists):
            if self._suite is None or self._suite.name != case.file:
                self._close_suite()
                self._suite = _Suite(case.file)
            self._suite.add(case)

    def add_failure(self, file: str, problem: str) -> None:
        """Write a case for a file that could not be judged."""
        content = f'<error message="{escape(escape_unprintable(problem))}"/>'
        self.add([[TestCase(self._code_base.name_file(file), UNJUDGED_RULE, content, is_error=True)]])

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:  # noqa: ARG002 - suites have counts
        """Write the last suite, and close the document."""
        self._close_suite()
        self._write("</testsuites>\n")

    def _close_suite(self) -> None:
        if self._suite is not None:
            self._suite.copy_to(self._write)
            self._suite = None


class _Suite:
    """The cases of one file, and how many of them there are."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tests = self._failures = self._errors = 0
        self._cases: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - copy_to closes it
            _MOST_IN_MEMORY, "w+", encoding="utf-8", newline=""
        )

    def add(self, case: TestCase) -> None:
        """Add a case of the file."""
        self._tests += 1
        self._failures += case.is_failure
        self._errors += case.is_error
        head = f'<testcase classname="{escape(case.file)}" name="{escape(case.name)}"'
        self._cases.write(f"{head}>{case.content}</testcase>\n" if case.content else f"{head}/>\n")

    def copy_to(self, write: Write) -> None:
        """Write the suite, and let go of its cases."""
        counts = f'tests="{self._tests}" failures="{self._failures}" errors="{self._errors}"'
        write(f'<testsuite name="{escape(self.name)}" {counts}>\n')
        with self._cases as cases:
            cases.seek(0)
            for piece in iter(lambda: cases.read(_MOST_IN_MEMORY), ""):
                write(piece)
        write("</testsuite>\n")


def _name_case(judged_document: JudgedDocument) -> str:
    if judged_document.entry is not None:
        return f"entry {judged_document.entry} ({escape_unprintable(judged_document.call)})"
    return _name_line(judged_document.line)


def _name_line(line: int | None) -> str:
    return "document" if line is None else f"line {line}"


def _format_text(judged_document: JudgedDocument, findings: tuple[Finding, ...]) -> str:
    """Findings as the text format has them."""
    return escape(_TEXT.format(judged_document._replace(report=Report(findings), fixes=None, cost=None)))
