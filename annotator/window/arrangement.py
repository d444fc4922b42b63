"""Where the panels and panes lie in the window, and which share of it each gets."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

import msgspec
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from annotator.session.settings import Settings, Splits
from annotator.widgets.fields import leave
from annotator.widgets.pane_frame import PaneFrame, framed
from annotator.widgets.theme import wear
from annotator.window.floating_pane import FloatingPane
from annotator.window.parts import TABS, Parts
from annotator.window.sheet import Sheet
from annotator.window.workspaces import BY_ID, COLUMNS, GAP, SIDES, WORKSPACES, Workspace, band_of, sound

_INSPECTOR = QSize(340, 180)
"""The least room the inspector gets."""
_MARKS = 160
"""The least width of the list of marks."""
_DRAWER = {"clips": 264, "marks": 372}
"""Pixels of a column that is drawn over the panes."""
_PICKER = QSize(840, 448)
"""The largest the list of channels gets."""


class Arrangement(QWidget):
    """The body of the window: the same panes in each of the three workspaces, in other sizes.  Panes share
    the room by the workspace's rule until somebody moves a splitter; from then on the sizes stay in
    windows about as wide, also at the next start.
    """

    shown = Signal()
    """Another workspace is shown, or other columns, or one pane has all the room, or no longer."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        super().__init__()
        self._parts, self._settings = parts, settings
        self.workspace: Workspace = WORKSPACES[0]
        self._band, self._only = "", ""
        self._floating: dict[str, FloatingPane] = {}
        self.tabs = self._make_inspector(parts.panels)
        self._columns: dict[str, QWidget] = {
            "clips": parts.clips,
            "video": parts.video,
            "faces": parts.faces,
            "marks": parts.marks,
            "inspector": framed(self.tabs),
        }
        # A panel that is not shown would ask for its room, too.
        self._columns["inspector"].setMinimumSize(_INSPECTOR)
        self._columns["marks"].setMinimumWidth(_MARKS)
        for name in SIDES:
            self._add_put_away_tool(name)
        self.panes = self._splitter(Qt.Orientation.Horizontal, self._columns.values())
        self.channels_button = self._lower_button("mdi6.chart-line-variant")
        self.channels_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.overlay_button = self._lower_button("mdi6.layers-outline")
        self._lower = self._make_lower(parts)
        self._lanes = framed(self._lower)
        self.halves = self._splitter(Qt.Orientation.Vertical, (self.panes, self._lanes))
        self.drawer, self.channels_sheet = Sheet(self), Sheet(self)
        self.channels_sheet.hold(parts.picker)
        self._lay_out()
        self._connect()

    # ---- construction --------------------------------------------------------------------

    def _make_inspector(self, panels: Sequence[QWidget]) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setUsesScrollButtons(False)
        tabs.tabBar().setDrawBase(False)
        tabs.tabBar().setExpanding(False)
        for name, panel in zip(TABS, panels, strict=True):
            tabs.addTab(panel, name.capitalize())
        return tabs

    def _splitter(self, way: Qt.Orientation, parts: Iterable[QWidget]) -> QSplitter:
        splitter = QSplitter(way)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(GAP)
        for part in parts:
            splitter.addWidget(part)
        return splitter

    def _add_put_away_tool(self, name: str) -> None:
        tool = QToolButton()
        wear(tool, "mdi6.close", muted=True)
        tool.setAccessibleName(f"Hide the {name}")
        tool.setToolTip(f"Hide the {name}")
        tool.clicked.connect(lambda: self.toggle_column(name))
        frame = self._columns[name]
        assert isinstance(frame, PaneFrame)
        frame.add_tool(tool)

    def _lower_button(self, sign: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName("Flat")
        button.setCheckable(True)
        wear(button, sign)
        return button

    def _make_lower(self, parts: Parts) -> QWidget:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 12, 0)
        head.setSpacing(0)
        head.addWidget(parts.transport, 1)
        head.addWidget(self.overlay_button)
        head.addWidget(self.channels_button)
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(parts.step_bar)
        column.addWidget(parts.timeline, 1)
        # At the foot only the timeline gives way: nothing moves under the pointer.
        column.addWidget(parts.banner)
        return lower

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setContentsMargins(GAP, 0, GAP, 0)
        middle.addWidget(self.halves)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._parts.top_bar)
        whole.addLayout(middle, 1)
        whole.addWidget(self._parts.status_bar)

    def _connect(self) -> None:
        parts = self._parts
        for splitter in (self.panes, self.halves):
            splitter.splitterMoved.connect(self._keep)
        parts.faces.count_changed.connect(self.share_room)
        parts.video.wanted_changed.connect(self._arrange)
        for name in ("clips", "video", "marks"):
            frame = self._columns[name]
            assert isinstance(frame, PaneFrame)
            frame.enlarge_requested.connect(lambda name=name: self.maximise(name))
        self.tabs.tabBarDoubleClicked.connect(lambda _tab: self.maximise("inspector"))
        parts.transport.enlarge_requested.connect(lambda: self.maximise("lanes"))
        self.channels_sheet.closed.connect(self.toggle_channels)
        self.drawer.closed.connect(self.close_drawer)
        parts.picker.counted.connect(self._show_count)
        self._show_count(len(parts.picker.channels))

    # ---- what is shown -------------------------------------------------------------------

    def show_workspace(self, id: str) -> None:
        """Show the workspace of this id, with all of its panes."""
        if id != self.workspace.id:
            self._leave_fields()
            self._keep_overview()
            self._settings.tabs[self.workspace.id] = TABS[self.tabs.currentIndex()]
            self.workspace = BY_ID[id]
            self.show_tab(self._tab_of(self.workspace.tab))
        self._only = ""
        self.close_drawer()
        self._parts.timeline.curves.set_heights(*self.workspace.rows)
        self._parts.timeline.graph.set_share(self._splits.overview)
        self._arrange()

    def show_tab(self, tab: str) -> None:
        """Show a tab of the inspector: one of :data:`TABS`."""
        if "inspector" in self._floating:
            self._floating["inspector"].raise_()
        elif self._only not in ("", "inspector"):
            self.maximise("")
        self.tabs.setCurrentIndex(TABS.index(tab))

    def _tab_of(self, usual: str) -> str:
        """The tab that the workspace showed last."""
        tab = self._settings.tabs.get(self.workspace.id, usual)
        return tab if tab in TABS else usual

    def toggle_column(self, name: str) -> None:
        """Show the ``clips`` or the ``marks``, or put them away.  A window too narrow for the column has it
        drawn over the panes."""
        if name in self._floating:
            self.float_pane(name)
        elif self.drawer.content is self._columns[name]:
            self.close_drawer()
        elif self._band == "narrow" and not self.workspace.shown(name, self._band):
            self.close_drawer()
            self.drawer.hold(self._columns[name])
            self.drawer.open()
            self._place_sheets()
            self.shown.emit()
        else:
            self._settings.columns[self._column_key(name)] = not self._stands(name)
            self._arrange()

    def show_column(self, name: str) -> None:
        """Have the ``clips`` or the ``marks`` in sight."""
        if not self.in_sight(name):
            self.maximise("")
        if not self.in_sight(name):
            self.toggle_column(name)

    def in_sight(self, name: str) -> bool:
        """Whether a column stands among the panes, is drawn over them or floats."""
        drawn = self.drawer.content is self._columns[name]
        return self._stands(name) or drawn or name in self._floating

    def close_drawer(self) -> None:
        """Put the column that is drawn over the panes back; harmless when there is none."""
        column = self.drawer.content
        if column is None:
            return
        self._leave_fields()
        self.drawer.take_out()
        self._put_back(next(name for name in COLUMNS if self._columns[name] is column))

    def _put_back(self, name: str) -> None:
        """Let a column that was elsewhere stand in its place among the panes."""
        before = [self._columns[each] for each in COLUMNS[: COLUMNS.index(name)]]
        place = sum(self.panes.indexOf(each) >= 0 for each in before)
        self.panes.insertWidget(place, self._columns[name])
        self._arrange()

    def toggle_channels(self) -> None:
        """Open the list of the channels that have curves over the lanes, or fold it to its button."""
        sheet = self.channels_sheet
        if sheet.isHidden():
            if self._only not in ("", "lanes"):
                self.maximise("")
            sheet.open()
            self._place_sheets()
            self._parts.picker.search.setFocus()
        else:
            self._leave_fields()
            sheet.hide()
        self.channels_button.setChecked(not sheet.isHidden())

    def overlay_curves(self, on: bool) -> None:
        """Draw all curves on one axis, or each in a row of its own; remembered."""
        self._settings.overlay_curves = on
        self._parts.timeline.curves.set_overlaid(on)
        self.overlay_button.setChecked(on)

    def _show_count(self, count: int) -> None:
        self.channels_button.setText(f"Channels · {count}")

    # ---- one pane in all the room ----------------------------------------------------------

    @property
    def maximised(self) -> str:
        """The pane that has all the room: a column or ``lanes``; empty while all have their share."""
        return self._only

    def maximise(self, pane: str) -> None:
        """Give a pane all the room; the same again, or an empty name, brings the others back."""
        floating = self._floating.get(pane)
        if floating is not None:
            floating.setWindowState(floating.windowState() ^ Qt.WindowState.WindowMaximized)
            return
        self._leave_fields()
        self.close_drawer()
        self._only = "" if pane == self._only else pane
        self._arrange()

    def maximise_pane_at_hand(self) -> None:
        """The same, with the pane under the mouse, else the one the workspace is made for."""
        self.maximise(self._only or self._pane_at_hand())

    def _pane_at_hand(self) -> str:
        panes = {**self._columns, "lanes": self._lanes}
        at = QCursor.pos()
        seen = {name: pane for name, pane in panes.items() if pane.isVisible()}
        under = next((name for name, pane in seen.items() if _holds(pane, at)), "")
        main = self.workspace.main
        return under or (main if main == "lanes" or self._stands(main) else "faces")

    # ---- windows of their own ---------------------------------------------------------------

    def float_pane(self, name: str) -> None:
        """Give a column a window of its own; the same again, or closing that window, puts it back."""
        floating = self._floating.get(name)
        if floating is not None:
            floating.close()
            return
        self.maximise("")
        column = self._columns[name]
        area = QRect(column.mapToGlobal(QPoint()), column.size())
        floating = self._floating[name] = FloatingPane(column, name.capitalize(), self.window())
        floating.closed.connect(lambda: self._land(name))
        floating.setGeometry(area.translated(24, 24))
        floating.show()
        self._arrange()

    def _land(self, name: str) -> None:
        floating = self._floating.pop(name)
        self._put_back(name)
        floating.deleteLater()
        self.window().activateWindow()

    def float_pane_at_hand(self) -> None:
        """The same, with the column under the mouse, else the one the workspace is made for; the timeline
        stays where it is."""
        pane = self._pane_at_hand()
        self.float_pane(pane if pane in self._columns else "video")

    # ---- sharing the room ------------------------------------------------------------------

    def _stands(self, name: str) -> bool:
        """Whether a column stands among the panes; ``lanes`` always do."""
        if self._only or name in self._floating:
            return name == self._only
        if name in SIDES:
            usual = self.workspace.shown(name, self._band or "usual")
            return self._settings.columns.get(self._column_key(name), usual)
        return name != "video" or self._parts.video.wanted

    def _column_key(self, name: str) -> str:
        return f"{self.workspace.id} {self._band} {name}"

    @property
    def _splits_key(self) -> str:
        return f"{self.workspace.id} {self._band}"

    @property
    def _splits(self) -> Splits:
        """The sizes somebody chose, else those of the rule."""
        kept = self._settings.splits.get(self._splits_key)
        faces = self._parts.faces.count
        usual = self.workspace.splits(self.width(), self.halves.height(), faces)
        return usual if kept is None else sound(kept, self.width())

    def _arrange(self) -> None:
        """Show the panes that are wanted, in their sizes."""
        self._band = band_of(self.width())
        for name, column in self._columns.items():
            if column is not self.drawer.content and name not in self._floating:
                column.setVisible(self._stands(name))
        self.panes.setVisible(self._only != "lanes")
        self._parts.timeline.setVisible(self._only in ("", "lanes"))
        # What is hidden asks for room until Qt comes round to lay out anew.
        for part in (self._lower, self._lanes):
            layout = part.layout()
            if layout is not None:
                layout.activate()
        if self._only not in ("", "lanes"):
            self.channels_sheet.hide()
            self.channels_button.setChecked(False)
        self.share_room()
        self.shown.emit()

    def share_room(self) -> None:
        """Give every pane its share; the video, which stays as it is, gives way to more faces."""
        if self._band != band_of(self.width()):
            self._keep_overview()
            self.close_drawer()
            self._arrange()
            self._parts.timeline.graph.set_share(self._splits.overview)
            return
        kept = self._splits
        tall = self.halves.height()
        lanes = self._lanes.minimumSizeHint().height() if self._only else round(kept.lanes * tall)
        self.halves.setSizes([tall - GAP - lanes, lanes])
        standing = [name for name in COLUMNS if self._stands(name)]
        widths = {"clips": kept.clips, "marks": kept.marks, "inspector": kept.inspector}
        sizes = {name: width for name, width in widths.items() if name in standing}
        room = self.panes.width() - sum(sizes.values()) - GAP * (len(standing) - 1)
        sizes["video"] = round(kept.video * room) if "faces" in standing else room
        sizes["faces"] = room - sizes["video"] if "video" in standing else room
        present = [name for name, column in self._columns.items() if self.panes.indexOf(column) >= 0]
        self.panes.setSizes([max(sizes.get(name, 0), 0) for name in present])
        self._place_sheets()

    def _keep(self) -> None:
        """Somebody moved a splitter: remember where to."""
        if self._only:
            return
        splits = msgspec.structs.replace(self._splits)
        widths = {name: self._columns[name].width() for name in COLUMNS if self._stands(name)}
        for name in ("clips", "marks", "inspector"):
            setattr(splits, name, widths.get(name, getattr(splits, name)))
        if "video" in widths and "faces" in widths:
            faces, video = widths["faces"], widths["video"]
            splits.video = round(video / max(faces + video, 1), 4)
        splits.lanes = round(self._lanes.height() / max(self.halves.height(), 1), 4)
        self._settings.splits[self._splits_key] = splits
        self._place_sheets()

    def _keep_overview(self) -> None:
        """Remember how somebody parted overview and curves."""
        splits, share = self._splits, round(self._parts.timeline.graph.share, 4)
        if self._band and abs(share - splits.overview) > 1e-3:
            self._settings.splits[self._splits_key] = msgspec.structs.replace(splits, overview=share)

    def _place_sheets(self) -> None:
        """The drawer over the panes, at the side of its column; the channels over the lanes."""
        column = self.drawer.content
        if column is not None:
            panes = QRect(self.panes.mapTo(self, QPoint()), self.panes.size())
            name = next(name for name in SIDES if self._columns[name] is column)
            area = QRect(panes.topLeft(), QSize(_DRAWER[name], panes.height()))
            if name != "clips":
                area.moveRight(panes.right())
            self.drawer.setGeometry(area)
        timeline = self._parts.timeline
        lanes = QRect(timeline.mapTo(self, QPoint()), timeline.size()).adjusted(8, 2, -8, -8)
        area = QRect(QPoint(), _PICKER.boundedTo(lanes.size()))
        area.moveTopRight(lanes.topRight())
        self.channels_sheet.setGeometry(area)

    def _leave_fields(self) -> None:
        """Give up the focus of a field: Qt would hand it to another one when this one is hidden, and the
        next key would type there."""
        held = QApplication.focusWidget()
        if held is not None and self.isAncestorOf(held):
            leave(held)

    # ---- the window ------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for floating in self._floating.values():
            floating.show()
        # Only what is shown has been laid out, and the rooms are shares of that.
        QTimer.singleShot(0, self, self.share_room)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for floating in self._floating.values():
            floating.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_room()

    def remember(self) -> None:
        """Put what is shown into the settings, and every pane back into the window."""
        for name in list(self._floating):
            self.float_pane(name)
        self._keep_overview()
        self._settings.workspace = self.workspace.id
        self._settings.tabs[self.workspace.id] = TABS[self.tabs.currentIndex()]

    def restore(self) -> None:
        """Show the workspace that was shown last."""
        id = self._settings.workspace
        id = id if id in BY_ID else WORKSPACES[0].id
        self.workspace = BY_ID[id]
        self.show_tab(self._tab_of(TABS[0]))
        self.show_workspace(id)
        self.overlay_curves(self._settings.overlay_curves)


def decoded(text: str) -> bytes:
    """What a setting keeps of a part of Qt; nothing of what was not written here."""
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""


def _holds(pane: QWidget, at: QPoint) -> bool:
    """Whether a place on the screen lies in ``pane``, which may just have come there."""
    return pane.rect().contains(pane.mapFromGlobal(at))
