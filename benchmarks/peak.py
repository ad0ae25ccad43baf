"""Run a command; print the seconds it took and the most memory it held, in bytes.

A process of its own, and a small one: a child's peak counts from the memory of the process that starts it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from time import perf_counter

if __name__ == "__main__":
    started = perf_counter()
    status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
    lasted = perf_counter() - started
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(lasted, held if sys.platform == "darwin" else held * 1024)
    sys.exit(status)
