"""What an estimate of the offset found, as a picture, to be accepted or not."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QDoubleSpinBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from annotator.core.sync.estimate import THRESHOLD, Estimate
from annotator.core.sync.gather import REACH
from annotator.session.messages import Message
from annotator.session.session import Session
from annotator.sync.controller import SyncController
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.work_progress import WorkProgress
from viewer.palette import Palette

_WIDEST = 60.0


class EstimateDialog(QDialog):
    """Looks at once; what it finds is a proposal that nothing is changed by until it is used."""

    def __init__(self, session: Session, sync: SyncController, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Estimate the track's offset")
        self.resize(720, 480)
        self._session, self._sync = session, sync
        self.estimate: Estimate | None = None
        self.verdict = PlainLabel()
        self.verdict.setObjectName("Headline")
        self.verdict.setWordWrap(True)
        self.detail = PlainLabel()
        self.detail.setObjectName("Muted")
        self.detail.setWordWrap(True)
        self.detail.setMinimumHeight(2 * self.detail.fontMetrics().lineSpacing())
        self.reach = QDoubleSpinBox()
        self.reach.setRange(0.5, _WIDEST)
        self.reach.setDecimals(1)
        self.reach.setPrefix("± ")
        self.reach.setSuffix(" s")
        self.reach.setValue(REACH)
        self.reach.setAccessibleName("How far is looked")
        self.progress = WorkProgress(spacing=8)
        self.look_button = QPushButton("Look again")
        self.use_button = QPushButton("Use it")
        self.close_button = QPushButton("Close")
        self.plot = self._make_plot(session.palette)
        self._lay_out()
        self.look_button.clicked.connect(self.look)
        self.use_button.clicked.connect(self._use)
        self.close_button.clicked.connect(self.reject)
        sync.estimated.connect(self._show)
        sync.progress.connect(self.progress.show_progress)
        sync.stopped.connect(self._stopped)
        sync.changed.connect(self._follow)
        session.clip_closing.connect(self.reject)
        self.look()

    def _make_plot(self, palette: Palette) -> pg.PlotWidget:
        plot = pg.PlotWidget(background=palette.field)
        plot.setAccessibleName("How well each offset fits")
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        for side, words in (("bottom", "offset in seconds"), ("left", "fits better than chance")):
            axis = plot.getAxis(side)
            axis.setTextPen(palette.muted)
            axis.setPen(palette.line)
            axis.enableAutoSIPrefix(False)
            plot.setLabel(side, words, color=palette.muted)
        plot.addLegend(offset=(-8, 8), labelTextColor=palette.text, brush=palette.panel, pen=palette.line)
        return plot

    def _lay_out(self) -> None:
        for button in (self.look_button, self.use_button, self.close_button):
            button.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(PlainLabel("Around the offset now"))
        foot.addWidget(self.reach)
        foot.addWidget(self.look_button)
        foot.addStretch(1)
        foot.addWidget(self.use_button)
        foot.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self.verdict)
        column.addWidget(self.detail)
        column.addWidget(self.plot, 1)
        column.addWidget(self.progress)
        column.addSpacing(4)
        column.addLayout(foot)

    # ---- looking -----------------------------------------------------------------------------

    def look(self) -> None:
        """Look for the offset as far as is chosen."""
        self.estimate = None
        self.plot.getPlotItem().clear()
        self.verdict.setText("Comparing the track with picture and sound …")
        self.detail.setText("")
        self._sync.estimate(self.reach.value())
        self._follow()

    def _follow(self) -> None:
        running = self._sync.running
        self.progress.show_running(running)
        self.look_button.setEnabled(not running)
        best = self.estimate.best if self.estimate is not None else None
        self.use_button.setVisible(best is not None and not running)
        if not running:
            self.progress.tell("")

    def _stopped(self, why: str) -> None:
        self.verdict.setText("No offset was found")
        self.detail.setText(why)

    def _show(self, found: Estimate) -> None:
        self.estimate = found
        sure = found.offset is not None
        percent = round(100 * found.confidence)
        if found.best is None:
            self.verdict.setText("No offset was found")
            self.detail.setText(f"{_sentence(found.reason)} Drag the track, or type its offset.")
        elif sure:
            self.verdict.setText(f"The track fits at {found.best:+.3f} s")
            said = f"Confidence {percent} % (an offset is proposed from {round(100 * THRESHOLD)} %). "
            now = self._sync.offset
            moves = abs(found.best - now) / self._sync.frame
            where = "where it is now" if moves < 0.5 else f"{moves:.0f} frames from where it is now"
            self.detail.setText(f"{said}That is {where} ({now:+.3f} s).")
        else:
            self.verdict.setText("No offset is sure")
            more = f"The best is {found.best:+.3f} s (confidence {percent} %): look at it before you keep it."
            self.detail.setText(f"{_sentence(found.reason)} {more}")
        self._name_use(found, sure)
        self._draw(found)
        self._follow()

    def _name_use(self, found: Estimate, sure: bool) -> None:
        if found.best is None:
            return
        self.use_button.setText(f"{'Use' if sure else 'Try'} {found.best:+.3f} s")
        self.use_button.setObjectName("Primary" if sure else "")
        self.use_button.setDefault(sure)
        style = self.use_button.style()
        style.unpolish(self.use_button)
        style.polish(self.use_button)

    def _draw(self, found: Estimate) -> None:
        palette = self._session.palette
        item = self.plot.getPlotItem()
        item.clear()
        colours = [palette.take(number) for number in range(len(found.cues))]
        for (name, part), colour in zip(found.cues.items(), colours, strict=True):
            faint = QColor(colour)
            faint.setAlphaF(0.75)
            item.plot(found.offsets, part, pen=pg.mkPen(faint, width=1), name=name)
        item.plot(found.offsets, found.evidence, pen=pg.mkPen(palette.text, width=2), name="all together")
        item.addItem(pg.InfiniteLine(0.0, angle=0, pen=pg.mkPen(palette.line)))
        now = pg.mkPen(palette.muted, style=Qt.PenStyle.DotLine)
        item.addItem(
            pg.InfiniteLine(self._sync.offset, pen=now, label="now", labelOpts=_label(palette.muted, 0.06))
        )
        if found.best is not None:
            colour = palette.accent if found.offset is not None else palette.muted
            line = pg.InfiniteLine(found.best, pen=pg.mkPen(colour, width=1))
            item.addItem(line)
        item.setXRange(float(found.offsets[0]), float(found.offsets[-1]), padding=0)
        top = float(np.nanmax(found.evidence)) if len(found.evidence) else 1.0
        item.setYRange(min(-2.0, float(np.nanmin(found.evidence))), max(top * 1.1, 5.0), padding=0)

    # ---- using -------------------------------------------------------------------------------

    def _use(self) -> None:
        found = self.estimate
        if found is not None and found.best is not None and self._sync.set_offset(round(found.best, 3)):
            said = f"The track begins at {self._sync.offset:+.3f} s"
            self._session.show_message(Message(said, "undo with {undo}", level="success"))
            self.accept()

    def done(self, result: int) -> None:
        """Escape, Close and the cross come here: what still runs is given up."""
        sync = self._sync
        for signal, slot in (
            (sync.estimated, self._show),
            (sync.progress, self.progress.show_progress),
            (sync.stopped, self._stopped),
            (sync.changed, self._follow),
        ):
            signal.disconnect(slot)
        sync.cancel()
        super().done(result)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _label(colour: str, position: float) -> dict[str, object]:
    return {"color": colour, "position": position}
