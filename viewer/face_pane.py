"""The pane that shows a face: a picture drawn off-screen, turned by mouse and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.core.camera import FRONT, PROFILE_LEFT, PROFILE_RIGHT, THREE_QUARTER, CameraView
from viewer.core.channels import CHANNEL_COUNT
from viewer.core.face_model import FaceModel
from viewer.core.heat import Against, HeatScale
from viewer.core.onion import Onion
from viewer.palette import Palette
from viewer.render_thread import RenderThread
from viewer.render_worker import RenderRequest, RenderWorker

SETTLE_MS = 160
"""A face that has not changed for so long is drawn once more, smoothly."""

BREATH_MS = 20
"""While faces cannot be drawn whole, each waits at least so long for its next picture: more
than 30 a second are of little use then, and what is spared makes them finer."""

_DEGREES_PER_PIXEL = 0.45
_KEY_DEGREES = 7.5
_MAX_PIXELS = 1600 * 1600
_thread = RenderThread()


class FacePane(QWidget):
    """Shows a face model in the shape of 61 values, or says why it cannot.

    Drag orbits, Shift+drag or the middle button pans, the wheel zooms, a double click or 0
    resets; with the focus F, Q and P show front, three-quarter and profile, Alt+arrows orbit,
    + and - zoom.  The picture is drawn in another thread; requests that come too fast are
    dropped, the last one is always drawn.
    """

    camera_changed = Signal(CameraView)
    shown = Signal()
    """A new picture is on the widget."""

    pressed = Signal()
    """A mouse button went down on the face."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request = RenderRequest()
        self._picture: QImage | None = None
        self._pixels: npt.NDArray[np.uint8] | None = None
        self._heat: HeatScale | None = None
        self._error = ""
        self._empty_text = "No coefficients to show"
        self._drag: tuple[QPoint, bool] | None = None
        self._busy = False
        self._dirty = False
        self._closed = False
        self._worker = RenderWorker()
        self._worker.drawn.connect(self._take_picture)
        self._worker.failed.connect(self._take_failure)
        worker = self._worker
        _thread.join(worker, worker.close)
        # A pane inside a window gets no close event of its own.
        self.destroyed.connect(lambda: _thread.leave(worker))
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._smooth)
        self._breath = QTimer(self, singleShot=True, interval=BREATH_MS)
        self._breath.timeout.connect(self._take_breath)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(40, 40)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Face")

    def set_model(self, model: FaceModel | None) -> None:
        """Show another face; the view stays."""
        self._tell("")
        if model is None:
            self._picture = self._pixels = None
        self._want(model=model)
        self.update()

    def show_model_error(self, text: str) -> None:
        """Say why there is no face, until another model is set; the old one, if any, stays with the
        text over it."""
        self._tell(text)

    def show_values(
        self,
        values: npt.ArrayLike | None,
        valid: bool = True,
        against: Against | None = None,
        onion: Onion | None = None,
    ) -> None:
        """Shape the face by one row of 61 values, as a track holds them; None clears it.  A row that
        is not ``valid`` (or NaN) keeps the last shape and says that the face was lost.  ``against``
        colours it by its distance in mm from another; ``onion`` lays another over it, tinted
        where the two differ.  Idempotent."""
        if against is not None and not np.isfinite(against.values).all():
            against = None
        if onion is not None and not np.isfinite(onion.values).all():
            onion = None
        if values is None:
            changed = self._request.values is not None
            self._want(values=None, valid=True, against=None, onion=None)
        else:
            row = np.array(values, np.float32).reshape(-1)
            if not np.isfinite(row).all():
                row, valid = self._last_row(), False
            elif not valid and not row.any():
                row = self._last_row()
            old = self._request.values
            seen, over = self._request.against, self._request.onion
            alike = seen is None if against is None else against.same(seen)
            alike &= over is None if onion is None else onion.same(over)
            if old is not None and np.array_equal(old, row) and valid == self._request.valid and alike:
                return
            changed = old is None or valid != self._request.valid
            self._want(values=row, valid=valid, against=against, onion=onion)
        if changed:
            self.update()

    def set_wireframe(self, on: bool) -> None:
        """Draw edges instead of surfaces."""
        if on != self._request.wireframe:
            self._want(wireframe=on)

    @property
    def heat(self) -> HeatScale | None:
        """The scale of the heatmap in the picture shown now; None where there is none."""
        return self._heat

    def set_theme(self, palette: Palette) -> None:
        """Draw background, edges and words in these colours; the face keeps its own."""
        self._want(palette=palette)
        self.update()

    def set_empty_text(self, text: str) -> None:
        """What the pane says while there are no values."""
        self._empty_text = text
        self.update()

    def set_camera(self, view: CameraView) -> None:
        """Look from ``view`` without announcing it, so that linked panes do not echo."""
        self._want(view=view)

    @property
    def camera(self) -> CameraView:
        """Where the face is looked at from, also before a picture from there is shown."""
        return self._request.view

    @property
    def model(self) -> FaceModel | None:
        """The face that was set, also before a picture of it is shown; None without one."""
        return self._request.model

    def picture(self) -> npt.NDArray[np.uint8] | None:
        """The picture shown now (H, W, 3) in device pixels."""
        return None if self._pixels is None else self._pixels[..., :3]

    @property
    def detail(self) -> float:
        """How large a moving face is drawn now beside its place, from 0.6 to 1."""
        return self._worker.detail

    def release(self) -> None:
        """Free the OpenGL context; the pane shows nothing from then on.  Called on close and
        when the widget goes; calling it twice is no error."""
        if not self._closed:
            self._closed = True
            self._settle.stop()
            self._breath.stop()
            self._worker.drawn.disconnect(self._take_picture)
            self._worker.failed.disconnect(self._take_failure)
            _thread.leave(self._worker)

    def _last_row(self) -> npt.NDArray[np.float32]:
        last = self._request.values
        return np.zeros(CHANNEL_COUNT, np.float32) if last is None else last

    def _want(self, **changes: Any) -> None:
        request = replace(self._request, **changes)
        self._request = replace(request, smooth=False)
        self._post_request()

    def _post_request(self) -> None:
        """Ask for a picture, or remember to ask when the one being drawn is done."""
        if self._closed or self._request.model is None or not self.isVisible():
            return
        self._settle.stop()
        if self._busy or (self._breath.isActive() and not self._request.smooth):
            self._dirty = True
            return
        self._busy, self._dirty = True, False
        request = self._request
        _thread.post(self._worker, lambda: self._worker.draw(request))
        if self.detail < 1.0 and not request.smooth:
            self._breath.start()

    def _take_breath(self) -> None:
        if self._dirty and not self._busy:
            self._post_request()

    def _smooth(self) -> None:
        self._request = replace(self._request, smooth=True)
        self._post_request()

    def _take_picture(
        self, pixels: npt.NDArray[np.uint8], request: RenderRequest, heat: HeatScale | None
    ) -> None:
        self._busy = False
        if self._closed or self._request.model is None:
            return
        height, width = pixels.shape[:2]
        self._pixels, self._heat = pixels, heat
        self._picture = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        self.update()
        self.shown.emit()
        if self._dirty:
            self._post_request()
        elif not request.smooth:
            self._settle.start()

    def _take_failure(self, text: str) -> None:
        self._busy = False
        self._tell(text)

    def _tell(self, error: str) -> None:
        self._error = error
        self.setAccessibleDescription(error)
        self.update()

    def _announce(self, view: CameraView) -> None:
        if view != self._request.view:
            self._want(view=view)
            self.camera_changed.emit(view)

    # Qt events

    def sizeHint(self) -> QSize:
        return QSize(420, 420)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        palette = self._request.palette
        place = QRect() if self._picture is None else self._place_of(self._picture)
        if not place.contains(self.rect()):
            shade = QLinearGradient(0, 0, 0, self.height())
            shade.setColorAt(0, QColor(palette.face_top))
            shade.setColorAt(1, QColor(palette.face_bottom))
            painter.fillRect(self.rect(), shade)
        if self._picture is not None:
            painter.drawImage(place, self._picture)
        if self._error and self._picture is None:
            self._words(painter, self._error, palette.text)
        elif self._error:
            self._pill(painter, self._error, palette.error)
        elif self._picture is None:
            self._words(painter, "Loading the face …", palette.muted)
        elif self._request.values is None:
            self._pill(painter, self._empty_text, palette.muted)
        elif not self._request.valid:
            self._pill(painter, "No face in this frame", palette.warning)

    def _place_of(self, picture: QImage) -> QRect:
        """Where a picture goes that may still be of the pane's last size: a face is never squeezed."""
        width = round(picture.width() * self.height() / picture.height())
        if abs(width - self.width()) <= 1:
            return self.rect()
        return QRect((self.width() - width) // 2, 0, width, self.height())

    def _words(self, painter: QPainter, text: str, colour: str) -> None:
        painter.setPen(QColor(colour))
        painter.drawText(
            self.rect().adjusted(16, 16, -16, -16),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
            text,
        )

    def _pill(self, painter: QPainter, text: str, colour: str) -> None:
        """A rounded label at the foot of the pane."""
        palette = self._request.palette
        font = QFont(self.font())
        font.setWeight(QFont.Weight.Medium)
        painter.setFont(font)
        flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
        room = self.rect().adjusted(36, 0, -24, 0)
        words = painter.fontMetrics().boundingRect(room, flags, text)
        box = QRectF(0, 0, words.width() + 36, words.height() + 12)
        box.moveCenter(QPointF(self.width() / 2, self.height() - box.height() / 2 - 12))
        ground = QColor(palette.panel)
        ground.setAlpha(225)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(box, min(box.height() / 2, 14), min(box.height() / 2, 14))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(box.left() + 15, box.center().y()), 3.5, 3.5)
        painter.setPen(QColor(palette.text))
        painter.drawText(box.adjusted(24, 0, -8, 0), flags, text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        ratio = self.devicePixelRatioF()
        width, height = max(self.width() * ratio, 16.0), max(self.height() * ratio, 16.0)
        shrink = min(1.0, (_MAX_PIXELS / (width * height)) ** 0.5)
        self._want(size=(round(width * shrink), round(height * shrink)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._fit()

    def closeEvent(self, event: Any) -> None:
        self.release()
        super().closeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            pan = event.button() == Qt.MouseButton.MiddleButton or bool(
                event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            )
            self._drag = event.position().toPoint(), pan
            self.pressed.emit()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        last, pan = self._drag
        here = event.position().toPoint()
        self._drag = here, pan
        step, view = here - last, self._request.view
        if pan:
            height = max(self.height(), 1)
            self._announce(view.panned(step.x() / height, -step.y() / height))
        else:
            self._announce(view.orbited(-step.x() * _DEGREES_PER_PIXEL, step.y() * _DEGREES_PER_PIXEL))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._announce(FRONT)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._announce(self._request.view.zoomed(1.0015 ** event.angleDelta().y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view = self._view_for(event)
        if view is None:
            super().keyPressEvent(event)
            return
        self._announce(view)
        event.accept()

    def _view_for(self, event: QKeyEvent) -> CameraView | None:
        """The view a key asks for, or None where the key is not the pane's."""
        view, key, keys = self._request.view, event.key(), Qt.Key
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held == Qt.KeyboardModifier.AltModifier:
            step = _KEY_DEGREES
            turned = {
                keys.Key_Left: view.orbited(-step, 0),
                keys.Key_Right: view.orbited(step, 0),
                keys.Key_Up: view.orbited(0, step),
                keys.Key_Down: view.orbited(0, -step),
            }
            return turned.get(keys(key))
        if held not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            return None
        if key in (keys.Key_Plus, keys.Key_Equal):
            return view.zoomed(1.2)
        if key in (keys.Key_Minus, keys.Key_Underscore):
            return view.zoomed(1 / 1.2)
        if held != Qt.KeyboardModifier.NoModifier:
            return None
        other = PROFILE_RIGHT if view.azimuth == PROFILE_LEFT.azimuth else PROFILE_LEFT
        presets = {
            keys.Key_F: view.from_side(FRONT),
            keys.Key_Q: view.from_side(THREE_QUARTER),
            keys.Key_P: view.from_side(other),
            keys.Key_0: FRONT,
        }
        return presets.get(keys(key))
