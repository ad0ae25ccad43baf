"""Hypothesis strategies for create bodies: valid ones, and ones that break exactly one rule (floor 2).

Needs Hypothesis, which the extra ``testing`` installs.
"""

try:
    import hypothesis  # noqa: F401 - the modules below need it; say here what to install
except ImportError as error:
    from cannon_spec.installation import advise_extra

    raise ImportError(f"cannon_spec.strategies needs Hypothesis; {advise_extra('testing')}") from error

from cannon_spec.strategies.payloads import Broken, breakable, broken_requests, requests

__all__ = ["Broken", "breakable", "broken_requests", "requests"]
