"""The sound of the clip as minima and maxima of each pixel column."""

from __future__ import annotations

import uuid

import numpy as np
import numpy.typing as npt
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from viewer.core.channels import INDEX
from viewer.core.columns import columns_mask
from viewer.core.marks import TrackLayer
from viewer.core.pyramid import MinMaxPyramid
from viewer.scene.painting import faded, mask_image
from viewer.scene.press_box import Drag
from viewer.timeline.axis import GUTTER
from viewer.timeline.lane import Lane
from viewer.timeline.requests import TimelineRequests

FIRST_BIN = 32
_USUAL, _TALL = 32, 72


class WaveformLane(Lane):
    """Hidden until there is sound."""

    title = "sound"

    def __init__(self, asks: TimelineRequests) -> None:
        super().__init__(asks, _USUAL)
        self.row_shown = False
        self._peaks: MinMaxPyramid | None = None
        self._rate = 1.0
        self._offset = 0.0
        self._loudest = 1.0
        self._in_step = False

    def set_waveform(
        self, sound: npt.NDArray[np.float32] | MinMaxPyramid | None, rate: float = 1.0, offset: float = 0.0
    ) -> None:
        """``sound``: mono samples (n,) in [-1, 1], or their pyramid made elsewhere with
        ``first_bin=FIRST_BIN``; None when the clip has none.  ``rate`` samples a second, the
        first one ``offset`` seconds into the clip."""
        if isinstance(sound, np.ndarray):
            sound = MinMaxPyramid(sound, FIRST_BIN) if sound.size else None
        self._peaks, self._rate, self._offset = sound, max(rate, 1.0), offset
        if sound is not None:
            low, high = sound.columns((0, sound.length))
            self._loudest = float(np.nanmax([0.02, -low.min(), high.max()]))
        self._show_row()
        self.picture.spoil()

    def set_in_step(self, on: bool) -> None:
        """Show the mouth of the recording over the sound, both large, and drag the recording by it."""
        if on != self._in_step:
            self._in_step = on
            # The words would lie over what is being matched.
            self.read_out = not on
            self._show_row()
            self.refresh()

    def _show_row(self) -> None:
        self.set_row(_TALL if self._in_step else _USUAL, self._peaks is not None or self._in_step)

    def draw(self, painter: QPainter) -> None:
        area = self.content_rect()
        middle = area.height() / 2.0
        painter.setPen(QPen(faded(self.colours.muted, 0.4), 1))
        painter.drawLine(QLineF(area.left(), middle, area.right(), middle))
        if self._peaks is not None:
            self._draw_sound(painter, self._peaks, middle)
        if self._in_step:
            self._draw_mouth(painter, middle)

    def _draw_sound(self, painter: QPainter, peaks: MinMaxPyramid, middle: float) -> None:
        area = self.content_rect()
        edges = np.floor((self.axis.column_times(int(area.width())) - self._offset) * self._rate)
        inside = (edges[1:] > 0) & (edges[:-1] < peaks.length)
        low, high = peaks.columns(np.clip(edges, 0, peaks.length).astype(np.intp))
        scale = (middle - 3.0) / self._loudest
        low[~inside] = np.nan
        bottom = self.height() - 1
        tops, bottoms = middle - np.float64(scale) * high.T, middle - np.float64(scale) * low.T
        mask = columns_mask(tops, bottoms, [(0, bottom)], bottom)
        painter.drawImage(GUTTER, 0, mask_image(mask.view(np.uint8), faded(self.colours.muted, 0.75)))

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
        return "Sound of the clip: drag to scrub, Shift and drag to zoom to a rectangle"
