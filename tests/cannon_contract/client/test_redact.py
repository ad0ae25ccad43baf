"""API keys are in no output: each part that could show one removes it."""

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
REDACTOR = Redactor([SECRET, "cs_live", ""])


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_removed(form: str) -> None:
    """A secret is removed as it is and as JSON or an address may write it, a longer one before a shorter one in it."""
    assert REDACTOR.redact_text(f"<{form}>") == f"<{MASK}>"
    assert REDACTOR.redact_bytes(f"<{form}>".encode()) == f"<{MASK}>".encode()


def test_names_of_members_stay() -> None:
    """Secrets are removed from the texts of a JSON value at any depth; numbers and names of members stay."""
    value = {SECRET: [SECRET, {"a": f"x{SECRET}"}, 7, None, True], "b": (SECRET,)}
    assert REDACTOR.redact_value(value) == {
        SECRET: [MASK, {"a": f"x{MASK}"}, 7, None, True],
        "b": [MASK],
    }


@pytest.mark.parametrize("form", FORMS)
def test_a_response_has_no_secrets(form: str) -> None:
    """Headers and body of a response have no secret; a response without secrets is the same object."""
    request = httpx.Request("GET", "http://x")
    response = httpx.Response(200, headers={"x-echo": form}, content=f"[{form}]".encode(), request=request)
    redacted = redact_response(response, REDACTOR)
    assert (redacted.headers["x-echo"], redacted.text) == (MASK, f"[{MASK}]")
    assert (redacted.status_code, redacted.request) == (200, request)
    assert redacted.headers["content-length"] == str(len(redacted.content))
    plain = httpx.Response(200, content=b"nothing", request=request)
    assert redact_response(plain, REDACTOR) is plain


def test_a_recorded_exchange_has_no_secrets() -> None:
    """Address, headers and bodies of a recorded exchange have no key, whichever header it was in."""
    key = "cs_live_abc"
    for name, value in (("x-api-key", key), ("authorization", f"Bearer {key}")):
        request = httpx.Request("POST", f"http://x/{key}", headers={name: value, "x-more": key}, content=key)
        response = httpx.Response(200, headers={"x-more": key}, content=key.encode(), request=request)
        assert key not in repr(record_exchange(request, response, ()))


def test_a_report_has_no_secrets() -> None:
    """Summary and report have no secret, though remarks, open requests and deviations have one."""
    budget = Budget(10, PriceList((), 1), remarks=[SECRET], open_requests={SECRET: SECRET})
    result = TestResult("t", ("status-ok",), "held", deviations=(Deviation("status-ok", SECRET),))
    run = Run(CATALOG, Options(), budget, results=[result], redactor=REDACTOR, stop_reason=SECRET)
    assert "cs_live_a" not in "\n".join(build_summary(run))
    assert "cs_live_a" not in json.dumps(build_report(run))
