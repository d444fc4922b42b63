"""Which packet of a file is which frame, in presentation order.

Frame numbers come from reading every packet once, not from a frame rate: phones record with
a variable rate, edit lists hide frames, and containers miscount.  A frame is known by the
*ordinal* of its packet (its place in the file), because presentation times are missing or
wrong in some containers while packets never are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from viewer.core.cancel import CancelToken
from viewer.core.video_wholeness import gif_picture

NO_TIME = np.iinfo(np.int64).min
_MAX_READ_FAULTS = 64
_H264_SLICE, _H264_IDR, _H264_SEI = 1, 5, 6
_RECOVERY_POINT = 6
_NEVER_BLANK = frozenset("h264 hevc vp8 vp9 av1 mpeg4 mpeg2video mpeg1video mjpeg prores theora".split())
"""Codecs whose pictures never begin with zeros."""
_HEAD = 16
_STREAMED = {"mpegts", "mpeg", "h264", "hevc", "m4v", "mpegvideo"}

Progress = Callable[[float], None]


@dataclass(frozen=True)
class PacketTable:
    """Every packet of the video stream in file order, which is decoding order.

    ``pts`` and ``dts`` are (P,) int64 in units of ``time_base`` seconds, :data:`NO_TIME` where
    the file has none; ``pos`` is the byte offset or -1; ``clean`` marks keyframes after which
    nothing refers to what came before.  ``damaged`` counts places that could not be read.
    """

    time_base: float
    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    pos: NDArray[np.int64]
    size: NDArray[np.int64]
    duration: NDArray[np.int64]
    key: NDArray[np.bool_]
    clean: NDArray[np.bool_]
    discard: NDArray[np.bool_]
    corrupt: NDArray[np.bool_]
    damaged: int

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def keys(self) -> NDArray[np.int64]:
        """Ordinals of the keyframe packets, ascending."""
        return np.flatnonzero(self.key)


@dataclass(frozen=True)
class FrameIndex:
    """The frames of a video.

    ``ordinals`` (F,) are the packets in presentation order, ``times`` (F,) float64 their
    seconds with the first at 0, ``first_time`` the file's own time of the first in seconds,
    ``starts`` (F,) the packet from which decoding reaches the frame, ``duration`` seconds to
    the end of the last frame.  ``exact`` is False when a number may not be the recording's.
    """

    ordinals: NDArray[np.int64]
    times: NDArray[np.float64]
    first_time: float
    starts: NDArray[np.int64]
    duration: float
    exact: bool
    notes: tuple[str, ...]


def packets_of(container: Any, stream: Any) -> Iterator[Any]:
    """Packets of one stream in file order, without the empty one that ends a stream.

    A damaged place is skipped by asking again; after :data:`_MAX_READ_FAULTS` in a row the
    rest counts as lost and :class:`av.error.FFmpegError` is raised.
    """
    faults = 0
    while True:
        try:
            for packet in container.demux(stream):
                faults = 0
                if packet.size == 0 and packet.pts is None and packet.dts is None:
                    continue
                yield packet
            return
        except av.error.FFmpegError:
            faults += 1
            if faults > _MAX_READ_FAULTS:
                raise


def read_packets(
    container: Any, stream: Any, cancel: CancelToken | None = None, progress: Progress | None = None
) -> PacketTable:
    """Read all packets of ``stream`` without decoding.  Raises ``Cancelled``."""
    codec = stream.codec_context.codec.canonical_name
    is_h264, is_gif = codec == "h264", codec == "gif"
    prefix = _length_prefix(codec, stream.codec_context.extradata)
    never_blank = codec in _NEVER_BLANK
    rows: list[tuple[int, int, int, int, int]] = []
    flags: list[tuple[bool, bool, bool, bool]] = []
    damaged = 0
    broken: list[bool] = []
    last_gif = b""
    total = max(int(container.size), 1)
    try:
        for packet in packets_of(container, stream):
            if len(rows) % 256 == 0:
                if cancel is not None:
                    cancel.check()
                if progress is not None and packet.pos is not None:
                    progress(min(1.0, packet.pos / total))
            rows.append(
                (
                    NO_TIME if packet.pts is None else packet.pts,
                    NO_TIME if packet.dts is None else packet.dts,
                    -1 if packet.pos is None else packet.pos,
                    packet.size,
                    packet.duration or 0,
                )
            )
            key = bool(packet.is_keyframe)
            clean = key and (not is_h264 or _starts_afresh(bytes(packet), prefix))
            broken.append(never_blank and _is_broken(packet, prefix))
            flags.append((key, clean, bool(packet.is_discard), bool(packet.is_corrupt) or broken[-1]))
            if is_gif:
                last_gif = bytes(packet)
    except av.error.FFmpegError:
        damaged += 1
    numbers = np.array(rows, np.int64).reshape(len(rows), 5)
    marks = np.array(flags, np.bool_).reshape(len(flags), 4)
    if is_gif and not gif_picture(last_gif):
        # A comment before the file's end.
        marks[-1:, 2] = True
    if broken and broken[-1]:
        # The space of a file is often kept before its bytes come.
        marks[np.flatnonzero(~np.array(broken))[-1:].max(initial=-1) + 1 :, 2] = True
    return PacketTable(
        time_base=float(stream.time_base),
        pts=numbers[:, 0],
        dts=numbers[:, 1],
        pos=numbers[:, 2],
        size=numbers[:, 3],
        duration=numbers[:, 4],
        key=marks[:, 0],
        clean=marks[:, 1],
        discard=marks[:, 2],
        corrupt=marks[:, 3],
        damaged=damaged,
    )


def times_are_trustworthy(table: PacketTable, format_name: str, field_order: int) -> bool:
    """Whether the packets' own times order the frames without decoding them.

    AVI keeps no presentation times (what the reader offers for H.264 there is a guess), raw
    streams have none, and broadcast streams may hold two packets for an interlaced frame.
    """
    if not has_presentation_times(format_name):
        return False
    if is_streamed(format_name) and field_order not in (0, 1):
        return False
    shown = table.pts[~table.discard & (table.size > 0)]
    return bool(len(shown) and (shown != NO_TIME).all() and len(np.unique(shown)) == len(shown))


def index_by_times(table: PacketTable, missing: NDArray[np.int64]) -> FrameIndex:
    """Number the frames by the packets' presentation times.

    ``missing`` are ordinals at the file's ends that decoding showed not to be pictures.
    """
    shown = ~table.discard & (table.size > 0)
    shown[missing] = False
    ordinals = np.flatnonzero(shown)
    ordinals = ordinals[np.argsort(table.pts[ordinals], kind="stable")]
    seconds = table.pts[ordinals].astype(np.float64) * table.time_base
    return _finish(table, ordinals, seconds, exact=True, notes=())


def is_streamed(format_name: str) -> bool:
    """Whether the container has no table of its packets and may be cut anywhere."""
    return bool(_STREAMED & set(format_name.split(",")))


def has_presentation_times(format_name: str) -> bool:
    """AVI is the one container here that keeps only decoding times."""
    return "avi" not in format_name.split(",")


def first_time(table: PacketTable, format_name: str) -> float:
    """The file's own time of its first picture in seconds, without decoding; 0 if unknown."""
    times = table.pts if has_presentation_times(format_name) else table.dts
    known = times[~table.discard & (table.size > 0) & (times != NO_TIME)]
    return float(known.min()) * table.time_base if len(known) else 0.0


