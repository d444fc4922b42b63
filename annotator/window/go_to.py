"""A small field that takes the playhead to a frame or a time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from annotator.session.moments import Moment, moment_in
from annotator.session.session import Session
from annotator.widgets.plain_label import PlainLabel


class GoToField(QDialog):
    """Says where it would go while one types; Enter goes there, Escape leaves."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("Popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.field = QLineEdit()
        self.field.setPlaceholderText("Frame or time")
        self.field.setAccessibleName("Frame or time to go to")
        self.told = PlainLabel()
        self.told.setAccessibleName("Where it goes")
        self.told.setObjectName("Muted")
        self.told.setWordWrap(True)
        # Two lines, so that nothing jumps while one types.
        self.told.setMinimumHeight(2 * self.told.fontMetrics().lineSpacing())
        self.told.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.told)
        self.setFixedWidth(440)
        self.field.textChanged.connect(lambda _text: self._tell())
        self.field.returnPressed.connect(self._go)
        session.clip_closing.connect(self.close)
        self._tell()

    def open_over(self, window: QWidget) -> None:
        """Show it at the middle of ``window``, over the panes and above the timeline."""
        self.adjustSize()
        middle = window.mapToGlobal(window.rect().center())
        self.move(middle.x() - self.width() // 2, middle.y() - self.height() // 2)
        self.show()
        self.field.setFocus()

    def _wanted(self) -> Moment | str:
        return moment_in(self.field.text(), self._session.playback)

    def _tell(self) -> None:
        wanted = self._wanted()
        self.told.setText(wanted if isinstance(wanted, str) else f"{wanted.words}.")

    def _go(self) -> None:
        wanted = self._wanted()
        if isinstance(wanted, str):
            self.field.selectAll()
            return
        self.close()
        self._session.playback.pause()
        self._session.playback.seek(wanted.time_in_clip)
