"""Exporting what is open."""

from __future__ import annotations

from collections.abc import Callable

from annotator.session.action import Action, Condition
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.widgets.host import Host
from viewer.core.camera import CameraView
from viewer.core.face_model import FaceModel


class ExportCommands:
    """``view`` gives the camera and the face model that are seen now."""

    def __init__(
        self,
        session: Session,
        takes: TakesController,
        view: Callable[[], tuple[CameraView, FaceModel | None]],
        host: Host,
    ) -> None:
        self.session, self._takes, self._view, self._host = session, takes, view, host

    def export(self, take_id: str = "") -> None:
        """Open the dialog; ``take_id`` is chosen in it, empty for what is shown."""
        if self.session.current is None:
            return
        from annotator.export.export_dialog import ExportDialog  # loads VTK

        self._host.commit_pending_edits()
        camera, model = self._view()
        self._host.open_dialog(
            ExportDialog(self.session, self._takes, take_id, camera, model, self._host.widget())
        )


ACTIONS: tuple[Action[ExportCommands], ...] = (
    Action(
        "export",
        "Export…",
        "File",
        ("Ctrl+E",),
        lambda on: on.export(),
        (
            Condition(
                lambda on: on.session.current is not None, "There is nothing to export", "open a clip first"
            ),
        ),
    ),
)
