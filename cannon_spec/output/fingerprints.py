"""What tells a finding from others in each run, wherever lines have moved (floor 2)."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from cannon_spec.output.baseline_file import BaselineEntry


class Fingerprints:
    """A text for each finding of a run that no other finding has.

    It is made of what a baseline keeps, which has no line, and of a number that tells equal findings of a run apart.
    """

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def add(self, entry: BaselineEntry) -> str:
        """The fingerprint of the next finding, by what tells it from others for a baseline."""
        digest = sha256("\0".join(entry).encode()).digest()
        self._counts[digest] += 1
        return sha256(digest + self._counts[digest].to_bytes(8)).hexdigest()
