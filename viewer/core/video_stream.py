"""Which of a file's streams is the video that players show."""

from __future__ import annotations

from typing import Any

import av

_ASIDE = (
    av.stream.Disposition.attached_pic
    | av.stream.Disposition.timed_thumbnails
    | av.stream.Disposition.still_image
)
# Depth maps and the second eye of phones, and tracks made for other players.
_SECOND = av.stream.Disposition.dependent | av.stream.Disposition.multilayer


def picture_streams(container: Any) -> list[Any]:
    """The streams of moving pictures, the one that players show first; cover art and thumbnails
    do not count.

    As players choose: one that can be decoded and moves, before one that belongs to another;
    the one marked as default; then the one with most pixels; then the first.
    """
    streams = [stream for stream in container.streams.video if not stream.disposition & _ASIDE]
    return sorted(streams, key=_rank)


def picture_stream(container: Any) -> Any | None:
    """The stream of moving pictures that players show, or None where there is none."""
    return next(iter(picture_streams(container)), None)


def _rank(stream: Any) -> tuple[bool, bool, bool, bool, int]:
    codec = stream.codec_context
    pixels = 0 if codec is None else codec.width * codec.height
    return (
        codec is None or not pixels,
        stream.frames == 1,
        bool(stream.disposition & _SECOND),
        not stream.disposition & av.stream.Disposition.default,
        -pixels,
    )


def choice_note(container: Any) -> str | None:
    """What to say where a file holds several videos: how many, and which of them is shown."""
    streams = picture_streams(container)
    if len(streams) < 2:
        return None
    place = 1 + list(container.streams.video).index(streams[0])
    codec = streams[0].codec_context
    return (
        f"the file holds {len(streams)} videos; number {place} ({codec.width} × {codec.height}) is shown, "
        "as players choose it"
    )
