"""What was worked on lately, as a menu."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from annotator.session.session import Session
from annotator.widgets.plain_label import plain_tip, plain_title


class RecentMenu(QMenu):
    """Lists recent work, newest first, each time it is opened.  What is not found is grey, which is found
    out in the background: a drive may not answer.  ``chosen`` brings a path."""

    chosen = Signal(str)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__("Recent work", parent)
        self.setToolTipsVisible(True)
        self._session = session
        self._missing: frozenset[str] = frozenset()
        self._listed: dict[str, QAction] = {}
        self._tidy = QAction("Forget what is not found here", self)
        self._clear = QAction("Clear this list", self)
        self._tidy.triggered.connect(lambda: self._forget(self._missing))
        self._clear.triggered.connect(lambda: self._forget(frozenset(session.settings.recent)))
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        paths = self._session.settings.recent
        names = Counter(Path(path).name for path in paths)
        self._listed = {}
        for path in paths:
            place = Path(path)
            name = place.name or path
            title = f"{name}  –  {place.parent}" if names[place.name] > 1 else name
            action = self._listed[path] = self.addAction(plain_title(title))
            action.setToolTip(plain_tip(path))
            action.triggered.connect(lambda _on=False, path=path: self.chosen.emit(path))
        if not paths:
            self.addAction("Nothing yet").setEnabled(False)
            return
        self.addSeparator()
        self.addAction(self._tidy)
        self.addAction(self._clear)
        self._show_missing(self._missing)
        self._look(tuple(paths))

    def _look(self, paths: tuple[str, ...]) -> None:
        from annotator.core.storage.recent_work import look_at

        def missing() -> frozenset[str]:
            return frozenset(path for path in paths if look_at(Path(path)).kind == "missing")

        self._session.jobs.run(
            "Look at recent work",
            lambda _token, _progress: missing(),
            done=self._show_missing,
            failed=self._session.show_error,
        )

    def _show_missing(self, missing: frozenset[str]) -> None:
        self._missing = missing
        for path, action in self._listed.items():
            gone = path in missing
            action.setEnabled(not gone)
            action.setToolTip(plain_tip(f"Not found here now: {path}" if gone else path))
        self._tidy.setEnabled(bool(missing & self._listed.keys()))

    def _forget(self, paths: frozenset[str]) -> None:
        self._session.settings.forget(paths)
        self._session.save_settings()
