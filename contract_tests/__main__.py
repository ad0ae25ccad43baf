"""``python -m contract_tests`` in the checkout: the command ``cannon-contract``."""

import sys

from cannon_contract.__main__ import main

sys.exit(main())
