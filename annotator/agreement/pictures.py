"""The confusion of two annotators as a matrix, and F1 of keyframes over the tolerance as curves."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QVBoxLayout, QWidget

from annotator.agreement.tables import ConfusionModel, TintDelegate, plain_table
from annotator.core.agreement.report import Agreement, Match
from annotator.widgets.fields import ChoiceField
from annotator.widgets.plain_label import PlainLabel
from viewer.palette import Palette


class ConfusionView(QWidget):
    """The matrix of two annotators, which are chosen above it."""

    def __init__(self, found: Agreement, palette: Palette) -> None:
        super().__init__()
        self._found, self._palette = found, palette
        self._names = [" and ".join(pair.annotators) for pair in found.labels.pairs]
        self.pair = ChoiceField(self._names)
        self.pair.setAccessibleName("Whose labels")
        self.pair.setMinimumContentsLength(18)
        self.about = PlainLabel()
        self.about.setObjectName("Muted")
        self.table = plain_table("Confusion matrix")
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().show()
        self.table.setItemDelegate(TintDelegate(self.table))
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(36)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setMinimumSectionSize(64)
        row = QHBoxLayout()
        row.addWidget(self.pair)
        row.addWidget(self.about, 1)
        row.setSpacing(12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        self.pair.currentIndexChanged.connect(self.show_pair)
        self.show_pair(0)

    def show_pair(self, number: int) -> None:
        """Show the matrix of one pair of the report."""
        pair = self._found.labels.pairs[number]
        first, second = pair.annotators
        self._model = ConfusionModel(pair.confusion, self._palette)
        self.table.setModel(self._model)
        step = self._found.settings["step_ms"]
        self.about.setText(f"Points of {step:g} ms. Rows: {first}. Columns: {second}. · is none.")


class CurveView(QWidget):
    """F1 of keyframes at each tolerance, of all together and of each pair."""

    def __init__(self, found: Agreement, palette: Palette) -> None:
        super().__init__()
        self.plot = pg.PlotWidget(background=palette.field)
        self.plot.setAccessibleName("F1 of keyframes over the tolerance")
        self.plot.setMenuEnabled(False)
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.hideButtons()
        self.plot.showGrid(y=True, alpha=0.15)
        words = {"bottom": "tolerance in milliseconds", "left": "F1 of keyframes"}
        for side, label in words.items():
            axis = self.plot.getAxis(side)
            axis.setTextPen(palette.muted)
            axis.setPen(palette.line)
            axis.enableAutoSIPrefix(False)
            self.plot.setLabel(side, label, color=palette.muted)
        self.plot.addLegend(offset=(-16, -16), labelTextColor=palette.text, brush=palette.panel)
        self._draw(found, palette)
        about = PlainLabel(
            "Keyframes match one to one when they are no further apart than the tolerance. "
            "The band is the 95 % interval of all pairs together."
        )
        about.setObjectName("Muted")
        about.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        column.addWidget(about)
        column.addWidget(self.plot, 1)

    def _draw(self, found: Agreement, palette: Palette) -> None:
        rows = sorted(found.keyframes, key=lambda each: each.tolerance_ms or 0)
        at = np.array([each.tolerance_ms or 0 for each in rows], float)
        item = self.plot.getPlotItem()
        overall = [each.overall.f1 for each in rows]
        low = np.array([_number(getattr(f1, "low", None)) for f1 in overall])
        high = np.array([_number(getattr(f1, "high", None)) for f1 in overall])
        if np.isfinite(low).all() and np.isfinite(high).all():
            band = pg.mkColor(palette.accent)
            band.setAlphaF(0.18)
            edges = [pg.PlotCurveItem(at, edge, pen=pg.mkPen(None)) for edge in (low, high)]
            for edge in edges:
                item.addItem(edge)
            item.addItem(pg.FillBetweenItem(*edges, brush=band))
        colours = cycle(palette.takes)
        for place, pair in enumerate(rows[0].pairs):
            values = [_value(each.pairs[place]) for each in rows]
            pen = pg.mkPen(next(colours), width=1.5)
            item.plot(at, values, pen=pen, name=" and ".join(pair.of or ""))
        pen = pg.mkPen(palette.accent, width=3, cap=Qt.PenCapStyle.RoundCap)
        dots = {"symbol": "o", "symbolSize": 7, "symbolBrush": palette.accent, "symbolPen": None}
        item.plot(at, [_value(each.overall) for each in rows], pen=pen, name="all pairs", **dots)
        item.setXRange(0, float(at.max()), padding=0.02)
        item.setYRange(0, 1, padding=0.03)


def _value(match: Match) -> float:
    return _number(match.f1.value)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
