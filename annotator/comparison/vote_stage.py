"""Two faces side by side that play the same moment, with nothing that tells them apart."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from annotator.core.comparison.polling import LoadedBallot
from annotator.widgets.plain_label import PlainLabel
from viewer.audio_player import AudioPlayer
from viewer.core.clock import Clock
from viewer.core.face_model import FaceModel
from viewer.face_pane import FacePane
from viewer.palette import Palette
from viewer.ticker import Ticker
from viewer.video_decoder import VideoDecoder
from viewer.video_pane import VideoPane

ENOUGH = 1.0
"""Seconds of a pair that must have been seen before a vote on it counts; a shorter one, all of it."""

LETTERS = ("A", "B")


class VoteStage(QWidget):
    """``seen_enough`` comes once a pair, ``ended`` when it was played to its end."""

    seen_enough = Signal()
    ended = Signal()

    def __init__(self, model: FaceModel | None, palette: Palette, muted: bool) -> None:
        super().__init__()
        self._seen: LoadedBallot | None = None
        self._enough = self._waiting = False
        self._clock = Clock()
        self._ticker = Ticker(self._clock, self)
        self._audio = AudioPlayer(self)
        self._audio.set_muted(muted)
        self._decoder = VideoDecoder(self)
        self.video = VideoPane(self._decoder)
        self.video.set_palette_colours(palette)
        self.faces = FacePane(), FacePane()
        pairs = zip(self.faces, LETTERS, strict=True)
        self.frames = tuple(self._framed(face, letter) for face, letter in pairs)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self._video_frame = self._framed(self.video, "Video")
        row.addWidget(self._video_frame, 1)
        for frame in self.frames:
            row.addWidget(frame, 1)
        for face in self.faces:
            face.set_theme(palette)
            face.set_model(model)
            face.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.video.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.video.setAcceptDrops(False)
        one, other = self.faces
        one.camera_changed.connect(other.set_camera)
        other.camera_changed.connect(one.set_camera)
        self._decoder.opened.connect(lambda _facts, _times: self._show_time(self._clock.time))
        self._ticker.tick.connect(self._show_time)
        for face in self.faces:
            face.shown.connect(self._face_shown)

    def minimumSizeHint(self) -> QSize:
        return QSize(480, 240)

    @staticmethod
    def _framed(content: QWidget, letter: str) -> QFrame:
        frame = QFrame()
        frame.setObjectName("VoteFace")
        name = PlainLabel(letter)
        name.setObjectName("VoteLetter" if letter in LETTERS else "Muted")
        name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(frame)
        column.setContentsMargins(2, 2, 2, 2)
        column.setSpacing(0)
        column.addWidget(content, 1)
        column.addWidget(name)
        return frame

    @property
    def enough(self) -> bool:
        """Whether so much of the pair was seen that it may be voted on."""
        return self._enough

    @property
    def playing(self) -> bool:
        """Whether the pair is moving now."""
        return self._clock.playing

    def show_ballot(self, seen: LoadedBallot) -> None:
        """Play a pair from its start."""
        self._seen, self._enough = seen, False
        self._clock.pause()
        self._clock.set_duration(seen.duration)
        self._video_frame.setVisible(seen.video is not None)
        if seen.video is not None and self._decoder.path != seen.video:
            self._decoder.open(seen.video)
        if seen.sound is not None:
            self._audio.load(seen.sound.samples, seen.sound.rate)
        else:
            self._audio.load(None)
        self.mark("")
        self._clock.seek(0.0)
        # The first face takes a moment to be drawn, and its performance should not begin without it.
        self._waiting = not self._drawn
        if self._waiting:
            self._ticker.refresh()
        else:
            self.replay()

    @property
    def _drawn(self) -> bool:
        return all(face.picture() is not None for face in self.faces)

    def _face_shown(self) -> None:
        if self._waiting and self._drawn:
            self._waiting = False
            self.replay()

    def replay(self) -> None:
        """Play from the start."""
        if self._seen is not None and not self._waiting:
            self._clock.seek(0.0)
            self._clock.play()
            self._audio.follow(self._clock)
            self._ticker.refresh()

    def mark(self, choice: str) -> None:
        """Frame the side that was chosen; anything else frames none."""
        for letter, frame in zip("ab", self.frames, strict=True):
            frame.setProperty("chosen", letter == choice)
            frame.style().unpolish(frame)
            frame.style().polish(frame)

    def rest(self) -> None:
        """Play no more until the next pair."""
        self._clock.pause()
        self._audio.follow(self._clock)
        self._ticker.refresh()

    def release(self) -> None:
        """End all threads; the stage shows nothing from then on."""
        self._seen = None
        self._clock.pause()
        self._ticker.stop()
        self._audio.load(None)
        self._decoder.close()
        for face in self.faces:
            face.release()

    def _show_time(self, t: float) -> None:
        seen = self._seen
        if seen is None:
            return
        for side, face in enumerate(self.faces):
            face.show_values(seen.row(side, t))
        if seen.video is not None and self._decoder.times.size:
            self.video.show_time(t)
        self._audio.follow(self._clock)
        if not self._enough and t >= min(ENOUGH, seen.duration - 0.05):
            self._enough = True
            self.seen_enough.emit()
        if self._clock.playing and self._clock.at_end:
            self.rest()
            self.ended.emit()