def index_by_decoding(
    table: PacketTable, seen: list[tuple[int, int | None]], rate: float | None, format_name: str
) -> FrameIndex:
    """Number the frames in the order in which a decoder gave them.

    ``seen`` holds (packet ordinal, the decoder's time or None) for each frame of one pass over
    the whole file; ``rate`` frames a second serves where times are missing.
    """
    notes = [
        "frames were counted by decoding the whole file, because its container does not say "
        "when each is shown; opening takes longer"
    ]
    exact = True
    unique: list[int] = []
    times: list[int | None] = []
    taken: set[int] = set()
    for ordinal, pts in seen:
        if ordinal in taken:
            exact = False
            continue
        taken.add(ordinal)
        unique.append(ordinal)
        times.append(pts)
    if not exact:
        notes.append("some packets hold two pictures, of which the second is not shown")
    ordinals = np.array(unique, np.int64)
    known = [t for t in times if t is not None]
    decoding_times = np.sort(table.dts[ordinals]) if len(ordinals) else table.dts[:0]
    timed = has_presentation_times(format_name) and len(known) == len(times)
    if timed and all(a < b for a, b in pairwise(known)):
        seconds = np.array(known, np.float64) * table.time_base
    elif len(ordinals) and decoding_times[0] != NO_TIME and (np.diff(decoding_times) > 0).all():
        # The k-th picture shown is due when the k-th one was decoded, plus a constant delay.
        seconds = decoding_times.astype(np.float64) * table.time_base
    else:
        notes.append("the file has no usable times; they were counted from its frame rate")
        seconds = np.arange(len(ordinals), dtype=np.float64) / (rate or 25.0)
    return _finish(table, ordinals, seconds, exact, tuple(notes))


