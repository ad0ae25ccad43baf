"""How many examples Hypothesis draws for a law, all or a part of them, and how long tests wait."""

from __future__ import annotations

from hypothesis import settings

EXTENDED = "extended"
"""The profile of ``make test-all``."""

PATIENCE_S = 120.0
"""How long a test waits for what must come: much longer than it takes, since machines may be slow or busy."""

_PART = 4


def examples(count: int) -> settings:
    """Settings with so many examples under the extended profile, a quarter of them else.

    The profile is read when a test module is collected; the option ``--hypothesis-profile`` is in force by then.
    """
    return settings(max_examples=count if settings.get_current_profile_name() == EXTENDED else max(1, count // _PART))
