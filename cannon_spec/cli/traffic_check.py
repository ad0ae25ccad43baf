"""Judge HAR files, one at a time (floor 2)."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from cannon_spec import document
from cannon_spec.cli import flags
from cannon_spec.cli.input_files import STANDARD_INPUT, format_file_name, format_read_error, open_file
from cannon_spec.cli.status import ExitStatus
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.wording import format_count
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.finding import Report
from cannon_spec.output.judged_document import JudgedDocument, Write
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact
from cannon_spec.traffic import exchanges, har
from cannon_spec.traffic.addresses import normalize_base_url
from cannon_spec.traffic.recording_files import RecordingFile, open_recording

MAX_BYTES = 256 * 1024 * 1024
"""The largest file."""

_MOST_NAMED = 10
"""The most entries that a note names."""


class TrafficCheck:
    """Judge the calls of HAR files, and count what is not judged.

    Raises CatalogError where an overlay gave the contract an address that cannot be used.
    """

    def __init__(self, catalog: Catalog, arguments: argparse.Namespace, write: Write) -> None:
        try:
            normalize_base_url(catalog.base_url)
        except ValueError as error:
            raise CatalogError("base_url", str(error), "correct it in the overlay") from None
        self._catalog = catalog
        self._base_urls: list[str] = arguments.base_url
        self._own_files = flags.find_own_files(arguments)
        self._counts = {"ignored": 0, "without_body": 0, "skipped": 0}
        self.run = flags.begin_run(arguments, catalog, write)

    def judge_file(self, name: str) -> None:
        """Judge one file; report one that cannot be read, or that has nothing to judge."""
        if name in self._own_files:
            return
        file = format_file_name(name)
        try:
            opened_file = _open(name)
            content = _parse(opened_file.har)
            recording = har.parse_recording(content, self._catalog.base_url, self._base_urls, opened_file.read_file)
        except OSError as error:
            problem = format_read_error(error)
        except (har.NotHAR, NotJSON) as error:
            problem = str(error)
        else:
            problem = self._judge_recording(file, recording)
        if problem:
            self.run.fail(file, problem)

    def finish(self) -> ExitStatus:
        """Write the counts; the exit status is returned."""
        return self.run.finish(self._counts)

    def _judge_recording(self, file: str, recording: har.Recording) -> str:
        """Judge the calls of one file, and return the problem if none of them could be judged."""
        self._counts["ignored"] += recording.ignored_count
        self._counts["skipped"] += len(recording.skipped_entries)
        for note in (*_list_skipped(recording), *_list_body_problems(recording)):
            self.run.note_once(f"{file}: {note}")
        if not recording.calls:
            return _explain_no_calls(recording)
        count = self.run.summary.documents
        for call, report in exchanges.judge_calls(self._catalog, recording.calls):
            self._add(file, call, report)
        if self.run.summary.documents == count:
            return "no call of the API has a body; save the HAR with content"
        return ""

    def _add(self, file: str, call: har.RecordedCall, report: Report) -> None:
        """Count a call. It counts as judged only where it has a body or a finding."""
        self._counts["without_body"] += call.lacks_body
        if call.request_body is None and call.response_body is None and not report.findings:
            return
        self.run.add(JudgedDocument(file, None, report, None, call.entry, redact(call.call)))


def _list_skipped(recording: har.Recording) -> list[str]:
    """A note for each of the first entries that cannot be read, and one on the others."""
    entries = recording.skipped_entries
    notes = [f"entry {each.entry} is skipped: {each.problem}" for each in entries[:_MOST_NAMED]]
    return notes + [f"{len(entries) - _MOST_NAMED} more entries are skipped"] * (len(entries) > _MOST_NAMED)


def _list_body_problems(recording: har.Recording) -> list[str]:
    """A note for each reason why bodies cannot be read, with the first entries that have it."""
    entries_by_problem: dict[str, dict[int, None]] = defaultdict(dict)
    for call in recording.calls:
        for problem in call.body_problems:
            entries_by_problem[problem][call.entry] = None
    return [
        f"no body read in {format_count(len(entries), 'call')} (entry {_join_entries(list(entries))}): {problem}"
        for problem, entries in entries_by_problem.items()
    ]


def _join_entries(entries: list[int]) -> str:
    return ", ".join(map(str, entries[:_MOST_NAMED])) + ", …" * (len(entries) > _MOST_NAMED)


def _explain_no_calls(recording: har.Recording) -> str:
    if recording.skipped_entries and not recording.ignored_count:
        return "no entry can be read; save the network log as HAR once more"
    problem = f"none of {recording.ignored_count} entries is a call of the API"
    if not recording.other_base_url:
        return f"{problem}; record the calls, or name where they go with --base-url"
    address = escape_unprintable(redact(recording.other_base_url))
    return f"{problem}; calls like the API's go to {address}: judge them with --base-url {address}"


def _open(name: str) -> RecordingFile:
    """Open a file. Raises OSError, and NotHAR where it is too large or an archive that cannot be read."""
    with open_file(name) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        problem = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise har.NotHAR(problem, "keep only the calls of the API")
    return open_recording(data, None if name == STANDARD_INPUT else Path(name).parent)


def _parse(data: bytes) -> Any:
    """The JSON of a file, read less strictly than a payload: a recording holds what others sent.

    Raises NotHAR, and NotJSON where the file is not text.
    """
    text = document.decode_text(data)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        problem = document.explain_syntax_error(text, error)
        raise har.NotHAR(problem.placed_problem, problem.advice) from None
    except (RecursionError, ValueError):  # ValueError: json cannot read an integer of thousands of digits
        raise har.NotHAR("its JSON nests too deep, or has a number too long, to be read") from None
