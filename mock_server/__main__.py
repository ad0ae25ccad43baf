"""``python -m mock_server`` in the checkout: the command ``cannon-mock``."""

import sys

from cannon_mock.__main__ import main

sys.exit(main())
