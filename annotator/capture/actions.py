"""Making tracks from videos."""

from __future__ import annotations

from annotator.capture.camera_controller import CameraController
from annotator.capture.controller import CaptureController
from annotator.capture.landmarks import LandmarksController
from annotator.session.action import CLIP_OPEN, LIBRARY_OPEN, Action, Condition
from annotator.session.session import Session
from annotator.widgets.host import Host


class CaptureCommands:
    """What a person can do about clips without a track."""

    def __init__(
        self,
        session: Session,
        capture: CaptureController,
        landmarks: LandmarksController,
        camera: CameraController,
        host: Host,
    ) -> None:
        self.session, self.capture, self.landmarks, self._host = session, capture, landmarks, host
        self.camera = camera

    def open_dialog(self) -> None:
        """Choose how the open clip, or all clips without a track, are captured."""
        from annotator.capture.capture_dialog import CaptureDialog

        self._host.commit_pending_edits()
        self._host.open_dialog(CaptureDialog(self.session, self.capture, self._host.widget()))

    def record(self) -> None:
        """Show what a camera sees, and record it."""
        from annotator.capture.camera_dialog import CameraDialog

        self._host.commit_pending_edits()
        self.session.playback.pause()
        self._host.open_dialog(CameraDialog(self.session, self.camera, self._host.widget()))


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
    Action(
        "record",
        "Record from a camera…",
        "File",
        (),
        CaptureCommands.record,
        (Condition(lambda on: on.camera.possible, "There is no camera", "connect one"),),
    ),
    Action(
        "landmarks",
        "Landmarks of the face over the video",
        "View",
        ("Shift+F",),
        lambda on: on.landmarks.toggle(),
        (
            CLIP_OPEN,
            Condition(
                lambda on: on.landmarks.known.captured,
                "The track was not captured from the video, so there are no landmarks",
                "capture one: File ▸ Capture a track from the video…",
            ),
            Condition(
                lambda on: on.landmarks.known.same_video,
                "The track was captured from another video",
                "capture one from this video",
            ),
            Condition(
                lambda on: on.landmarks.known.kept,
                "The track was captured before landmarks were kept, or they were taken away",
                "take the track away from the clip and capture it again",
            ),
            Condition(
                lambda on: on.landmarks.known.readable,
                "The landmarks cannot be read",
                "take the track away from the clip and capture it again",
            ),
        ),
    ),
)
