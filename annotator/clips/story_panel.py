"""The clip's own words: script, background, emotion, tags, split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QFormLayout, QScrollArea, QVBoxLayout, QWidget

from annotator.core.edits import ClipEdit
from annotator.session.session import Session
from annotator.widgets.fields import LineField, TextField
from annotator.widgets.plain_label import PlainLabel


class StoryPanel(QScrollArea):
    """Edits clip.json's words; every change is one edit of the document."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setWidgetResizable(True)
        self._texts = {
            "script": TextField("What is said or done in this clip", 4),
            "background": TextField("Where and when: the situation before the first frame", 4),
            "emotion": TextField("The emotion, in full: anxiety concealed by a restrained smile", 3),
        }
        self._tags = LineField("comma-separated", live=True)
        self._split = LineField("train, validation, test", live=True)
        self._files = PlainLabel()
        self._files.setObjectName("Muted")
        self._files.setWordWrap(True)
        self._lay_out()
        for name, field in self._texts.items():
            field.edited.connect(self._changer(name))
        self._tags.edited.connect(lambda text, gesture: self._change("tags", _split_tags(text), gesture))
        self._split.edited.connect(lambda text, gesture: self._change("split", text.strip(), gesture))
        session.clip_opened.connect(self.refresh)
        session.clip_closed.connect(self.refresh)
        session.changed.connect(lambda change: self.refresh() if "clip" in change.kinds else None)
        self.refresh()

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 2, 12, 12)
        column.setSpacing(4)
        for name, field in self._texts.items():
            title = PlainLabel(name.capitalize())
            title.setObjectName("SectionTitle")
            title.setBuddy(field)
            column.addWidget(title)
            column.addWidget(field)
        form = QFormLayout()
        form.setContentsMargins(0, 8, 0, 0)
        form.addRow("Tags", self._tags)
        form.addRow("Split", self._split)
        column.addLayout(form)
        column.addWidget(self._files)
        column.addStretch(1)
        self.setWidget(body)

    def commit(self) -> None:
        """Hand on what is still being typed."""
        for text in self._texts.values():
            text.commit()
        for line in (self._tags, self._split):
            line.commit()

    def refresh(self) -> None:
        """Show the open clip; without one the fields are disabled."""
        state = self._session.state
        for name, field in self._texts.items():
            field.show_text(getattr(state.clip, name) if state else "")
            field.setEnabled(state is not None)
        self._tags.setEnabled(state is not None)
        self._split.setEnabled(state is not None)
        self._tags.show_text(", ".join(state.clip.tags) if state else "")
        self._split.show_text(state.clip.split if state else "")
        if state is None:
            self._files.setText("")
            return
        offset = f" · offset {state.clip.offset:+.3f} s" if state.clip.offset else ""
        self._files.setText(
            f"Video: {state.clip.video or 'none'}\nTrack: {state.clip.track or 'none'}{offset}"
        )

    def _changer(self, name: str) -> Callable[[str, str], None]:
        return lambda text, gesture: self._change(name, text, gesture)

    def _change(self, name: str, value: Any, gesture: str = "") -> None:
        state = self._session.state
        if state is not None and getattr(state.clip, name) != value:
            after = replace(state.clip, **{name: value})
            self._session.apply(ClipEdit(state.clip, after, gesture=gesture))


def _split_tags(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
