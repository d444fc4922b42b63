"""Choosing the channels whose curves are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.core.channels import BY_NAME, CHANNELS, REGIONS, by_region
from viewer.core.track import Track
from viewer.palette import DARK, REGION_COLOURS, Palette
from viewer.scene.painting import faded, font_of

MOST_ACTIVE = 6
_SHORT = {"eye rotation": "eye rot.", "most active": "active"}
_ROW, _COLUMN = 24, 190
"""Height of a channel in the list, and its least width, in pixels."""
_PINNED = Qt.ItemDataRole.UserRole + 1
_STAR = [
    (0.0, -6.0),
    (1.6, -2.0),
    (6.0, -1.8),
    (2.6, 0.9),
    (3.7, 5.2),
    (0.0, 2.8),
    (-3.7, 5.2),
    (-2.6, 0.9),
    (-6.0, -1.8),
    (-1.6, -2.0),
]


def most_active(tracks: Sequence[Track], count: int = MOST_ACTIVE) -> tuple[str, ...]:
    """The ``count`` channels that vary most over the tracks, in CSV order: the standard deviation of
    the valid frames as a share of what the channel may reach."""
    spread = np.zeros(len(CHANNELS))
    for track in tracks:
        if track.valid.any():
            spread = np.maximum(spread, track.values[track.valid].std(axis=0))
    spread /= [channel.most for channel in CHANNELS]
    chosen = np.sort(np.argsort(-spread, kind="stable")[:count])
    return tuple(CHANNELS[i].name for i in chosen if spread[i] > 0)


class ChannelPicker(QWidget):
    """Search, a row of presets, and a list of all 61 with a box and a star each, in as many columns as there
    is room for.

    Arrow keys move, Space chooses, P pins, Enter in the search box chooses what is listed.
    """

    channels_changed = Signal(tuple)
    pins_changed = Signal(tuple)
    counted = Signal(int)
    """How many channels have curves, whoever chose them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours: Palette = DARK
        self._chosen: tuple[str, ...] = ()
        self._tracks: tuple[Track, ...] = ()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search, e.g. smile left")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("search channels")
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_found)
        self.list = _ChannelList(self)
        self.count = QLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.search, 1)
        head.addWidget(self.count)
        column.addLayout(head)
        column.addLayout(self._make_presets())
        column.addWidget(self.list, 1)
        self._fill()
        self.set_theme(DARK)
        self._say_count()

    def _make_presets(self) -> QHBoxLayout:
        chips = QHBoxLayout()
        chips.setSpacing(4)
        self.presets: dict[str, QToolButton] = {}
        tips = {
            "most active": f"The {MOST_ACTIVE} channels that move most",
            "pinned": "Channels with a star",
            "none": "No curves",
        }
        for name in (*REGIONS, "most active", "pinned", "none"):
            button = QToolButton()
            button.setText(_SHORT.get(name, name))
            button.setAccessibleName(name)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(36)
            button.setToolTip(tips.get(name, f"All channels of {name}"))
            button.clicked.connect(lambda _=False, name=name: self._choose_preset(name))
            chips.addWidget(button)
            self.presets[name] = button
        return chips

    def _fill(self) -> None:
        for region in REGIONS:
            for channel in by_region(region):
                row = QListWidgetItem(channel.name, self.list)
                row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                row.setData(_PINNED, False)
                row.setCheckState(Qt.CheckState.Unchecked)
                row.setToolTip(f"{channel.name} ({region}): Space shows its curve, P pins it")
        self.list.setCurrentRow(0)
        self.setMinimumWidth(320)

    # ---- setters and reading -------------------------------------------------------------

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that have curves, in the order of their lanes."""
        return self._chosen

    @property
    def pinned(self) -> tuple[str, ...]:
        """The channels that stay when others are chosen."""
        return tuple(row.text() for row in self._rows() if row.data(_PINNED))

    def set_channels(self, names: tuple[str, ...]) -> None:
        """Which channels are chosen; asks for nothing."""
        self._chosen = tuple(dict.fromkeys(name for name in names if name in BY_NAME))
        self.counted.emit(len(self._chosen))
        for row in self._rows():
            on = row.text() in self._chosen
            row.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self._say_count()

    def set_pinned(self, names: tuple[str, ...]) -> None:
        """Show which channels are pinned; emits nothing."""
        for row in self._rows():
            row.setData(_PINNED, row.text() in names)
        self._say_count()

    def set_tracks(self, tracks: Sequence[Track]) -> None:
        """What "most active" looks at."""
        self._tracks = tuple(tracks)
        self.presets["most active"].setEnabled(bool(self._tracks))

    def set_theme(self, palette: Palette) -> None:
        """Draw in the colours of ``palette``."""
        self._colours = palette
        self.list.colours = palette
        self.list.viewport().update()
        self.count.setStyleSheet(f"color: {palette.muted}; font-size: 11px;")
        faint = f"rgba{faded(palette.muted, 0.5).getRgb()}"
        for name, button in self.presets.items():
            button.setStyleSheet(
                f"QToolButton {{ color: {palette.text}; font-size: 11px; padding: 3px 2px;"
                f" border-radius: 4px; background: {palette.raised}; border: 1px solid {palette.raised};"
                f" border-bottom: 2px solid {REGION_COLOURS.get(name, palette.line)}; }}"
                f"QToolButton:hover, QToolButton:focus {{ border-color: {palette.muted}; }}"
                f"QToolButton:disabled {{ color: {faint}; }}"
            )

    # ---- commands ------------------------------------------------------------------------

    def toggle(self, name: str) -> None:
        """Show or hide one channel's curve."""
        if name in self._chosen:
            self._choose(tuple(other for other in self._chosen if other != name))
        else:
            self._choose((*self._chosen, name))

    def toggle_pin(self, name: str) -> None:
        """Pin a channel, or let it go."""
        pins = self.pinned
        self.set_pinned(tuple(p for p in pins if p != name) if name in pins else (*pins, name))
        self.pins_changed.emit(self.pinned)

    def _choose(self, names: tuple[str, ...]) -> None:
        before = self._chosen
        self.set_channels(names)
        if self._chosen != before:
            self.channels_changed.emit(self._chosen)

    def _choose_preset(self, name: str) -> None:
        if name == "most active":
            self._choose(most_active(self._tracks))
        elif name == "pinned":
            self._choose(self.pinned)
        else:
            self._choose(tuple(c.name for region in REGIONS if region == name for c in by_region(region)))

    def _choose_found(self) -> None:
        found = tuple(row.text() for row in self._rows() if not row.isHidden())
        if self.search.text().strip() and found:
            self._choose(found)

    # ---- the list ------------------------------------------------------------------------

    def _rows(self) -> list[QListWidgetItem]:
        return [self.list.item(i) for i in range(self.list.count())]

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        shown = 0
        for row in self._rows():
            about = f"{row.text()} {BY_NAME[row.text()].region}".lower()
            row.setHidden(not all(word in about for word in words))
            shown += not row.isHidden()
        first = next((row for row in self._rows() if not row.isHidden()), None)
        if first is not None:
            self.list.setCurrentItem(first)
        self._say_count(None if shown else "No channel has these words in its name")

    def _say_count(self, instead: str | None = None) -> None:
        self.presets["pinned"].setEnabled(bool(self.pinned))
        self.presets["most active"].setEnabled(bool(self._tracks))
        self.count.setText(instead or f"{len(self._chosen)} of {len(CHANNELS)} shown")


