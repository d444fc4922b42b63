"""The timeline: all lanes under one another, on one time axis, with one playhead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy.typing as npt
import qtawesome
from PySide6.QtCore import QPointF, QSize
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout

from viewer.core.marks import Mark, Span, TrackLayer
from viewer.core.time_ticks import tick_text
from viewer.palette import DARK, Palette
from viewer.scene.range_bar import RangeBar
from viewer.scene.readout import Readout
from viewer.scene.row_stack import RowStack
from viewer.timeline.axis import GUTTER, PAD_LEFT, PAD_RIGHT
from viewer.timeline.curves import CurvesLane
from viewer.timeline.emotion_lane import EmotionLane
from viewer.timeline.keyframe_lane import KeyframeLane, TakeLane
from viewer.timeline.overview import OverviewLane
from viewer.timeline.playhead import Playhead
from viewer.timeline.requests import TimelineRequests
from viewer.timeline.ruler import Ruler
from viewer.timeline.waveform import WaveformLane


class TimelineView(TimelineRequests):
    """Shows what its setters are given and asks for changes by signals; every setter may be
    called again with the same value at no cost.

    The lanes are ViewBoxes of one pyqtgraph GraphicsLayoutWidget, ``graph``, their gutters and the
    rulers AxisItems.  The wheel zooms, with Shift it pans; the middle button pans; Shift and a drag
    over sound, overview or curves draws a rectangle that is then shown whole: its time, and in the
    curves its rows.  "Show the whole clip (Ctrl+0)" ends both.
    """

    def __init__(
        self, sound: type[WaveformLane] = WaveformLane, marks: type[KeyframeLane] = KeyframeLane
    ) -> None:
        """``sound`` makes the lane of the sound, ``marks`` that of the keyframes."""
        super().__init__()
        self._playing = False
        self._following = True
        self.ruler = Ruler(self)
        self.waveform = sound(self)
        self.keyframes = marks(self)
        self.take_keys = TakeLane(self)
        self.emotions = EmotionLane(self)
        self.overview = OverviewLane(self)
        self.curves = CurvesLane(self)
        edited = (self.keyframes, self.take_keys, self.emotions)
        self.lanes = (self.ruler, self.waveform, *edited, self.overview, self.curves)
        grip = "Drag to give the overview or the curves more room"
        beside = {"gutter": GUTTER, "left": PAD_LEFT, "right": PAD_RIGHT}
        self.graph = RowStack(self.lanes, self, **beside, grip_tip=grip)
        self.playhead = Playhead(self.axis, self.graph, self)
        self.readout = Readout(self.graph, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.graph, 1)
        column.addLayout(self._make_foot())
        self.setMinimumWidth(GUTTER + 240)
        self.axis.changed.connect(self._scroll.follow)
        # The last box that follows the first.
        self.curves.sigXRangeChanged.connect(self.graph.prepare)
        self.axis.changed.connect(self.playhead.place)
        self.graph.sigDeviceRangeChanged.connect(self.playhead.place)
        self.axis.navigated.connect(self._on_navigated)
        self.channels_changed.connect(self.set_channels)
        for lane in (self.waveform, self.overview, self.curves):
            lane.hovering.connect(self._read)
        self.set_theme(DARK)

    # ---- construction --------------------------------------------------------------------

    def _make_foot(self) -> QHBoxLayout:
        self._scroll = RangeBar(self.ruler, self.ruler.XAxis, "time shown", self)
        self._scroll.setFixedHeight(14)
        row = QHBoxLayout()
        row.setContentsMargins(8, 2, 4, 2)
        row.setSpacing(0)
        self._buttons: list[tuple[QToolButton, str]] = []
        commands = (
            ("mdi6.magnify-minus-outline", "Zoom out ({zoom_out}, or the wheel)", self.zoom_out),
            ("mdi6.magnify-plus-outline", "Zoom in ({zoom_in}, or the wheel)", self.zoom_in),
            ("mdi6.arrow-expand-horizontal", "Show the whole clip", self.fit_all),
            ("mdi6.magnify-scan", "Zoom to the selection, else to the loop", self.zoom_to_chosen),
        )
        for icon, tip, command in commands:
            button = QToolButton()
            button.setAutoRaise(True)
            button.setFixedSize(26, 22)
            button.setIconSize(QSize(16, 16))
            button.setToolTip(tip)
            button.setAccessibleName(tip.split(" (")[0])
            button.clicked.connect(command)
            row.addWidget(button)
            self._buttons.append((button, icon))
        row.addSpacing(GUTTER - 8 - 26 * len(commands) + 4)
        row.addWidget(self._scroll, 1)
        return row

    # ---- setters -------------------------------------------------------------------------

    def set_duration(self, seconds: float) -> None:
        """Length of the clip; 0 empties the timeline."""
        self.axis.set_duration(seconds)

    def set_frame_times(self, times: npt.ArrayLike) -> None:
        """Start of each video frame in seconds; keyframes and spans snap to them."""
        self.axis.set_frame_times(times)

    def set_video_end(self, seconds: float | None) -> None:
        """Where the video ends before the clip does; None where it does not, or there is none."""
        self.axis.set_video_end(seconds)

    def set_layers(self, layers: Sequence[TrackLayer]) -> None:
        """The recording first, then the takes, in the order they are painted."""
        if self.stack.replace(layers):
            for lane in (self.waveform, self.overview, self.curves):
                lane.refresh()
            self.graph.prepare()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """The keyframes, in any order."""
        self.keyframes.show_all(marks)

    def set_take_keys(self, marks: Sequence[Mark], snaps: Sequence[float]) -> None:
        """The keys of the active take; ``snaps`` are times they go to when they are dragged."""
        self.take_keys.snaps = tuple(snaps)
        self.take_keys.show_all(marks)
        self.take_keys.set_row(self.take_keys.row_height, bool(marks))

    def set_spans(self, spans: Sequence[Span]) -> None:
        """The emotion spans, in any order; overlapping ones lie below each other."""
        self.emotions.show_all(spans)

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Start and end of the loop; None for none."""
        self.axis.set_loop(loop)

    def set_channels(self, names: tuple[str, ...]) -> None:
        """Which channels have curves, from the top."""
        self.curves.set_channels(names)

    def set_playing(self, playing: bool) -> None:
        """While playing the view turns its page when the playhead leaves it, unless the user
        scrolled away from it."""
        self._playing = playing
        self._following = True

    def set_theme(self, palette: Palette) -> None:
        """Draw in these colours from now on."""
        for part in (self.graph, self.playhead, self.readout):
            part.set_theme(palette)
        self.graph.prepare()
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
        """Show the whole clip, and as many rows of curves as have room."""
        self.curves.show_rows()
        self.axis.fit()

    def zoom_in(self) -> None:
        """Show less time, around the playhead where it is in sight."""
        self._zoom(1 / 1.6)

    def zoom_out(self) -> None:
        """Show more time, likewise."""
        self._zoom(1.6)

    def _zoom(self, factor: float) -> None:
        """Around the playhead when it is in sight, else around the middle."""
        x = self.axis.x_of(self.axis.playhead)
        if not self.axis.left <= x <= self.axis.right:
            x = (self.axis.left + self.axis.right) / 2
        self.axis.zoom_at(factor, x)

    def zoom_to_chosen(self) -> None:
        """Show the selected span, or a second around the selected keyframe, else the loop."""
        span, mark, ends = self.emotions.selected(), self.keyframes.selected(), self.axis.loop
        if span is not None:
            ends = span.start, self.emotions.end_of(span)
        elif mark is not None:
            ends = mark.time - 0.5, mark.time + 0.5
        if ends is not None:
            margin = 0.08 * (ends[1] - ends[0])
            self.axis.show_range(ends[0] - margin, ends[1] + margin)
            self.axis.navigated.emit()

    # ---- following the playhead ----------------------------------------------------------

    def _in_sight(self, t: float) -> bool:
        return self.axis.start - 1e-9 <= t <= self.axis.end + 1e-9

    def _follow(self, t: float) -> None:
        if self._in_sight(t):
            self._following = True
            return
        if any(lane.busy for lane in self.lanes) or (self._playing and not self._following):
            return
        start = t - (0.05 if t >= self.axis.end else 0.95) * self.axis.span
        self.axis.show_range(start, start + self.axis.span)

    def _on_navigated(self) -> None:
        self._following = self._in_sight(self.axis.playhead)

    # ---- reading and keeping what is shown -----------------------------------------------

    def _read(self, mouse: QPointF | None) -> None:
        """Say what the curves show under the mouse; None when it left or does something else."""
        lines = [] if mouse is None else self.curves.readout(self.axis.time_of(mouse.x()))
        if mouse is None or not lines:
            self.readout.stand(None)
            return
        t = self.axis.time_of(mouse.x())
        frame = f" · frame {self.axis.frames.number(t)}" if self.axis.frames.times.size else ""
        self.readout.show_at(mouse.toPoint(), tick_text(t, 0.001) + frame, lines)

    def export_picture(self, path: Path | str) -> None:
        """Write what the timeline shows, without the playhead, as a picture.

        Parameters
        ----------
        path
            A file name ending in ``.png``, as large as the timeline on screen, or ``.svg``, with
            lines and letters that can be edited.  An existing file is replaced at once or not at all.

        Raises
        ------
        FileError
            The name ends in something else, or the file cannot be written.
        """
        self.graph.export_picture(path)
