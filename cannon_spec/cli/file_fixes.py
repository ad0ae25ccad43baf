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


class CannotRewrite(Exception):
    """The fixes of a file are certain, but its text cannot be changed by them and nothing else."""


class FixedContent(NamedTuple):
    """The content of a file with its fixes applied, and these."""

    content: bytes
    fixes: Fixes


def fix_content(content: bytes, reader: FileReader, judge: Callable[[Any], Report]) -> FixedContent:
    """Apply the fixes of what ``judge`` finds in the documents of a file. Raises CannotRewrite."""
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
    return FixedContent(_rewrite(content, reader, patches, values) if patches else content, fixes)


def _list_fixes(document: Document, fixed_value: FixedValue) -> Iterator[AppliedFix]:
    value, former_operations = document.value, list[PatchOperation]()
    for finding in fixed_value.fixed_findings:
        position = document.locate(trace_back(finding.path, former_operations))
        yield AppliedFix(finding, describe_fix(finding.fix or (), value), position)
        value = apply_patch(value, finding.fix or ())
        former_operations += finding.fix or ()


def _rewrite(content: bytes, reader: FileReader, patches: list[DocumentPatch], values: Mapping[int, Any]) -> bytes:
    """The content with the patches applied.

    It is read again: the documents that have a patch must have these values, and the others the value that they had.
    """
    try:
        new_content = reader.rewrite(content, patches)
    except (LookupError, NotJSON):
        raise CannotRewrite from None
    old_documents, documents = (read_documents(io.BytesIO(each), reader) for each in (content, new_content))
    for number, (old_document, document) in enumerate(zip_longest(old_documents, documents)):
        if old_document is None or document is None:
            raise CannotRewrite
        if json.dumps(document.value) != json.dumps(values.get(number, old_document.value)):
            raise CannotRewrite
    return new_content
