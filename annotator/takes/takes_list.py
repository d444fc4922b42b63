"""The list of takes: name, what made each, and which are on the faces."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from annotator.core.comparison.models import error_of, model_of
from annotator.core.model import TakeInfo
from annotator.session.open_clip import Take
from annotator.widgets.fields import KeyKeeper
from annotator.widgets.plain_label import plain_tip
from annotator.widgets.theme import icon
from viewer.palette import Palette

ID = Qt.ItemDataRole.UserRole
_DETAILS = ID + 1
_COLOUR = ID + 2
_SEEN = ID + 3
_FAILED = ID + 4
_ROW = 38
_EYE = 34
_DELETE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_Index = QModelIndex | QPersistentModelIndex


def details_of(take: TakeInfo) -> str:
    """What made a take, when, and with which seed, in one line."""
    parts = [model_of(take)]
    if take.request.seed is not None:
        parts.append(f"seed {take.request.seed}")
    try:
        made = dt.datetime.fromisoformat(take.created).astimezone()
        today = made.date() == dt.datetime.now().astimezone().date()
        parts.append(f"{made:%H:%M}" if today else f"{made:%d %b %H:%M}")
    except ValueError:
        pass
    return "  ·  ".join(parts)


class TakesList(QListWidget):
    """Asks for what a person wants done with a take: ``chosen`` to make it the active one,
    ``seen_toggled`` to put it on a face or take it away, ``delete_wanted``, ``rename_wanted``."""

    chosen = Signal(str)
    seen_toggled = Signal(str)
    delete_wanted = Signal(str)
    rename_wanted = Signal(str)

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.colours = palette
        self.setAccessibleName("Takes")
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setItemDelegate(_TakeDelegate(self))
        self.installEventFilter(KeyKeeper(self, (Qt.Key.Key_F2, Qt.Key.Key_V, *_DELETE)))
        self.currentItemChanged.connect(self._current_changed)

    def show_takes(self, takes: list[Take], seen: list[str], active: str) -> None:
        """Show ``takes``; the ids in ``seen`` are on faces, ``active`` is the chosen one."""
        blocked = self.blockSignals(True)
        self.clear()
        for take in takes:
            item = QListWidgetItem(take.name)
            error = error_of(take.info)
            details = details_of(take.info)
            for role, value in (
                (ID, take.id),
                (_DETAILS, error or details),
                (_COLOUR, take.colour),
                (_SEEN, take.id in seen),
                (_FAILED, bool(error)),
                (Qt.ItemDataRole.AccessibleDescriptionRole, details),
            ):
                item.setData(role, value)
            item.setToolTip(plain_tip("\n".join(filter(None, (take.name, details, error, take.id)))))
            self.addItem(item)
            if take.id == active:
                self.setCurrentItem(item)
        self.blockSignals(blocked)

    def wanted_height(self, most: int = 3) -> int:
        """Pixels for its rows, at least one and up to ``most``."""
        return min(max(self.count(), 1), most) * _ROW + 2

    def eye_of(self, row: int) -> QRectF:
        """Where a row's eye is, in the viewport."""
        box = self.visualItemRect(self.item(row))
        return QRectF(box.right() - _EYE, box.top(), _EYE, box.height())

    def _current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(ID))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and self.eye_of(self.row(item)).contains(event.position()):
            self.seen_toggled.emit(item.data(ID))
            event.accept()
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if item is not None and event.key() in _DELETE:
            self.delete_wanted.emit(item.data(ID))
        elif item is not None and event.key() == Qt.Key.Key_F2:
            self.rename_wanted.emit(item.data(ID))
        elif item is not None and event.key() == Qt.Key.Key_V:
            self.seen_toggled.emit(item.data(ID))
        else:
            super().keyPressEvent(event)


class _TakeDelegate(QStyledItemDelegate):
    def __init__(self, owner: TakesList) -> None:
        super().__init__(owner)
        self._owner = owner

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        colours = self._owner.colours
        state, box = option.state, QRectF(option.rect)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(colours.chosen if chosen else colours.raised))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 4, 4)
        if chosen:
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 6, 3, box.height() - 12), 1.5, 1.5)
        painter.setBrush(QColor(index.data(_COLOUR)))
        painter.drawEllipse(QRectF(box.left() + 12, box.top() + 8, 10, 10))
        font = QFont(self._owner.font())
        font.setWeight(QFont.Weight.DemiBold if chosen else QFont.Weight.Normal)
        words = box.adjusted(30, 3, -_EYE, -box.height() / 2)
        self._line(painter, words, str(index.data()), font, colours.text)
        font.setWeight(QFont.Weight.Normal)
        font.setPixelSize(11)
        below = box.adjusted(30, box.height() / 2 - 1, -_EYE, -3)
        ink = colours.error if index.data(_FAILED) else colours.muted
        self._line(painter, below, str(index.data(_DETAILS)), font, ink)
        seen = index.data(_SEEN)
        eye = icon("mdi6.eye" if seen else "mdi6.eye-off-outline", colours.text if seen else colours.muted)
        place = QRectF(box.right() - 26, box.center().y() - 8, 16, 16).toRect()
        eye.paint(painter, place)
        painter.restore()

    @staticmethod
    def _line(painter: QPainter, room: QRectF, words: str, font: QFont, colour: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, round(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
