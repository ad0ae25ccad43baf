"""How many examples Hypothesis draws for a law: all of them in ``make test-all``, a part in ``make test``."""

from __future__ import annotations

from hypothesis import settings

EXTENDED = "extended"
"""The profile of ``make test-all``."""

_PART = 4


def examples(count: int) -> settings:
    """Settings with so many examples under the extended profile, a quarter of them else.

    The profile is read when a test module is collected; the option ``--hypothesis-profile`` is in force by then.
    """
    return settings(max_examples=count if settings.get_current_profile_name() == EXTENDED else max(1, count // _PART))
