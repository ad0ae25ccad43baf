"""API keys are in no output: each part that could show one removes it."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from itertools import cycle
from urllib.parse import quote

import httpx
import pytest

from cannon_contract.client.api import Deviation
from cannon_contract.client.recording import SHOWS_KEY, build_redactor, record_exchange, redact_response
from cannon_contract.report.json_report import build_report
from cannon_contract.report.terminal import build_summary
from cannon_contract.runner.options import Options
from cannon_contract.runner.results import TestResult
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from cannon_spec.redaction import MASK, Redactor
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


def _mix(*escapes: Callable[[str], str]) -> str:
    """A secret with each letter escaped in the next of some ways."""
    return "".join(escape(letter) for escape, letter in zip(cycle(escapes), SECRET, strict=False))


def _plain(letter: str) -> str:
    return json.dumps(letter)[1:-1]


MIXED_FORMS = [
    _mix(lambda letter: f"\\u{ord(letter):04x}", _plain),
    _mix(_plain, lambda letter: f"\\u{ord(letter):04X}"),
    _mix(lambda letter: f"\\x{ord(letter):02x}", _plain),
    _mix(lambda letter: f"\\\\u{ord(letter):04x}", _plain),
    _mix(lambda letter: f"%{ord(letter):02x}", quote),
    _mix(quote, lambda letter: f"%{ord(letter):02X}"),
    _mix(lambda letter: f"%25{ord(letter):02x}"),
    _mix(lambda letter: f"%u00{ord(letter):02x}"),
    _mix(lambda letter: f"&#{ord(letter)};", html.escape),
    _mix(lambda letter: f"&#x{ord(letter):x};", lambda letter: f"&#X{ord(letter):04X}"),
    _mix(lambda letter: f"&amp;#0{ord(letter)};"),
    html.escape(SECRET),
    SECRET.replace("_", "&lowbar;").replace("/", "&sol;"),
    _mix(str, lambda letter: f"\\u{ord(letter):04x}", quote, lambda letter: f"&#{ord(letter)};"),
]
"""Forms in which each letter, or every other one, is escaped in one way, and one with all ways."""
REDACTOR = Redactor([SECRET, "cs_live", ""])


@pytest.mark.parametrize("form", [*FORMS, *MIXED_FORMS])
def test_every_form_of_a_secret_is_removed(form: str) -> None:
    """A secret is removed whichever of its letters are escaped, a longer one before a shorter one in it."""
    assert REDACTOR.redact_text(f"<{form}>") == f"<{MASK}>"
    assert REDACTOR.redact_bytes(f"<{form}>".encode()) == f"<{MASK}>".encode()


def test_escapes_without_a_secret_stay() -> None:
    """A text with escapes, and with parts of a secret, stays as it is; a run of signs is read in no time."""
    for text in (
        '{"a": "\\u0063s_li!v\\u0065"}',
        "%63s_li!v%65&amp;&#99;",
        "\\" * 10**5,
        "&amp;" * 10**5,
        "%25" * 10**5,
    ):
        assert (REDACTOR.redact_text(text), REDACTOR.finds_secret(text.encode())) == (text, False)
    assert REDACTOR.redact_text("\ud800\\") == "\ud800\\"


def test_a_key_that_is_nearly_a_secret_is_removed_with_escapes_too() -> None:
    """A key that tells nearly all of a secret is removed with a letter escaped, but is not the secret itself."""
    near = "cs_live_4f9aQ7x"
    redactor, escaped = build_redactor([near + "E"]), near.replace("c", "\\u0063").encode()
    assert (redactor.redact_bytes(escaped), redactor.finds_secret(escaped)) == (MASK.encode(), False)


def test_names_of_members_stay() -> None:
    """Secrets are removed from the texts of a JSON value at any depth; numbers and names of members stay."""
    value = {SECRET: [SECRET, {"a": f"x{SECRET}"}, 7, None, True], "b": (SECRET,)}
    assert REDACTOR.redact_value(value) == {
        SECRET: [MASK, {"a": f"x{MASK}"}, 7, None, True],
        "b": [MASK],
    }


@pytest.mark.parametrize("form", [*FORMS, *MIXED_FORMS])
def test_a_response_has_no_secrets(form: str) -> None:
    """Headers and body of a response have no secret, and it says that it had one; any other is the same object."""
    request = httpx.Request("GET", "http://x")
    response = httpx.Response(200, headers={"x-echo": form}, content=f"[{form}]".encode(), request=request)
    redacted = redact_response(response, REDACTOR)
    assert (redacted.headers["x-echo"], redacted.text) == (MASK, f"[{MASK}]")
    assert (redacted.status_code, redacted.request) == (200, request)
    assert redacted.extensions[SHOWS_KEY]
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
