"""The application with urllib3, its Retry, and Flask."""

import pytest
import songs


@pytest.fixture(autouse=True)
def environment(cannon_mock, cannon_clock, monkeypatch):
    cannon_clock.patch(songs, "urllib3.util.retry")  # its pauses and those of Retry take no time
    monkeypatch.setenv("STUDIO_API_KEY", cannon_mock.key)
    monkeypatch.setenv("STUDIO_WEBHOOK_SECRET", cannon_mock.webhook_secret)
    monkeypatch.setattr(songs, "finished", {})


def test_a_song_arrives():
    assert songs.make_song("A slow waltz", "show-1")


def test_a_failure_is_reported(cannon_mock):
    cannon_mock.scenario("failed-internal")
    with pytest.raises(songs.SongError, match="internal error"):
        songs.make_song("A slow waltz", "show-1")


def test_a_refusal_is_not_repeated(cannon_mock):
    cannon_mock.scenario("insufficient-credits")
    with pytest.raises(songs.SongError, match="402"):
        songs.make_song("A slow waltz", "show-1")
    cannon_mock.assert_called(1, method="POST")


@pytest.mark.parametrize("limit", ["rate-limited", "rate-limited-date"])
def test_a_rate_limit_is_obeyed(cannon_mock, limit):
    cannon_mock.scenario(limit)
    assert songs.make_song("A slow waltz", "show-1")
    cannon_mock.assert_called(2, status=429)


def test_an_answer_that_comes_too_late_is_asked_for_again(cannon_mock):
    cannon_mock.scenario(latency_ms=40_000, times=1)
    assert songs.make_song("A slow waltz", "show-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


@pytest.mark.parametrize("trouble", ["no-answer-stored", "cut-off", "error-503-stored"])
def test_a_lost_answer_makes_no_second_song(cannon_mock, trouble):
    cannon_mock.scenario(trouble)
    assert songs.make_song("A slow waltz", "show-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


def test_a_song_that_never_ends_is_given_up(cannon_mock):
    cannon_mock.scenario("stuck")
    with pytest.raises(songs.SongLate):
        songs.make_song("A slow waltz", "show-1")


def test_an_outage_is_reported(cannon_mock):
    cannon_mock.scenario(status=503)
    with pytest.raises(songs.SongError, match="too many 503"):
        songs.make_song("A slow waltz", "show-1")


def test_the_radio_hears_of_the_end(cannon_mock):
    cannon_mock.on_webhook(app=songs.app)
    job = songs.create("A slow waltz", "show-1", webhook_url="https://radio.example/webhooks/cannon")
    songs.wait(job)
    assert songs.finished[job["id"]]["status"] == "succeeded"


def test_a_forged_webhook_is_refused(cannon_mock):
    cannon_mock.scenario("webhook-wrong-secret")
    cannon_mock.on_webhook(app=songs.app)
    job = songs.create("A slow waltz", "show-1", webhook_url="https://radio.example/webhooks/cannon")
    songs.wait(job)
    assert cannon_mock.webhooks[0].attempts[0].status == 401
    assert not songs.finished
