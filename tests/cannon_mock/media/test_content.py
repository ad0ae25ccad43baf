"""How large and how long a file may be: one beyond it is made smaller, and its reply says so."""

from __future__ import annotations

from io import BytesIO

import av
import pytest

from cannon_mock.media import content
from cannon_mock.media.content import LONGEST_S, MOST_PIXELS, limit_content
from tests.cannon_mock.media.contents import SMALL
from tests.support.mocks import DriverFactory


@pytest.mark.parametrize(
    ("asked", "limited"),
    [
        ((320, 180, 2), (320, 180, 2)),
        ((4096, 8192, LONGEST_S), (4096, 8192, LONGEST_S)),
        ((4096, 8194, 2), (2048, 4097, 2)),
        ((9999, 9999, 86_400), (4999, 4999, LONGEST_S)),
        ((320, 180, 601), (320, 180, LONGEST_S)),
    ],
)
def test_a_file_has_a_most_of_seconds_and_pixels(
    asked: tuple[int, int, float], limited: tuple[int, int, float]
) -> None:
    """What is beyond the limits lasts as long as they allow, with sides halved until the pixels fit; the rest stays."""
    width, height, duration = asked
    result = limit_content(SMALL._replace(width=width, height=height, duration=duration))
    assert (result.width, result.height, result.duration) == limited
    assert result.width * result.height <= MOST_PIXELS


def test_a_shortened_file_says_so(make_mock: DriverFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A video of more seconds than a file may last has those, and the header that tells it; one of as many has none."""
    monkeypatch.setattr(content, "LONGEST_S", 4)
    mock = make_mock(progression="immediate")
    for duration, difference in ((4, None), (5, "shortened")):
        input = {"prompt": "A fox", "model": "veo31" if duration == 4 else "wan27video", "duration": duration}
        output = mock.create_and_finish({"operation": "video.generate", "input": input})["output"]
        reply = mock.client.get(output["video_url"])
        assert reply.headers.get("x-mock-media") == difference
        with av.open(BytesIO(reply.data)) as container:
            assert container.duration == 4 * av.time_base
