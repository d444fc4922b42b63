"""Any frame of a video, by number or by time, exactly.

Frames are numbered in presentation order from 0; the first is at 0 seconds.  The index comes
from :mod:`viewer.core.video_index`, decoding from :mod:`viewer.core.video_reader`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from viewer.core.byte_cache import ByteCache
from viewer.core.cancel import CancelToken
from viewer.core.errors import VideoError
from viewer.core.frame_rate import grid_of, rate_of, varies
from viewer.core.shown_picture import PictureView, ShownConverter, ShownPicture
from viewer.core.tone_map import Colours
from viewer.core.video_facts import VideoFacts, damage_of, ends_early, picture_notes
from viewer.core.video_index import (
    FrameIndex,
    PacketTable,
    Progress,
    index_by_decoding,
    index_by_times,
    is_streamed,
    read_packets,
    step_back,
    times_are_trustworthy,
)
from viewer.core.video_picture import Orientations, RgbConverter, square_width, usable_sar
from viewer.core.video_reader import FrameReader, check_ends, decode_everything, refuse_size
from viewer.core.video_stream import choice_note
from viewer.core.video_wholeness import CUT, cut_off

# Decoded pictures are kept as they come from the decoder: 1.5 bytes a pixel, where RGB takes 3.
_PICTURE_CACHE = 128 << 20
_RGB_CACHE = 32 << 20
# A decoder may give pictures slightly out of order; this many later ones prove that one is missing.
_PATIENCE = 8
# Decoding on is cheaper than a seek when the keyframe is this near ahead.
_NEAR = 4
# Pictures kept before the one shown.  Keeping all of a GOP costs a fifth of a seek, and keeping
# all that was played doubles the cost of playing: fresh memory is dearer than decoding.
_BEHIND = 6
_SAME_TIME = 1e-6


class VideoFile:
    """An open video.  Any thread may call it; calls run one after the other.

    Close it, or use it as a context manager.

    Attributes
    ----------
    times : (F,) float64 array
        The seconds of each frame in presentation order; the first is 0.
    facts : VideoFacts
        What the video is: size in pixels, frames, duration (s), whether frame numbers are exact.
    path : Path
        The file.
    start_pts_time : float
        The file's own time of the first frame (s).
    """

    def __init__(
        self,
        path: Path,
        reader: FrameReader,
        table: PacketTable,
        index: FrameIndex,
        facts: VideoFacts,
        stored_size: tuple[int, int],
        orientations: Orientations,
        damaged: NDArray[np.int64],
    ) -> None:
        self.path = path
        self.facts = facts
        self.times: NDArray[np.float64] = index.times
        self.start_pts_time = index.first_time
        self._reader = reader
        self._table = table
        self._index = index
        self._rank = np.full(len(table), -1, np.int64)
        self._rank[index.ordinals] = np.arange(len(index.ordinals))
        self._colours = reader.colours
        self._converter = RgbConverter(*stored_size, orientations, self._colours)
        self._shown = ShownConverter(facts.width, facts.height, orientations, self._colours)
        self._mapped = ShownConverter(facts.width, facts.height, orientations, self._colours)
        self._pictures: ByteCache[Any] = ByteCache(_PICTURE_CACHE)
        self._rgb: ByteCache[NDArray[np.uint8]] = ByteCache(_RGB_CACHE)
        self._last = -1
        self._sought = -1
        self._keep_from = 0
        self._keep_all = False
        self._running = False
        self._closed = False
        self._broken = set(self._rank[damaged].tolist())
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls, path: Path | str, cancel: CancelToken | None = None, progress: Progress | None = None
    ) -> VideoFile:
        """Open a video: read the whole file's packets and number its frames.

        Parameters
        ----------
        path : Path or str
            A video file; containers and codecs are FFmpeg's.
        cancel : CancelToken, optional
            Looked at between packets.
        progress : callable, optional
            Called with 0 to 1 while packets are read.

        Returns
        -------
        VideoFile
            To be closed, or used as a context manager.

        Raises
        ------
        FileError
            The file is missing, empty, a folder or not permitted.
        VideoError
            It is damaged or no video, or holds no pictures or too large ones.
        Cancelled
            ``cancel`` was.

        Examples
        --------
        >>> import viewer
        >>> with viewer.open_video("resources/demo/dataset/clips/02-letter/video.mp4") as video:
        ...     picture = video.frame(video.index_at(3.175))
        >>> picture.shape, str(picture.dtype)
        ((448, 448, 3), 'uint8')
        """
        path = Path(path)
        reader = FrameReader(path)
        try:
            return cls._index_file(path, reader, cancel, progress)
        except BaseException:
            reader.close()
            raise

    @classmethod
    def _index_file(
        cls, path: Path, reader: FrameReader, cancel: CancelToken | None, progress: Progress | None
    ) -> VideoFile:
        stream, container = reader.stream, reader.container
        audio = bool(container.streams.audio)
        codec = str(stream.codec_context.codec.canonical_name)
        field_order = int(stream.codec_context.field_order)
        names = container.format.name
        rate = stream.guessed_rate
        sar = usable_sar(stream)
        table = read_packets(container, stream, cancel, progress)
        reader.use_table(table)
        # Only MP4 and MOV list their packets up front, so that missing ones can be told.
        promised = len(stream.index_entries) if "mov" in names.split(",") else 0
        cut = cut_off(path, names)
        if cut is None and (table.damaged or promised > len(table) or bool(len(table) and table.corrupt[-1])):
            cut = f"{CUT} or damaged"
        tail = cut is not None or is_streamed(names)
        damaged = np.zeros(0, np.int64)
        if times_are_trustworthy(table, names, field_order):
            missing, damaged = check_ends(path, table, tail, cancel)
            index = index_by_times(table, missing)
            if cut is None and tail and len(missing) and missing[-1] > table.keys[0]:
                cut = f"{CUT} inside a picture"
        else:
            index = index_by_decoding(
                table, decode_everything(path, table, not tail, cancel), float(rate) if rate else None, names
            )
        if not len(index.ordinals):
            raise VideoError(
                "no picture of it can be decoded",
                "copy it again from where it was recorded, or convert it to H.264 in MP4",
                path,
            )
        pictures = _first_pictures(reader, index, cancel)
        first = pictures[0][1]
        width, height = square_width(first.width, sar), int(first.height)
        refuse_size(width, height, path)
        short, lost = ends_early(reader.container, reader.stream, index)
        damage = damage_of(cut, table, index, short if lost else None)
        notes = [*damage, *index.notes, *picture_notes(first, reader.stream, reader.colours, field_order)]
        notes += [note for note in (None if lost else short, choice_note(reader.container)) if note]
        orientations = Orientations()
        turn = orientations.of(first)
        shown = (height, width) if turn.transpose else (width, height)
        grid = grid_of(index.times, table.time_base)
        vfr = varies(index.times, grid)
        facts = VideoFacts(
            codec=codec,
            width=shown[0],
            height=shown[1],
            frames=len(index.ordinals),
            duration=index.duration,
            fps=rate_of(index.times, grid, index.duration, float(rate) if rate else None),
            vfr=vfr,
            rotation=turn.rotation,
            audio=audio,
            sar=float(sar),
            exact=index.exact and not table.damaged and not (damage and vfr),
            notes=tuple(notes),
            damage=damage,
        )
        video = cls(path, reader, table, index, facts, (width, height), orientations, damaged)
        # What was decoded to see its size is most likely what is asked for next.
        for ordinal, picture in pictures:
            video._take(ordinal, picture)
        video._running = True
        return video

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and all pictures; harmless when repeated."""
        with self._lock:
            self._closed = True
            self._pictures.clear()
            self._rgb.clear()
            self._shown.close()
            self._mapped.close()
            self._running = False
            self._reader.close()

    def index_at(self, t: float) -> int:
        """The frame on screen at ``t`` seconds: the last that began by then."""
        return int(
            np.clip(np.searchsorted(self.times, t + _SAME_TIME, side="right") - 1, 0, len(self.times) - 1)
        )

    def frame(self, index: int, cancel: CancelToken | None = None) -> NDArray[np.uint8]:
        """Exactly one frame, whole and in its own size: for exports, films and stills.

        Parameters
        ----------
        index : int
            Its number in presentation order, from 0 to ``len(times) - 1``.
        cancel : CancelToken, optional
            Looked at between packets.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB, upright, with square pixels: ``facts.height`` by ``facts.width``.  Read only.

        Raises
        ------
        VideoError
            The frame cannot be decoded or does not exist (other frames still work), or the video
            is closed.
        Cancelled
            ``cancel`` was.
        """
        with self._lock:
            self._check(index)
            pixels = self._rgb.get(index)
            if pixels is None:
                picture = self._picture(index, cancel)
                try:
                    pixels = self._whole_rgb(picture)
                except (av.error.FFmpegError, ValueError, MemoryError):
                    raise self._unusable(index, picture) from None
                pixels.flags.writeable = False
                self._rgb.put(index, pixels, pixels.nbytes)
            return pixels

    def shown(
        self, index: int, view: PictureView | None = None, cancel: CancelToken | None = None
    ) -> ShownPicture:
        """Exactly one frame as a pane shows it, converted once.

        Parameters
        ----------
        index : int
            Its number in presentation order, from 0 to ``len(times) - 1``.
        view : PictureView, optional
            The part that is seen, and its size in device pixels; without one all of the frame,
            a device pixel for each of its own.
        cancel : CancelToken, optional
            Looked at between packets.

        Returns
        -------
        ShownPicture
            Pixels ready to be painted; they outlive the video.

        Raises
        ------
        VideoError, Cancelled
            As :meth:`frame`.
        """
        with self._lock:
            self._check(index)
            picture = self._picture(index, cancel)
            try:
                return self._shown.convert(picture, self._all_of_it if view is None else view)
            except (av.error.FFmpegError, ValueError, MemoryError):
                raise self._unusable(index, picture) from None

    @property
    def _all_of_it(self) -> PictureView:
        size = self.facts.width, self.facts.height
        return PictureView(size, (0.0, 0.0, float(size[0]), float(size[1])))

    def _whole_rgb(self, picture: Any) -> NDArray[np.uint8]:
        if Colours.of(picture).or_else(self._colours).mapped:
            return self._mapped.convert(picture, self._all_of_it).rgb()
        return self._converter.rgb(picture)

    def _check(self, index: int) -> None:
        if self._closed:
            raise VideoError("the video is closed", "open it again", self.path)
        if not 0 <= index < len(self.times):
            raise VideoError(
                f"there is no frame {index}", f"ask for one from 0 to {len(self.times) - 1}", self.path
            )

    def _unusable(self, index: int, picture: Any) -> VideoError:
        return VideoError(
            f"frame {index} cannot be turned into RGB ({picture.format.name})",
            "convert the video to H.264 in MP4",
            self.path,
        )

    def _picture(self, index: int, cancel: CancelToken | None) -> Any:
        if index in self._broken:
            raise self._damaged(index)
        picture = self._pictures.get(index)
        if picture is not None:
            return picture
        ordinal: int | None = int(self._index.starts[index])
        if self._may_go_on(index):
            if not self._keep_all:
                self._keep_from = index - _BEHIND
                self._pictures.drop(lambda rank: rank < self._keep_from)
            picture, settled = self._decode_to(index, cancel)
            if picture is not None:
                return picture
            if settled:
                ordinal = None
        if ordinal is not None:
            # Whoever comes back to a keyframe is stepping backward, or plays in a loop: then all
            # pictures are kept.
            self._keep_all = ordinal == self._sought
            self._keep_from = 0 if self._keep_all else index - _BEHIND
            self._sought = ordinal
        while ordinal is not None:
            self._running = False
            self._reader.start_at(ordinal, cancel)
            self._running, self._last = True, -1
            picture, settled = self._decode_to(index, cancel)
            if picture is not None:
                return picture
            ordinal = None if settled else step_back(self._table, ordinal)
        self._broken.add(index)
        raise self._damaged(index)

    def _may_go_on(self, index: int) -> bool:
        """Whether decoding on from here reaches the frame, and no seek gets there sooner."""
        if not self._running or index <= self._last:
            return False
        return int(self._index.starts[index]) <= self._reader.next_ordinal + _NEAR

    def _decode_to(self, index: int, cancel: CancelToken | None) -> tuple[Any | None, bool]:
        """Decode until the frame comes; the pictures on the way are kept from ``_keep_from`` on.

        (None, settled) when it does not come: ``settled`` if an earlier frame did, so that
        starting further back would not help.
        """
        later = 0
        earlier = self._last >= 0
        found = None
        while later < _PATIENCE:
            pictures = self._reader.read(cancel)
            if pictures is None:
                self._running = False
                break
            for ordinal, picture in pictures:
                rank = self._take(ordinal, picture)
                if rank < 0:
                    continue
                if rank == index:
                    found = picture
                later += int(rank > index)
                earlier = earlier or rank < index
            if found is not None:
                return found, True
        return None, earlier

    def _take(self, ordinal: int, picture: Any) -> int:
        """Note and perhaps keep what the decoder gave; its frame number, or -1 when it is none."""
        rank = int(self._rank[ordinal])
        if rank < 0 or picture.is_corrupt:
            return -1
        self._last = max(self._last, rank)
        if rank >= self._keep_from:
            self._pictures.put(rank, picture, sum(plane.buffer_size for plane in picture.planes))
        return rank

    def _damaged(self, index: int) -> VideoError:
        return VideoError(
            f"frame {index} is damaged in the file and cannot be shown",
            "step to another frame, or copy the file again",
            self.path,
        )


