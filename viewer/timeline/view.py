"""The timeline: all lanes under one another, on one time axis, with one playhead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import qtawesome
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QSplitter, QToolButton, QVBoxLayout, QWidget

from viewer.core.channels import REGIONS, by_region
from viewer.palette import DARK, Palette
from viewer.timeline.axis import GUTTER, TimeAxis
from viewer.timeline.curves import CurvesLane
from viewer.timeline.emotion_lane import EmotionLane
from viewer.timeline.keyframe_lane import KeyframeLane
from viewer.timeline.lane import Lane
from viewer.timeline.layers import LayerStack
from viewer.timeline.marks import Mark, Span, TrackLayer
from viewer.timeline.overview import OverviewLane
from viewer.timeline.playhead import Playhead
from viewer.timeline.pyramid import MinMaxPyramid
from viewer.timeline.ruler import Ruler
from viewer.timeline.take_lane import TakeLane
from viewer.timeline.waveform import WaveformLane

_SCROLL_UNITS = 100_000


class TimelineView(QWidget):
    """Shows what its setters are given and asks for changes by signals; every setter may be
    called again with the same value at no cost.

    ``mark_move_requested`` and ``span_change_requested`` come many times during one drag, all
    with the same gesture id; Escape sends the old times with that id.
    """

    time_requested = Signal(float)
    scrub_started = Signal()
    scrub_finished = Signal()
    mark_selected = Signal(str)
    mark_move_requested = Signal(str, float, str)
    mark_add_requested = Signal(float)
    mark_delete_requested = Signal(str)
    take_key_selected = Signal(str)
    take_key_move_requested = Signal(str, float, str)
    take_value_requested = Signal(str, str, int, float, str)
    """Layer of the take, channel, place of the key, value, gesture."""

    span_selected = Signal(str)
    span_change_requested = Signal(str, float, float, str)
    span_add_requested = Signal(float, float)
    span_delete_requested = Signal(str)
    loop_requested = Signal(float, float)
    channels_changed = Signal(tuple)
    menu_requested = Signal(str, str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = TimeAxis(self)
        self._stack = LayerStack()
        self._playing = False
        self._following = True
        self._scrubbing = False
        self._colours: Palette = DARK
        self.ruler = Ruler(self.axis)
        self.waveform = WaveformLane(self.axis)
        self.keyframes = KeyframeLane(self.axis)
        self.take_keys = TakeLane(self.axis)
        self.emotions = EmotionLane(self.axis)
        self.overview = OverviewLane(self.axis, self._stack)
        self.curves = CurvesLane(self.axis, self._stack)
        self._lay_out()
        self.playhead = Playhead(self.axis, self)
        self._connect()
        self.set_theme(DARK)

    # ---- construction --------------------------------------------------------------------

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return (
            self.ruler, self.waveform, self.keyframes, self.take_keys, self.emotions, self.overview,
            self.curves,
        )

    def _lay_out(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setHandleWidth(5)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.overview)
        self._splitter.addWidget(self.curves)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([120, 120])
        self._splitter.handle(1).setToolTip("Drag to give the overview or the curves more room")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for lane in (self.ruler, self.waveform, self.keyframes, self.take_keys, self.emotions):
            column.addWidget(lane)
        column.addWidget(self._splitter, 1)
        column.addLayout(self._make_foot())
        self.setMinimumWidth(GUTTER + 240)

    def _make_foot(self) -> QHBoxLayout:
        self._scroll = QScrollBar(Qt.Orientation.Horizontal)
        self._scroll.setFixedHeight(14)
        self._scroll.setAccessibleName("time shown")
        row = QHBoxLayout()
        row.setContentsMargins(8, 2, 4, 2)
        row.setSpacing(0)
        self._buttons: list[tuple[QToolButton, str]] = []
        commands = (
            ("mdi6.magnify-minus-outline", "Zoom out (wheel down)", self.zoom_out),
            ("mdi6.magnify-plus-outline", "Zoom in (wheel up)", self.zoom_in),
            ("mdi6.arrow-expand-horizontal", "Show the whole clip", self.fit_all),
            ("mdi6.magnify-scan", "Zoom to the selection, else to the loop", self.zoom_to_chosen),
        )
        for icon, tip, command in commands:
            button = QToolButton()
            button.setAutoRaise(True)
            button.setFixedSize(26, 22)
            button.setIconSize(QSize(16, 16))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(command)
            row.addWidget(button)
            self._buttons.append((button, icon))
        row.addSpacing(GUTTER - 8 - 26 * len(commands) + 4)
        row.addWidget(self._scroll, 1)
        return row

    def _connect(self) -> None:
        self.axis.changed.connect(self._sync_scroll)
        self.axis.navigated.connect(self._on_navigated)
        self._scroll.valueChanged.connect(self._on_scrolled)
        for lane in self.lanes:
            lane.time_requested.connect(self.time_requested)
            lane.scrub_started.connect(self._on_scrub_started)
            lane.scrub_finished.connect(self._on_scrub_finished)
            lane.menu_requested.connect(self._on_menu)
            lane.installEventFilter(self)
        self.ruler.loop_requested.connect(self.loop_requested)
        self.keyframes.mark_selected.connect(self.mark_selected)
        self.keyframes.mark_move_requested.connect(self.mark_move_requested)
        self.keyframes.mark_add_requested.connect(self.mark_add_requested)
        self.keyframes.mark_delete_requested.connect(self.mark_delete_requested)
        self.take_keys.mark_selected.connect(self.take_key_selected)
        self.take_keys.mark_move_requested.connect(self.take_key_move_requested)
        self.curves.value_requested.connect(self.take_value_requested)
        self.emotions.span_selected.connect(self.span_selected)
        self.emotions.span_change_requested.connect(self.span_change_requested)
        self.emotions.span_add_requested.connect(self.span_add_requested)
        self.emotions.span_delete_requested.connect(self.span_delete_requested)
        self.overview.region_chosen.connect(self._on_region_chosen)
        self.curves.channel_dismissed.connect(self._on_channel_dismissed)

    # ---- setters -------------------------------------------------------------------------

    def set_duration(self, seconds: float) -> None:
        """Length of the clip; 0 empties the timeline."""
        self.axis.set_duration(seconds)

    def set_frame_times(self, times: npt.ArrayLike) -> None:
        """Start of each video frame in seconds; keyframes and spans snap to them."""
        self.axis.set_frame_times(times)

    def set_layers(self, layers: Sequence[TrackLayer]) -> None:
        """The recording first, then the takes, in the order they are painted."""
        if self._stack.replace(layers):
            self.overview.refresh()
            self.curves.refresh()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        self.keyframes.set_marks(marks)

    def set_take_keys(self, marks: Sequence[Mark], snaps: Sequence[float]) -> None:
        """The keys of the active take; ``snaps`` are times they go to when they are dragged."""
        self.take_keys.set_marks(marks)
        self.take_keys.set_snaps(snaps)
        self.take_keys.setVisible(bool(marks))

    def set_spans(self, spans: Sequence[Span]) -> None:
        self.emotions.set_spans(spans)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        self.axis.set_loop(loop)

    def set_waveform(
        self, sound: npt.NDArray[np.float32] | MinMaxPyramid | None, rate: float = 1.0, offset: float = 0.0
    ) -> None:
        """Mono samples (n,) float32 at ``rate``, or their :class:`MinMaxPyramid` built off the
        UI thread with ``first_bin=waveform.FIRST_BIN``; None hides the lane.  The first sample
        sounds ``offset`` seconds into the clip."""
        self.waveform.set_waveform(sound, rate, offset)

    def set_channels(self, names: tuple[str, ...]) -> None:
        """Which channels have curves, from the top."""
        self.curves.set_channels(names)

    def set_playing(self, playing: bool) -> None:
        """While playing the view turns its page when the playhead leaves it, unless the user
        scrolled away from it."""
        self._playing = playing
        self._following = True

    def set_theme(self, palette: Palette) -> None:
        self._colours = palette
        for lane in self.lanes:
            lane.set_theme(palette)
        self.playhead.set_theme(palette)
        for button, icon in self._buttons:
            button.setIcon(qtawesome.icon(icon, color=palette.muted, color_active=palette.text))

    def show_time(self, t: float) -> None:
        """Put the playhead at ``t`` seconds; no lane is drawn anew."""
        if t == self.axis.playhead:
            return
        self.axis.playhead = t
        self._follow(t)
        self.playhead.place()
        self.emotions.playhead_moved()

    # ---- zoom ----------------------------------------------------------------------------

    def fit_all(self) -> None:
        self.axis.fit()

    def zoom_in(self) -> None:
        self._zoom(1 / 1.6)

    def zoom_out(self) -> None:
        self._zoom(1.6)

    def _zoom(self, factor: float) -> None:
        """Around the playhead when it is in sight, else around the middle."""
        x = self.axis.x_of(self.axis.playhead)
        if not self.axis.left <= x <= self.axis.right:
            x = (self.axis.left + self.axis.right) / 2
        self.axis.zoom_at(factor, x)

    def zoom_to_loop(self) -> None:
        if self.axis.loop is not None:
            self._show_around(*self.axis.loop)

    def zoom_to_selection(self) -> None:
        """Show the selected span, or a second around the selected keyframe."""
        span, mark = self.emotions.selected(), self.keyframes.selected()
        if span is not None:
            self._show_around(span.start, max(span.end, self.axis.playhead) if span.open else span.end)
        elif mark is not None:
            self._show_around(mark.time - 0.5, mark.time + 0.5)

    def zoom_to_chosen(self) -> None:
        if self.emotions.selected() is None and self.keyframes.selected() is None:
            self.zoom_to_loop()
        else:
            self.zoom_to_selection()

    def _show_around(self, start: float, end: float) -> None:
        margin = 0.08 * (end - start)
        self.axis.show_range(start - margin, end + margin)
        self.axis.navigated.emit()

    def time_at(self, global_pos: QPoint) -> float:
        """Seconds under a place on screen, for a context menu's commands."""
        return self.axis.time_of(float(self.mapFromGlobal(global_pos).x()))

    # ---- following the playhead ----------------------------------------------------------

    def _in_sight(self, t: float) -> bool:
        return self.axis.start - 1e-9 <= t <= self.axis.end + 1e-9

    def _follow(self, t: float) -> None:
        if self._in_sight(t):
            self._following = True
            return
        if self._scrubbing or (self._playing and not self._following):
            return
        span = self.axis.span
        forward = t >= self.axis.end
        start = t - (0.05 if forward else 0.95) * span
        self.axis.show_range(start, start + span)

    def _on_navigated(self) -> None:
        self._following = self._in_sight(self.axis.playhead)

    def _on_scrub_started(self) -> None:
        self._scrubbing = True
        self.scrub_started.emit()

    def _on_scrub_finished(self) -> None:
        self._scrubbing = False
        self.scrub_finished.emit()

    # ---- scroll bar and layout -----------------------------------------------------------

    def _sync_scroll(self) -> None:
        whole = self.axis.duration or 1.0
        page = max(int(self.axis.span / whole * _SCROLL_UNITS), 1)
        self._scroll.blockSignals(True)
        self._scroll.setRange(0, max(_SCROLL_UNITS - page, 0))
        self._scroll.setPageStep(page)
        self._scroll.setSingleStep(max(page // 10, 1))
        self._scroll.setValue(round(self.axis.start / whole * _SCROLL_UNITS))
        self._scroll.blockSignals(False)

    def _on_scrolled(self, value: int) -> None:
        self.axis.pan_by(value / _SCROLL_UNITS * (self.axis.duration or 1.0) - self.axis.start)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place_playhead()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.axis.set_width(self.width())
        self._place_playhead()

    def _place_playhead(self) -> None:
        bottom = self._splitter.geometry().bottom() + 1
        self.playhead.set_height(max(bottom, self.ruler.height()))
        self.playhead.place()
        self.playhead.raise_()

    # ---- what lanes ask ------------------------------------------------------------------

    def _on_menu(self, kind: str, id_: str, where: QPoint) -> None:
        named = {"keyframes": "mark", "emotions": "span"}
        self.menu_requested.emit(named.get(kind, kind) if id_ else kind, id_, where)

    def _on_region_chosen(self, region: str) -> None:
        names = tuple(c.name for r in REGIONS if r == region for c in by_region(r))
        self._choose(names)

    def _on_channel_dismissed(self, name: str) -> None:
        self._choose(tuple(other for other in self.curves.channels if other != name))

    def _choose(self, names: tuple[str, ...]) -> None:
        if names != self.curves.channels:
            self.set_channels(names)
            self.channels_changed.emit(names)
