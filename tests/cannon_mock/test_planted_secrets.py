"""A key that is planted in any part of an exchange is in nothing that the mock shows afterwards."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest

from cannon_mock import Config
from cannon_mock.app import create_app
from cannon_mock.setting_sources import build_config
from cannon_mock.settings import SettingError, Source
from cannon_mock.stores import StoreError, open_records
from cannon_mock.testing.mock_handle import MockHandle
from cannon_mock.views import exchange_log
from tests.support.mocks import LONG_MS, Driver, body

SECRET = "4f9aQ7xE-hushhush"
PLANTED = f"cs_live_{SECRET}"
FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: text.replace("c", "\\u0063").replace("f", "\\u0066"),
    "address": lambda text: quote(text).replace("c", "%63").replace("x", "%78"),
    "HTML": lambda text: text.replace("c", "&#99;").replace("Q", "&#x51;"),
}
SHOWN_PATHS = ("journal", "tasks", "webhooks", "scenarios")


def _plant(mock: Driver, planted: str) -> str:
    """Send a secret in each part of a call, and return the id of a request."""
    hook = f"http://user:{SECRET}@127.0.0.1:1/hook?token={SECRET}&page=2"
    for headers in ({"x-idempotency-key": planted}, {"x-mock-scenario": planted}, {"host": f"{planted}!"}):
        mock.create(body(prompt=f"a {planted}"), headers=headers)
    mock.create({**body(model=planted), "operation": planted})
    mock.post(f'{{"{planted}": "{planted}')
    mock.get(f"/api/v1/requests/{planted}")
    mock.get(f"/{planted}?key={planted}")
    mock.get(f"/assets/{planted}")
    mock.client.open("/api/v1/requests", method="PATCH", headers={"x-api-key": planted})
    mock.client.post("/__mock__/scenarios", json={"scenario": "slow", "match": {"prompt": planted, "key": planted}})
    return mock.create_and_get_id({**body(), "webhook_url": hook})


@pytest.mark.parametrize(("form", "log"), list(zip(FORMS, ("text", "json", "json", "text"), strict=True)))
def test_a_planted_secret_is_shown_nowhere(
    form: str,
    log: str,
    make_mock: Callable[..., Driver],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No answer of the admin API, line of either log, or message of a failed test has a secret of a call."""
    mock, planted = make_mock(verbose=True, log=log), FORMS[form](PLANTED)
    app = mock.client.application
    exchange_log.install(app)
    with caplog.at_level(logging.ERROR):
        id_ = _plant(mock, planted)
        mock.clock.advance(LONG_MS)
    handle = MockHandle(app, "http://mock", planted, None)  # type: ignore[arg-type]  # it receives no webhook
    with pytest.raises(AssertionError) as failure:
        handle.assert_called(100, path=planted, request_id=planted)
    texts = [mock.get(f"/__mock__/{path}").get_data(as_text=True) for path in (*SHOWN_PATHS, f"tasks/{id_}")]
    texts += [str(failure.value), repr(handle), repr(mock.context), caplog.text, *capsys.readouterr()]
    assert not [text for text in texts if planted[-8:] in text or "hushhush" in text]
    assert json.loads(texts[0])["count"] > 8


def test_words_are_found_by_what_they_are(make_mock: Callable[..., Driver]) -> None:
    """H9: a word that has cs_ within it stays whole, and a key is found by itself though it is shown cut."""
    mock = make_mock()
    handle = MockHandle(mock.client.application, "http://mock", "", None)  # type: ignore[arg-type]
    for key in ("metrics_1", PLANTED):
        mock.create(body(prompt="docs_final.png"), headers={"x-idempotency-key": key})
        handle.assert_called(1, idempotency_key=key)
    assert [each.idempotency_key for each in handle.journal] == ["metrics_1", "cs_..."]
    assert "docs_final.png" in handle.journal[0].request_body
    assert mock.get(f"/__mock__/journal/count?idempotency_key={PLANTED}").get_json() == {"count": 1}


def test_a_body_is_redacted_before_it_is_cut(make_mock: Callable[..., Driver]) -> None:
    """Of a body that is longer than the journal keeps, no part of a secret is left at its end."""
    for length in range(4096 - 40, 4096, 7):
        mock = make_mock()
        mock.post(b"x" * length + f" http://user:{SECRET}@host/ ".encode())
        assert SECRET[:2] not in mock.get("/__mock__/journal").get_json()["exchanges"][0]["request_body"]


def test_settings_show_no_secret() -> None:
    """Neither the repr of settings nor an error about one shows a token, the secret of webhooks or a password."""
    secret = "whsec_" + "A" * 32
    settings = {"store": f"redis://:{SECRET}@h/0", "admin_token": SECRET, "webhook_secret": secret}
    texts = [repr(Config(**settings))]  # type: ignore[arg-type]
    assert "redis://...@h/0" in texts[0]
    for name, value in {
        "webhook_secret": f"whsec_{SECRET}",
        "public_url": f"http://u:{SECRET}@h",
        "port": PLANTED,
    }.items():
        with pytest.raises(SettingError) as error:
            build_config(Source("{flag} {value}", {name: value}))
        texts += [str(error.value), repr(error.value)]
    for address in (f"redis://:{SECRET}/@127.0.0.1:1/0", f"redis://:{SECRET}@127.0.0.1:1/0?foo=1", f"x://u:{SECRET}@h"):
        with pytest.raises(StoreError) as store_error:
            open_records(address)
        texts.append(str(store_error.value))
    with pytest.raises(StoreError) as unreachable:
        create_app(Config(store=f"redis://:{SECRET}@127.0.0.1:1/0"))
    assert not [text for text in (*texts, str(unreachable.value)) if "hush" in text or secret in text]
