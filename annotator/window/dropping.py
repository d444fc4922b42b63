"""What is dropped on the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from viewer.core.models import is_face_model


class Dropping(QObject):
    """Takes files and folders that are dropped on ``window``: a face model is handed to ``show_face``, all
    else to ``take``.  ``show_drop`` shows that what is dragged over the window can be dropped."""

    def __init__(
        self,
        window: QWidget,
        show_drop: Callable[[bool], None],
        show_face: Callable[[str], None],
        take: Callable[[list[Path]], None],
    ) -> None:
        super().__init__(window)
        self._show_drop, self._show_face, self._take = show_drop, show_face, take
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def take_files(self, names: list[str]) -> None:
        """Take files by their paths, as if they had been dropped here."""
        if names and is_face_model(Path(names[0])):
            self._show_face(names[0])
        elif names:
            self._take([Path(name) for name in names])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragLeave:
            self._show_drop(False)
        elif isinstance(event, QDragEnterEvent):
            if any(url.isLocalFile() for url in event.mimeData().urls()):
                event.acceptProposedAction()
                self._show_drop(True)
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._show_drop(False)
            self.take_files([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
        else:
            return False
        return True
