"""The fixes of the documents of a file, and its content with them (floor 2)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from cannon_spec.cli.schema_name import keep_schema_name
from cannon_spec.errors import NotJSON
from cannon_spec.finding import Report
from cannon_spec.fixes import FixedValue, apply_fixes
from cannon_spec.output.fix_text import describe_fix
from cannon_spec.output.judged_document import AppliedFix
from cannon_spec.patch import PatchOperation, apply_patch, trace_back
from cannon_spec.reading.documents import Document
from cannon_spec.reading.formats import FileReader, read_documents
from cannon_spec.reading.patches import DocumentPatch

Fixes = Mapping[int, Sequence[AppliedFix]]
"""The fixes of each document of a file that has some, by its number from 0."""


class _CannotRewrite(Exception):
    """The fixes of a file are certain, but its text cannot be changed by them and nothing else."""


_MOST_REFUSALS = 20
"""After so many refusals to rewrite a file none of it is: each costs another reading of the whole file."""


class FixedContent(NamedTuple):
    """The content of a file with its fixes applied, these, and the lines of the documents that are not fixed.

    A line is None where the document is the whole file.
    """

    content: bytes
    fixes: Fixes
    other_lines: Sequence[int | None] = ()


def fix_content(content: bytes, reader: FileReader, judge: Callable[[Any], Report]) -> FixedContent:
    """Apply the fixes of what ``judge`` finds in the documents of a file.

    A document whose text cannot be changed by its fixes alone is left as it is.
    """
    fixes: dict[int, list[AppliedFix]] = {}
    patches: list[DocumentPatch] = []
    values: dict[int, Any] = {}
    for number, document in enumerate(read_documents(io.BytesIO(content), reader)):
        if document.error is None and (fixed_value := apply_fixes(document.value, judge)).fixed_findings:
            fixes[number] = list(_list_fixes(document, fixed_value))
            operations = [each for finding in fixed_value.fixed_findings for each in finding.fix or ()]
            operations += keep_schema_name(document.value, fixed_value.value)
            values[number] = apply_patch(document.value, operations)
            patches.append(DocumentPatch(number, document.line, operations))
    rewriting = _Rewriting(content, reader, values)
    possible_patches = rewriting.select(patches)
    numbers = {patch.number for patch in possible_patches}
    return FixedContent(
        rewriting.apply(possible_patches) if possible_patches else content,
        {number: each for number, each in fixes.items() if number in numbers},
        [patch.line for patch in patches if patch.number not in numbers],
    )


def _list_fixes(document: Document, fixed_value: FixedValue) -> Iterator[AppliedFix]:
    value, former_operations = document.value, list[PatchOperation]()
    for finding in fixed_value.fixed_findings:
        position = document.locate(trace_back(finding.path, former_operations))
        yield AppliedFix(finding, describe_fix(finding.fix or (), value), position)
        value = apply_patch(value, finding.fix or ())
        former_operations += finding.fix or ()


class _Rewriting:
    """The text of a file, changed by the patches of some of its documents; ``values`` are those with their patches."""

    def __init__(self, content: bytes, reader: FileReader, values: Mapping[int, Any]) -> None:
        self._content, self._reader, self._values = content, reader, values
        self._refusals = 0

    def select(self, patches: Sequence[DocumentPatch]) -> list[DocumentPatch]:
        """The patches that can be applied together, without those that the text of their documents does not allow."""
        try:
            self.apply(patches)
        except _CannotRewrite:
            self._refusals += 1
            if len(patches) == 1 or self._refusals > _MOST_REFUSALS:
                return []
            half = len(patches) // 2
            possible_patches = self.select(patches[:half]) + self.select(patches[half:])
            # Each half may be possible and both together not, as where they name one column differently.
            is_less = len(possible_patches) < len(patches)
            return possible_patches if is_less and self._can_apply(possible_patches) else []
        return list(patches)

    def _can_apply(self, patches: Sequence[DocumentPatch]) -> bool:
        try:
            self.apply(patches)
        except _CannotRewrite:
            return False
        return True

    def apply(self, patches: Sequence[DocumentPatch]) -> bytes:
        """The content with the patches applied. Raises _CannotRewrite.

        It is read again: the documents that have a patch must have their values, and the others what they had.
        """
        try:
            new_content = self._reader.rewrite(self._content, patches)
        except (LookupError, NotJSON):
            raise _CannotRewrite from None
        numbers = {patch.number for patch in patches}
        old_documents, documents = (
            read_documents(io.BytesIO(each), self._reader) for each in (self._content, new_content)
        )
        for number, (old_document, document) in enumerate(zip_longest(old_documents, documents)):
            if old_document is None or document is None:
                raise _CannotRewrite
            value = self._values[number] if number in numbers else old_document.value
            if json.dumps(document.value) != json.dumps(value):
                raise _CannotRewrite
        return new_content
