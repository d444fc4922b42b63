"""One small picture of a video, for lists: whichever frame is quickly had, not an exact one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from viewer.core.errors import VideoError
from viewer.core.opencv import cv2
from viewer.core.tone_map import Colours
from viewer.core.video_picture import Orientations, RgbConverter, square_width, usable_sar
from viewer.core.video_reader import open_container, refuse_size
from viewer.core.video_stream import picture_stream

_INTO = 0.3
"""Which share of the video is skipped: films begin with black and with people sitting down."""


def still(path: Path, width: int, height: int) -> NDArray[np.uint8]:
    """A picture of the video, as large as it can be within ``width`` by ``height`` pixels.

    Only the surroundings of one keyframe are read, so that it is quick on a long film and a slow drive.

    Returns
    -------
    (H, W, 3) uint8 array
        RGB, the right way up, in the video's own shape.

    Raises
    ------
    FileError
        The file is missing, empty, a folder or not permitted.
    VideoError
        It is no video, or no picture of it can be decoded.
    """
    with open_container(path) as container:
        stream = picture_stream(container)
        if stream is None:
            raise VideoError("it has sound but no pictures", "choose a video", path)
        codec = stream.codec_context
        refuse_size(codec.width, codec.height, path)
        frame = _frame(container, stream)
        if frame is None:
            raise VideoError("no picture of it can be decoded", "copy it again", path)
        wide = square_width(frame.width, usable_sar(stream))
        rgb = RgbConverter(wide, frame.height, Orientations(), Colours.of(codec)).rgb(frame)
    scale = min(width / rgb.shape[1], height / rgb.shape[0])
    size = max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, size, interpolation=how), np.uint8)


def _frame(container: Any, stream: Any) -> Any | None:
    """The first picture that can be decoded a third into the film, else at its begin."""
    for share in (_INTO, 0.0):
        try:
            container.seek(round((container.duration or 0) * share))
            return next(container.decode(stream), None)
        except (av.error.FFmpegError, OSError):
            continue
    return None