def _first_pictures(
    reader: FrameReader, index: FrameIndex, cancel: CancelToken | None
) -> list[tuple[int, Any]]:
    """The first that the decoder gives near the start, with the ordinals of their packets."""
    for start in dict.fromkeys((int(index.starts[0]), 0)):
        reader.start_at(start, cancel)
        while (pictures := reader.read(cancel)) is not None:
            if pictures:
                return pictures
    raise VideoError(
        "no picture of it can be decoded",
        "copy it again from where it was recorded, or convert it to H.264 in MP4",
        reader.path,
    )


def video_facts(path: Path | str, cancel: CancelToken | None = None) -> dict[str, object]:
    """Facts for the ``info`` command: kind, codec, width, height, frames, duration, vfr,
    rotation, audio, and also fps, exact and notes.  Raises as :meth:`VideoFile.open`."""
    with VideoFile.open(path, cancel) as video:
        facts = video.facts
    return {
        "kind": "video",
        "codec": facts.codec,
        "width": facts.width,
        "height": facts.height,
        "frames": facts.frames,
        "duration": round(facts.duration, 6),
        "fps": round(facts.fps, 4),
        "vfr": facts.vfr,
        "rotation": facts.rotation,
        "audio": facts.audio,
        "exact": facts.exact,
        "notes": list(facts.notes),
    }
