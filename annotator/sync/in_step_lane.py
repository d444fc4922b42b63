"""The recording over the sound of the clip, to be dragged until both are in step."""

from __future__ import annotations

import uuid

import numpy as np
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.core.channels import INDEX
from viewer.core.marks import TrackLayer
from viewer.scene.press_box import Drag
from viewer.timeline.axis import GUTTER
from viewer.timeline.requests import TimelineRequests
from viewer.timeline.waveform import WaveformLane

_TALL = 72


class InStepLane(WaveformLane):
    """The lane of the sound, with the mouth of the recording over it while :meth:`set_in_step` wants that."""

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks)
        self._usual = self.row_height
        self._in_step = False

    def set_in_step(self, on: bool) -> None:
        """Show the mouth of the recording over the sound, both large, and drag the recording by it."""
        if on != self._in_step:
            self._in_step = on
            # The words would lie over what is being matched.
            self.read_out = not on
            self.show_row()
            self.refresh()

    def show_row(self) -> None:
        self.set_row(_TALL if self._in_step else self._usual, self._peaks is not None or self._in_step)

    def draw(self, painter: QPainter) -> None:
        super().draw(painter)
        if self._in_step:
            self._draw_mouth(painter, self.content_rect().height() / 2.0)

    def _draw_mouth(self, painter: QPainter, middle: float) -> None:
        """How far the jaw is open, to both sides of the middle as sound is."""
        layer = self._recording()
        if layer is None:
            self.draw_hint(painter, "No recording to put in step")
            return
        jaw = INDEX["JawOpen"]
        shape = self.stack.shape(layer)
        columns = shape.columns(layer.offset, self.axis.column_times(int(self.content_rect().width())))
        _low, high = shape.pyramid.columns(columns.edges)
        opening = high[:, jaw].astype(np.float64)
        opening[~columns.inside] = np.nan
        widest = float(np.nanmax([0.05, shape.most[jaw]]))
        reach = (middle - 4.0) * np.clip(opening / widest, 0.0, 1.0)
        x = GUTTER + np.arange(reach.size) + 0.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(layer.colour or self.colours.recorded), 1.4))
        known = np.isfinite(reach)
        for side in (-1.0, 1.0):
            y = np.where(known, middle + side * reach, 0.0)
            painter.drawPath(
                arrayToQPath(x, y, connect=(known & np.append(known[1:], False)).astype(np.intc))
            )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _recording(self) -> TrackLayer | None:
        return next((layer for layer in self.stack.layers if not layer.dashed), None)

    # ---- moving the recording ------------------------------------------------------------

    def labels(self) -> list[tuple[float, str]]:
        return [(0.5, "in step")] if self._in_step else super().labels()

    def pressed(self, pos: QPointF, modifiers: Qt.KeyboardModifier) -> Drag | None:
        layer = self._recording()
        free = self._in_step and layer is not None and pos.x() >= GUTTER
        if not free or layer is None or modifiers & Qt.KeyboardModifier.ShiftModifier:
            return super().pressed(pos, modifiers)
        start, gesture, from_x = layer.offset, uuid.uuid4().hex, pos.x()

        def moved(to: QPointF) -> None:
            seconds = (to.x() - from_x) / self.axis.pixels_per_second
            self.asks.track_move_requested.emit(round(start + seconds, 3), gesture)

        def cancelled() -> None:
            self.asks.track_move_requested.emit(start, gesture)

        return Drag(moved, cancelled=cancelled, cursor=Qt.CursorShape.SizeHorCursor)

    def hovered(self, pos: QPointF) -> None:
        draggable = self._in_step and pos.x() >= GUTTER
        self.set_hover("", Qt.CursorShape.SizeHorCursor if draggable else Qt.CursorShape.ArrowCursor)

    def tip_at(self, pos: QPointF) -> str:
        if self._in_step:
            return "How far the jaw is open, over the sound: drag to move the recording"
        return super().tip_at(pos)
