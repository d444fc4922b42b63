"""Going on where a dataset or a file was left: its clip, the playhead, the workspace."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from annotator.session.open_work import OpenWork
from annotator.session.playback import Playback
from annotator.session.settings import RECENT, LeftAt, save_settings

_SOON = 2000
"""Milliseconds after which it is written where a clip was opened."""


class LeftOff(QObject):
    """Notes in the settings where each of the recent ones was left, and goes on there where the settings
    want that (``go_on``).  ``workspace_wanted`` brings the workspace it was left in."""

    workspace_wanted = Signal(str)

    def __init__(self, session: OpenWork, playback: Playback) -> None:
        super().__init__(session)
        self._session, self._playback = session, playback
        self._resume: tuple[str, float] | None = None
        self._later = QTimer(self, singleShot=True, interval=_SOON)
        self._later.timeout.connect(lambda: save_settings(session.settings))
        self.workspace: Callable[[], str] = str
        """Tells the workspace that is shown."""
        playback.video_opened.connect(lambda _facts: self._seek())

    def go_on(self, path: Path, clips: Collection[str]) -> str:
        """The clip of what was opened as ``path`` in which work goes on; empty where that is not known, not
        wanted, or none of ``clips``."""
        settings = self._session.settings
        left = settings.left.get(str(path)) if settings.go_on else None
        self._resume = None
        if left is None or left.clip not in clips:
            return ""
        self._resume = left.clip, left.time
        if left.workspace:
            self.workspace_wanted.emit(left.workspace)
        return left.clip

    def note(self, path: Path) -> None:
        """Keep where the open clip of ``path`` is; before it is closed, its playhead is still there."""
        session, settings = self._session, self._session.settings
        if session.library is None:
            return
        key, now = str(path), round(float(self._playback.time), 3)
        left = LeftAt(clip=session.clip_id, time=now, workspace=self.workspace())
        others = {path: at for path, at in settings.left.items() if path != key and path in settings.recent}
        settings.left = dict([(key, left), *others.items()][:RECENT])

    def opened(self, path: Path) -> None:
        """Go on in the clip of ``path`` that has just been opened, and note it."""
        self._seek()
        if self._resume is None and self._playback.duration:
            self.note(path)
        # A crash must not lose it, and whoever leafs through clips is not kept waiting.
        self._later.start()

    def stop(self) -> None:
        """Write nothing more by itself: the session ends."""
        self._later.stop()

    def _seek(self) -> None:
        """Go there once the clip is long enough: its video may say how long it is only later."""
        session = self._session
        if self._resume is None or not session.clip_id:
            return
        clip, time = self._resume
        if clip != session.clip_id:
            self._resume = None
        elif time <= self._playback.duration + 1e-3:
            self._resume = None
            self._playback.seek(time)
