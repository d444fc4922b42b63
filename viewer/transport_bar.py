"""Play, pause, step, shuttle, rate and loop, and where the playhead is."""

from __future__ import annotations

from collections.abc import Callable

import qtawesome
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from viewer.core.clock import MAX_RATE, MIN_RATE
from viewer.key_names import KeyNames
from viewer.palette import DARK, Palette

_LEAST_WIDTH = 680
_LOOP_TIMES_FROM = 960
_SHUTTLE_STATE_FROM = 800
_DONE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


def format_timecode(t: float) -> str:
    """``00:03.233``; with hours once there are some."""
    ms = max(round(t * 1000.0), 0)
    minutes, ms = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02d}:{ms // 1000:02d}.{ms % 1000:03d}"
    return f"{hours}:{text}" if hours else text


class RateBox(QDoubleSpinBox):
    """Keys go into it only while a number is typed: Enter and Escape give them back to the window."""

    def event(self, event: QEvent) -> bool:
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() in _DONE:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in _DONE:
            self.clearFocus()
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)


class TransportBar(QWidget):
    """A row of commands.  It shows what its setters say and asks by signals; it knows neither
    the clock nor the timeline."""

    start_requested = Signal()
    previous_frame_requested = Signal()
    toggle_requested = Signal()
    next_frame_requested = Signal()
    end_requested = Signal()
    shuttle_requested = Signal(int)
    rate_requested = Signal(float)
    loop_in_requested = Signal()
    loop_out_requested = Signal()
    loop_toggled = Signal(bool)
    loop_clear_requested = Signal()
    enlarge_requested = Signal()
    """A double click beside all buttons."""

    def __init__(self, keys: KeyNames, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._colours: Palette = DARK
        self._icons: list[tuple[QToolButton, str]] = []
        self._lines: list[QFrame] = []
        self._playing = False
        self._loop: tuple[float, float] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 16, 4)
        row.setSpacing(2)
        self._make_playback(row)
        self._make_speed(row)
        self._make_loop(row)
        row.addStretch(1)
        self._make_read_out(row)
        self.setFixedHeight(40)
        self.set_theme(DARK)
        self.set_playing(False, 1.0)
        self.set_loop(None)
        self.show_time(0.0, 0, 0)

    # ---- construction --------------------------------------------------------------------

    def _button(self, row: QHBoxLayout, icon: str, tip: str, asked: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setFixedSize(32, 32)
        button.setIconSize(QSize(20, 20))
        self._keys.tip(button, tip)
        button.setAccessibleName(tip.split(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(asked)
        row.addWidget(button)
        self._icons.append((button, icon))
        return button

    def _gap(self, row: QHBoxLayout) -> None:
        line = QFrame()
        line.setFrameShape(QFrame.Shape.NoFrame)
        line.setFixedSize(1, 20)
        self._lines.append(line)
        row.addSpacing(6)
        row.addWidget(line)
        row.addSpacing(6)

    def _make_playback(self, row: QHBoxLayout) -> None:
        self._button(row, "mdi6.skip-previous", "Go to the start ({to_start})", self.start_requested.emit)
        self._button(
            row, "mdi6.step-backward", "Previous frame ({frame_back})", self.previous_frame_requested.emit
        )
        self.play_button = self._button(row, "mdi6.play", "Play ({play_pause})", self.toggle_requested.emit)
        self._button(row, "mdi6.step-forward", "Next frame ({frame_forward})", self.next_frame_requested.emit)
        self._button(row, "mdi6.skip-next", "Go to the end ({to_end})", self.end_requested.emit)

    def _make_speed(self, row: QHBoxLayout) -> None:
        self._gap(row)
        tip = "Shuttle backward ({shuttle_back}); again: faster"
        self._button(row, "mdi6.rewind", tip, lambda: self.shuttle_requested.emit(-1))
        self._button(row, "mdi6.stop", "Stop ({shuttle_stop})", lambda: self.shuttle_requested.emit(0))
        tip = "Shuttle forward ({shuttle_forward}); again: faster"
        self._button(row, "mdi6.fast-forward", tip, lambda: self.shuttle_requested.emit(1))
        self.rate_box = RateBox()
        self.rate_box.setRange(MIN_RATE, MAX_RATE)
        self.rate_box.setDecimals(2)
        self.rate_box.setSingleStep(0.25)
        self.rate_box.setValue(1.0)
        self.rate_box.setSuffix(" ×")
        self.rate_box.setKeyboardTracking(False)
        self.rate_box.setFixedSize(84, 28)
        self.rate_box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.rate_box.setToolTip("Playback speed, 0.1 to 4 times")
        self.rate_box.setAccessibleName("speed")
        self.rate_box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.rate_box.valueChanged.connect(self.rate_requested)
        row.addSpacing(6)
        row.addWidget(self.rate_box)
        self.shuttle_label = QLabel()
        self.shuttle_label.setFixedWidth(52)
        self.shuttle_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.shuttle_label.setAccessibleName("shuttle")
        row.addWidget(self.shuttle_label)

    def _make_loop(self, row: QHBoxLayout) -> None:
        self._gap(row)
        self._button(row, "mdi6.contain-start", "Loop from here ({loop_in})", self.loop_in_requested.emit)
        self._button(row, "mdi6.contain-end", "Loop up to here ({loop_out})", self.loop_out_requested.emit)
        self.loop_button = QToolButton()
        self.loop_button.setCheckable(True)
        self.loop_button.setAutoRaise(True)
        self.loop_button.setFixedSize(32, 32)
        self.loop_button.setIconSize(QSize(20, 20))
        self.loop_button.setAccessibleName("play in a loop")
        self.loop_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.loop_button.clicked.connect(self.loop_toggled)
        row.addWidget(self.loop_button)
        self.clear_loop_button = self._button(
            row, "mdi6.close", "Clear the loop ({loop_clear})", self.loop_clear_requested.emit
        )
        self.loop_label = QLabel()
        row.addSpacing(4)
        row.addWidget(self.loop_label)

    def _make_read_out(self, row: QHBoxLayout) -> None:
        figures = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        figures.setPixelSize(17)
        figures.setWeight(QFont.Weight.DemiBold)
        self.time_label = QLabel()
        self.time_label.setFont(figures)
        self.time_label.setToolTip("Time of the playhead")
        self.frame_label = QLabel()
        small = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        small.setPixelSize(12)
        self.frame_label.setFont(small)
        self.frame_label.setMinimumWidth(116)
        self.frame_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.frame_label.setToolTip("Frame on screen, counted from 0, of all frames")
        row.addWidget(self.time_label)
        row.addSpacing(8)
        row.addWidget(self.frame_label)

    # ---- setters -------------------------------------------------------------------------

    def show_time(self, t: float, frame: int, frames: int) -> None:
        """``frame`` counts from 0; ``frames`` 0 means that there is no video."""
        text = format_timecode(t)
        if text != self.time_label.text():
            self.time_label.setText(text)
        text = f"frame {frame}/{frames}" if frames > 0 else "no video"
        if text != self.frame_label.text():
            self.frame_label.setText(text)

    def set_playing(self, playing: bool, rate: float) -> None:
        """``rate`` is the signed speed of the moment: while paused the chosen one, while the
        shuttle runs another."""
        self._playing = playing
        self.play_button.setIcon(self._icon("mdi6.pause" if playing else "mdi6.play"))
        self._keys.tip(self.play_button, "Pause ({play_pause})" if playing else "Play ({play_pause})")
        self.play_button.setAccessibleName("Pause" if playing else "Play")
        if not playing:
            self.set_rate(rate)
        shuttling = playing and abs(rate - self.rate_box.value()) > 0.005
        arrow = "◀" if rate < 0 else "▶"
        self.shuttle_label.setText(f"{arrow} {abs(rate):g}×" if shuttling else "")

    def set_rate(self, rate: float) -> None:
        """The chosen speed; asks for nothing."""
        if rate != self.rate_box.value():
            self.rate_box.blockSignals(True)
            self.rate_box.setValue(rate)
            self.rate_box.blockSignals(False)

    def set_loop(self, loop: tuple[float, float] | None, enabled: bool = True) -> None:
        """In and out point in seconds, and whether playing stays between them."""
        self._loop = loop
        self.loop_button.setEnabled(loop is not None)
        self.loop_button.setChecked(loop is not None and enabled)
        self._keys.tip(
            self.loop_button,
            "Choose a loop with {loop_in} and {loop_out} first"
            if loop is None
            else "Playback stays in the loop; click to play past it ({loop_toggle})"
            if enabled
            else "Playback continues past the loop; click to stay in it ({loop_toggle})",
        )
        self.clear_loop_button.setVisible(loop is not None)
        ends = "" if loop is None else f"{format_timecode(loop[0])} – {format_timecode(loop[1])}"
        self.loop_label.setText(ends)
        self._show_for_width()
        self._draw_loop_icon()

    def set_theme(self, palette: Palette) -> None:
        """Draw buttons and words in these colours; what they show stays."""
        self._colours = palette
        for button, icon in self._icons:
            button.setIcon(self._icon(icon))
        for line in self._lines:
            line.setStyleSheet(f"background: {palette.line};")
        self.time_label.setStyleSheet(f"color: {palette.text}; font-size: 17px; font-weight: 600;")
        self.frame_label.setStyleSheet(f"color: {palette.muted}; font-size: 12px;")
        self.loop_label.setStyleSheet(f"color: {palette.muted};")
        self.shuttle_label.setStyleSheet(f"color: {palette.text}; font-weight: 600;")
        self.play_button.setIcon(self._icon("mdi6.pause" if self._playing else "mdi6.play"))
        self._draw_loop_icon()

    # ---- looks ---------------------------------------------------------------------------

    def _icon(self, name: str, *, strong: bool = False) -> QIcon:
        colours = self._colours
        faint = QColor(colours.muted)
        faint.setAlphaF(0.5)
        colour = colours.accent if strong else colours.text
        icon: QIcon = qtawesome.icon(name, color=colour, color_disabled=faint)
        return icon

    def _draw_loop_icon(self) -> None:
        on = self.loop_button.isChecked()
        self.loop_button.setIcon(self._icon("mdi6.repeat" if on else "mdi6.repeat-off", strong=on))

    def _show_for_width(self) -> None:
        self.loop_label.setVisible(self._loop is not None and self.width() >= _LOOP_TIMES_FROM)
        self.shuttle_label.setVisible(self.width() >= _SHUTTLE_STATE_FROM)

    def minimumSizeHint(self) -> QSize:
        """What is left when the optional parts are hidden."""
        return QSize(_LEAST_WIDTH, self.height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.enlarge_requested.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._show_for_width()
