"""*Help ▸ Show log*: the end of the log, to read, copy or find."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from annotator.core.faults.log_file import log_path, read_log
from annotator.widgets.plain_label import PlainLabel


class LogDialog(QDialog):
    """Shows what the log holds as the dialog opens."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Log")
        self.resize(820, 560)
        self._about = PlainLabel()
        self._about.setObjectName("Muted")
        self._about.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName("The end of the log")
        self.copy = QPushButton("Copy all")
        self.copy.clicked.connect(self._copy)
        folder = QPushButton("Open folder")
        folder.clicked.connect(self._open_folder)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addWidget(folder)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._about)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        self.finished.connect(self.deleteLater)
        self._read()

    def _read(self) -> None:
        try:
            text = read_log()
            about = "What went wrong, the newest at the end. Copy it when you report an error."
        except OSError as fault:
            text = ""
            about = f"The log cannot be read ({(fault.strerror or 'unknown error').lower()})."
        if not text:
            self.text.setPlaceholderText("Nothing has gone wrong so far.")
        self._about.setText(about)
        self.text.setPlainText(text)
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self.text.moveCursor(QTextCursor.MoveOperation.StartOfLine)
        self.copy.setEnabled(bool(text))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText("Copied")

    def _open_folder(self) -> None:
        folder = log_path().parent
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
