"""API keys are told to nobody: each place that could tell one cuts it out by itself."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
import pytest

from cannon_contract.client.api import Deviation
from cannon_contract.client.recording import record_exchange, redact_response
from cannon_contract.client.redact import MASK, Redactor
from cannon_contract.report.json_report import build_report
from cannon_contract.report.terminal import build_summary
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import TestResult
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from tests.support.payloads import CATALOG

SECRET = 'cs_live_a/b"c\\d'
FORMS = [
    SECRET,
    json.dumps(SECRET)[1:-1],
    json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    quote(SECRET),
    quote(SECRET, safe=""),
    "".join(f"\\u{ord(letter):04x}" for letter in SECRET),
    "".join(f"\\u{ord(letter):04X}" for letter in SECRET),
]
HIDDEN = Redactor([SECRET, "cs_live", ""])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_cut(form: str) -> None:
    """As it is, and in each way in which JSON may write it; a longer secret is cut before a shorter one in it."""
    assert HIDDEN.redact_text(f"<{form}>") == f"<{MASK}>"
    assert HIDDEN.redact_bytes(f"<{form}>".encode()) == f"<{MASK}>".encode()


def test_names_of_fields_stay() -> None:
    """Of a value of JSON its texts are cut, however deep they are; numbers and names of fields are as they were."""
    value = {SECRET: [SECRET, {"a": f"x{SECRET}"}, 7, None, True], "b": (SECRET,)}
    assert HIDDEN.redact_value(value) == {
        SECRET: [MASK, {"a": f"x{MASK}"}, 7, None, True],
        "b": [MASK],
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_reply_comes_in_without_secrets(form: str) -> None:
    """Neither headers nor body of a reply have one; a reply that has none is left alone."""
    request = httpx.Request("GET", "http://x")
    told = httpx.Response(200, headers={"x-echo": form}, content=f"[{form}]".encode(), request=request)
    seen = redact_response(told, HIDDEN)
    assert (seen.headers["x-echo"], seen.text, seen.status_code, seen.request) == (
        MASK,
        f"[{MASK}]",
        200,
        request,
    )
    assert seen.headers["content-length"] == str(len(seen.content))
    plain = httpx.Response(200, content=b"nothing", request=request)
    assert redact_response(plain, HIDDEN) is plain


def test_an_exchange_is_kept_without_secrets() -> None:
    """Address, headers and bodies of a kept exchange have no key, whichever header it was sent in."""
    key = "cs_live_abc"
    for name, value in (("x-api-key", key), ("authorization", f"Bearer {key}")):
        request = httpx.Request("POST", f"http://x/{key}", headers={name: value, "x-more": key}, content=key)
        response = httpx.Response(200, headers={"x-more": key}, content=key.encode(), request=request)
        assert key not in repr(record_exchange(request, response, ()))


def test_what_is_told_of_a_run_has_no_secrets() -> None:
    """The lines at the end have none, though what was seen, spent and left open is full of them."""
    spending = Budget(10, PriceList((), 1), remarks=[SECRET], open_requests={SECRET: SECRET})
    seen = TestResult("t", ("status-ok",), "held", deviations=(Deviation("status-ok", SECRET),))
    run = Run(CATALOG, Options(), spending, results=[seen], redactor=HIDDEN, stop_reason=SECRET)
    assert "cs_live_a" not in "\n".join(build_summary(run))
    assert "cs_live_a" not in json.dumps(build_report(run))
