"""Hypothesis strategies for create bodies: valid ones, and ones that break exactly one rule (floor 2).

Needs Hypothesis, which the extra ``testing`` installs.
"""

from cannon_spec.strategies.bodies import Broken, breakable, broken_requests, requests

__all__ = ["Broken", "breakable", "broken_requests", "requests"]
