"""``python -m cannon_contract``: the command ``cannon-contract``."""

import sys

from cannon_contract.runner.command import main

if __name__ == "__main__":
    sys.exit(main())
