"""Run a command; print its seconds, the most bytes that one of its processes held, and a hash of its output.

A process of its own, and a small one: a child's peak counts from the memory of the process that starts it.
"""

from __future__ import annotations

import hashlib
import resource
import subprocess
import sys
import tempfile
from time import perf_counter

if __name__ == "__main__":
    with tempfile.TemporaryFile() as output:
        began = perf_counter()
        status = subprocess.call(sys.argv[1:], stdout=output)
        seconds = perf_counter() - began
        output.seek(0)
        output_hash = hashlib.file_digest(output, "sha256").hexdigest()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(seconds, peak if sys.platform == "darwin" else peak * 1024, output_hash)
    sys.exit(status)
