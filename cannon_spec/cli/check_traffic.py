"""Files of recorded traffic, read, judged and written (floor 2)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

from cannon_spec import document
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.finding import Finding, Report, Strictness
from cannon_spec.output.writers import JudgedDocument, Summary, Writer
from cannon_spec.traffic import exchanges, har

MAX_BYTES = 256 * 1024 * 1024
"""The largest file."""


class Run:
    """One run over files: what was counted, what was said once already, whether a file could not be judged."""

    def __init__(
        self,
        catalog: Catalog,
        bases: Collection[str],
        strictness: Strictness,
        writer: Writer,
        complain: Callable[[str], object],
    ) -> None:
        self._catalog = catalog
        self._bases = bases
        self._strictness: Strictness = strictness
        self._writer = writer
        self._complain = complain
        self._said: set[str] = set()
        self._more = {"ignored": 0, "without_body": 0}
        self.summary = Summary()
        self.failed = False

    def judge(self, files: Sequence[str]) -> None:
        """Judge each file and write what there is to say, the counts at the end.

        A file that cannot be read, or that has nothing to judge, is complained of. Raises CatalogError where the
        contract's address is none.
        """
        try:
            har.normalize_base_url(self._catalog.base_url)
        except ValueError as error:
            raise CatalogError("base_url", str(error), "correct it in the overlay") from None
        for name in files:
            problem = self._problem(name)
            if problem:
                self.failed = True
                self._complain(f"{'<stdin>' if name == '-' else name}: {problem}")
        self._writer.finish(self.summary, self._more)

    def _problem(self, name: str) -> str:
        """Judge one file; what kept it from being judged, and empty where nothing did."""
        try:
            recording = har.recording(_parsed(_read(name)), self._catalog.base_url, self._bases)
        except OSError as error:
            return f"{error.strerror or error}; check the path"
        except (har.NotHAR, NotJSON) as error:
            return str(error)
        self._more["ignored"] += recording.ignored
        if not recording.exchanges:
            return _none_found(recording)
        judged = self.summary.judged
        for exchange, found in exchanges.judge(self._catalog, recording.exchanges, self._strictness):
            self._add("<stdin>" if name == "-" else name, exchange, found)
        if self.summary.judged == judged:
            return "no call of the API has a body; save the HAR with content"
        return ""

    def _add(self, file: str, exchange: har.RecordedCall, found: Report) -> None:
        """Count an exchange and write it: as judged if one of its bodies is there, or something is wrong with it."""
        self._more["without_body"] += exchange.response_body is None
        if exchange.request_body is None and exchange.response_body is None and not found.findings:
            return
        said = Report(tuple(finding for finding in found.findings if not self._repeats(finding)))
        self.summary = self.summary.plus(said)
        self._writer.add(JudgedDocument(file, None, "", said, exchange.entry, exchange.call))

    def _repeats(self, finding: Finding) -> bool:
        """Whether this is a warning about a model's identifier that this run has given before."""
        if finding.rule != "model-assumed" or finding.severity == "error":
            return False
        repeated = finding.message in self._said
        self._said.add(finding.message)
        return repeated


def _none_found(recording: har.Recording) -> str:
    problem = f"none of {recording.ignored} entries is a call of the API"
    if not recording.elsewhere:
        return f"{problem}; record the calls, or name where they go with --base-url"
    elsewhere = wording.escape_unprintable(recording.elsewhere)
    return f"{problem}; calls like the API's go to {elsewhere}: judge them with --base-url {elsewhere}"


def _read(name: str) -> bytes:
    """The bytes of a file. Raises OSError, and NotHAR where it is too large."""
    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with open(name, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        problem = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise har.NotHAR(problem, "record, or keep, the calls of the API only")
    return data


def _parsed(data: bytes) -> Any:
    """The JSON of a file, read less strictly than a payload: a recording holds what others sent.

    Raises NotHAR, and NotJSON where the file is no text.
    """
    try:
        return json.loads(document.decode_text(data))
    except json.JSONDecodeError as error:
        raise har.NotHAR(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (RecursionError, ValueError):  # a number of too many digits
        raise har.NotHAR("it nests too deep, or has a number too long, to be read") from None
