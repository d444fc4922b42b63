"""The 61 channels at the playhead: recorded, take, and the annotator's corrections.

With a keyframe selected, dragging a bar (or Shift+Up and Shift+Down) corrects that channel at
the keyframe; a double click takes the correction back.  The same changes the active take at its
key when the take is what is edited; then locks stand at the right of the names.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QMenu,
    QWidget,
)

from annotator.keyframes.controller import KeyframesController
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.takes.controller import TakesController
from annotator.takes.performance import PerformanceController
from annotator.widgets.theme import icon
from viewer.core.channels import CHANNELS, REGIONS, Channel
from viewer.palette import REGION_COLOURS, Palette

ROW = 22
HEADER = 26
NAME_WIDTH = 138
VALUE_WIDTH = 46
_LOCK_WIDTH = 20
_STEP, _STEP_DEGREES = 0.02, 1.0
_BAR_DEGREES = 45.0
"""A bar's ends: heads hardly turn further, and what they do must be seen on it."""


@dataclass(frozen=True)
class _Line:
    """A header of a region (channel None) or a channel, at ``y`` pixels."""

    y: int
    region: str
    channel: Channel | None


class ChannelRows(QWidget):
    """The painted rows."""

    chosen_changed = Signal()

    def __init__(
        self,
        session: Session,
        keyframes: KeyframesController,
        takes: TakesController,
        performance: PerformanceController,
    ) -> None:
        super().__init__()
        self._session, self._keyframes = session, keyframes
        self._takes, self._performance = takes, performance
        self._palette = session.palette
        self._recorded: npt.NDArray[np.float32] | None = None
        self._take: npt.NDArray[np.float32] | None = None
        self._take_colour = session.palette.take(0)
        self._lines: list[_Line] = []
        self._chosen = ""
        self._gesture, self._edited = "", ("", -1)
        self._filter = ""
        self._locks: dict[tuple[str, str], QPixmap] = {}
        self._on_take = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._arrange()

    def set_theme(self, palette: Palette) -> None:
        """Paint the rows in these colours from now on."""
        self._palette = palette
        self.update()

    def search(self, text: str) -> None:
        """Show the channels whose name has ``text`` in it, in any case and without its spaces; empty
        shows all."""
        self._filter = text.lower().replace(" ", "")
        self._arrange()

    def show_values(
        self,
        recorded: npt.NDArray[np.float32] | None,
        take: npt.NDArray[np.float32] | None,
        take_colour: str,
    ) -> None:
        """Show these values (61,) of the recording and of the active take, None where there are none,
        without changing or emitting anything."""
        self._recorded, self._take, self._take_colour = recorded, take, take_colour
        self.update()

    def edit_take(self, on: bool) -> None:
        """Whether a drag changes the active take instead of the recording."""
        self._on_take = on
        self.update()

    @property
    def on_take(self) -> bool:
        """Whether sliders change the active take, not the recording."""
        return self._on_take

    def _arrange(self) -> None:
        self._lines = []
        y = 0
        for region in REGIONS:
            found = [c for c in CHANNELS if c.region == region and self._filter in (c.name + region).lower()]
            if not found:
                continue
            self._lines.append(_Line(y, region, None))
            y += HEADER
            for channel in found:
                self._lines.append(_Line(y, region, channel))
                y += ROW
        self.setFixedHeight(max(y, ROW))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    # ---- painting ------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corrected, locked = self._by_hand(), self._locked()
        clip = event.rect()
        for line in self._lines:
            if line.y + HEADER < clip.top() or line.y > clip.bottom():
                continue
            if line.channel is None:
                self._paint_header(painter, line)
            else:
                self._paint_channel(painter, line, line.channel, line.channel.name in corrected)
            if self._on_take:
                names = self._names(line)
                self._paint_lock(painter, line, bool(names) and names <= locked)
        if not self._lines:
            painter.setPen(QColor(self._palette.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "No channel has that name")

    def _paint_header(self, painter: QPainter, line: _Line) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(REGION_COLOURS[line.region]))
        painter.drawRoundedRect(QRectF(0, line.y + 9, 8, 8), 2, 2)
        painter.setPen(QColor(self._palette.muted))
        painter.drawText(14, line.y + 18, line.region.capitalize())

    def _by_hand(self) -> set[str]:
        """The channels that were set by hand at this key of what is edited."""
        if self._on_take:
            performing = self._performance
            performance = performing.performance
            at = performing.key
            return set(performance.keys[at].manual) if performance is not None and at >= 0 else set()
        keyframe = self._keyframes.selected_keyframe()
        return set(keyframe.values) if keyframe is not None else set()

    def _locked(self) -> frozenset[str]:
        performance = self._performance.performance
        return performance.locked if performance is not None else frozenset()

    def _names(self, line: _Line) -> set[str]:
        """The channel of a line, or all of its region."""
        if line.channel is not None:
            return {line.channel.name}
        return {channel.name for channel in CHANNELS if channel.region == line.region}

    def _lock_box(self, line: _Line) -> QRectF:
        high = HEADER if line.channel is None else ROW
        return QRectF(NAME_WIDTH - 2, line.y + (high - 16) / 2, 16, 16)

    def _paint_lock(self, painter: QPainter, line: _Line, locked: bool) -> None:
        name = "mdi6.lock" if locked else "mdi6.lock-open-variant-outline"
        colour = self._take_colour if locked else self._palette.muted
        box = self._lock_box(line)
        painter.setOpacity(1.0 if locked else 0.5)
        if (name, colour) not in self._locks:
            self._locks[name, colour] = icon(name, colour).pixmap(32, 32)
        painter.drawPixmap(box.toRect(), self._locks[name, colour])
        painter.setOpacity(1.0)

    def _bar(self, y: int) -> QRectF:
        left = NAME_WIDTH + (_LOCK_WIDTH if self._on_take else 0)
        return QRectF(left, y + 5, max(20, self.width() - left - VALUE_WIDTH - 8), ROW - 10)

    def _paint_channel(self, painter: QPainter, line: _Line, channel: Channel, corrected: bool) -> None:
        p = self._palette
        if channel.name == self._chosen and self.hasFocus():
            painter.fillRect(QRectF(0, line.y, self.width(), ROW), QColor(p.raised))
        painter.setPen(QColor(p.accent if corrected else p.text))
        painter.drawText(QPointF(8, line.y + 16), channel.name + (" ●" if corrected else ""))
        bar = self._bar(line.y)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(p.trough))
        painter.drawRoundedRect(bar, 3, 3)
        recorded = self._value(self._recorded, channel)
        take = self._value(self._take, channel)
        full, other = (take, recorded) if self._on_take else (recorded, take)
        colours = (self._take_colour, p.recorded) if self._on_take else (p.recorded, self._take_colour)
        if full is not None:
            painter.setBrush(QColor(colours[0]))
            painter.drawRoundedRect(_filled(bar, channel, full), 2, 2)
        if other is not None:
            x = _x_of(bar, channel, other)
            painter.setPen(QPen(QColor(colours[1]), 2))
            painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 2))
        shown = full if full is not None else other
        painter.setPen(QColor(p.muted))
        painter.drawText(
            QRectF(self.width() - VALUE_WIDTH - 4, line.y, VALUE_WIDTH, ROW),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            "–" if shown is None else channel.shown(shown),
        )

    @staticmethod
    def _value(row: npt.NDArray[np.float32] | None, channel: Channel) -> float | None:
        if row is None or not np.isfinite(row[channel.index]):
            return None
        return float(row[channel.index])

    # ---- playing one alone ---------------------------------------------------------------

    def _choose(self, name: str) -> None:
        self._chosen = name
        self.chosen_changed.emit()

    @property
    def chosen(self) -> str:
        """The channel that keys and the menu act on; empty without one."""
        return self._chosen

    def isolate(self) -> None:
        """Play the chosen channel alone."""
        if self._chosen:
            self._session.isolate_channel(self._chosen)
        else:
            text = "No channel is chosen"
            self._session.show_message(
                Message(text, "click one in the Channels tab, then press {isolate_channel}")
            )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        channel, _y = self._channel_at(event.pos())
        if channel is None:
            return
        self._choose(channel.name)
        self.update()
        menu = QMenu(self)
        menu.addAction(f"Play {channel.name} alone").triggered.connect(self.isolate)
        menu.addAction("Show its curve").triggered.connect(lambda: self._session.show_channel(channel.name))
        menu.exec(event.globalPos())
        menu.deleteLater()

    # ---- correcting ----------------------------------------------------------------------

    def _channel_at(self, point: QPoint) -> tuple[Channel | None, int]:
        for line in self._lines:
            if line.channel is not None and line.y <= point.y() < line.y + ROW:
                return line.channel, line.y
        return None, 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._on_take:
            for line in self._lines:
                if self._lock_box(line).adjusted(-3, -3, 3, 3).contains(event.position()):
                    self._performance.toggle_lock(sorted(self._names(line)))
                    return
        channel, y = self._channel_at(event.position().toPoint())
        if channel is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._choose(channel.name)
        self.update()
        if self._bar(y).adjusted(-4, -4, 4, 4).contains(event.position()):
            self._gesture, self._edited = uuid.uuid4().hex, self._what()
            self._drag(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture:
            self._drag(event.position().x())
            return
        channel, _y = self._channel_at(event.position().toPoint())
        unit = ", in degrees" if channel is not None and channel.is_rotation else ""
        self.setToolTip(f"{channel.name} ({channel.region}{unit})" if channel else "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._gesture = ""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        channel, _y = self._channel_at(event.position().toPoint())
        if channel is not None:
            self._set(channel.name, None, "")

    def _what(self) -> tuple[str, int]:
        """The take and its key, or the keyframe, that is edited."""
        if self._on_take:
            return self._takes.active_id, self._performance.key
        keyframe = self._keyframes.selected_keyframe()
        return ("" if keyframe is None else keyframe.id), -1

    def _drag(self, x: float) -> None:
        if self._what() != self._edited:
            # A drag must not go on with what was chosen meanwhile.
            self._gesture = ""
            return
        channel = next(c for c in CHANNELS if c.name == self._chosen)
        bar = self._bar(0)
        share = min(max((x - bar.left()) / bar.width(), 0.0), 1.0)
        low, high = _ends(channel)
        value = round(low + share * (high - low), 3)
        if not self._set(channel.name, value, self._gesture):
            self._gesture = ""

    def _set(self, channel: str, value: float | None, gesture: str) -> bool:
        """Change what is edited: the take at its key, or the recording at the keyframe."""
        if self._on_take:
            return self._performance.set_value(channel, value, gesture)
        return self._keyframes.correct(channel, value, gesture)

    def event(self, event: QEvent) -> bool:
        # Up and Down belong to the rows while they have the focus.
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        channels = [line.channel for line in self._lines if line.channel is not None]
        direction = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if direction is None or not channels:
            super().keyPressEvent(event)
            return
        names = [c.name for c in channels]
        at = names.index(self._chosen) if self._chosen in names else -1
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and at >= 0:
            held = self._held(channels[at])
            channel = channels[at]
            step = _STEP_DEGREES if channel.is_rotation else _STEP
            value = min(max(held - direction * step, channel.least), channel.most)
            self._set(channels[at].name, round(value, 3), f"nudge-{channels[at].name}")
            return
        self._chosen = names[min(max(at + direction, 0), len(names) - 1)]
        self._session.show_channel(self._chosen)
        self.update()

    def _held(self, channel: Channel) -> float:
        """The value at the selected keyframe, wherever the playhead is."""
        if self._on_take:
            return self._value(self._take, channel) or 0.0
        clip, keyframe = self._session.current, self._keyframes.selected_keyframe()
        row = self._recorded
        if clip is not None and clip.recording is not None and keyframe is not None:
            row = clip.recording.row(keyframe.time - clip.offset)
        return self._value(row, channel) or 0.0


def _ends(channel: Channel) -> tuple[float, float]:
    """What the ends of a bar stand for."""
    return (-_BAR_DEGREES, _BAR_DEGREES) if channel.is_rotation else (channel.least, channel.most)


def _x_of(bar: QRectF, channel: Channel, value: float) -> float:
    low, high = _ends(channel)
    share = (value - low) / (high - low)
    return bar.left() + min(max(share, 0.0), 1.0) * bar.width()


def _filled(bar: QRectF, channel: Channel, value: float) -> QRectF:
    zero, x = _x_of(bar, channel, 0.0), _x_of(bar, channel, value)
    return QRectF(min(zero, x), bar.top(), max(abs(x - zero), 1.5), bar.height())
