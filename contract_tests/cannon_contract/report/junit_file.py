"""The error of a run that did not come to its end, in the file that pytest writes for JUnit's readers (floor 6)."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from cannon_contract.runner.run import Run
from cannon_spec.printable import escape_unprintable


def add_run_error(run: Run, file: str | None) -> None:
    """Add a case with an error where the run was stopped, so that nobody takes it for a good one.

    ``file`` is what pytest has written, None where it writes none. Raises OSError where it cannot be read or written.
    """
    if file is None or not run.stop_reason:
        return
    tree = ET.parse(file)  # noqa: S314 - pytest has just written it
    suite = tree.getroot().find("testsuite")
    if suite is None:
        return
    reason = escape_unprintable(run.redactor.redact_text(run.stop_reason))
    case = ET.SubElement(suite, "testcase", classname="cannon-contract", name="the run comes to its end", time="0.000")
    ET.SubElement(case, "error", message=reason)
    for name in ("tests", "errors"):
        suite.set(name, str(int(suite.get(name, "0")) + 1))
    tree.write(file, encoding="utf-8", xml_declaration=True)
