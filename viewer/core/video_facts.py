"""What a video is, and what a person should know of it before trusting what it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.core.tone_map import Colours
from viewer.core.video_index import FrameIndex, PacketTable
from viewer.core.video_wholeness import CUT

_FIELD_ORDERS = {2: "top", 3: "bottom", 4: "bottom", 5: "top"}
"""Which lines come first, by FFmpeg's numbers of field orders."""

_DOLBY_VISION = {"dvh1", "dvhe", "dva1", "dvav", "dav1"}
"""Tags of streams that may need what only Dolby's decoders know; most can be shown without."""

_PROMISING = {"matroska", "avi", "flv", "asf", "mxf"}
"""Containers whose head says how long they last.  MP4 lists its packets; others do not know."""

_SHORTER = 0.02
_SHORTER_THAN_SOUND = 1.0
_CLOCK = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class VideoFacts:
    """What a video is.

    ``width`` and ``height`` are pixels as shown: turned upright by ``rotation`` (degrees
    clockwise) and with square pixels (``sar`` is the stored pixels' width over height).
    ``duration`` is in seconds, ``fps`` the usual frames a second, ``vfr`` whether frames last
    differently long.  ``exact`` is False when frame numbers may differ from the recording's;
    ``notes`` says why, and what else a person should know, in plain sentences.  ``damage`` are
    those of the notes that tell of a file that is cut off or damaged.
    """

    codec: str
    width: int
    height: int
    frames: int
    duration: float
    fps: float
    vfr: bool
    rotation: int
    audio: bool
    sar: float
    exact: bool
    notes: tuple[str, ...]
    damage: tuple[str, ...] = ()


def damage_of(cut: str | None, table: PacketTable, index: FrameIndex, short: str | None) -> tuple[str, ...]:
    """The sentences about what is cut off or damaged: ``cut`` as the container's bytes tell it, ``short``
    as its head does, pictures without the keyframe that they build on, and packets that cannot be whole."""
    said = []
    if cut is not None:
        said.append(f"{cut}; only the frames that are there are counted")
    elif short is not None:
        said.append(short)
    ahead = _ahead_of_keyframe(table, index)
    if ahead:
        some = "1 frame" if ahead == 1 else f"{ahead} frames"
        said.append(
            f"it is cut off at its beginning: {some} before its first keyframe cannot be shown, and are not "
            "counted"
        )
    bad = int(np.count_nonzero(table.corrupt[index.ordinals]))
    if bad:
        some = "one of its frames is" if bad == 1 else f"{bad} of its frames are"
        said.append(f"{some} damaged in the file, and what follows may not be shown")
    return tuple(said)


def _ahead_of_keyframe(table: PacketTable, index: FrameIndex) -> int:
    """How many packets stand before the first keyframe, where none of them can be shown without it."""
    keys = table.keys
    ahead = np.flatnonzero(table.size[: keys[0]] > 0) if keys.size else keys
    return 0 if np.isin(ahead, index.ordinals).any() else int(ahead.size)


def ends_early(container: Any, stream: Any, index: FrameIndex) -> tuple[str | None, bool]:
    """What to say where the pictures end before the file says it ends, and whether that means damage: sound
    may well be longer."""
    if not _PROMISING & set(container.format.name.split(",")):
        return None, False
    of_stream = _own_length(stream)
    others = len(container.streams) > 1
    promised = of_stream if of_stream is not None else (container.duration or 0) / 1e6
    end = max(index.first_time, 0.0) + index.duration
    step = index.duration / max(len(index.times), 1)
    sure = of_stream is not None or not others
    if promised - end <= (_SHORTER if sure else _SHORTER_THAN_SOUND) + 2.5 * step:
        return None, False
    if sure:
        return f"{CUT} or damaged: it should last {promised:.2f} s, its pictures end at {end:.2f} s", True
    return f"its pictures end at {end:.2f} s, the file continues to {promised:.2f} s", False


def _own_length(stream: Any) -> float | None:
    """Seconds that the file's head says a stream lasts, None where it does not say."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    tags = {key.upper(): value for key, value in stream.metadata.items()}
    clock = _CLOCK.match(tags.get("DURATION", ""))
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def picture_notes(picture: Any, stream: Any, colours: Colours, field_order: int) -> list[str]:
    """What to say of how the pictures of a stream are recorded, by the first of them
    (``av.VideoFrame``)."""
    said = []
    if picture.interlaced_frame or field_order in _FIELD_ORDERS:
        first = _FIELD_ORDERS.get(field_order)
        order = f", the {first} ones first" if first else ""
        said.append(
            f"it is interlaced: each frame holds two moments in alternate lines{order}, and both are shown"
        )
    meant = Colours.of(picture).or_else(colours)
    if meant.note is not None:
        said.append(meant.note)
    elif stream.codec_context.codec_tag in _DOLBY_VISION and not meant.mapped:
        said.append("its colours are HDR of Dolby Vision's own kind, and are not shown true")
    return said
