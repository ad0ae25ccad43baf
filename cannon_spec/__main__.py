"""``python -m cannon_spec``: the command ``cannon-spec`` (floor 2)."""

import sys

from cannon_spec.cli.main import main

sys.exit(main())
