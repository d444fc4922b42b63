"""The landmarks of the open clip's captured track, and whether they are laid over its video."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from annotator.core.capture.contours import POINTS, region_reliability
from annotator.core.capture.landmark_file import (
    FaceLandmarks,
    captured_report,
    has_landmarks,
    landmark_path,
    read_landmarks,
)
from annotator.core.storage.places import fingerprint, same_video
from annotator.session.open_clip import OpenClip
from annotator.session.session import Session
from viewer.core.cancel import CancelToken
from viewer.core.errors import StudioError
from viewer.core.progress import Progress


@dataclass(frozen=True)
class Landmarks:
    """What is known of a track: whether it was ``captured``, from the very ``video`` of its clip, whether
    its landmarks were ``kept`` and are ``readable``.  ``face`` are those of the contours alone, in the
    order of :data:`~annotator.core.capture.contours.POINTS`; None as long as nobody wants to see them.
    ``reliability`` is that of each region, by its title."""

    captured: bool = False
    same_video: bool = False
    kept: bool = False
    readable: bool = True
    face: FaceLandmarks | None = None
    reliability: dict[str, float | None] = field(default_factory=dict)
    fault: StudioError | None = None


NOTHING = Landmarks()


class LandmarksController(QObject):
    """Follows the track of the open clip; files are looked at in a job."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._followed: tuple[OpenClip | None, str] = (None, "")
        self.known = NOTHING
        session.clip_opened.connect(self._follow)
        session.clip_closed.connect(self._follow)
        session.changed.connect(lambda _change: self._follow())

    @property
    def shown(self) -> bool:
        """Whether landmarks are laid over the video wherever there are some; remembered."""
        return self._session.settings.landmarks

    @property
    def face(self) -> FaceLandmarks | None:
        """The landmarks to be drawn now."""
        return self.known.face if self.shown else None

    def toggle(self) -> None:
        """Lay the landmarks over the video, or no longer."""
        settings = self._session.settings
        settings.landmarks = not settings.landmarks
        self._session.save_settings()
        if self.shown and self.known.kept and self.known.face is None:
            self._look()
        self.changed.emit()

    def _now(self) -> tuple[OpenClip | None, str]:
        clip = self._session.current
        return clip, "" if clip is None else clip.document.state.clip.track

    def _follow(self) -> None:
        """Another clip or track: what was seen of the one before is gone at once."""
        now = self._now()
        if now == self._followed:
            return
        self._followed = now
        self.known = NOTHING
        self.changed.emit()
        self._look()

    def _look(self) -> None:
        followed = self._followed
        clip, name = followed
        if clip is None or not name or clip.loaded.video_path is None:
            return
        loaded, video, shown = clip.loaded, clip.loaded.video_path, self.shown

        def work(_token: CancelToken, _progress: Progress) -> Landmarks:
            path = loaded.track_path
            if path is None or name != loaded.state.clip.track:
                path = loaded.place.file(name)
            return _known_of(path, video, shown)

        def done(known: Landmarks) -> None:
            self.known = known
            if known.fault is not None:
                self._session.show_error(known.fault)
            self.changed.emit()

        self._session.jobs.run(
            "Look for landmarks",
            work,
            done=done,
            # A track that is missing is told where the clip is read.
            failed=lambda _fault: None,
            valid=lambda: self._followed == followed == self._now(),
        )


def _known_of(track: Path, video: Path, wanted: bool) -> Landmarks:
    """Of the file of a track and the video of its clip; with the landmarks where they are ``wanted``."""
    report = captured_report(track)
    if not report:
        return NOTHING
    of_video = report.get("video_fingerprint")
    same = same_video(of_video if isinstance(of_video, dict) else None, fingerprint(video))
    kept = has_landmarks(track, report)
    if not (same and kept and wanted):
        return Landmarks(captured=True, same_video=same, kept=kept)
    try:
        face = read_landmarks(landmark_path(track), POINTS)
    except StudioError as fault:
        return Landmarks(captured=True, same_video=True, kept=True, readable=False, fault=fault)
    return Landmarks(True, True, True, True, face, region_reliability(report))
