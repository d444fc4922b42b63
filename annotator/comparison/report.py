"""Making a report: measuring, drawing the faces, writing the file.  Runs in the calling thread."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotator.core.comparison.study import (
    RECORDED,
    LeftOut,
    Source,
    StudiedClip,
    Study,
    Wanted,
    study,
)
from annotator.core.export.report import Facts, report
from annotator.core.export.report_pictures import ClipPictures, Strip
from annotator.core.version import __version__
from viewer.core.cancel import CancelToken
from viewer.core.errors import DrawingError, ExportError
from viewer.core.face_model import FaceModel
from viewer.core.files import atomic_write, make_folder_of
from viewer.core.models import load_face_model
from viewer.core.opencv import cv2
from viewer.core.progress import Progress
from viewer.core.resources import resource
from viewer.core.track import Track
from viewer.palette import DARK

MOST_CLIPS = 40
"""Clips that get pictures unless asked otherwise: a page of hundreds is no longer read."""

_MOMENTS = 4
_SIDE = 300
_QUALITY = 82


@dataclass(frozen=True)
class MadeReport:
    """What went into a report: the path it was ``written`` to, and how much of what; ``left_out``
    says of which clips and takes nothing is in it, and why."""

    written: str
    clips: int
    takes: int
    models: tuple[str, ...]
    votes: int
    pictures: int
    left_out: tuple[LeftOut, ...]


def make_report(
    source: Source,
    out: Path,
    wanted: Wanted | None = None,
    *,
    picture_clips: int = MOST_CLIPS,
    model: FaceModel | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> MadeReport:
    """Write the report of a library as one HTML file; says what went into it.

    ``picture_clips`` of its clips get pictures, drawn on ``model`` (default: the built-in head).

    Raises :class:`ExportError` for a file that is no .html or when there is nothing to compare,
    :class:`~viewer.core.errors.Cancelled`, and what writing raises.
    """
    wanted = wanted or Wanted()
    if out.suffix.lower() not in (".html", ".htm"):
        raise ExportError(f"{out.name} is not an HTML file", "name the report .html", out)
    make_folder_of(out)
    token = cancel or CancelToken()
    found = study(source, wanted, progress, token)
    if not found.clips:
        why = f" ({found.left_out[0].what}: {found.left_out[0].why})" if found.left_out else ""
        raise ExportError(f"there is no clip with a take to compare{why}", "generate takes, or choose others")
    pictures = _draw_all(found, picture_clips, model, progress, token) if picture_clips > 0 else {}
    facts = Facts(
        made=dt.datetime.now().astimezone().strftime("%d %B %Y, %H:%M"),
        studio=__version__,
        annotator=wanted.annotator,
        style=resource("report.css").read_text("utf-8"),
    )
    document = report(found, pictures, facts)
    token.check()
    atomic_write(out, document)
    return MadeReport(
        str(out),
        len(found.clips),
        sum(len(clip.takes) for clip in found.clips),
        tuple(found.models),
        found.votes,
        sum(len(p.times) * len(p.strips) for p in pictures.values()),
        tuple(found.left_out),
    )


def _draw_all(
    found: Study, most: int, model: FaceModel | None, progress: Progress | None, token: CancelToken
) -> dict[str, ClipPictures]:
    # VTK takes a second to load, and a report without pictures should not wait for it.
    from viewer.face_renderer import FaceRenderer

    clips = found.clips[:most]
    try:
        renderer = FaceRenderer(model or load_face_model(None), (_SIDE, _SIDE))
    except DrawingError as fault:
        # The measures are what a report is for.
        found.left_out.append(LeftOut("all pictures", f"{fault.what}; {fault.todo}"))
        return {}
    try:
        renderer.set_theme(DARK)
        pictures = {}
        for number, clip in enumerate(clips):
            if progress is not None:
                progress(number, len(clips), f"Drawing {clip.info.id}")
            try:
                pictures[clip.info.id] = _draw(clip, renderer, token)
            except (RuntimeError, cv2.error) as fault:
                found.left_out.append(LeftOut(f"{clip.info.id}, its pictures", str(fault)))
        return pictures
    finally:
        renderer.close()


def moments_of(clip: StudiedClip) -> tuple[float, ...]:
    """Up to four seconds of the clip that are worth a look: its keyframes, else those of the
    takes, else evenly spread ones."""
    times = sorted({keyframe.time for keyframe in clip.keyframes})
    if not times:
        for take in clip.takes:
            times = sorted(
                {answer.time_in_clip for answer in take.info.answers if answer.time_in_clip is not None}
            )
            if times:
                break
    if not times:
        end = max(track.duration for track in (clip.recording, *(t.track for t in clip.takes)) if track)
        times = [end * share for share in (0.2, 0.4, 0.6, 0.8)]
    if len(times) > _MOMENTS:
        times = [times[i] for i in np.linspace(0, len(times) - 1, _MOMENTS).round().astype(int)]
    return tuple(times)


def _draw(clip: StudiedClip, renderer: Any, token: CancelToken) -> ClipPictures:
    times = moments_of(clip)
    strips = []
    if clip.recording is not None:
        faces = _strip(clip.recording, times, clip.offset, renderer, token)
        strips.append(Strip(RECORDED, RECORDED, faces))
    for take in clip.takes:
        strips.append(Strip(take.name, take.model, _strip(take.track, times, 0.0, renderer, token)))
    return ClipPictures(times, tuple(strips))


def _strip(
    track: Track, times: tuple[float, ...], offset: float, renderer: Any, token: CancelToken
) -> tuple[bytes, ...]:
    pictures = []
    for time in times:
        token.check()
        at = time - offset
        if not -track.frame_step <= at <= track.duration + track.frame_step:
            pictures.append(b"")
            continue
        renderer.set_values(track.shown_row(at))
        pictures.append(_jpeg(renderer.render(supersample=True)))
    return tuple(pictures)


def _jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(data.tobytes())
