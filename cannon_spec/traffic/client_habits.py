"""Checks on what the client did in a sequence of recorded calls: polls and retries, all warnings (floor 2, pure)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from cannon_spec import claim_ids
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.lifecycle import is_key_alive, is_terminal
from cannon_spec.finding import Finding
from cannon_spec.pointer import to_pointer
from cannon_spec.traffic.placeholders import is_placeholder
from cannon_spec.traffic.sequence import (
    OK,
    ROUNDING_MS,
    ParsedCall,
    find_id,
    has_ended_before,
    has_whole_seconds,
    have_other_keys,
    is_whole,
    sort_calls,
)

_FIRST_SERVER_ERROR = 500
_JITTER = 0.05
"""The share of an interval by which a client's timer may be early."""

_STILL_POLLING_MS = 300_000
"""A read that comes later than this after the one before is no poll: a client may read what has ended once more."""


class _Remark(NamedTuple):
    """A warning before it is a finding: its rule and claim, the call that shows it, and the member of the entry."""

    rule: str
    claim: str
    parsed_call: ParsedCall
    member: str
    message: str
    hint: str


def check_habits(catalog: Catalog, calls: Sequence[ParsedCall]) -> Iterator[tuple[int, Finding]]:
    """The warnings on polls and retries, each with the entry that shows it. What needs a time is left out without."""
    is_coarse = has_whole_seconds(calls)
    for remark in (*_check_polls(catalog, calls, is_coarse), *_check_retries(catalog, calls, is_coarse)):
        entry = remark.parsed_call.call.entry
        path = to_pointer(("log", "entries", entry, *remark.member.split("/")))
        evidence = catalog.claims[remark.claim].evidence
        yield entry, Finding(path, remark.rule, "warning", remark.message, remark.hint, evidence)


def _check_polls(catalog: Catalog, calls: Sequence[ParsedCall], is_coarse: bool) -> Iterator[_Remark]:
    creates: dict[str, ParsedCall] = {}
    polls_by_id: dict[str, list[ParsedCall]] = defaultdict(list)
    for each in sort_calls(calls):
        id_ = find_id(each) if each.call.kind == "create" and OK <= each.call.status < 300 else None
        if id_ is not None:
            creates.setdefault(id_, each)
        elif each.call.kind == "poll" and not is_placeholder(each.call.id):
            polls_by_id[each.call.id].append(each)
    for id_, polls in polls_by_id.items():
        owner = creates.get(id_, polls[0]).call
        timed_polls = [poll for poll in polls if poll.call.started_ms is not None]
        own_polls = [poll for poll in timed_polls if not have_other_keys(owner, poll.call)]
        if id_ in creates:
            yield from _check_other_key(creates[id_], polls)
            yield from _check_pace(catalog, creates[id_], own_polls, is_coarse)
        yield from _check_after_end(catalog, own_polls, is_coarse)


def _check_other_key(create: ParsedCall, polls: Sequence[ParsedCall]) -> Iterator[_Remark]:
    for poll in polls:
        if poll.call.status == OK and have_other_keys(create.call, poll.call):
            message = f"the request was read with another API key than created it in entry {create.call.entry}"
            hint = "read a request with the key that created it"
            yield _Remark("traffic-other-key", claim_ids.READ_SAME_KEY, poll, "response/status", message, hint)
            return


def _check_pace(
    catalog: Catalog, create: ParsedCall, polls: Sequence[ParsedCall], is_coarse: bool
) -> Iterator[_Remark]:
    """Check when the first poll came, and how fast the others followed until the end."""
    wait_ms = create.response.get("poll_after_ms")
    if type(wait_ms) is int and polls:
        source = f"the create in entry {create.call.entry}, whose poll_after_ms is {wording.show_value(wait_ms)}"
        yield from _check_first_poll(create, polls[0], wait_ms, is_coarse, source)
        end = next((index for index, poll in enumerate(polls) if _has_ended(catalog, poll)), len(polls))
        yield from _check_gaps(polls[: end + 1], wait_ms, is_coarse, source)


def _check_first_poll(
    create: ParsedCall, poll: ParsedCall, wait_ms: int, is_coarse: bool, source: str
) -> Iterator[_Remark]:
    start_ms, end_ms = create.call.started_ms, create.call.ended_ms
    if start_ms is None or end_ms is None:
        return
    gap_ms = _start(poll) - start_ms
    if gap_ms < _cut_time(wait_ms + end_ms - start_ms, is_coarse):
        message = f"the first poll came {max(0, round(_start(poll) - end_ms))} ms after the answer to {source}"
        hint = "wait as long as poll_after_ms says before the first poll"
        yield _Remark("traffic-early", claim_ids.POLL_AFTER, poll, "startedDateTime", message, hint)


