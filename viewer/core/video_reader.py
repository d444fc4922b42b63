"""Decoding from any keyframe on, each picture named by the packet that held it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from viewer.core.cancel import CancelToken
from viewer.core.errors import FileError, VideoError
from viewer.core.files import read_head
from viewer.core.limits import PICTURE_PIXELS
from viewer.core.tone_map import Colours
from viewer.core.video_index import NO_TIME, PacketTable, packets_of
from viewer.core.video_stream import picture_stream
from viewer.core.video_wholeness import lacks_index

# Anything else that FFmpeg would open (text as teletype, playlists, single pictures) is no video.
_CONTAINERS = {
    "mov",
    "matroska",
    "webm",
    "avi",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "flv",
    "asf",
    "ogg",
    "h264",
    "hevc",
    "m4v",
    "ivf",
    "gif",
    "mxf",
    "nut",
    "rm",
    "dv",
    "3gp",
    "mp4",
    "obu",
    "wtv",
    "y4m",
    "yuv4mpegpipe",
}
_SOUNDS = ("wav", "mp3", "flac", "aac", "aiff", "caf", "ac3", "w64", "au")
_ALONE = {"protocol_whitelist": "file", "format_whitelist": ",".join((*sorted(_CONTAINERS), *_SOUNDS))}
"""Of a video only itself is read.  FFmpeg tells a format by its contents, and some are lists of other files
and addresses (HLS, concat scripts, DASH, SDP) or name them by a pattern (image2): none of them is opened,
however the file is called, nor anything over the network."""

_PLAYLIST = re.compile(
    rb"(\xef\xbb\xbf)?\s*(#EXTM3U|ffconcat |<MPD|<\?xml[^>]*>\s*<MPD|\[playlist\]|v=0\r?\no=)"
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\0", b"MM\0*", b"8BPS")
_PICTURE = "this is a picture, not a video"
_HEAD = 256
Ordinals = NDArray[np.int64]
_OTHER = "choose a video such as MP4, MOV, MKV, WebM or AVI"


def open_container(path: Path) -> Any:
    """A readable FFmpeg container of a local file.

    Raises ``FileError`` for a file that is missing, a folder, empty or not permitted, and
    ``VideoError`` for one that is damaged or no film.
    """
    head = read_head(path, _HEAD)
    if not head:
        raise FileError("the file is empty", "copy it again from where it was recorded", path)
    if _PLAYLIST.match(head):
        raise VideoError("this is a playlist, not a video", "choose one of the videos it names", path)
    try:
        container = av.open(f"file:{path}", options=_ALONE, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError):
        if lacks_index(path):
            raise VideoError(
                "it is cut off before its index: its recording was not finished",
                "copy it again, or have its index rebuilt by the program that recorded it",
                path,
            ) from None
        what = "it is damaged, cut off before its first picture, or no video"
        raise VideoError(_PICTURE if head.startswith(_PICTURES) else what, _OTHER, path) from None
    if not _CONTAINERS & set(container.format.name.split(",")):
        name = container.format.name
        container.close()
        if name in _SOUNDS:
            raise VideoError("it has sound but no pictures", _OTHER, path)
        raise VideoError("it is not a video", _OTHER, path)
    return container


def refuse_size(width: int, height: int, path: Path) -> None:
    """Raise ``VideoError`` for pictures that are too large to be decoded."""
    if width * height > PICTURE_PIXELS:
        raise VideoError(
            f"its pictures are too large ({width} × {height})", "scale it down to at most 8192 × 4320", path
        )


class FrameReader:
    """Decodes one video stream, forward from any keyframe.  For one thread at a time.

    Every picture comes with the *ordinal* of its packet (see :mod:`viewer.core.video_index`),
    carried through the decoder, so that it is known whatever its time stamps say.
    """

    def __init__(self, path: Path, threads: bool = True) -> None:
        self.path = path
        self._threads = threads
        self._container: Any = None
        self._stream: Any = None
        self._packets: Iterator[Any] = iter(())
        self._table: PacketTable | None = None
        self._keys_of_size: dict[int, list[int]] = {}
        self.next_ordinal = 0
        self._drained = False
        self.colours = Colours()
        """The colours that the container names; decoders forget them."""
        self._reopen()

    @property
    def container(self) -> Any:
        """The open ``av`` container; another one after a place could not be sought."""
        return self._container

    @property
    def stream(self) -> Any:
        """Its stream of pictures."""
        return self._stream

    def use_table(self, table: PacketTable) -> None:
        """Allow seeking, by the packets read before."""
        self._table = table
        for ordinal in table.keys.tolist():
            self._keys_of_size.setdefault(int(table.size[ordinal]), []).append(ordinal)
        self._packets = iter(())

    def close(self) -> None:
        """Let go of the file and the decoder; harmless when repeated."""
        self._packets = iter(())
        if self._container is not None:
            self._container.close()
            # The stream holds the decoder with all its buffers.
            self._container = self._stream = None

    def start_at(self, ordinal: int, cancel: CancelToken | None = None) -> None:
        """Make ``ordinal`` (a keyframe packet, or 0) the next packet to decode.

        Raises ``VideoError`` when the file is no longer what was indexed, and ``Cancelled``.
        """
        table = self._table
        assert table is not None
        earlier = table.keys[table.keys <= ordinal]
        back = 0
        while back < len(earlier):
            landed = self._seek(int(earlier[-1 - back]), cancel)
            if landed is not None and landed <= ordinal and self._skip_to(ordinal, landed, cancel):
                return
            back = 2 * back + 1
        self._reopen()
        if not self._skip_to(ordinal, None, cancel):
            raise VideoError("the file changed while it was open", "open it again", self.path)

    def read(self, cancel: CancelToken | None = None) -> list[tuple[int, Any]] | None:
        """Decode one packet; its (ordinal, picture) pairs, often none or several.

        None once the stream has ended.  A packet that the decoder refuses gives nothing.
        """
        if cancel is not None:
            cancel.check()
        try:
            packet = next(self._packets, None)
        except av.error.FFmpegError:
            packet = None
        if packet is None:
            self._packets = iter(())
            return self._drain()
        # A new list each time: PyAV keeps these by identity, and equal small numbers are one object.
        packet.opaque = [self.next_ordinal]
        self.next_ordinal += 1
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            return []
        return [(frame.opaque[0], frame) for frame in frames]

    def _drain(self) -> list[tuple[int, Any]] | None:
        if self._drained:
            return None
        self._drained = True
        try:
            frames = self._stream.decode(None)
        except av.error.FFmpegError:
            return None
        return [(frame.opaque[0], frame) for frame in frames]

    def _reopen(self) -> None:
        self.close()
        container = open_container(self.path)
        stream = picture_stream(container)
        if stream is None:
            container.close()
            raise VideoError("it has sound but no pictures", _OTHER, self.path)
        try:
            # By what the file claims, before the first picture takes memory; the decoder refuses
            # those that only turn out to be larger.
            if stream.codec_context is None:
                raise VideoError("its pictures are coded in a way not known here", _OTHER, self.path)
            refuse_size(stream.width, stream.height, self.path)
        except VideoError:
            container.close()
            raise
        stream.codec_context.options = {"max_pixels": str(PICTURE_PIXELS)}
        stream.thread_type = "AUTO" if self._threads else "NONE"
        stream.codec_context.copy_opaque = True
        self.colours = Colours.of(stream.codec_context)
        self._container, self._stream = container, stream
        self._packets = packets_of(container, stream)
        self.next_ordinal = 0
        self._drained = False

    def _seek(self, key: int, cancel: CancelToken | None) -> int | None:
        """Seek near a keyframe packet; the ordinal on which reading landed, or None."""
        table = self._table
        assert table is not None
        known = [int(t) for t in (table.dts[key], table.pts[key]) if t != NO_TIME]
        if not known:
            return None
        try:
            self._container.seek(min(known), stream=self._stream, backward=True)
        except (av.error.FFmpegError, OverflowError):
            return None
        self._drained = False
        self._packets = packets_of(self._container, self._stream)
        try:
            for packet in self._packets:
                if cancel is not None:
                    cancel.check()
                if packet.is_keyframe:
                    landed = self._recognise(packet)
                    if landed is not None:
                        self._packets = _chain(packet, self._packets)
                        return landed
        except av.error.FFmpegError:
            return None
        return None

    def _recognise(self, packet: Any) -> int | None:
        table = self._table
        assert table is not None
        for ordinal in self._keys_of_size.get(packet.size, ()):
            if packet.pts is None and packet.dts is None:
                same = packet.pos == table.pos[ordinal]
            else:
                same = packet.pts == table.pts[ordinal] or packet.dts == table.dts[ordinal]
            if same:
                return ordinal
        return None

    def _skip_to(self, ordinal: int, landed: int | None, cancel: CancelToken | None) -> bool:
        """Drop packets before ``ordinal``; False when they are not those of the table."""
        table = self._table
        assert table is not None
        place = 0 if landed is None else landed
        try:
            while place < ordinal:
                if cancel is not None:
                    cancel.check()
                packet = next(self._packets, None)
                if packet is None or packet.size != table.size[place]:
                    return False
                place += 1
        except av.error.FFmpegError:
            return False
        self.next_ordinal = ordinal
        return True


def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


def decode_everything(
    path: Path, table: PacketTable, whole: bool, cancel: CancelToken | None = None
) -> list[tuple[int, int | None]]:
    """(packet ordinal, time or None) of every intact picture of the file, in the decoder's
    order; ``whole`` when the file is not known to be damaged."""
    seen: list[tuple[int, int | None]] = []
    with closing(FrameReader(path, threads=whole)) as reader:
        reader.use_table(table)
        reader.start_at(0, cancel)
        while (pictures := reader.read(cancel)) is not None:
            seen += [(ordinal, frame.pts) for ordinal, frame in pictures if not frame.is_corrupt]
    return seen


def check_ends(
    path: Path, table: PacketTable, check_tail: bool, cancel: CancelToken | None = None
) -> tuple[Ordinals, Ordinals]:
    """Packets at the file's start and end that give no picture, and others near its end that
    give none that is intact: a recording cut in the middle of a group of pictures has some."""
    none = np.zeros(0, np.int64)
    keys = table.keys
    if not len(keys):
        return none, none
    first = int(keys[0])
    early = np.flatnonzero((np.arange(len(table)) < first) | (table.pts < table.pts[first]))
    early = early[~table.discard[early]] if not table.discard[first] else none
    if not len(early) and not check_tail:
        return none, none
    missing: list[int] = []
    damaged: list[int] = []
    # With several threads a decoder marks a damaged picture sometimes only after handing it out.
    with closing(FrameReader(path, threads=False)) as reader:
        reader.use_table(table)
        if len(early):
            reader.start_at(0, cancel)
            given = _given(reader, int(early[-1]) + 1, cancel)
            missing += [k for k in early.tolist() if k not in given]
        if check_tail:
            start = int(keys[-2]) if len(keys) > 1 else 0
            reader.start_at(start, cancel)
            given = _given(reader, len(table), cancel)
            at_end = True
            for ordinal in np.argsort(table.pts, kind="stable")[::-1].tolist():
                # Pictures shown before that keyframe refer to what was not decoded here.
                if ordinal < start or table.pts[ordinal] < table.pts[start]:
                    continue
                at_end = at_end and ordinal not in given
                if ordinal not in given:
                    (missing if at_end else damaged).append(ordinal)
    return np.array(missing, np.int64), np.array(damaged, np.int64)


def _given(reader: FrameReader, end: int, cancel: CancelToken | None) -> set[int]:
    """Ordinals of intact pictures until packet ``end`` and what it delays have been decoded."""
    given: set[int] = set()
    after = 0
    while after < 32 and (pictures := reader.read(cancel)) is not None:
        given |= {ordinal for ordinal, frame in pictures if not frame.is_corrupt}
        after += int(reader.next_ordinal > end)
    return given
