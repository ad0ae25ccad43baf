"""The application with aiohttp and FastAPI."""

import aiohttp
import pytest
import voices

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
def environment(cannon_mock, cannon_clock, monkeypatch):
    cannon_clock.patch(voices)  # its pauses take no time
    monkeypatch.setenv("STUDIO_API_KEY", cannon_mock.key)
    monkeypatch.setenv("STUDIO_WEBHOOK_SECRET", cannon_mock.webhook_secret)
    monkeypatch.setattr(voices, "finished", {})


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_narration_arrives(session):
    assert await voices.speak(session, "The harbour woke.", "station-1")


async def test_a_failure_is_reported(session, cannon_mock):
    cannon_mock.scenario("failed-moderation")
    with pytest.raises(voices.VoiceError, match="flagged"):
        await voices.speak(session, "The harbour woke.", "station-1")


async def test_a_refusal_is_not_repeated(session, cannon_mock):
    cannon_mock.scenario("insufficient-credits")
    with pytest.raises(voices.VoiceError, match="credits"):
        await voices.speak(session, "The harbour woke.", "station-1")
    cannon_mock.assert_called(1, method="POST")


@pytest.mark.parametrize("limit", ["rate-limited", "rate-limited-date"])
async def test_a_rate_limit_is_obeyed(session, cannon_mock, limit):
    cannon_mock.scenario(limit)
    assert await voices.speak(session, "The harbour woke.", "station-1")
    cannon_mock.assert_called(2, status=429)


async def test_an_answer_that_comes_too_late_is_asked_for_again(session, cannon_mock):
    cannon_mock.scenario(latency_ms=40_000, times=1)
    assert await voices.speak(session, "The harbour woke.", "station-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


@pytest.mark.parametrize("trouble", ["no-answer-stored", "cut-off", "error-503-stored"])
async def test_a_lost_answer_makes_no_second_narration(session, cannon_mock, trouble):
    cannon_mock.scenario(trouble)
    assert await voices.speak(session, "The harbour woke.", "station-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


async def test_a_narration_that_never_ends_is_given_up(session, cannon_mock):
    cannon_mock.scenario("stuck")
    with pytest.raises(voices.VoiceLate):
        await voices.speak(session, "The harbour woke.", "station-1")


async def test_an_outage_is_reported(session, cannon_mock):
    cannon_mock.scenario(status=503)
    with pytest.raises(voices.VoiceError, match="no answer in 5 tries"):
        await voices.speak(session, "The harbour woke.", "station-1")


async def test_the_guide_hears_of_the_end(session, cannon_mock):
    cannon_mock.on_webhook(app=voices.app)
    job = await voices.create(
        session, "The harbour woke.", "station-1", webhook_url="https://guide.example/webhooks/cannon"
    )
    await voices.wait(session, job)
    assert voices.finished[job["id"]]["status"] == "succeeded"


async def test_a_forged_webhook_is_refused(session, cannon_mock):
    cannon_mock.scenario("webhook-wrong-secret")
    cannon_mock.on_webhook(app=voices.app)
    job = await voices.create(
        session, "The harbour woke.", "station-1", webhook_url="https://guide.example/webhooks/cannon"
    )
    await voices.wait(session, job)
    assert cannon_mock.webhooks[0].attempts[0].status == 401
    assert not voices.finished
