"""The offset of the open clip: set, nudged, dragged, by timecodes and estimated."""

from __future__ import annotations

import time
import uuid

from PySide6.QtCore import Signal

from annotator.core.edits import change_clip
from annotator.core.sync.estimate import Estimate
from annotator.core.sync.gather import estimate_offset
from annotator.core.sync.timecodes import TimecodeOffset, timecode_offset
from annotator.session.messages import Message
from annotator.session.one_job import OneJob
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.progress import Progress
from viewer.core.track import Track

FINE = 0.01
"""Seconds of a fine nudge."""
_ONE_GO = 1.0
"""Seconds within which nudges are one step of undo."""


class SyncController(OneJob):
    """Changes the offset by edits, and finds it in the background.

    ``mode_changed`` says that the track can be dragged on the timeline, or no longer, ``offset_changed``
    that another offset holds, ``estimated`` brings an :class:`Estimate`, ``timecodes_read`` says that
    :attr:`timecodes` is known.
    """

    mode_changed = Signal()
    offset_changed = Signal()
    estimated = Signal(object)
    timecodes_read = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.dragging = False
        self.timecodes: TimecodeOffset | None = None
        self._offset = 0.0
        self._gesture, self._nudged = "", -_ONE_GO
        session.clip_opened.connect(self._clip_opened)
        session.clip_closing.connect(self._clip_closing)
        session.changed.connect(lambda _change: self._follow())
        session.playback.video_opened.connect(lambda _facts: self._read_timecodes())

    # ---- what there is -----------------------------------------------------------------------

    @property
    def offset(self) -> float:
        """Seconds of the clip's time at which its track begins."""
        clip = self._session.current
        return clip.offset if clip is not None else 0.0

    @property
    def possible(self) -> bool:
        """Whether there are a recording and a video to lay against each other."""
        clip = self._session.current
        return clip is not None and clip.raw is not None and clip.loaded.video_path is not None

    @property
    def frame(self) -> float:
        """Seconds of a frame of the video."""
        facts = self._session.playback.facts
        return 1.0 / facts.fps if facts is not None and facts.fps > 0 else 1.0 / 30.0

    # ---- changing it -------------------------------------------------------------------------

    def set_dragging(self, on: bool) -> None:
        """Let the track be dragged on the timeline, or no longer."""
        if on != self.dragging and (self.possible or not on):
            self.dragging = on
            self.mode_changed.emit()

    def set_offset(self, seconds: float, gesture: str = "") -> bool:
        """Begin the track at ``seconds`` of the clip; steps of one ``gesture`` are one step of undo."""
        state = self._session.state
        if state is None:
            return False
        offset = round(seconds, 4) + 0.0
        if offset == state.clip.offset:
            return True
        return self._session.apply(change_clip(state, gesture, offset=offset))

    def nudge(self, seconds: float) -> None:
        """Move the track later, or earlier where ``seconds`` is below 0."""
        now = time.monotonic()
        if now - self._nudged > _ONE_GO:
            self._gesture = f"nudge-offset-{uuid.uuid4().hex}"
        self._nudged = now
        self.set_offset(self.offset + seconds, self._gesture)

    def nudge_frames(self, frames: int) -> None:
        """The same by frames of the video."""
        self.nudge(frames * self.frame)

    def use_timecodes(self) -> None:
        """Set the offset that the timecodes say; why not, where they say none."""
        codes = self.timecodes
        if codes is None or codes.offset is None:
            why = codes.note if codes is not None else "they are still being read"
            self._session.show_message(
                Message(f"No offset from timecodes: {why}", "drag the track, or estimate")
            )
            return
        if self.set_offset(codes.offset):
            note = f"; {codes.note}" if codes.note else ""
            said = f"The track begins at {self.offset:+.3f} s, as the timecodes say{note}"
            self._session.show_message(Message(said, level="success"))

    # ---- finding it --------------------------------------------------------------------------

    def estimate(self, reach: float) -> None:
        """Look for the offset in the background, ``reach`` seconds to either side of the one now."""
        clip = self._session.current
        if clip is None or clip.raw is None or clip.loaded.video_path is None or self.running:
            return
        video, track, offset = clip.loaded.video_path, clip.raw, clip.offset

        def work(token: CancelToken, progress: Progress) -> Estimate:
            return estimate_offset(video, track, offset=offset, reach=reach, cancel=token, progress=progress)

        self._start(
            "Estimate the offset",
            work,
            self.estimated.emit,
            valid=lambda: self._session.current is clip and clip.raw is track,
            cancelled="Cancelled; nothing was changed.",
        )

    def _read_timecodes(self) -> None:
        clip, facts = self._session.current, self._session.playback.facts
        self.timecodes = None
        if clip is None or facts is None or clip.raw is None or clip.loaded.video_path is None:
            self.timecodes_read.emit()
            return
        video, seconds, track = clip.loaded.video_path, facts.duration, clip.raw

        def work(_token: CancelToken, _progress: Progress) -> TimecodeOffset:
            return timecode_offset(video, seconds, track)

        self._session.jobs.run(
            "Read timecodes",
            work,
            done=self._timecodes_known,
            failed=lambda fault: self._timecodes_known(TimecodeOffset(None, note=str(fault))),
            valid=lambda: self._same(track),
        )

    def _same(self, track: Track) -> bool:
        clip = self._session.current
        return clip is not None and clip.raw is track

    def _timecodes_known(self, codes: TimecodeOffset) -> None:
        self.timecodes = codes
        self.timecodes_read.emit()

    # ---- following ---------------------------------------------------------------------------

    def _clip_opened(self) -> None:
        self._offset = self.offset
        self.offset_changed.emit()

    def _clip_closing(self) -> None:
        self.cancel()
        self.set_dragging(False)

    def _follow(self) -> None:
        """Show the track where it lies now, also after undo."""
        clip = self._session.current
        if clip is None or clip.offset == self._offset:
            return
        self._offset = clip.offset
        self._session.playback.measure_again(clip.duration, clip.step_times())
        self._session.recording_changed.emit()
        self.offset_changed.emit()
