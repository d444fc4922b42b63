"""``Why?``: a keyframe's description with the words that made its values, and the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt, QUrl
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from annotator.core.generation.facs.explaining import Cause, Explanation, Span, explain
from annotator.core.generation.protocol import KeyframeResult
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.theme import wear
from viewer.core.channels import BY_NAME
from viewer.core.pose import FULL_SCALE
from viewer.palette import REGION_COLOURS, Palette

_VALUE = Qt.ItemDataRole.UserRole
_COLOUR = Qt.ItemDataRole.UserRole + 1
_LEAST = 0.005
"""Smaller values are not worth a row."""


@dataclass(frozen=True)
class _Row:
    """Channels of both sides that share value and cause stand in one row."""

    title: str
    region: str
    cause: Cause


def _rows(explanation: Explanation) -> list[_Row]:
    rows: list[_Row] = []
    taken: set[str] = set()
    by_name = {cause.channel: cause for cause in explanation.causes}
    for cause in explanation.causes:
        if cause.channel in taken or abs(cause.value) < _LEAST:
            continue
        name = title = cause.channel
        left = name.replace("Right", "Left")
        twin = by_name.get(left if left != name else name.replace("Left", "Right"))
        alike = twin is not None and (twin.words, twin.action) == (cause.words, cause.action)
        if twin is not None and twin is not cause and alike and abs(twin.value - cause.value) < 0.005:
            taken.add(twin.channel)
            title = f"{name.replace('Left', '').replace('Right', '')}, both"
        rows.append(_Row(title, BY_NAME[name].region, cause))
    return rows


class _ValueBar(QStyledItemDelegate):
    """Paints a value as a number over a bar of its size in the colour of its region."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        value = float(index.data(_VALUE) or 0.0)
        colour = QColor(str(index.data(_COLOUR)))
        box = QRectF(option.rect).adjusted(52, 0, -8, 0)
        track = QRectF(box.left(), box.center().y() - 3, box.width(), 6)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        faint = QColor(colour)
        faint.setAlphaF(0.18)
        painter.setBrush(faint)
        painter.drawRoundedRect(track, 3, 3)
        track.setWidth(max(3.0, track.width() * min(1.0, abs(value))))
        painter.setBrush(colour)
        painter.drawRoundedRect(track, 3, 3)
        painter.restore()


