"""Making tracks from videos."""

from __future__ import annotations

from annotator.capture.controller import CaptureController
from annotator.session.action import LIBRARY_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host


class CaptureCommands:
    """What a person can do about clips without a track."""

    def __init__(self, session: Session, capture: CaptureController, host: Host) -> None:
        self.session, self.capture, self._host = session, capture, host

    def open_dialog(self) -> None:
        """Choose how the open clip, or all clips without a track, are captured."""
        from annotator.capture.capture_dialog import CaptureDialog

        self._host.commit_pending_edits()
        self._host.open_dialog(CaptureDialog(self.session, self.capture, self._host.widget()))


ACTIONS: tuple[Action[CaptureCommands], ...] = (
    Action(
        "capture",
        "Capture a track from the video…",
        "File",
        (),
        CaptureCommands.open_dialog,
        (
            LIBRARY_OPEN,
            Condition(
                lambda on: on.capture.running or on.capture.may_capture,
                "Every clip here has a track",
                "add a video, or take the track of a clip away",
            ),
        ),
    ),
)
