"""What there is to describe of a clip: the coefficients and the picture at each of its keyframes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType

import numpy as np
import numpy.typing as npt

from annotator.core.edits import BulkEdit, KeyframeEdit
from annotator.core.model import ClipState, Keyframe, Perspective
from annotator.core.storage.loading import LoadedClip
from annotator.core.storage.recorded import missing_file, read_corrected
from viewer.core.cancel import CancelToken
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.errors import TrackError, VideoError
from viewer.core.pose import normalized_rows
from viewer.core.track import BoolArray, FloatArray, Track
from viewer.core.video import VideoFile

Found = Mapping[str, Mapping[str, Perspective]]
"""Perspectives by the keyframe's id and by who describes."""


class ClipMoments:
    """The recording and the video of a clip, opened when they are first asked for; ``recording`` is
    the former, with its corrections, where it is at hand.  Any thread may call it; close it, or use
    it as a context."""

    def __init__(self, loaded: LoadedClip, recording: Track | None = None) -> None:
        self._loaded = loaded
        self._track = recording
        self._video: VideoFile | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> ClipState:
        """The clip as its files have it, with this annotator's work."""
        return self._loaded.state

    def __enter__(self) -> ClipMoments:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the video; harmless when repeated, and from any thread."""
        with self._lock:
            if self._video is not None:
                self._video.close()
            self._video = None

    def values(self, keyframe: Keyframe, cancel: CancelToken) -> FloatArray:
        """(61,) float32 at the keyframe, corrected, in KeyframeFace's unit.

        Raises :class:`TrackError` where there is no recording, no frame or no face, and what
        reading the recording raises.
        """
        state = self.state
        with self._lock:
            if self._track is None:
                self._track = read_corrected(self._loaded, cancel)
            track = self._track
        time = keyframe.time - state.clip.offset
        # Half a frame of grace, for a keyframe on a video that goes on a little longer.
        if not -track.frame_step / 2 <= time <= track.duration + track.frame_step / 2:
            raise TrackError(f"the recording has no frame at {keyframe.time:.3f} s", "move the keyframe")
        row = normalized_rows(track.row(time), self._loaded.full_scale)
        if not np.isfinite(row).all():
            raise TrackError(
                f"no face was detected at {keyframe.time:.3f} s", "move the keyframe to a frame with a face"
            )
        return row

    def unmeasured(self) -> BoolArray:
        """(61,) channels of which the recording says nothing; all are measured before :meth:`values` has
        read it."""
        with self._lock:
            return np.zeros(CHANNEL_COUNT, bool) if self._track is None else self._track.unmeasured

    def picture(self, keyframe: Keyframe, cancel: CancelToken) -> npt.NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB of the very frame that is on screen at the keyframe.

        Raises :class:`VideoError` where there is no video or no frame, and what opening it raises.
        """
        with self._lock:
            if self._video is None:
                if self._loaded.video_path is None:
                    raise missing_file(self._loaded, "video")
                self._video = VideoFile.open(self._loaded.video_path, cancel=cancel)
            video = self._video
        if keyframe.time > video.facts.duration + 0.001:
            raise VideoError(f"the video has no frame at {keyframe.time:.3f} s", "move the keyframe")
        return video.frame(video.index_at(keyframe.time), cancel)


def with_perspectives(state: ClipState, found: Found) -> tuple[BulkEdit | None, int]:
    """What sets ``found`` in a clip, as one step, and how many of them no longer fit because their
    keyframe was moved or deleted meanwhile; no edit when nothing would change."""
    edits: list[KeyframeEdit] = []
    lost = 0
    keyframes = {keyframe.id: keyframe for keyframe in state.keyframes}
    for id, perspectives in found.items():
        keyframe = keyframes.get(id)
        fitting = {
            name: one
            for name, one in perspectives.items()
            if keyframe is not None and one.fits(keyframe.time)
        }
        lost += len(perspectives) - len(fitting)
        if keyframe is None:
            continue
        after = replace(keyframe, perspectives={**keyframe.perspectives, **fitting})
        if after != keyframe:
            edits.append(KeyframeEdit(keyframe, after))
    title = "Describe keyframe" if len(edits) == 1 else f"Describe {len(edits)} keyframes"
    return (BulkEdit(tuple(edits), title) if edits else None), lost
