"""What a process does before others are forked from it: it collects the suite once, so that none does it again.

It is done by the import of this module, since the server of forks can do nothing else before it forks.
"""

from __future__ import annotations

import os
from contextlib import redirect_stdout

import PIL.Image  # noqa: F401 -- what tests of files import late

from tests.servers.hostile_server.kinds import KINDS
from tests.servers.hostile_server.runs import run_tests
from tests.support.processes import environment, replace_environment

with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), replace_environment(environment()):
    run_tests(sorted({each for kind in KINDS for each in kind.tests}), "--collect-only")
