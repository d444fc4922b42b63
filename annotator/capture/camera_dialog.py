"""Record from a camera: what it sees, for how long, and where the film goes."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.capture.camera_controller import CameraController, free_film
from annotator.core.capture.camera import CameraSource, Recorded
from annotator.session.session import Session
from annotator.widgets.dialog_button import dialog_button
from annotator.widgets.fields import ChoiceField
from annotator.widgets.host import start_folder
from annotator.widgets.plain_label import PlainLabel

_TICK = 200


class Preview(QWidget):
    """The last picture, whole, in the middle."""

    def __init__(self, ground: str, ink: str) -> None:
        super().__init__()
        self.image: QImage | None = None
        self.words = ""
        self._ground, self._ink = QColor(ground), QColor(ink)
        self.setMinimumSize(480, 300)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("What the camera sees")

    def show_image(self, image: QImage | None, words: str = "") -> None:
        """Show a picture, or ``words`` where there is none."""
        self.image, self.words = image, words
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground)
        if self.image is None:
            painter.setPen(self._ink)
            painter.drawText(
                self.rect().adjusted(24, 0, -24, 0),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self.words,
            )
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = QRect(QPoint(), self.image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(self.rect().center())
        painter.drawImage(place, self.image)


class CameraDialog(QDialog):
    """The camera is on as long as this is open; closing it while recording keeps what was recorded."""

    def __init__(self, session: Session, camera: CameraController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Record from a camera")
        self.resize(640, 560)
        self._session, self._camera = session, camera
        self._sources: list[CameraSource] = []
        self._since: float | None = None
        self._film = free_film(Path(start_folder(session.settings)))
        self._make_parts()
        self._lay_out()
        self._connect()
        self.preview.show_image(None, "Looking for cameras …")
        self._show_state()
        camera.look_for_cameras()

    def _make_parts(self) -> None:
        palette = self._session.palette
        self.preview = Preview(palette.field, palette.muted)
        self.which = ChoiceField()
        self.which.setAccessibleName("Camera")
        self.out = QLineEdit(str(self._film))
        self.out.setAccessibleName("Film")
        self.choose = dialog_button("…", "Choose where the film goes")
        dataset = self._camera.dataset
        self.add = QCheckBox(f"Add a copy to the dataset {dataset.name}" if dataset is not None else "")
        self.add.setChecked(dataset is not None)
        self.add.setVisible(dataset is not None)
        self.told = PlainLabel()
        self.told.setObjectName("Muted")
        self.told.setWordWrap(True)
        self.go = dialog_button("Record", "Begin to record")
        self.go.setObjectName("Primary")
        self.go.setMinimumWidth(104)
        self.shut = dialog_button("Close", "Switch the camera off; a recording is kept")
        self._clock = QTimer(self, interval=_TICK)

    def _lay_out(self) -> None:
        film = QHBoxLayout()
        film.setSpacing(8)
        film.addWidget(self.out, 1)
        film.addWidget(self.choose)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow("Camera", self.which)
        form.addRow("Film", film)
        form.addRow("", self.add)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.told, 1)
        foot.addWidget(self.go)
        foot.addWidget(self.shut)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.preview, 1)
        column.addLayout(form)
        column.addLayout(foot)

    def _connect(self) -> None:
        camera = self._camera
        camera.listed.connect(self._show_cameras)
        camera.seen.connect(self._show_picture)
        camera.ended.connect(self._show_end)
        camera.recorded.connect(self._take_film)
        camera.failed.connect(self._show_failure)
        self.which.activated.connect(self._watch)
        self.choose.clicked.connect(self._choose_film)
        self.go.clicked.connect(self._press_go)
        self.shut.clicked.connect(self.reject)
        self._clock.timeout.connect(self._show_time)

    def _show_cameras(self, sources: list[CameraSource]) -> None:
        self._sources = sources
        self.which.clear()
        self.which.addItems([source.title for source in sources])
        if sources:
            self._watch(0)
        else:
            self.preview.show_image(None, "No camera was found. Connect one and open this again.")
        self._show_state()

    def _watch(self, at: int) -> None:
        self.preview.show_image(None, "Opening the camera …")
        self._camera.watch(self._sources[at])
        self._show_state()

    def _show_picture(self, image: QImage) -> None:
        first = self.preview.image is None
        self.preview.show_image(image)
        if first:
            self._show_state()

    def _show_end(self, why: str) -> None:
        self._since = None
        if why:
            self.preview.show_image(None, f"{why}.")
        self._show_state()

    def _choose_film(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Where the film goes", self.out.text(), "Film (*.mp4)")
        if chosen:
            self.out.setText(chosen)

    def _press_go(self) -> None:
        if self._since is not None:
            self._camera.stop()
            self.go.setEnabled(False)
            return
        path = Path(self.out.text().strip()).expanduser()
        path = path if path.suffix.lower() == ".mp4" else path.with_name(f"{path.name}.mp4")
        if path.exists():
            self.told.setText("There is a file of that name: choose another one.")
            return
        self.out.setText(str(path))
        self._since = time.monotonic()
        self._camera.record(path)
        self._clock.start()
        self._show_state()

    def _show_time(self) -> None:
        if self._since is not None:
            text = f"● {time.monotonic() - self._since:.1f} s"
            dropped = self._camera.dropped
            self.told.setText(f"{text}, {dropped} frames dropped" if dropped else text)

    def _show_state(self) -> None:
        recording, seeing = self._since is not None, self.preview.image is not None
        self.go.setText("Stop" if recording else "Record")
        self.go.setEnabled(recording or seeing)
        for field in (self.which, self.out, self.choose, self.add):
            field.setEnabled(not recording)
        if not recording:
            self._clock.stop()
            self.told.setText("")

    def _take_film(self, film: Recorded) -> None:
        add = self.add.isChecked()
        self.accept()
        self._camera.use(film, add=add)

    def _show_failure(self, why: str) -> None:
        self._since = None
        self._show_state()
        self.told.setText(why)

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what is being recorded is kept, and opened."""
        if self._since is not None and result == QDialog.DialogCode.Rejected:
            self._since = None
            self._camera.close()
            return
        self._clock.stop()
        self._camera.close()
        super().done(result)
