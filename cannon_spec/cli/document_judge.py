"""What judges the documents of a file, one at a time (floor 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cannon_spec import validate
from cannon_spec.cli.schema_name import drop_schema_name
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import UnknownName
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding, Report
from cannon_spec.named_rules import suggest_operation
from cannon_spec.output.judged_document import JudgedDocument
from cannon_spec.reading.documents import Document

if TYPE_CHECKING:
    from cannon_spec.cli.judge_run import JudgeRun
    from cannon_spec.pricing.body_cost import BodyCost, RunPrices

_CLEAN = Report()


class DocumentJudge:
    """Judge values as create bodies, or as bare inputs of an operation, and find their costs if ``prices`` are given.

    Raises UnknownName for an unknown operation.
    """

    def __init__(self, catalog: Catalog, operation: str | None, prices: RunPrices | None) -> None:
        if operation is not None and operation not in catalog.operations:
            advice = suggest_operation(catalog, operation, "cannon-spec catalog lists the operations")
            raise UnknownName(f"--operation: unknown operation {operation}; {advice}")
        self._catalog = catalog
        self._operation = operation
        self._prices = prices

    def judge_value(self, value: Any, *, is_plain: bool = False) -> Report:
        """The report on the value of a document as it stands in its file; ``is_plain`` is that of a document."""
        value = drop_schema_name(value)
        if self._operation is None:
            return validate.request(self._catalog, value, is_plain=is_plain)
        return validate.bare_input(self._catalog, self._operation, value, is_plain=is_plain)

    def judge(self, document: Document) -> Report:
        """The report on a document, also on one that cannot be read."""
        if document.error is not None:
            return validate.report_unreadable(self._catalog, document.error)
        return self.judge_value(document.value, is_plain=document.is_plain)

    def find_cost(self, document: Document, report: Report) -> BodyCost | None:
        """What a judged document costs; None where no costs are asked for."""
        if self._prices is None:
            return None
        if document.error is not None:
            return self._prices.find_unreadable_cost()
        return self._prices.find_cost(drop_schema_name(document.value), report, self._operation)


class FileJudge:
    """Judge the documents of one file in their order."""

    def __init__(self, judge: DocumentJudge, file: str) -> None:
        self._judge = judge
        self._file = file
        self._repeatable_findings: set[tuple[str, str, str]] = set()

    def judge(self, document: Document) -> JudgedDocument:
        """A document with its report and its cost."""
        report = self._judge.judge(document)
        return self._describe(document, report, self._judge.find_cost(document, report))

    def add_to(self, run: JudgeRun, document: Document) -> Report:
        """Judge a document, and add it to a run. The findings that the run shows are returned.

        A warning that no input avoids is said once a file. Repeated, it changes neither the output nor a baseline.
        """
        report = self._judge.judge(document)
        cost = self._judge.find_cost(document, report)
        if cost is not None or not self._is_clean(report):
            return run.add(self._describe(document, report, cost))
        run.add_clean(self._file, document.line)
        return _CLEAN

    def _describe(self, document: Document, report: Report, cost: BodyCost | None) -> JudgedDocument:
        return JudgedDocument(self._file, document.line, report, document.locate, cost=cost, value=document.value)

    def _is_clean(self, report: Report) -> bool:
        # A loop in place of a generator: this runs for every document.
        for finding in report.findings:  # noqa: SIM110
            if not self._is_repeated(finding):
                return False
        return True

    def _is_repeated(self, finding: Finding) -> bool:
        if finding.rule not in UNAVOIDABLE_RULES:
            return False
        key = (finding.path, finding.rule, finding.message)
        is_repeated = key in self._repeatable_findings
        self._repeatable_findings.add(key)
        return is_repeated
