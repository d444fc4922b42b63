"""A pane with its header: a dot in the track's colour, a title, small tools."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from annotator.widgets.plain_label import PlainLabel, plain_tip

TOOLS_FROM = 190
"""Pixels: in a narrower pane the title has the room of the tools."""

_TITLE = 108
"""Pixels that the dot and the title keep beside a note and tools."""

_BOLD_FROM = 120
"""Pixels: titles of narrower panes are not bold, whether or not theirs would fit, so that those of panes
side by side are alike."""

TOOL = 22
"""Height of a tool in the header, in pixels."""

HEADER = TOOL + 8
"""Height of a header, in pixels."""


class ColourDot(QWidget):
    """A round mark in one colour; invisible without one."""

    def __init__(self) -> None:
        super().__init__()
        self._colour = ""
        self.setFixedSize(10, 10)
        self.hide()

    def show_colour(self, colour: str) -> None:
        """Show a dot in an sRGB hex colour; empty hides it."""
        self._colour = colour
        self.setVisible(bool(colour))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawEllipse(self.rect())


class ElidedLabel(PlainLabel):
    """A line that has an ellipsis in its middle where there is no room: names differ at their ends."""

    short = ""
    """What stands for the text where all of that has no room, if anything does."""

    light = False
    """Whether it is not bold in any case."""

    def fitted(self) -> tuple[str, QFont]:
        """What is seen, and its font: before words are cut, bold ones are no longer bold."""
        room, font, text = self.contentsRect().width(), QFont(self.font()), self.text()
        if self.short and QFontMetrics(font).horizontalAdvance(text) > room:
            text = self.short
        if self.light or QFontMetrics(font).horizontalAdvance(text) > room:
            font.setWeight(QFont.Weight.Normal)
        return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, room), font

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        text, font = self.fitted()
        painter.setFont(font)
        painter.drawText(
            self.contentsRect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text
        )


class PaneFrame(QFrame):
    """Frames ``content`` with a header of one line.  A press on the header chooses the pane, a
    double click asks for all the room."""

    chosen = Signal()
    enlarge_requested = Signal()
    wanted_changed = Signal()
    """Whether there is anything to show in it is another now."""

    def __init__(self, title: str, content: QWidget) -> None:
        super().__init__()
        self.setObjectName("Pane")
        self.content, self.wanted = content, True
        self._active, self._colour = False, ""
        self._tools: list[QToolButton] = []
        self._dot = ColourDot()
        self._title = ElidedLabel(title)
        self._title.setObjectName("PaneTitle")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._note = PlainLabel()
        self._note.setObjectName("PaneNote")
        self._header = QHBoxLayout()
        self._header.setContentsMargins(8, 4, 4, 4)
        self._header.setSpacing(6)
        # Headers with and without tools are equally high, so that faces stand level.
        self._header.addStrut(TOOL)
        self._header.addWidget(self._dot)
        self._header.addWidget(self._title, 1)
        self._header.addWidget(self._note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header)
        column.addWidget(content, 1)

    def show_title(self, title: str, colour: str = "", note: str = "") -> None:
        """Name the pane: its title, the colour of its track (empty: none) and a note beside; idempotent."""
        self._title.setText(title)
        self._title.setToolTip(plain_tip(title))
        self._colour = colour
        self._dot.show_colour(colour)
        self.show_note(note)

    def show_note(self, note: str) -> None:
        """Say something short at the right of the title; idempotent.  Where there is no room for it the
        tooltip of the title says it."""
        if note != self._note.text():
            self._note.setText(note)
            self._title.setToolTip(plain_tip("\n".join(filter(None, (self._title.text(), note)))))
            self._share_header()

    def show_wanted(self, wanted: bool) -> None:
        """Say whether there is anything to show in it; who lays it out shows or hides it.  Idempotent."""
        if wanted != self.wanted:
            self.wanted = wanted
            self.wanted_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_header()

    def _share_header(self) -> None:
        """The note goes before the tools, which are keys as well, and the title before both."""
        self._title.light = self.width() < _BOLD_FROM
        note = self._note.sizeHint().width() + 8 if self._note.text() else 0
        tools = len(self._tools) * (TOOL + 12)
        room = self.width() - _TITLE
        self._note.setVisible(0 < note <= room)
        beside = note if self._note.isVisibleTo(self) else 0
        for tool in self._tools:
            tool.setVisible(self.width() >= TOOLS_FROM and (not beside or tools + beside <= room))

    def show_active(self, on: bool) -> None:
        """Mark the pane that keys and measures refer to, by a line in its track's colour."""
        self._active = on
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._active:
            painter = QPainter(self)
            painter.fillRect(0, HEADER - 2, self.width(), 2, QColor(self._colour or "#808080"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.position().y() <= HEADER:
            self.chosen.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.position().y() <= HEADER:
            self.enlarge_requested.emit()

    def add_tool(self, button: QToolButton) -> None:
        """A small button at the right of the header."""
        button.setObjectName("Flat")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setFixedSize(TOOL + 4, TOOL)
        button.setIconSize(QSize(TOOL - 8, TOOL - 8))
        self._header.addWidget(button)
        self._tools.append(button)


def framed(widget: QWidget) -> QWidget:
    """``widget`` on a panel of its own, without a header."""
    frame = QWidget()
    frame.setObjectName("Pane")
    frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    return frame
