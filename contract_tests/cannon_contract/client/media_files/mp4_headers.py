"""Reads MP4 files (ISO/IEC 14496-12): boxes within boxes, of which ``moov`` says how the file plays (floor 6)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from cannon_contract.client.media_files.measured_file import BrokenFile, MeasuredFile, PictureSize, UnknownFormat

_MOST_BOXES = 10_000
"""How many boxes of one level are read: a file has some ten, and one in fragments some hundred."""
_TO_THE_END, _LONG_SIZE = 0, 1
"""Sizes in the head of a box that stand for another one."""
_NEEDED = ("moov", "mdat", "moof")
"""The boxes that a file needs whole: what follows the last of them may be anything."""
_UNKNOWN_DURATIONS = (0, 2**32 - 1, 2**64 - 1)
_VIDEO, _SOUND = b"vide", b"soun"


def read_mp4(content: bytes) -> MeasuredFile:
    """Measure the first video of an MP4 file, or its first sound where it has no video.

    Raises BrokenFile for a file that is cut off or plays nothing, UnknownFormat for one that does not say how long it
    lasts: one in fragments need not.
    """
    file = _Mp4Box(content, "", 0, len(content))
    file.check_whole()
    movie = file.find("moov")
    tracks = {each.find("mdia", "hdlr").unpack(">4s", 8): each for each in reversed(movie.list_children("trak"))}
    kind = _VIDEO if _VIDEO in tracks else _SOUND
    if kind not in tracks:
        raise BrokenFile("it has neither a video nor a sound")
    track, fragments = tracks[kind], movie.list_children("mvex")
    if not (fragments or _has_samples(track)):
        raise BrokenFile("its track has no samples")
    return MeasuredFile(_find_duration(movie, track, fragments), _find_size(track) if kind == _VIDEO else None)


@dataclass(frozen=True, slots=True)
class _Mp4Box:
    """The bytes from ``start`` to ``end`` of a file: those of a box without the head that names it."""

    content: bytes = field(repr=False)
    name: str
    start: int
    end: int

    def check_whole(self) -> None:
        """Raise BrokenFile where a box that a file needs is longer than the file."""
        for box in self._walk():
            if box.end > self.end and box.name in _NEEDED:
                size, rest = box.end - box.start, self.end - box.start
                raise BrokenFile(f"its box {box.name} has {size} bytes, of which {rest} are there")

    def list_children(self, name: str) -> list[_Mp4Box]:
        """The boxes of a name that are directly within this one."""
        return [box for box in self._walk() if box.name == name and box.end <= self.end]

    def find(self, *path: str) -> _Mp4Box:
        """The first box at a path of names. Raises BrokenFile where there is none."""
        box = self
        for name in path:
            children = box.list_children(name)
            if not children:
                raise BrokenFile(f"it has no whole box {name}" + (f" in its box {box.name}" if box.name else ""))
            box = children[0]
        return box

    def unpack(self, format: str, offset: int) -> int | bytes:
        """One value of the box, by a format of the module struct. Raises BrokenFile where the box is too short."""
        if self.start + offset + struct.calcsize(format) > self.end:
            raise BrokenFile(f"its box {self.name} is too short")
        value: int | bytes = struct.unpack_from(format, self.content, self.start + offset)[0]
        return value

    def read_number(self, offset: int, format: str = ">I") -> int:
        """One whole number of the box."""
        return int(self.unpack(format, offset))

    @property
    def is_long(self) -> bool:
        """Whether the times in the box have eight bytes, as its version says."""
        return self.read_number(0, ">B") == 1

    def _walk(self) -> Iterator[_Mp4Box]:
        """The boxes directly within this one; the last may be longer than this one."""
        position, count = self.start, 0
        while position + 8 <= self.end:
            size, name = struct.unpack_from(">I4s", self.content, position)
            head = 8
            if size == _LONG_SIZE and position + 16 <= self.end:
                size, head = struct.unpack_from(">Q", self.content, position + 8)[0], 16
            end = self.end if size == _TO_THE_END else position + size
            if end < position + head:
                raise BrokenFile(f"a box in it names {size} bytes, fewer than its own head has")
            count += 1
            if count > _MOST_BOXES:
                raise UnknownFormat(f"an MP4 file with more than {_MOST_BOXES} boxes")
            yield _Mp4Box(self.content, _to_text(name), position + head, end)
            position = end


def _to_text(name: bytes) -> str:
    """The name of a box, with a dot for each byte that is no printable ASCII character."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in name)


def _has_samples(track: _Mp4Box) -> bool:
    """Whether the table of samples has any."""
    table = track.find("mdia", "minf", "stbl")
    return any(each.read_number(8) for name in ("stsz", "stz2") for each in table.list_children(name))


def _find_duration(movie: _Mp4Box, track: _Mp4Box, fragments: list[_Mp4Box]) -> float:
    """How long a track lasts, edits included: by its own head or that of its media; in fragments by the sum of them."""
    head, media = track.find("tkhd"), track.find("mdia", "mdhd")
    movie_scale, media_scale = (_read_scale(each) for each in (movie.find("mvhd"), media))
    whole_durations = (
        (_read_time(head, 28 if head.is_long else 20), movie_scale),
        (_read_time(media, 24 if media.is_long else 16), media_scale),
    )
    sums = ((_read_time(each, 4), movie_scale) for box in fragments for each in box.list_children("mehd"))
    for duration, units_per_second in sums if fragments else whole_durations:
        if duration not in _UNKNOWN_DURATIONS:
            return duration / units_per_second
    raise UnknownFormat("an MP4 file that does not say how long it lasts")


def _read_time(box: _Mp4Box, offset: int) -> int:
    return box.read_number(offset, ">Q" if box.is_long else ">I")


def _read_scale(box: _Mp4Box) -> int:
    """How many units of time a second has."""
    scale = box.read_number(20 if box.is_long else 12)
    if not scale:
        raise BrokenFile(f"its box {box.name} has a second of 0 units")
    return scale


def _find_size(track: _Mp4Box) -> PictureSize | None:
    """The size at which a video is shown, turned as its matrix says; None where its head has none."""
    head = track.find("tkhd")
    matrix = 52 if head.is_long else 40
    width, height = (round(head.read_number(matrix + offset) / 2**16) for offset in (36, 40))
    is_turned = not (head.read_number(matrix) or head.read_number(matrix + 16)) and head.read_number(matrix + 4)
    size = PictureSize(height, width) if is_turned else PictureSize(width, height)
    return size if width and height else None
