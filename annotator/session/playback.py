"""Playing the open clip: clock, ticker, video and sound, and stepping by the video's frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from annotator.session.jobs import Jobs
from viewer.audio_player import AudioPlayer
from viewer.core.audio import Sound, read_audio
from viewer.core.cancel import CancelToken
from viewer.core.clock import Clock
from viewer.core.progress import Progress
from viewer.core.pyramid import MinMaxPyramid
from viewer.core.video_facts import VideoFacts
from viewer.ticker import Ticker
from viewer.timeline.waveform import FIRST_BIN
from viewer.video_decoder import VideoDecoder

_SAME_END = 0.1
"""Seconds by which the ends of a video and its track differ when they end together."""
RATES = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)


class Playback(QObject):
    """Time goes through here: commands come in, ``time_changed`` goes out.

    ``frame_times`` (F,) float64 are the seconds at which frames begin: the video's, else the
    track's.
    """

    time_changed = Signal(float)
    state_changed = Signal()
    video_opened = Signal(object)
    video_failed = Signal(str)
    sound_loaded = Signal(object, float)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clock = Clock()
        self.ticker = Ticker(self.clock, self)
        self.decoder = VideoDecoder(self)
        self.audio = AudioPlayer(self)
        self._jobs = jobs
        self.frame_times: npt.NDArray[np.float64] = np.zeros(0)
        self.facts: VideoFacts | None = None
        self._video_path: Path | None = None
        self._resume = False
        self.ticker.tick.connect(self._ticked)
        self.decoder.opened.connect(self._video_opened)
        self.decoder.failed.connect(self.video_failed)

    # ---- what is open --------------------------------------------------------------------

    def open(self, video: Path | None, duration: float, frame_times: npt.NDArray[np.float64]) -> None:
        """Start on a new clip at 0; ``duration`` and ``frame_times`` are the track's until the
        video says better."""
        self.close()
        self.frame_times = frame_times
        self.clock.set_duration(duration)
        self.clock.set_loop(None, None)
        self.clock.seek(0.0)
        self._video_path = video
        if video is not None:
            self.decoder.open(video)
        self.refresh()

    def extend(self, duration: float, frame_times: npt.NDArray[np.float64]) -> None:
        """Make room for a track that is longer than what was there, with its frames if there were
        none."""
        if not self.frames:
            self.frame_times = frame_times
        self.clock.set_duration(max(self.clock.duration, duration))
        self.refresh()

    def measure_again(self, duration: float, frame_times: npt.NDArray[np.float64]) -> None:
        """The track lies elsewhere now: the clip lasts ``duration`` seconds, and without a video its frames
        are at ``frame_times``."""
        if self._video_path is None:
            self.frame_times = frame_times
        self.clock.set_duration(max(duration, self.facts.duration if self.facts is not None else 0.0))
        self.refresh()

    def close(self) -> None:
        """Stop and forget the clip."""
        self.pause()
        self.audio.load(None)
        self.decoder.close()
        self._video_path = None
        self.facts = None
        self.frame_times = np.zeros(0)
        self.clock.set_duration(0.0)
        self.clock.set_loop(None, None)

    def shut_down(self) -> None:
        """End all threads; called once."""
        self.close()
        self.ticker.stop()

    @property
    def video_end(self) -> float | None:
        """Seconds at which the video ends where the clip goes on for longer than anybody would call
        rounding; else None."""
        ends = None if self.facts is None else self.facts.duration
        return ends if ends is not None and self.duration - ends > _SAME_END else None

    def _video_opened(self, facts: VideoFacts, times: npt.NDArray[np.float64]) -> None:
        self.facts = facts
        self.frame_times = times
        self.clock.set_duration(max(self.clock.duration, facts.duration))
        self.video_opened.emit(facts)
        if facts.audio and self._video_path is not None:
            self._load_sound(self._video_path)
        self.refresh()

    def _load_sound(self, path: Path) -> None:
        start = self.decoder.start_pts_time

        def work(token: CancelToken, _progress: Progress) -> tuple[Sound, MinMaxPyramid] | None:
            sound = read_audio(path, cancel=token, video_start=start)
            if sound is None:
                return None
            return sound, MinMaxPyramid(sound.samples.mean(axis=1), FIRST_BIN)

        self._jobs.run(
            "Read the sound",
            work,
            done=self._sound_ready,
            failed=lambda _fault: self.sound_loaded.emit(None, 1.0),
            valid=lambda: self._video_path == path,
        )

    def _sound_ready(self, read: tuple[Sound, MinMaxPyramid] | None) -> None:
        if read is None:
            self.sound_loaded.emit(None, 1.0)
            return
        sound, peaks = read
        self.audio.load(sound.samples, sound.rate)
        self.sound_loaded.emit(peaks, float(sound.rate))

    # ---- reading -------------------------------------------------------------------------

    @property
    def time(self) -> float:
        """Seconds of the clip that are shown now, from 0 to :attr:`duration`."""
        return self.clock.time

    @property
    def duration(self) -> float:
        """Seconds of the clip: of the longest of video and tracks; 0 without a clip."""
        return self.clock.duration

    @property
    def frames(self) -> int:
        """How many frames there are to step through; 0 without a video and a track."""
        return int(self.frame_times.size)

    def frame_at(self, t: float) -> int:
        """The frame shown at ``t`` seconds, from 0."""
        index = int(np.searchsorted(self.frame_times, t + 1e-6, side="right")) - 1
        return min(max(index, 0), max(self.frames - 1, 0))

    def frame_time(self, t: float) -> tuple[float, int | None]:
        """When the frame shown at ``t`` begins, and its number; ``t`` itself without frames."""
        if not self.frames:
            return t, None
        index = self.frame_at(t)
        return float(self.frame_times[index]), index

    @property
    def last_moment(self) -> float:
        """Until when (s) something is shown that can be marked: the end of the last frame, as the video
        or the distance of its frames says; the whole clip where there are no frames."""
        if not self.frames:
            return self.duration
        step = float(self.frame_times[-1] - self.frame_times[-2]) if self.frames > 1 else 0.0
        end = float(self.frame_times[-1]) + step
        return max(end, self.facts.duration if self.facts is not None else end) + 1e-6

    def frame_span(self, t: float) -> tuple[float, float]:
        """The seconds that show what ``t`` shows: from the begin of its frame until the next one;
        ``t`` alone where there are no frames or they have ended."""
        if not self.frames:
            return t, t
        index = self.frame_at(t)
        begin = float(self.frame_times[index]) - 1e-6
        if index + 1 < self.frames:
            return begin, float(self.frame_times[index + 1]) - 1e-6
        last = begin + (float(self.frame_times[-1] - self.frame_times[-2]) if self.frames > 1 else 0.0)
        return (begin, last) if t < last else (t, t)

    def stepped_time(self, t: float, frames: int) -> float:
        """The time ``frames`` frames away from the one shown at ``t``."""
        if not self.frames:
            return min(max(t + frames / 60.0, 0.0), self.duration)
        index = min(max(self.frame_at(t) + frames, 0), self.frames - 1)
        return float(self.frame_times[index])

    # ---- commands ------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play or pause; at the end it plays from the start."""
        self.clock.toggle()
        self._changed()

    def pause(self) -> None:
        """Stop where the playhead is; harmless when nothing plays."""
        if self.clock.playing:
            self.clock.pause()
        self._changed()

    def seek(self, t: float) -> None:
        """Move the playhead; sound follows."""
        self.clock.seek(t)
        self._changed()

    def shuttle(self, direction: int) -> None:
        """Play backward (-1) or forward (1), faster each time, or stop (0); see :meth:`Clock.shuttle`."""
        self.clock.shuttle(direction)
        self._changed()

    def step(self, frames: int) -> None:
        """Pause and show the frame that lies ``frames`` further."""
        self.clock.pause()
        self.seek(self.stepped_time(self.time, frames))

    def begin_scrub(self) -> None:
        """Hold while the playhead is dragged."""
        self._resume = self.clock.playing
        if self._resume:
            self.pause()

    def end_scrub(self) -> None:
        """Play on if it played before."""
        if self._resume:
            self._resume = False
            self.clock.play()
            self._changed()

    def skip(self, seconds: float) -> None:
        """Move by seconds, onto the start of a frame."""
        self.seek(self.frame_time(min(max(self.time + seconds, 0.0), self.duration))[0])

    def to_end(self) -> None:
        """The last frame."""
        self.clock.pause()
        self.seek(float(self.frame_times[-1]) if self.frames else self.duration)

    def set_rate(self, rate: float) -> None:
        """Play at ``rate`` times the recorded speed, within the bounds of the clock; sound only at 1."""
        self.clock.set_rate(rate)
        self._changed()

    def change_rate(self, direction: int) -> None:
        """The next slower or faster of the usual rates."""
        now = abs(self.clock.rate)
        steps = [r for r in RATES if (r - now) * direction > 1e-6]
        if steps:
            self.set_rate(min(steps) if direction > 0 else max(steps))

    def set_loop(self, start: float | None, end: float | None) -> None:
        """Play between two points (s) again and again; None for either leaves that end open, for both
        ends the loop."""
        self.clock.set_loop(start, end)
        self._changed()

    def loop_point(self, which: str) -> None:
        """Put the in or the out point at the playhead."""
        loop = self.clock.loop
        start, end = loop if loop is not None else (None, None)
        if which == "in":
            start = self.time
            end = end if end is not None and end > start else None
        else:
            end = self.time
            start = start if start is not None and start < end else None
        self.set_loop(start, end)

    def toggle_loop(self) -> None:
        """Play in the loop or past its end; its points stay."""
        self.clock.loop_enabled = not self.clock.loop_enabled
        self._changed()

    def set_muted(self, muted: bool) -> None:
        """Play without being heard, or be heard again; idempotent."""
        self.audio.set_muted(muted)

    def refresh(self) -> None:
        """Tell everyone the time again."""
        self.ticker.refresh()
        self.state_changed.emit()

    # ---- inside --------------------------------------------------------------------------

    def _changed(self) -> None:
        self.audio.follow(self.clock)
        self.refresh()

    def _ticked(self, t: float) -> None:
        if self.clock.playing and self.clock.at_end:
            self.pause()
            return
        self.audio.follow(self.clock)
        self.time_changed.emit(t)
