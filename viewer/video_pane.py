"""Where the video is seen: fit or zoomed, always the exact frame or a word why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qtawesome
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from viewer.core.shown_picture import SINGLE_PIXELS_FROM, PictureView, ShownPicture
from viewer.core.video_facts import VideoFacts
from viewer.palette import DARK, Palette
from viewer.plain_text import plain_tip
from viewer.video_decoder import VideoDecoder, image_of_shown

_MAX_ZOOM = 32.0
_WHEEL_STEP = 1.2
_KEY_STEP = 1.25
# Of the pane's sides; so much more than is seen is converted, so that panning and zooming out by
# a step uncover no empty margin.
_MARGIN = 0.125
_GRID = 8

Layer = Callable[[QPainter, int, QRectF, QRectF], None]
"""Paints over the picture: of which frame, where the whole picture lies, and the room that words may
take."""


class VideoPane(QWidget):
    """Shows what a :class:`VideoDecoder` decodes.

    Wheel zooms at the cursor, dragging pans, a double click or 0 fits, + and - zoom.  Emits
    ``open_requested`` when the empty pane is clicked, ``files_dropped`` with paths, and
    ``frame_shown`` with the number of each frame that came on screen.
    """

    open_requested = Signal()
    files_dropped = Signal(list)
    frame_shown = Signal(int)

    def __init__(self, decoder: VideoDecoder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._decoder = decoder
        self._palette = DARK
        self._overlay = False
        self._layer: Layer | None = None
        self._facts = decoder.facts
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._drag_from: QPointF | None = None
        self._drop_here = False
        self._image, self._part = QImage(), QRectF()
        self._view: PictureView | None = None
        self._index = self._wanted = -1
        self._message, self._failed = "", False
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Video")
        decoder.opening.connect(self._on_opening)
        decoder.opened.connect(self._on_opened)
        decoder.frame_ready.connect(self._on_frame)
        decoder.frame_failed.connect(self._on_frame_failed)
        decoder.failed.connect(self._on_failed)
        decoder.progress.connect(self._on_progress)

    # ---- what is shown ---------------------------------------------------------------------

    @property
    def frame_index(self) -> int:
        """The number of the frame on screen, from 0; -1 when there is none."""
        return -1 if self._image.isNull() else self._index

    @property
    def zoom(self) -> float:
        """1 fits the pane."""
        return self._zoom

    @property
    def message(self) -> str:
        """The fault or the state that the pane tells in words, empty when it shows a frame."""
        return self._message

    @property
    def badge(self) -> str:
        """The warning over the picture: frame numbers that may be off, a file that is cut off or damaged;
        else empty."""
        if self._facts is None:
            return ""
        if not self._facts.exact:
            return "Frame numbers may be off: " + "; ".join(self._facts.notes)
        damage = "; ".join(self._facts.damage)
        return damage[:1].upper() + damage[1:]

    def open(self, path: Path | str) -> None:
        """Open a video in this pane's decoder."""
        self._decoder.open(path)

    def clear(self) -> None:
        """Close the video; the pane says how to open one."""
        self._decoder.close()
        self._forget()
        self._facts = None
        self.fit()

    def show_time(self, t: float) -> None:
        """Show the frame of ``t`` seconds; asking again for the same frame costs nothing."""
        self.show_frame(self._decoder.index_at(t))

    def show_frame(self, index: int) -> None:
        """Show a frame by number; out of range means the nearest."""
        count = len(self._decoder.times)
        if not count:
            return
        index = min(max(index, 0), count - 1)
        if index == self._wanted:
            return
        self._wanted = index
        # Before the pane knows how large the video is, its decoder does not know what is seen.
        if self._facts is not None:
            self._decoder.request(index)

    def set_overlay(self, shown: bool) -> None:
        """Write the frame's time and its number over the picture, or no longer; idempotent."""
        self._overlay = shown
        self.update()

    def set_layer(self, layer: Layer) -> None:
        """Have ``layer`` paint over each frame that is shown from now on."""
        self._layer = layer
        self.update()

    def set_palette_colours(self, palette: Palette) -> None:
        """Paint ground, words and plates in these colours from now on."""
        self._palette = palette
        self.update()

    def _forget(self) -> None:
        self._image = QImage()
        self._view = None
        self._index = self._wanted = -1
        self._message, self._failed = "", False

    # ---- the decoder's answers -------------------------------------------------------------

    def _on_opening(self, path: str) -> None:
        self._forget()
        self._facts = None
        self._message = f"Reading {Path(path).name} …"
        self.fit()

    def _on_opened(self, facts: VideoFacts) -> None:
        wanted = self._wanted
        self._forget()
        self._facts = facts
        self.setToolTip(plain_tip("\n".join(facts.notes)))
        self._look()
        self.show_frame(max(wanted, 0))
        self.update()

    def _on_frame(self, index: int, picture: ShownPicture) -> None:
        """Show a frame, or the one that is there from nearer or farther off."""
        new = index != self._index or self._image.isNull()
        left, top, right, bottom = picture.part
        self._index, self._image = index, image_of_shown(picture)
        self._part = QRectF(left, top, right - left, bottom - top)
        self._message, self._failed = "", False
        self.update()
        if new:
            self.frame_shown.emit(index)

    def _on_frame_failed(self, index: int, line: str) -> None:
        # The picture before would be taken for the frame that was asked for.
        self._index, self._image = index, QImage()
        self._message, self._failed = line, True
        self.update()

    def _on_failed(self, line: str) -> None:
        self._forget()
        self._message, self._failed = line, True
        self.update()

    def _on_progress(self, part: float) -> None:
        path = self._decoder.path
        if path is not None:
            self._message = f"Reading {path.name} … {part:.0%}"
            self.update()

    # ---- zoom and pan ----------------------------------------------------------------------

    def fit(self) -> None:
        """The whole picture in the middle."""
        self._zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self._look()
        self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom, keeping the point under ``at`` (the middle by default) where it is."""
        before = self.picture_rect()
        if before.isEmpty():
            return
        point = at if at is not None else QRectF(self.rect()).center()
        part = QPointF((point.x() - before.x()) / before.width(), (point.y() - before.y()) / before.height())
        self._zoom = min(max(self._zoom * factor, 1.0), _MAX_ZOOM)
        size = self._fitted() * self._zoom
        middle = QRectF(self.rect()).center()
        self._centre = QPointF(
            part.x() + (middle.x() - point.x()) / size.width(),
            part.y() + (middle.y() - point.y()) / size.height(),
        )
        self._keep_in_view()

    def picture_rect(self) -> QRectF:
        """Where the picture lies, in this widget's coordinates; empty without a picture."""
        return QRectF() if self._image.isNull() else self._place()

    def _place(self) -> QRectF:
        """Where the whole picture lies or will lie, in this widget's coordinates."""
        size = self._fitted() * self._zoom
        middle = QRectF(self.rect()).center()
        return QRectF(
            middle.x() - self._centre.x() * size.width(),
            middle.y() - self._centre.y() * size.height(),
            size.width(),
            size.height(),
        )

    def _fitted(self) -> QSizeF:
        if self._facts is None:
            return QSizeF(0.0, 0.0)
        size = QSizeF(self._facts.width, self._facts.height)
        return size.scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)

    def _look(self) -> None:
        """Have the frame converted for the pane as it is now, unless what is there will do."""
        place = self._place()
        if place.isEmpty():
            return
        ratio = self.devicePixelRatioF()
        size = max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio))
        view = self._view
        if view is not None and view.size == size:
            left, top, right, bottom = view.part
            seen = self._seen(place, 0.0)
            if left <= seen[0] and top <= seen[1] and right >= seen[2] and bottom >= seen[3]:
                return
        self._view = PictureView(size, self._seen(place, _MARGIN))
        self._decoder.set_view(self._view)
        if self._wanted >= 0 and not self._failed:
            self._decoder.request(self._wanted)

    def _seen(self, place: QRectF, margin: float) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what the pane shows, and so much of its sides more, in
        pixels of the video whose whole picture lies at ``place``."""
        assert self._facts is not None
        across, down = self._facts.width / place.width(), self._facts.height / place.height()
        wide, high = self.width() * margin, self.height() * margin
        return (
            max(0.0, (-wide - place.x()) * across),
            max(0.0, (-high - place.y()) * down),
            min(float(self._facts.width), (self.width() + wide - place.x()) * across),
            min(float(self._facts.height), (self.height() + high - place.y()) * down),
        )

    def _keep_in_view(self) -> None:
        """No empty margin on a side while the picture is larger than the pane."""
        size = self._fitted() * self._zoom
        for axis, length, room in (("x", size.width(), self.width()), ("y", size.height(), self.height())):
            half = min(0.5, room / (2 * length)) if length else 0.5
            value = getattr(self._centre, axis)()
            getattr(self._centre, f"set{axis.upper()}")(min(max(value, half), 1 - half))
        self._look()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keep_in_view()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._look()
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._image.isNull() and event.angleDelta().y():
            self.zoom_by(_WHEEL_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        if not self._image.isNull():
            self._drag_from = event.position()
        elif self._facts is None and (self._failed or self._decoder.path is None):
            self.open_requested.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag_from is None:
            return
        moved = event.position() - self._drag_from
        self._drag_from = event.position()
        size = self._fitted() * self._zoom
        self._centre -= QPointF(moved.x() / max(1, size.width()), moved.y() / max(1, size.height()))
        self._keep_in_view()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_KEY_STEP)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_by(1 / _KEY_STEP)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    # ---- dropping --------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            self._drop_here = True
            event.acceptProposedAction()
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_here = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_here = False
        self.update()
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)

    # ---- painting --------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._palette.window))
        if not self._image.isNull():
            self._paint_picture(painter)
            if self._layer is not None:
                self._layer(painter, self._index, self._place(), self._room())
            if self._overlay:
                self._paint_number(painter)
        elif self._message:
            self._paint_words(painter, self._message, "")
        elif self._facts is None:
            icon = qtawesome.icon("mdi6.filmstrip", color=self._palette.muted)
            middle = self.rect().center()
            icon.paint(painter, QRect(middle.x() - 20, middle.y() - 9 * _GRID, 40, 40))
            self._paint_words(painter, "Open a video or drop one here", "MP4, MOV, MKV, WebM or AVI")
        if self.badge:
            self._paint_badge(painter, self.badge)
        if self._drop_here:
            painter.setPen(QPen(QColor(self._palette.accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _room(self) -> QRectF:
        """The pane without its margin and the line of the frame's number."""
        foot = QFontMetricsF(self.font()).height() + 2 * _GRID if self._overlay else 0.0
        return QRectF(self.rect()).adjusted(_GRID, _GRID, -_GRID, -_GRID - foot)

    def _paint_picture(self, painter: QPainter) -> None:
        """A picture made for this place goes there pixel by pixel; another, until that one comes
        or to enlarge single pixels, is scaled."""
        assert self._facts is not None
        place, ratio = self._place(), self.devicePixelRatioF()
        across, down = place.width() / self._facts.width, place.height() / self._facts.height
        target = QRectF(
            place.x() + self._part.x() * across,
            place.y() + self._part.y() * down,
            self._part.width() * across,
            self._part.height() * down,
        )
        wide, high = target.width() * ratio, target.height() * ratio
        if abs(wide - self._image.width()) < 1.0 and abs(high - self._image.height()) < 1.0:
            at = QPointF(round(target.x() * ratio), round(target.y() * ratio)) / ratio
            self._image.setDevicePixelRatio(ratio)
            painter.drawImage(at, self._image)
            return
        smooth = across * ratio < SINGLE_PIXELS_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, self._image)

    def _paint_words(self, painter: QPainter, text: str, small: str) -> None:
        """A few words in the middle: what happened, then what to do, each on its own line."""
        room = self.rect().adjusted(3 * _GRID, 2 * _GRID, -3 * _GRID, -2 * _GRID)
        what, _, todo = text.partition(" – ")
        lines = [(what, self._palette.error if self._failed else self._palette.text, True)]
        lines += [(line, self._palette.muted, False) for line in (todo, small) if line]
        wrapped = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        heights: list[int] = []
        fonts: list[QFont] = []
        for line, _, strong in lines:
            font = QFont(self.font())
            if strong:
                font.setWeight(QFont.Weight.DemiBold)
            fonts.append(font)
            painter.setFont(font)
            heights.append(painter.boundingRect(room, wrapped, line).height())
        top = room.center().y() - (sum(heights) + _GRID * (len(lines) - 1)) // 2
        for (line, colour, _), font, height in zip(lines, fonts, heights, strict=True):
            painter.setFont(font)
            painter.setPen(QColor(colour))
            painter.drawText(QRect(room.left(), top, room.width(), height), wrapped, line)
            top += height + _GRID
        painter.setFont(self.font())

    def _paint_number(self, painter: QPainter) -> None:
        minutes, seconds = divmod(float(self._decoder.times[self._index]), 60)
        text = f"{int(minutes):02d}:{seconds:06.3f}   frame {self._index}"
        self._paint_pill(painter, text, self._palette.text, bottom=True)

    def _paint_badge(self, painter: QPainter, text: str) -> None:
        self._paint_pill(painter, text, self._palette.warning, bottom=False)

    def _paint_pill(self, painter: QPainter, text: str, colour: str, bottom: bool) -> None:
        """One line on a quiet plate in the left corner, shortened to the pane's width."""
        metrics = QFontMetricsF(self.font())
        room = self.width() - 4 * _GRID
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        height = metrics.height() + _GRID
        top = self.height() - height - _GRID if bottom else _GRID
        plate = QRectF(_GRID, top, metrics.horizontalAdvance(text) + 2 * _GRID, height)
        ground = QColor(self._palette.panel)
        ground.setAlphaF(0.86)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(QColor(colour))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