def _finish(
    table: PacketTable,
    ordinals: NDArray[np.int64],
    seconds: NDArray[np.float64],
    exact: bool,
    notes: tuple[str, ...],
) -> FrameIndex:
    if not len(ordinals):
        empty = np.zeros(0, np.float64)
        return FrameIndex(ordinals, empty, 0.0, ordinals, 0.0, exact, notes)
    times = seconds - seconds[0]
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    last = float(table.duration[ordinals[-1]]) * table.time_base
    # A last duration that is missing or absurd is replaced by the usual one.
    end = last if 0.0 < last <= max(10 * step, 1.0) else step
    return FrameIndex(
        ordinals, times, float(seconds[0]), _starts(table, ordinals), float(times[-1]) + end, exact, notes
    )


def _starts(table: PacketTable, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each frame the keyframe packet from which it can be decoded.

    That is the last keyframe before it in the file, but one earlier for a picture shown before
    that keyframe (open GOP), and for a keyframe across which later pictures may still refer.
    """
    keys = table.keys
    if not len(keys):
        return np.zeros_like(ordinals)
    rank = np.full(len(table), -1, np.int64)
    rank[ordinals] = np.arange(len(ordinals))
    place = np.searchsorted(keys, ordinals, side="right") - 1
    nearest = keys[np.maximum(place, 0)]
    leading = (rank[nearest] > rank[ordinals]) & (rank[nearest] >= 0)
    earlier = leading | ~table.clean[nearest]
    return np.where(place - earlier >= 0, keys[np.maximum(place - earlier, 0)], 0)


def step_back(table: PacketTable, ordinal: int) -> int | None:
    """The keyframe packet before ``ordinal``; 0 before the first; None at the file's start."""
    if ordinal == 0:
        return None
    before = table.keys[table.keys < ordinal]
    return int(before[-1]) if len(before) else 0


def _length_prefix(codec: str, extradata: bytes | None) -> int:
    """Bytes of a NAL unit's length field in MP4-style H.264 and H.265, 0 for start codes."""
    at = {"h264": 4, "hevc": 21}.get(codec)
    if at is not None and extradata and len(extradata) > at + 2 and extradata[0] == 1:
        return (extradata[at] & 3) + 1
    return 0


def _is_broken(packet: Any, prefix: int) -> bool:
    """Whether a packet's bytes cannot be a picture: nothing but zeros at its start, or a first unit
    that is longer than the packet."""
    head = bytes(memoryview(packet)[:_HEAD])
    if len(head) == _HEAD and not any(head):
        return True
    return bool(prefix) and not 0 < int.from_bytes(head[:prefix], "big") <= packet.size - prefix


def _starts_afresh(packet: bytes, prefix: int) -> bool:
    """Whether an H.264 keyframe is an IDR picture or a recovery point that is clean at once
    (ITU-T H.264, 7.4.1 and D.2.8).  Only the units before the first slice are looked at."""
    for unit in _nal_units(packet, prefix):
        kind = unit[0] & 31
        if kind == _H264_IDR:
            return True
        if kind == _H264_SLICE:
            return False
        if kind == _H264_SEI and len(unit) > 3 and unit[1] == _RECOVERY_POINT:
            # recovery_frame_cnt is the first Exp-Golomb number: a leading 1 bit means zero.
            return bool(unit[3] & 0x80)
    return False


def _nal_units(packet: bytes, prefix: int) -> Iterator[bytes]:
    """The first bytes of each NAL unit of a packet."""
    if prefix:
        at = 0
        while at + prefix < len(packet):
            length = int.from_bytes(packet[at : at + prefix], "big")
            yield packet[at + prefix : at + prefix + 8]
            at += prefix + length
        return
    at = packet.find(b"\0\0\1")
    while 0 <= at < len(packet) - 3:
        yield packet[at + 3 : at + 11]
        at = packet.find(b"\0\0\1", at + 3)