class _ChannelList(QListWidget):
    """Rows of box, name and star."""

    def __init__(self, picker: ChannelPicker) -> None:
        super().__init__(picker)
        self._picker = picker
        self.colours: Palette = DARK
        self.setItemDelegate(_ChannelRow(self))
        self.setUniformItemSizes(True)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName("channels")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        row = self.itemAt(event.position().toPoint())
        if row is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.position().x() >= self.visualItemRect(row).right() - 31:
            self._picker.toggle_pin(row.text())
        else:
            self._picker.toggle(row.text())

    def event(self, event: QEvent) -> bool:
        """Space and P mean the row here, whatever the window's own keys say."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_P)
            and not event.modifiers()
        ):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentItem()
        if row is not None and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._picker.toggle(row.text())
        elif row is not None and event.key() == Qt.Key.Key_P and not event.modifiers():
            self._picker.toggle_pin(row.text())
        else:
            super().keyPressEvent(event)


class _ChannelRow(QStyledItemDelegate):
    def __init__(self, rows: _ChannelList) -> None:
        super().__init__(rows)
        self._list = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        room = self._list.viewport().width() - 1
        return QSize(room // max(room // _COLUMN, 1), _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        colours = self._list.colours
        area = QRectF(option.rect)
        state = option.state
        name = str(index.data())
        region = REGION_COLOURS[BY_NAME[name].region]
        on = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
        painter.save()
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if hovered or state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(colours.raised))
        if state & QStyle.StateFlag.State_Selected and self._list.hasFocus():
            painter.fillRect(QRectF(area.left(), area.top(), 2, area.height()), QColor(colours.accent))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(area.left() + 8, area.center().y() - 6, 12, 12)
        painter.setPen(QPen(QColor(region), 1.5))
        painter.setBrush(QColor(region) if on else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        if on:
            painter.setPen(QPen(QColor(colours.field), 2))
            x, y = box.left(), box.top()
            tick = [QPointF(x + 3, y + 6.5), QPointF(x + 5.2, y + 9), QPointF(x + 9.2, y + 3.6)]
            painter.drawPolyline(QPolygonF(tick))
        painter.setFont(font_of(12))
        painter.setPen(QColor(colours.text if on else colours.muted))
        words = area.adjusted(28, 0, -28, 0)
        painter.drawText(
            words,
            Qt.AlignmentFlag.AlignVCenter,
            painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(words.width())),
        )
        pinned = bool(index.data(_PINNED))
        if pinned or hovered:
            painter.translate(area.right() - 16, area.center().y())
            painter.setPen(QPen(QColor(colours.warning if pinned else colours.muted), 1))
            painter.setBrush(QColor(colours.warning) if pinned else Qt.BrushStyle.NoBrush)
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in _STAR]))
        painter.restore()