class ExplanationView(QWidget):
    """One keyframe explained.  A row under the mouse, or chosen, lights up its words; a click on
    words chooses their first row."""

    def __init__(self, palette: Palette, full_scale: float = FULL_SCALE) -> None:
        super().__init__()
        self._palette, self._full_scale = palette, full_scale
        self._explanation = Explanation("", (), (), ())
        self._shown: list[_Row] = []
        self.text = QTextBrowser()
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._choose_for)
        self.text.document().documentLayout().documentSizeChanged.connect(lambda size: self._fit())
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setObjectName("Muted")
        self.legend.setWordWrap(True)
        self.rows = QTreeWidget()
        self.rows.setHeaderLabels(["Value", "Channel", "Words", "Action"])
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setMouseTracking(True)
        self.rows.setItemDelegateForColumn(0, _ValueBar(self.rows))
        header = self.rows.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(0, 148)
        self.rows.itemEntered.connect(lambda item: self._light(self._row(item)))
        self.rows.currentItemChanged.connect(lambda item: self._light(self._row(item)))
        self.rows.viewport().installEventFilter(self)
        self.notes = PlainLabel()
        self.notes.setObjectName("Muted")
        self.notes.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.text, self.legend, self.rows, self.notes):
            column.addWidget(widget, 1 if widget is self.rows else 0)

    def show_explanation(self, explanation: Explanation) -> None:
        """Show another keyframe."""
        self._explanation = explanation
        self._shown = _rows(explanation)
        self.rows.clear()
        for number, row in enumerate(self._shown):
            words = f"{row.cause.source}: {row.cause.words}" if row.cause.source else row.cause.words
            item = QTreeWidgetItem([self._amount(row.cause), row.title, words, row.cause.action])
            item.setData(0, _VALUE, row.cause.value)
            item.setData(0, _COLOUR, REGION_COLOURS.get(row.region, self._palette.muted))
            item.setData(1, _VALUE, number)
            for at in (2, 3):
                item.setToolTip(at, plain_tip(item.text(at)))
            self.rows.addTopLevelItem(item)
        self.notes.setText("\n".join(self._told()))
        self.notes.setVisible(bool(self.notes.text()))
        self._tell_legend()
        self._light(None)

    def _amount(self, cause: Cause) -> str:
        """The value as a track would hold it."""
        channel = BY_NAME[cause.channel]
        return channel.shown(cause.value * self._full_scale if channel.is_rotation else cause.value)

    def _told(self) -> list[str]:
        told = [f"“{words}” keeps that from showing." for words, _ in self._explanation.denied]
        told += [note[:1].upper() + note[1:] + "." for note in self._explanation.notes]
        if not self._shown:
            told.append("Nothing moves the face. Name a part and what it does: “the brows rise”.")
        return told

    def _tell_legend(self) -> None:
        p = self._palette
        parts = []
        if any(cause.spans for cause in self._explanation.causes):
            ground = _mix(p.accent, p.field, 0.3)
            parts.append(f'<span style="background:{ground}">&nbsp;words&nbsp;</span> move the face')
        if self._explanation.denied:
            parts.append(f'<span style="color:{p.warning}"><s>words</s></span> keep something away')
        if self._explanation.unknown:
            parts.append(f'<u style="color:{p.error}">words</u> are not in the lexicon')
        self.legend.setText(" &nbsp;·&nbsp; ".join(parts))
        self.legend.setVisible(bool(parts))

    def _row(self, item: QTreeWidgetItem | None) -> _Row | None:
        return None if item is None else self._shown[int(item.data(1, _VALUE))]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._light(self._row(self.rows.currentItem()))
        return False

    def _fit(self) -> None:
        """As high as the description, within reason."""
        needed = self.text.document().size().height() + 2 * self.text.frameWidth() + 8
        self.text.setFixedHeight(int(min(max(needed, 44.0), 176.0)))

    def _choose_for(self, url: QUrl) -> None:
        at = int(url.fragment())
        for number, row in enumerate(self._shown):
            if any(start <= at < end for start, end in row.cause.spans):
                self.rows.setCurrentIndex(self.rows.model().index(number, 0))
                return

    def _light(self, row: _Row | None) -> None:
        """Write the description with its marks; the words of ``row`` stand out."""
        p, text = self._palette, self._explanation.description
        bright = set() if row is None else {i for s in row.cause.spans for i in range(*s)}
        used = _inside([s for c in self._explanation.causes for s in c.spans])
        denied = _inside([s for _, spans in self._explanation.denied for s in spans])
        unknown = _inside(self._explanation.unknown)
        html, at = [], 0
        while at < len(text):
            kind = (at in bright, at in used, at in denied, at in unknown)
            end = at
            while end < len(text) and (end in bright, end in used, end in denied, end in unknown) == kind:
                end += 1
            piece = escape(text[at:end]).replace("\n", "<br>")
            if kind[0]:
                style = f"background:{p.accent};color:{p.accent_text};text-decoration:none"
                piece = f'<a href="#{at}" style="{style}">{piece}</a>'
            elif kind[1]:
                style = f"background:{_mix(p.accent, p.field, 0.3)};color:{p.text};text-decoration:none"
                piece = f'<a href="#{at}" style="{style}">{piece}</a>'
            elif kind[2]:
                piece = f'<span style="color:{p.warning}"><s>{piece}</s></span>'
            elif kind[3]:
                piece = f'<u style="color:{p.error}">{piece}</u>'
            html.append(piece)
            at = end
        self.text.setHtml(f'<div style="line-height:150%">{"".join(html)}</div>')


def _inside(spans: Sequence[Span]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}


def _mix(colour: str, ground: str, share: float) -> str:
    """``share`` of a colour on a ground: rich text knows no transparency."""
    a, b = QColor(colour), QColor(ground)
    red, green, blue = (
        round(x * share + y * (1 - share))
        for x, y in ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    )
    return QColor(red, green, blue).name()


class ExplanationDialog(QDialog):
    """The keyframes of a result, one at a time.  ``built_in`` for values of the built-in model;
    rotations are shown in degrees, of which a value of 1 is ``full_scale``."""

    def __init__(
        self,
        keyframes: Sequence[KeyframeResult],
        index: int,
        palette: Palette,
        built_in: bool,
        parent: QWidget | None = None,
        full_scale: float = FULL_SCALE,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Why these values?")
        self.resize(760, 620)
        self._keyframes = tuple(keyframes)
        self._built_in = built_in
        self.index = index
        self.view = ExplanationView(palette, full_scale)
        self._title = PlainLabel()
        self._title.setObjectName("SectionTitle")
        self.before, self.after = (
            self._step(name, tip, step)
            for name, tip, step in (
                ("mdi6.chevron-left", "The keyframe before", -1),
                ("mdi6.chevron-right", "The next keyframe", 1),
            )
        )
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self.before)
        top.addWidget(self.after)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.view, 1)
        column.addWidget(buttons)
        self.go(index)

    def _step(self, name: str, tip: str, step: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName("Flat")
        wear(button, name)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: self.go(self.index + step))
        return button

    def go(self, index: int) -> None:
        """Explain keyframe ``index`` (from 0)."""
        self.index = max(0, min(index, len(self._keyframes) - 1))
        answer = self._keyframes[self.index]
        self.view.show_explanation(explain(answer.description, answer.reasons, answer.notes, self._built_in))
        self._title.setText(f"Keyframe {self.index + 1} of {len(self._keyframes)}")
        self.before.setEnabled(self.index > 0)
        self.after.setEnabled(self.index < len(self._keyframes) - 1)
