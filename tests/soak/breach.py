"""A law that was broken, as a value."""

from __future__ import annotations

from typing import NamedTuple

LAWS = {
    "lost": "what was answered with 202 is there, and its state is lawful",
    "doubled": "an idempotency key makes one request, a webhook is one event, and arrives at most once an attempt",
    "credits": "an account has what it started with, less what its requests hold or have spent",
    "refused": "what was refused is not stored",
    "server-error": "no answer is a 500 that no scenario asked for",
    "traceback": "no traceback is printed, and no fault of the mock's own",
    "undocumented": "an answer is one of those that the pages and the contract list for its call",
    "unavailable": "503 is answered only while the store is away, and says when to try again",
    "unnoticed": "while the store is away, a create and ready are answered with 503; after it with 202 and 200",
    "waiting": "while the store hangs or fails, a call is answered within 4 s; moves of the clock excepted",
    "hanging": "every call is answered in time, and every process ends when it is told to",
    "growth": "the second cycle takes at most 1.2 times the peak of the first, and ends with no more threads or files",
}
"""What each law says."""


class Breach(NamedTuple):
    """A law, by its name in LAWS, what broke it, and when."""

    law: str
    text: str
    moment: str = ""
