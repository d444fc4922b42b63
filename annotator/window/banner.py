"""Messages: one line over the panes, what happened and what to do next.

News fades by itself; a warning or an error stays until it is closed, and the next one waits.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from annotator.session.messages import Message
from annotator.widgets.plain_label import PlainLabel
from annotator.widgets.theme import icon
from viewer.palette import Palette

_ICONS = {
    "info": "mdi6.information-outline", "success": "mdi6.check-circle-outline",
    "warning": "mdi6.alert-outline", "error": "mdi6.alert-circle-outline",
}
_SECONDS = {"info": 5, "success": 3}
_KEPT = 20


class Banner(QFrame):
    """Shows messages one after the other."""

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Banner")
        self._palette = palette
        self._waiting: list[Message] = []
        self._shown: Message | None = None
        self._sign = PlainLabel()
        self._text = PlainLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._count = PlainLabel()
        self._count.setObjectName("Muted")
        self._close = QToolButton()
        self._close.setObjectName("Flat")
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._count)
        row.addWidget(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.dismiss)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown now; empty when nothing is."""
        return self._shown.line() if self._shown is not None else ""

    def natural_width(self) -> int:
        """Pixels that show the message in one line."""
        return self._text.fontMetrics().horizontalAdvance(self._text.text()) + 140

    def sizeHint(self) -> QSize:
        """As high as the lines need at the width that was given."""
        width = self.minimumWidth() or self.natural_width()
        row = self.layout()
        return super().sizeHint() if row is None else QSize(width, row.totalHeightForWidth(width))

    def set_theme(self, palette: Palette) -> None:
        self._palette = palette
        if self._shown is not None:
            self._show(self._shown)

    def show_message(self, message: Message) -> None:
        """Show a message: news replaces news; graver ones queue, each once."""
        held = self._shown
        if message == held or message in self._waiting:
            return
        if held is None or held.level in _SECONDS:
            self._show(message)
        elif message.level not in _SECONDS:
            self._waiting = [*self._waiting, message][-_KEPT:]
            self._show_count()

    def dismiss(self) -> None:
        """Close the message; the next one waiting is shown."""
        self._timer.stop()
        self._shown = None
        if self._waiting:
            self._show(self._waiting.pop(0))
        else:
            self.hide()

    def _show(self, message: Message) -> None:
        self._shown = message
        p = self._palette
        colours = {"info": p.accent, "success": p.success, "warning": p.warning, "error": p.error}
        sign = icon(_ICONS[message.level], colours[message.level])
        self._sign.setPixmap(sign.pixmap(18, 18))
        self._close.setIcon(icon("mdi6.close", p.muted))
        self._text.setText(message.line())
        self._show_count()
        self.setProperty("level", message.level)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
        if message.level in _SECONDS:
            self._timer.start(_SECONDS[message.level] * 1000)
        else:
            self._timer.stop()

    def _show_count(self) -> None:
        self._count.setText(f"+{len(self._waiting)} more" if self._waiting else "")
