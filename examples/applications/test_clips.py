"""The application with asynchronous httpx and FastAPI."""

import clips
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
def environment(cannon_mock, cannon_clock, monkeypatch):
    cannon_clock.patch(clips)  # its pauses take no time
    monkeypatch.setenv("STUDIO_API_KEY", cannon_mock.key)
    monkeypatch.setenv("STUDIO_WEBHOOK_SECRET", cannon_mock.webhook_secret)
    monkeypatch.setattr(clips, "finished", {})


@pytest.fixture
async def maker():
    async with clips.Clips() as maker:
        yield maker


async def test_a_clip_arrives(maker):
    assert b"ftyp" in await maker.make("A market at dusk", "story-1")


async def test_a_failure_is_reported(maker, cannon_mock):
    cannon_mock.scenario("failed-moderation")
    with pytest.raises(clips.ClipError, match="flagged"):
        await maker.make("A market at dusk", "story-1")


async def test_a_refusal_is_not_repeated(maker, cannon_mock):
    cannon_mock.scenario("insufficient-credits")
    with pytest.raises(clips.ClipError, match="credits"):
        await maker.make("A market at dusk", "story-1")
    cannon_mock.assert_called(1, method="POST")


@pytest.mark.parametrize("limit", ["rate-limited", "rate-limited-date"])
async def test_a_rate_limit_is_obeyed(maker, cannon_mock, limit):
    cannon_mock.scenario(limit)
    assert await maker.make("A market at dusk", "story-1")
    cannon_mock.assert_called(2, status=429)


async def test_an_answer_that_comes_too_late_is_asked_for_again(maker, cannon_mock):
    cannon_mock.scenario(latency_ms=40_000, times=1)
    assert await maker.make("A market at dusk", "story-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


@pytest.mark.parametrize("trouble", ["no-answer-stored", "cut-off", "error-503-stored"])
async def test_a_lost_answer_makes_no_second_clip(maker, cannon_mock, trouble):
    cannon_mock.scenario(trouble)
    assert await maker.make("A market at dusk", "story-1")
    cannon_mock.assert_called(2, method="POST")
    assert len(cannon_mock.tasks) == 1


async def test_a_clip_that_never_ends_is_given_up(maker, cannon_mock):
    cannon_mock.scenario("stuck")
    with pytest.raises(clips.ClipLate):
        await maker.make("A market at dusk", "story-1")


async def test_an_outage_is_reported(maker, cannon_mock):
    cannon_mock.scenario(status=503)
    with pytest.raises(clips.ClipError, match="no answer in 5 tries"):
        await maker.make("A market at dusk", "story-1")


async def test_the_newsroom_hears_of_the_end(maker, cannon_mock):
    cannon_mock.on_webhook(app=clips.app)
    job = await maker.create("A market at dusk", "story-1", webhook_url="https://news.example/webhooks/cannon")
    await maker.wait(job)
    assert clips.finished[job["id"]]["status"] == "succeeded"


async def test_a_forged_webhook_is_refused(maker, cannon_mock):
    cannon_mock.scenario("webhook-wrong-secret")
    cannon_mock.on_webhook(app=clips.app)
    job = await maker.create("A market at dusk", "story-1", webhook_url="https://news.example/webhooks/cannon")
    await maker.wait(job)
    assert cannon_mock.webhooks[0].attempts[0].status == 401
    assert not clips.finished
