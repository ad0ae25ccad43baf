"""The application with requests and Flask."""

import pictures
import pytest


@pytest.fixture(autouse=True)
def environment(cannon_mock, cannon_clock, monkeypatch):
    cannon_clock.patch(pictures)  # its pauses take no time
    monkeypatch.setenv("STUDIO_API_KEY", cannon_mock.key)
    monkeypatch.setenv("STUDIO_WEBHOOK_SECRET", cannon_mock.webhook_secret)
    monkeypatch.setattr(pictures, "finished", {})


def test_a_picture_arrives():
    assert pictures.make_picture("A red bicycle", "order-1").startswith(b"\x89PNG")


def test_a_failure_is_reported(cannon_mock):
    cannon_mock.scenario("failed-moderation")
    with pytest.raises(pictures.GenerationFailed, match="flagged"):
        pictures.make_picture("A red bicycle", "order-1")


def test_a_refusal_is_not_repeated(cannon_mock):
    cannon_mock.scenario("insufficient-credits")
    with pytest.raises(pictures.Refused, match="credits"):
        pictures.make_picture("A red bicycle", "order-1")
    cannon_mock.assert_called(1, method="POST")


@pytest.mark.parametrize("limit", ["rate-limited", "rate-limited-date"])
def test_a_rate_limit_is_obeyed(cannon_mock, limit):
    cannon_mock.scenario(limit)
    assert pictures.make_picture("A red bicycle", "order-1")
    cannon_mock.assert_called(2, status=429)


def test_an_answer_that_comes_too_late_is_asked_for_again(cannon_mock):
    cannon_mock.scenario(latency_ms=40_000, times=1)
    assert pictures.make_picture("A red bicycle", "order-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


@pytest.mark.parametrize("trouble", ["no-answer-stored", "cut-off", "error-503-stored"])
def test_a_lost_answer_makes_no_second_picture(cannon_mock, trouble):
    cannon_mock.scenario(trouble)
    assert pictures.make_picture("A red bicycle", "order-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


def test_a_picture_that_never_ends_is_given_up(cannon_mock):
    cannon_mock.scenario("stuck")
    with pytest.raises(pictures.DeadlineExceeded):
        pictures.make_picture("A red bicycle", "order-1")


def test_an_outage_is_reported(cannon_mock):
    cannon_mock.scenario(status=503)
    with pytest.raises(pictures.Unavailable):
        pictures.make_picture("A red bicycle", "order-1")


def test_the_shop_hears_of_the_end(cannon_mock):
    cannon_mock.on_webhook(app=pictures.app)
    job = pictures.create("A red bicycle", "order-1", webhook_url="https://shop.example/webhooks/cannon")
    pictures.wait(job)
    assert pictures.finished[job["id"]]["status"] == "succeeded"


def test_a_forged_webhook_is_refused(cannon_mock):
    cannon_mock.scenario("webhook-wrong-secret")
    cannon_mock.on_webhook(app=pictures.app)
    job = pictures.create("A red bicycle", "order-1", webhook_url="https://shop.example/webhooks/cannon")
    pictures.wait(job)
    assert cannon_mock.webhooks[0].attempts[0].status == 401
    assert not pictures.finished