def _check_gaps(polls: Sequence[ParsedCall], wait_ms: int, is_coarse: bool, source: str) -> Iterator[_Remark]:
    """Check the gaps between polls: a short one is a warning.

    Where times are whole seconds, the mean must be too short as well: a timer that is early by a millisecond can make a
    gap shorter by a second.
    """
    gaps = [
        (_start(after) - _start(before), after)
        for before, after in pairwise(polls)
        if before.call.status == OK  # after no answer or an error a client may try again at once
    ]
    shortest_ms = wait_ms * (1 - _JITTER)
    fast_polls = [poll for gap_ms, poll in gaps if gap_ms < _cut_time(wait_ms if is_coarse else shortest_ms, is_coarse)]
    if fast_polls and (not is_coarse or sum(gap_ms for gap_ms, _ in gaps) < shortest_ms * len(gaps)):
        count = wording.format_count(len(fast_polls), "poll")
        minimum_ms = round(min(gap_ms for gap_ms, _ in gaps))
        message = f"{count} came too soon after the one before, the soonest after {minimum_ms} ms, for {source}"
        hint = "wait as long as poll_after_ms says between polls"
        yield _Remark("traffic-fast", claim_ids.POLL_AFTER, fast_polls[0], "startedDateTime", message, hint)


def _cut_time(time_ms: float, is_coarse: bool) -> float:
    """The least that a recording can show of a duration."""
    return time_ms - time_ms % 1000 if is_coarse else time_ms - ROUNDING_MS


def _check_after_end(catalog: Catalog, polls: Sequence[ParsedCall], is_coarse: bool) -> Iterator[_Remark]:
    """Check that polling stopped. A poll that was under way when another one showed the end is none too many."""
    index = next((index for index, poll in enumerate(polls) if _has_ended(catalog, poll)), len(polls))
    late_polls = [
        after
        for before, after in pairwise(polls[index:])
        if has_ended_before(polls[index].call, after.call, is_coarse)
        and _start(after) - _start(before) < _STILL_POLLING_MS
    ]
    if late_polls:
        end = polls[index]
        status = wording.show_value(end.response["status"])
        polls_text = wording.format_count(len(late_polls), "poll")
        message = f"{polls_text} came after entry {end.call.entry} had shown the end of the request, {status}"
        hint = "stop polling when the status is succeeded or failed"
        yield _Remark(
            "traffic-after-end", claim_ids.LIFECYCLE_TERMINAL, late_polls[0], "startedDateTime", message, hint
        )


def _has_ended(catalog: Catalog, poll: ParsedCall) -> bool:
    """Whether a poll shows the end of its request."""
    view = poll.response if poll.call.status == OK and isinstance(poll.response, dict) else {}
    return is_terminal(catalog.lifecycle, view.get("status", ""))


def _start(each: ParsedCall) -> float:
    """When a call that has a time started."""
    return each.call.started_ms or 0.0


def _check_retries(catalog: Catalog, calls: Sequence[ParsedCall], is_coarse: bool) -> Iterator[_Remark]:
    """Check each create whose body is that of an earlier one that may have made a request without saying so."""
    failed_creates: dict[str, ParsedCall] = {}
    for each in sort_calls(calls):
        call = each.call
        if call.kind != "create" or call.started_ms is None or not is_whole(each.request):
            continue
        body = json.dumps(each.request, sort_keys=True)
        first = failed_creates.get(body)
        if first is not None and _is_retry(catalog, first, each, is_coarse):
            yield from _check_retry_key(first, each)
        if call.status <= 0 or call.status >= _FIRST_SERVER_ERROR:
            failed_creates[body] = each
        elif OK <= call.status < 300:
            failed_creates.pop(body, None)


def _is_retry(catalog: Catalog, first: ParsedCall, each: ParsedCall, is_coarse: bool) -> bool:
    """Whether a create with the body of a failed one repeats it: of the same account, after it, and not much later."""
    is_later = has_ended_before(first.call, each.call, is_coarse)
    is_near = is_key_alive(catalog.lifecycle, _start(first), _start(each))
    return is_later and is_near and not have_other_keys(first.call, each.call)


def _check_retry_key(first: ParsedCall, each: ParsedCall) -> Iterator[_Remark]:
    keys = first.call.idempotency_key, each.call.idempotency_key
    if None in keys or (keys[0] == keys[1] != ""):
        return
    outcome = "got no answer" if first.call.status <= 0 else f"was answered with {first.call.status}"
    message = f"this create repeats the one in entry {first.call.entry}, which {outcome}, "
    if "" in keys:
        rule, message = "traffic-retry-without-key", message + "without an idempotency key that both have"
    else:
        rule, message = "traffic-retry-new-key", message + "with another idempotency key"
    hint = "send the same x-idempotency-key with each attempt, so that no second request is made and charged"
    yield _Remark(rule, claim_ids.CREATE_IDEMPOTENT, each, "request/headers", message, hint)
