"""The one clip that is open: its document, its tracks and its takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from annotator.core.curves import corrected
from annotator.core.dataset import LoadedClip
from annotator.core.document import Document
from annotator.core.model import TakeInfo
from annotator.core.storage import Saver
from annotator.history import History
from viewer.core.track import Track


@dataclass(frozen=True)
class Take:
    """A generated track with its record and its colour on screen."""

    info: TakeInfo
    track: Track
    colour: str

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def name(self) -> str:
        return self.info.name or self.info.id


@dataclass
class OpenClip:
    """What the window works on.  ``raw`` is the track as recorded, ``tracks`` the takes'
    tracks by id; times of the clip are track times plus the clip's offset."""

    loaded: LoadedClip
    document: Document
    history: History
    saver: Saver
    raw: Track | None = None
    tracks: dict[str, Track] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    frame_times: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    video_duration: float = 0.0
    _recording: tuple[int, Track | None] = (-1, None)

    @property
    def id(self) -> str:
        return self.document.state.clip.id

    @property
    def offset(self) -> float:
        return self.document.state.clip.offset

    @property
    def video_path(self) -> Path | None:
        return self.loaded.video_path

    @property
    def recording(self) -> Track | None:
        """The recording with the annotator's corrections; made again when the document
        changed."""
        revision = self.document.revision
        if self._recording[0] != revision:
            track = self.raw
            keyframes = self.document.state.keyframes
            if track is not None and any(k.values for k in keyframes):
                track = corrected(track, keyframes, offset=self.offset)
            self._recording = (revision, track)
        return self._recording[1]

    @property
    def duration(self) -> float:
        """Seconds: the end of the longest of video, recording and takes."""
        ends = [self.video_duration]
        if self.raw is not None:
            ends.append(self.raw.duration + self.offset)
        ends.extend(track.duration for track in self.tracks.values())
        return max(ends)

    def step_times(self) -> npt.NDArray[np.float64]:
        """The times a frame step visits: the video's, else the recording's, else a take's."""
        if self.frame_times.size:
            return self.frame_times
        if self.raw is not None:
            return np.asarray(self.raw.times + self.offset)
        for track in self.tracks.values():
            return track.times
        return np.zeros(0)
