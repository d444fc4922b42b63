"""The shape sheet on screen: drawn as a job, scrolled and zoomed, saved as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap, QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGraphicsScene,
    QGraphicsView,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from annotator.core.export.film import write_png
from annotator.session.jobs import Job
from annotator.session.messages import Message, explain
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel, window_title
from viewer.core.cancel import CancelToken
from viewer.core.face_model import FaceModel
from viewer.core.progress import Progress
from viewer.shape_sheet import shape_sheet

Picture = npt.NDArray[np.uint8]
_LARGEST = 4.0


class ZoomView(QGraphicsView):
    """A picture that the wheel zooms and a drag moves; at first it fits the width."""

    def __init__(self) -> None:
        super().__init__()
        self._scene = QGraphicsScene(self)
        self.setScene(self._scene)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.setAccessibleName("Shape sheet")

    def show_picture(self, picture: Picture) -> None:
        """Show a picture (H, W, 3) uint8 RGB in place of the one before, as wide as the view.  It is
        copied."""
        height, width = picture.shape[:2]
        image = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._scene.clear()
        item = self._scene.addPixmap(QPixmap.fromImage(image))
        item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self._scene.setSceneRect(item.boundingRect())
        self.fit_width()

    def fit_width(self) -> None:
        """Zoom so that the picture is as wide as the view; does nothing without a picture."""
        width = self._scene.width()
        if width > 0:
            self.resetTransform()
            self.zoom(self._room / width)

    def zoom(self, factor: float) -> None:
        """Magnify by ``factor``, from the whole width up to four times the picture's size."""
        now, width = self.transform().m11(), max(self._scene.width(), 1.0)
        wanted = min(max(now * factor, min(self._room / width, 1.0)), _LARGEST)
        self.scale(wanted / now, wanted / now)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom(1.0015 ** event.angleDelta().y())
        event.accept()

    @property
    def _room(self) -> float:
        return max(self.viewport().width() - 14.0, 64.0)


class ShapeSheetDialog(QDialog):
    """Draws the sheet of ``model`` off the UI thread and shows it; closing it ends the drawing."""

    def __init__(self, session: Session, model: FaceModel, folder: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(window_title(f"Shape sheet – {model.name}"))
        # Never larger than the least window it stands over.
        self.resize(min(parent.width() - 24, 1180), min(parent.height() - 60, 820))
        self._session, self._model, self._folder = session, model, folder
        self.picture: Picture | None = None
        self.view = ZoomView()
        self._doing = PlainLabel("Drawing …")
        self._doing.setObjectName("Muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximumWidth(240)
        self.save_button = QPushButton("Save…")
        self.save_button.setObjectName("Primary")
        self.save_button.setEnabled(False)
        close = QPushButton("Close")
        closer, wider, fit = QPushButton("−"), QPushButton("+"), QPushButton("Fit width")
        for button, words in ((closer, "Zoom out"), (wider, "Zoom in"), (fit, "Fit width")):
            button.setAccessibleName(words)
            button.setToolTip(words)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        for part in (closer, wider, fit, self._bar, self._doing):
            foot.addWidget(part)
        foot.addStretch(1)
        foot.addWidget(self.save_button)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        closer.clicked.connect(lambda: self.view.zoom(1 / 1.25))
        wider.clicked.connect(lambda: self.view.zoom(1.25))
        fit.clicked.connect(self.view.fit_width)
        close.clicked.connect(self.reject)
        self.save_button.clicked.connect(self._choose_file)
        self._job: Job | None = self._start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.view.fit_width()

    def _start(self) -> Job:
        model, theme = self._model, self._session.palette

        def work(token: CancelToken, progress: Progress) -> Picture:
            return shape_sheet(model, theme=theme, progress=progress, cancel=token)

        job = self._session.jobs.run("Draw the shape sheet", work, done=self._drawn, failed=self._failed)
        job.progress.connect(self._show_progress)
        return job

    def _show_progress(self, done: int, total: int, what: str) -> None:
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._doing.setText(what)

    def _drawn(self, picture: Picture) -> None:
        self._job = None
        self.picture = picture
        self._bar.hide()
        self._doing.setText("Wheel zooms, dragging moves")
        self.view.show_picture(picture)
        self.save_button.setEnabled(True)

    def _failed(self, fault: Exception) -> None:
        self._job = None
        self._bar.hide()
        self._doing.setText(explain(fault).line())

    def _choose_file(self) -> None:
        start = str(Path(self._folder) / f"{self._model.name} shapes.png")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the shape sheet", start, "Picture (*.png)")
        if chosen:
            self.save(Path(chosen if chosen.lower().endswith(".png") else chosen + ".png"))

    def save(self, path: Path) -> None:
        """Write the sheet as PNG in the background; a fault is told in the dialog."""
        picture = self.picture
        if picture is None or self._job is not None:
            return

        def work(_token: CancelToken, progress: Progress) -> None:
            progress(0, 0, f"Saving {path.name}")
            write_png(path, picture)

        self._job = self._session.jobs.run(
            "Save the shape sheet", work, done=lambda _nothing: self._saved(path), failed=self._failed
        )

    def _saved(self, path: Path) -> None:
        self._job = None
        self._doing.setText(f"Saved {path.name}")
        self._session.show_message(Message(f"Saved the shape sheet to {path}", level="success"))

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what is still being drawn is given up."""
        job, self._job = self._job, None
        if job is not None and job.running:
            for signal in (job.done, job.failed):
                signal.disconnect()
            job.cancel()
        super().done(result)
