"""Where the panels and panes lie in the window, and which share of it each gets."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from annotator.faces.faces_grid import FacesGrid
from annotator.session.settings import Settings
from annotator.widgets.pane_frame import framed

TABS = ("story", "keyframe", "channels", "generate", "takes")
"""The inspector's tabs."""

_LANES, _LANES_SHARE = 360, 0.44
"""Height of the timeline in pixels, and at most which share of a low window it takes."""


@dataclass(frozen=True)
class Parts:
    """What lies in the window, from the top left to the bottom right; ``panels`` are those of
    :data:`TABS`."""

    top_bar: QWidget
    clips: QWidget
    video: QWidget
    faces: FacesGrid
    panels: Sequence[QWidget]
    transport: QWidget
    timeline: QWidget
    picker: QWidget
    banner: QWidget
    status_bar: QWidget


class Arrangement(QWidget):
    """The body of the window.  Panes share the room by a rule until somebody moves a splitter;
    from then on the shares stay, also at the next start."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._faces = parts.faces
        self._panes_kept = self._halves_kept = False
        self.tabs = self._inspector(parts.panels)
        self.panes = self._upper(parts)
        self.halves = QSplitter(Qt.Orientation.Vertical)
        self.halves.addWidget(self.panes)
        self.halves.addWidget(framed(self._lower(parts)))
        self.halves.setHandleWidth(8)
        self.halves.setSizes([480, _LANES])
        self.halves.setStretchFactor(0, 1)
        self.panes.splitterMoved.connect(self._keep_panes)
        self.halves.splitterMoved.connect(self._keep_halves)
        parts.faces.count_changed.connect(self.share_room)
        middle = QHBoxLayout()
        middle.setContentsMargins(8, 0, 8, 0)
        middle.addWidget(self.halves)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(parts.top_bar)
        whole.addLayout(middle, 1)
        whole.addWidget(parts.status_bar)

    def _inspector(self, panels: Sequence[QWidget]) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setUsesScrollButtons(False)
        tabs.tabBar().setDrawBase(False)
        tabs.tabBar().setExpanding(False)
        for name, panel in zip(TABS, panels, strict=True):
            tabs.addTab(panel, name.capitalize())
        return tabs

    def _upper(self, parts: Parts) -> QSplitter:
        panes = QSplitter(Qt.Orientation.Horizontal)
        columns = (framed(parts.clips), parts.video, parts.faces, framed(self.tabs))
        for at, (part, stretch) in enumerate(zip(columns, (0, 2, 3, 0), strict=True)):
            panes.addWidget(part)
            panes.setStretchFactor(at, stretch)
            panes.setCollapsible(at, stretch == 0)
        panes.setHandleWidth(8)
        return panes

    def _lower(self, parts: Parts) -> QWidget:
        lanes = QSplitter(Qt.Orientation.Horizontal)
        lanes.addWidget(parts.timeline)
        lanes.addWidget(parts.picker)
        lanes.setStretchFactor(0, 1)
        lanes.setHandleWidth(8)
        lanes.setSizes([1200, 200])
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(parts.transport)
        column.addWidget(lanes, 1)
        # At the foot only the timeline gives way: nothing moves under the pointer.
        column.addWidget(parts.banner)
        return lower

    def show_tab(self, tab: str) -> None:
        """Show a tab of the inspector: one of :data:`TABS`."""
        self.tabs.setCurrentIndex(TABS.index(tab))

    def share_room(self) -> None:
        """Give every pane its share, as far as nobody chose otherwise; the video, which stays as
        it is, gives way to more faces."""
        if not self._halves_kept:
            # In a low window both halves give way; the panes keep the larger one.
            lanes = min(_LANES, round(self.halves.height() * _LANES_SHARE))
            self.halves.setSizes([self.halves.height() - lanes, lanes])
        if not self._panes_kept:
            clips, inspector = (196, 344) if self.width() >= 1240 else (148, 320)
            room = self.width() - clips - inspector
            faces = room * (5, 6, 7)[min(max(len(self._faces.wanted), 1), 3) - 1] // 10
            self.panes.setSizes([clips, room - faces, faces, inspector])

    def _keep_halves(self) -> None:
        self._halves_kept = True

    def _keep_panes(self) -> None:
        self._panes_kept = True

    def remember(self, settings: Settings) -> None:
        """Put the shares that somebody chose into the settings."""
        panes = _encoded(self.panes) if self._panes_kept else "-"
        halves = _encoded(self.halves) if self._halves_kept else "-"
        settings.layout = f"{panes} {halves}"

    def restore(self, settings: Settings) -> None:
        """Take the shares up again that were chosen before."""
        panes, _, halves = settings.layout.partition(" ")
        if panes not in ("", "-"):
            self._panes_kept = self.panes.restoreState(QByteArray(decoded(panes)))
        if halves not in ("", "-"):
            self._halves_kept = self.halves.restoreState(QByteArray(decoded(halves)))


def decoded(text: str) -> bytes:
    """What a setting keeps of a part of Qt; nothing of what was not written here."""
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _encoded(splitter: QSplitter) -> str:
    return base64.b64encode(splitter.saveState().data()).decode()
