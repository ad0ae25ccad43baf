"""What a run showed, written for CI systems to standard output after all that pytest writes (floor 6)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from cannon_contract.report.json_report import build_report
from cannon_contract.report.markdown_summary import has_all_claims, render_summary
from cannon_contract.runner.run import Run
from cannon_spec.cli.environment import find_step_summary
from cannon_spec.cli.output_file import append_text
from cannon_spec.output.github_annotations import GithubAnnotations

_SEVERITIES = {"broken": "error", "observed": "warning"}


def write_outcome(run: Run, format: str, exit_status: int) -> None:
    """Write what a run showed in a format of ``options.FORMATS``; nothing where it did not begin.

    Raises CannonSpecError where the summary of the step cannot be written.
    """
    if format == "text" or not run.has_begun:
        return
    report = build_report(run)
    if format == "markdown":
        sys.stdout.write(render_summary(report))
    else:
        _annotate(report, exit_status)


def _annotate(report: Mapping[str, Any], exit_status: int) -> None:
    """Write annotations of GitHub Actions, and the whole to the summary of the step where there is one."""
    annotations, file = GithubAnnotations(sys.stdout.write, "cannon-contract"), find_step_summary()
    if report["stopped"] or exit_status not in (0, 1):
        reason = report["stopped"] or "the run is incomplete, so it does not show that the contract holds"
        annotations.add("error", f"the run did not come to its end: {reason}")
    for outcome, severity in _SEVERITIES.items():
        for claim in report["claims"]:
            if claim["outcome"] == outcome:
                annotations.add(
                    severity, f"{claim['id']} is {outcome}: {claim['text']} Seen: {'; '.join(claim['why'])}"
                )
    has_all = file is not None and has_all_claims(dict(report))
    annotations.finish("the summary of this step has all" if has_all else "the output of pytest names all")
    if file is not None:
        append_text(file, render_summary(dict(report)))
