"""The baseline of a run: the findings that a user accepts today (floor 2)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from cannon_spec.cli.file_replacement import write_content
from cannon_spec.errors import CatalogError
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding
from cannon_spec.output.baseline_file import BaselineEntry, format_baseline, read_baseline
from cannon_spec.output.code_place import STDIN, CodeBase
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.system_errors import find_advice, find_reason


class Baseline:
    """Accept the findings that a file lists, each as often as it says, or all findings where the file is updated.

    Paths of files are kept relative to the folder of the baseline, so that it works from each folder and machine. Only
    files that this run judges, or that exist no more, tell that an entry is obsolete. Raises CatalogError for a file
    that cannot be read or is no baseline.
    """

    def __init__(self, file: str, *, is_updated: bool, ignored_rules: Collection[str] = ()) -> None:
        self._file = file
        self._folder = Path(os.path.realpath(file)).parent
        self._code_base = CodeBase(str(self._folder))
        self._is_updated = is_updated
        self._ignored_rules = ignored_rules
        self._accepted_counts = _read(file, is_updated=is_updated)
        self._counts: Counter[BaselineEntry] = Counter()
        self._judged_files: set[str] = set()

    def note_file(self, file: str) -> None:
        """Note that a file is judged, by the name that findings have."""
        self._name_file(file)

    def accepts(self, judged_document: JudgedDocument, finding: Finding) -> bool:
        """Whether a finding is accepted, which uses one of its occurrences up."""
        entry = BaselineEntry.describe(judged_document.entry, finding, self._name_file(judged_document.file))
        if not self._is_updated and entry not in self._accepted_counts:
            return False
        # What no input avoids comes with each document that is added: once a file is enough of it.
        self._counts[entry] = 1 if finding.rule in UNAVOIDABLE_RULES else self._counts[entry] + 1
        return self._is_updated or self._counts[entry] <= self._accepted_counts[entry]

    def close(self, *, is_complete: bool) -> str:
        """End the run: write the file where it is updated, and return what to say of it, or an empty text.

        Nothing is written where the run is not complete, for the findings of what was not judged would be lost.
        Raises CatalogError where the file cannot be written.
        """
        if self._is_updated:
            return self._update() if is_complete else f"{self._file}: not written, since not all files were judged"
        obsolete_count = sum(map(self._is_obsolete, self._accepted_counts))
        if not obsolete_count:
            return ""
        share = f"{obsolete_count} of {_format_entries(len(self._accepted_counts))}"
        verb = "no longer occurs" if obsolete_count == 1 else "no longer occur"
        return f"{self._file}: {share} {verb}, or less often; --update-baseline removes what is gone"

    def _update(self) -> str:
        old_counts, new_counts = self._accepted_counts, self._find_new_counts()
        content = format_baseline(new_counts, self._file)
        try:
            write_content(self._file, content)
        except OSError as error:
            raise CatalogError(self._file, find_reason(error), find_advice(error)) from None
        changed_count = sum(new_counts[entry] != old_counts[entry] for entry in old_counts if entry in new_counts)
        differences = {
            "added": len(new_counts.keys() - old_counts.keys()),
            "changed": changed_count,
            "removed": len(old_counts.keys() - new_counts.keys()),
        }
        words = ", ".join(f"{number} {name}" for name, number in differences.items())
        return f"{self._file}: {_format_entries(len(new_counts))} written: {words}"

    def _find_new_counts(self) -> Counter[BaselineEntry]:
        """How often each entry occurs now; what this run does not see stays as it was."""
        unseen_counts = {entry: count for entry, count in self._accepted_counts.items() if not self._is_seen(entry)}
        return Counter(unseen_counts) + self._counts

    def _is_obsolete(self, entry: BaselineEntry) -> bool:
        return self._is_seen(entry) and self._counts[entry] < self._accepted_counts[entry]

    def _is_seen(self, entry: BaselineEntry) -> bool:
        """Whether this run would have met an entry that still occurs."""
        if entry.rule in self._ignored_rules:
            return False
        if entry.file in self._judged_files:
            return True
        return entry.file != STDIN and not (self._folder / entry.file).exists()

    def _name_file(self, file: str) -> str:
        """The name of a file as the baseline has it."""
        name = self._code_base.name_file(file)
        self._judged_files.add(name)
        return name


def _read(file: str, *, is_updated: bool) -> Counter[BaselineEntry]:
    if Path(file).exists():
        return read_baseline(file)
    if is_updated:
        return Counter()
    raise CatalogError(file, "no such baseline", "write it with --update-baseline")


def _format_entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"
