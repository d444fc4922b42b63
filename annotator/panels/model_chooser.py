"""Which generation model is asked: its kind, where it is, and how it is asked."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QInputDialog, QLineEdit, QPushButton, QWidget

from annotator.generating import BACKEND_TITLES
from annotator.panels.fields import ChoiceField, LineField, press_by_key
from annotator.session import Session

SERVER_STYLES = {"KeyframeFace": "keyframeface", "General model": "zero-shot"}
"""Titles of the prompt styles of a server."""


class ModelChooser(QWidget):
    """The model of the Generate tab; what is chosen is kept in the settings."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        settings = session.settings
        self._backend = ChoiceField(list(BACKEND_TITLES.values()))
        self._backend.show_choice(BACKEND_TITLES.get(settings.backend, "Built-in"))
        self._url = LineField("http://host:port/v1")
        self._url.show_text(settings.server_url)
        self._model = LineField("the server's first model")
        self._model.show_text(settings.server_model)
        self._style = ChoiceField(list(SERVER_STYLES))
        self._style.setToolTip(
            "A model fine-tuned for KeyframeFace wants its own prompt; any other chat model the general one"
        )
        self._style.show_choice(_style_title(settings.server_style))
        self._test = QPushButton("Test connection")
        self._test.setToolTip("Ask the server which models it has and how fast it answers")
        self._key = QPushButton("Key…")
        self._key.setToolTip("Keep the server's key in your keyring; it is written nowhere else")
        self._file = LineField("path of a GGUF file")
        self._file.show_text(settings.local_model)
        press_by_key(self._test, self._key)
        self._lay_out()
        self._connect()
        self._show_backend()

    def _lay_out(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setSpacing(8)
        self._form.addRow("Model", self._backend)
        self._form.addRow("Address", self._url)
        self._form.addRow("Name", self._model)
        self._form.addRow("Prompt", self._style)
        self._server_tools = QWidget()
        server = QHBoxLayout(self._server_tools)
        server.setContentsMargins(0, 0, 0, 0)
        server.addWidget(self._test, 1)
        server.addWidget(self._key)
        self._form.addRow("", self._server_tools)
        self._form.addRow("File", self._file)

    def _connect(self) -> None:
        self._backend.chosen.connect(self._choose_backend)
        self._url.edited.connect(lambda text: self._set("server_url", text.strip()))
        self._model.edited.connect(lambda text: self._set("server_model", text.strip()))
        self._file.edited.connect(lambda text: self._set("local_model", text.strip()))
        self._style.chosen.connect(lambda title: self._set("server_style", SERVER_STYLES[title]))
        self._test.clicked.connect(self._session.generating.test_connection)
        self._key.clicked.connect(self._ask_key)

    def _show_backend(self) -> None:
        backend = self._session.settings.backend
        for field in (self._url, self._model, self._style, self._server_tools):
            self._form.setRowVisible(field, backend == "server")
        self._form.setRowVisible(self._file, backend == "local")

    def _choose_backend(self, title: str) -> None:
        self._set("backend", next(name for name, text in BACKEND_TITLES.items() if text == title))
        self._show_backend()

    def _ask_key(self) -> None:
        key, ok = QInputDialog.getText(
            self, "Key of the server", "It goes into your keyring; empty removes it.",
            QLineEdit.EchoMode.Password,
        )
        if ok:
            self._session.generating.keep_key(key)

    def _set(self, name: str, value: str) -> None:
        setattr(self._session.settings, name, value)
        self._session.save_settings()


def _style_title(style: str) -> str:
    return next((title for title, name in SERVER_STYLES.items() if name == style), "KeyframeFace")
