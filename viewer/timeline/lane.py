"""What every lane has in common: a cached picture, the gutter, zoom, pan and drags."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from viewer.palette import DARK, Palette
from viewer.timeline.axis import GUTTER, TimeAxis

DRAG_THRESHOLD = 4.0
_PAN_SHARE = 0.12
_KEY_REASONS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


def font_of(pixels: int, *, bold: bool = False) -> QFont:
    """The window's font at a fixed pixel size: lanes have fixed heights."""
    font = QFont()
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def faded(colour: str, alpha: float) -> QColor:
    """A hex colour with ``alpha`` from 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def elided(text: str, font: QFont, width: float) -> str:
    """``text`` on one line, cut with an ellipsis to ``width`` pixels."""
    return QFontMetricsF(font).elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, width)


class Lane(QWidget):
    """A strip of the timeline.  Its picture is drawn once into a pixmap and copied from there,
    so that the playhead's moves cost a copy of a few pixels.  ``renders`` counts the drawings.
    """

    menu_requested = Signal(str, str, QPoint)
    time_requested = Signal(float)
    scrub_started = Signal()
    scrub_finished = Signal()

    kind = ""
    title = ""

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = axis
        self.colours: Palette = DARK
        self.renders = 0
        self._hover = ""
        self._picture = QPixmap()
        self._gutter = QPixmap()
        self._stale = True
        self._gutter_stale = True
        self._press: QPointF | None = None
        self._press_time = 0.0
        self._dragging = False
        self._pan_from: float | None = None
        self._came_from = 0.0
        self._by_key = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.title or self.kind)
        axis.changed.connect(self.axis_moved)

    # ---- drawing -------------------------------------------------------------------------

    def set_theme(self, palette: Palette) -> None:
        if palette != self.colours:
            self.colours = palette
            self.refresh()

    def refresh(self) -> None:
        """Draw anew at the next paint."""
        self._gutter_stale = True
        self.axis_moved()

    def axis_moved(self) -> None:
        """Draw the content anew at the next paint; the gutter is as it was."""
        self._stale = True
        self.update()

    def content_rect(self) -> QRectF:
        """The lane without its gutter."""
        return QRectF(GUTTER, 0.0, max(self.width() - GUTTER, 1), self.height())

    def draw(self, painter: QPainter) -> None:
        """Draw the content; the painter is clipped to :meth:`content_rect`."""
        raise NotImplementedError

    def draw_gutter(self, painter: QPainter) -> None:
        """Draw the left column; by default the lane's name."""
        painter.setFont(font_of(11))
        painter.setPen(QColor(self.colours.muted))
        painter.drawText(
            QRectF(16, 0, GUTTER - 24, self.height()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.title,
        )

    def draw_live(self, painter: QPainter) -> None:
        """Draw over the cached picture what changes too often to be cached."""

    def draw_hint(self, painter: QPainter, text: str) -> None:
        """What to do in an empty lane."""
        area = self.content_rect().adjusted(16, 0, -16, 0)
        font = font_of(11)
        painter.setFont(font)
        painter.setPen(QColor(self.colours.muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, elided(text, font, area.width()))

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        wanted = self.size() * ratio
        if self._stale or self._picture.size() != wanted:
            self._render(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        self.draw_live(painter)
        if self._by_key:
            painter.fillRect(QRectF(0, 0, 2, self.height() - 1), QColor(self.colours.accent))
        painter.end()

    def _render(self, ratio: float) -> None:
        if self._gutter_stale or self._picture.size() != self.size() * ratio:
            self._render_gutter(ratio)
        if self._picture.size() != self.size() * ratio:
            self._picture = QPixmap(self.size() * ratio)
        self._picture.setDevicePixelRatio(ratio)
        painter = QPainter(self._picture)
        area = self.content_rect()
        painter.fillRect(area, QColor(self.colours.field))
        painter.save()
        painter.setClipRect(area)
        if self.axis.duration > 0:
            self._draw_outside(painter)
        self.draw(painter)
        if self.axis.loop is not None:
            self._draw_loop(painter)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawPixmap(0, 0, self._gutter)
        painter.setPen(QColor(self.colours.line))
        painter.drawLine(QPointF(0, self.height() - 1), QPointF(self.width(), self.height() - 1))
        painter.end()
        self._stale = False
        self.renders += 1

    def _render_gutter(self, ratio: float) -> None:
        self._gutter = QPixmap(QSize(GUTTER, self.height()) * ratio)
        self._gutter.setDevicePixelRatio(ratio)
        self._gutter.fill(QColor(self.colours.panel))
        painter = QPainter(self._gutter)
        self.draw_gutter(painter)
        painter.end()
        self._gutter_stale = False

    def _draw_outside(self, painter: QPainter) -> None:
        """What lies before and after the clip is no time: shade it."""
        shade = QColor(self.colours.panel)
        first, last = self.axis.x_of(0.0), self.axis.x_of(self.axis.duration)
        painter.fillRect(QRectF(GUTTER, 0, max(first - GUTTER, 0), self.height()), shade)
        painter.fillRect(QRectF(last, 0, max(self.width() - last, 0), self.height()), shade)

    def _draw_loop(self, painter: QPainter) -> None:
        assert self.axis.loop is not None
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(faded(self.colours.accent, 0.7), 1, Qt.PenStyle.DotLine))
        for t in self.axis.loop:
            x = round(self.axis.x_of(t))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    # ---- the mouse -----------------------------------------------------------------------

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The left button went down."""

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """The mouse moved past the threshold with the left button down."""

    def released(self, pos: QPointF, dragged: bool) -> None:
        """The left button went up."""

    def cancelled(self) -> None:
        """Escape was pressed during a press or a drag."""

    def hovered(self, pos: QPointF) -> None:
        """The mouse moves over the lane with no button down."""

    def hover_ended(self) -> None:
        """The mouse left the lane."""
        self.set_hover("")

    def set_hover(self, over: str) -> None:
        """Remember the id of what lies under the mouse (empty: nothing), drawn brighter."""
        if over != self._hover:
            self._hover = over
            self.refresh()

    def tip_at(self, pos: QPointF) -> str:
        """The tooltip at a place; empty for none."""
        return ""

    def id_at(self, pos: QPointF) -> str:
        """The id of what lies at a place, for the context menu."""
        return ""

    def pull_view(self, pos: QPointF) -> None:
        """A drag past an edge pulls the view along."""
        beyond = min(pos.x() - self.axis.left, 0.0) + max(pos.x() - self.axis.right, 0.0)
        if beyond:
            self.axis.pan_by(0.25 * beyond / self.axis.pixels_per_second)

    def begin_scrub(self) -> None:
        self._came_from = self.axis.playhead
        self.scrub_started.emit()

    def cancel_scrub(self) -> None:
        """Return to where the playhead was before the drag."""
        self.time_requested.emit(self._came_from)
        self.scrub_finished.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan_from = event.position().x()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._press = event.position()
            self._press_time = self.axis.raw_time(event.position().x())
            self._dragging = False
            self.pressed(event.position(), event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pos = event.position()
        if self._pan_from is not None:
            self.axis.pan_by((self._pan_from - pos.x()) / self.axis.pixels_per_second)
            self._pan_from = pos.x()
        elif self._press is not None:
            if not self._dragging and (pos - self._press).manhattanLength() >= DRAG_THRESHOLD:
                self._dragging = True
            if self._dragging:
                self.dragged(pos, event.modifiers())
        else:
            self.hovered(pos)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton and self._pan_from is not None:
            self._pan_from = None
            self.unsetCursor()
        elif event.button() == Qt.MouseButton.LeftButton and self._press is not None:
            self._press = None
            self.released(event.position(), self._dragging)
            self._dragging = False

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        turned = delta.y() or delta.x()
        if not turned:
            event.ignore()
            return
        sideways = delta.y() == 0 or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if sideways:
            self.axis.pan_by(-turned / 120.0 * _PAN_SHARE * self.axis.span)
        else:
            self.axis.zoom_at(1.25 ** (-turned / 120.0), event.position().x())
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hover_ended()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        pos = QPointF(event.pos())
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        id_ = self.id_for_menu() if by_key else self.id_at(pos)
        self.menu_requested.emit(self.kind, id_, event.globalPos())

    def id_for_menu(self) -> str:
        """The id the menu key means: the selected one."""
        return ""

    # ---- keys and tips -------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._press is not None:
            self._press = None
            self._dragging = False
            self.cancelled()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._by_key = event.reason() in _KEY_REASONS
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._by_key = False
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(QPointF(event.pos())), self)
            return True
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._press is not None
        ):
            event.accept()
            return True
        return bool(super().event(event))


class ScrubLane(Lane):
    """A lane on which a click or a drag moves the playhead."""

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        if pos.x() < GUTTER:
            self._press = None
            self.gutter_clicked(pos)
            return
        self.begin_scrub()
        self.scrub_to(pos)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None and self._pan_from is None:
            self._dragging = True
        super().mouseMoveEvent(event)

    def dragged(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.scrub_to(pos)

    def released(self, pos: QPointF, dragged: bool) -> None:
        self.scrub_finished.emit()

    def cancelled(self) -> None:
        self.cancel_scrub()

    def gutter_clicked(self, pos: QPointF) -> None:
        """A click left of the lane's content."""

    def scrub_to(self, pos: QPointF) -> None:
        """Ask for the frame under the mouse; past an edge the view follows the mouse."""
        self.pull_view(pos)
        x = min(max(pos.x(), self.axis.left), self.axis.right)
        self.time_requested.emit(self.axis.frame_shown(self.axis.time_of(x)))
