"""What is seen before anything is open: ways to open something, and what was worked on lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from annotator.session.session import Session
from annotator.widgets.fields import press_by_key
from annotator.widgets.pane_frame import ElidedLabel
from annotator.widgets.plain_label import PlainLabel, plain_tip
from annotator.widgets.theme import icon
from annotator.window.actions import ActionTable
from viewer.core.resources import resource
from viewer.key_names import native
from viewer.palette import Palette

if TYPE_CHECKING:
    from annotator.core.storage.recent_work import RecentWork

LOOKING = "Look at recent work"
_CHOICES = (
    ("open_file", "mdi6.movie-open-outline", "Open a recording", "A face video or a track"),
    ("import_folder", "mdi6.folder-open-outline", "Import a folder", "Recordings, or a dataset"),
    ("open_demo", "mdi6.school-outline", "Open the demo", "Three short clips to try it on"),
)
_SIGNS = {
    "dataset": "mdi6.folder-outline",
    "video": "mdi6.movie-outline",
    "track": "mdi6.chart-bell-curve",
    "missing": "mdi6.folder-remove-outline",
}
_WIDEST, _CARD = 976, 220
_MOST = 8


class Choice(QPushButton):
    """A large button: a sign, what it does, and in a line what for."""

    def __init__(self, sign: str, title: str, about: str, keys: str) -> None:
        super().__init__()
        self.setObjectName("StartChoice")
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        self.setToolTip(f"{title} ({keys})" if keys else title)
        self._name = sign
        self._sign = PlainLabel()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        for text, style in ((title, "PaneTitle"), (about, "Muted")):
            label = ElidedLabel(text)
            label.setObjectName(style)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            words.addWidget(label)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self._sign)
        row.addLayout(words, 1)
        press_by_key(self)

    def set_theme(self, palette: Palette) -> None:
        """Draw the sign in these colours."""
        self._sign.setPixmap(icon(self._name, palette.text).pixmap(32, 32))


class Picture(QWidget):
    """A picture with round corners; a sign on an empty ground where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._sign = QIcon()
        self._ground = QColor()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_image(self, image: QImage | None, sign: QIcon, ground: str) -> None:
        """Show ``image``; without one ``sign`` on ``ground``, an sRGB hex colour."""
        self._image, self._sign, self._ground = image, sign, QColor(ground)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self.width() * 9 // 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), self._ground)
        if self._image is not None:
            # A picture of another shape is shown whole: what is cut off would be chins and foreheads.
            size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(), size)
            place.moveCenter(self.rect().center())
            painter.drawImage(place, self._image)
        else:
            place = QRect(0, 0, 32, 32)
            place.moveCenter(self.rect().center())
            self._sign.paint(painter, place)


@dataclass(frozen=True)
class Seen:
    """What was found at a path: facts, and a picture where there is one."""

    work: RecentWork
    image: QImage | None


class RecentCard(QPushButton):
    """Something that was worked on lately: its picture, its name and what it is."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.setObjectName("StartCard")
        self.path = path
        self.picture = Picture()
        self.seen: Seen | None = None
        self._name, self._about = ElidedLabel(path.name), ElidedLabel(str(path.parent))
        self._name.setObjectName("PaneTitle")
        self._about.setObjectName("Muted")
        self.setAccessibleName(f"Open {path.name}")
        self.setToolTip(plain_tip(str(path)))
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 8)
        column.setSpacing(4)
        column.addWidget(self.picture)
        for label in (self._name, self._about):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column.addWidget(label)
        press_by_key(self)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return QSize(_CARD, _CARD if layout is None else layout.sizeHint().height())

    def show_seen(self, seen: Seen, palette: Palette) -> None:
        """Show what was found."""
        self.seen = seen
        self._name.setText(seen.work.name)
        self._about.setText(f"{seen.work.about} · {self.path.parent}")
        self.setEnabled(seen.work.kind != "missing")
        self.set_theme(palette)

    def set_theme(self, palette: Palette) -> None:
        """Draw the ground of the picture and its sign in these colours."""
        sign = _SIGNS[self.seen.work.kind] if self.seen is not None else ""
        image = self.seen.image if self.seen is not None else None
        self.picture.show_image(image, icon(sign, palette.muted) if sign else QIcon(), palette.field)


class StartPage(QScrollArea):
    """Three ways to begin, recent work, and nothing else.  ``chosen`` brings the path of a recent work."""

    chosen = Signal(str)

    def __init__(self, session: Session, table: ActionTable) -> None:
        super().__init__()
        self.setObjectName("StartPage")
        self.setWidgetResizable(True)
        self._session = session
        self._columns = 0
        self._waiting: list[RecentCard] = []
        self._found: list[RecentWork] = []
        self._choices: list[Choice] = []
        self._logo = PlainLabel()
        self._logo.setPixmap(QIcon(str(resource("icons", "app.svg"))).pixmap(56, 56))
        for id, sign, title, about in _CHOICES:
            action = table.by_id[id]
            choice = Choice(sign, title, about, native(action.shortcut()))
            choice.clicked.connect(action.trigger)
            self._choices.append(choice)
        paths = [Path(text) for text in session.settings.recent[:_MOST]]
        self.cards = tuple(RecentCard(path) for path in paths)
        for card in self.cards:
            card.clicked.connect(lambda _on=False, card=card: self.chosen.emit(str(card.path)))
        self._lay_out()

    def _lay_out(self) -> None:
        title, about = (
            PlainLabel("KeyframeFace Studio"),
            PlainLabel("Mark what a face shows, and turn words into faces"),
        )
        title.setObjectName("StartTitle")
        about.setObjectName("Muted")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(title)
        words.addWidget(about)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._logo)
        head.addLayout(words, 1)
        choices = QHBoxLayout()
        choices.setSpacing(16)
        for choice in self._choices:
            choices.addWidget(choice, 1)
        recent = PlainLabel("Recent work")
        recent.setObjectName("SectionTitle")
        recent.setVisible(bool(self.cards))
        self._grid = QGridLayout()
        self._grid.setSpacing(16)
        hint = PlainLabel("Or drop a video, a track or a folder anywhere in this window")
        hint.setObjectName("Muted")
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._middle = QWidget()
        self._middle.setObjectName("StartDrop")
        self._middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._middle.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(self._middle)
        column.setContentsMargins(0, 24, 0, 24)
        column.setSpacing(8)
        column.addStretch(2)
        column.addLayout(head)
        column.addSpacing(16)
        column.addLayout(choices)
        column.addSpacing(8)
        column.addWidget(recent)
        column.addLayout(self._grid)
        column.addSpacing(8)
        column.addWidget(hint)
        column.addStretch(3)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(24, 0, 24, 0)
        row.addStretch(1)
        row.addWidget(self._middle, 1000)
        row.addStretch(1)
        self.setWidget(body)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._found:
            # Pictures come after the page itself.
            QTimer.singleShot(0, self, self._look)

    def _arrange(self) -> None:
        """As many cards in a row as are wide enough to be told apart."""
        width = min(self.viewport().width() - 48, _WIDEST)
        columns = min(max((width + 16) // (_CARD + 16), 2), 4)
        if columns == self._columns:
            return
        self._columns = columns
        for at, card in enumerate(self.cards):
            self._grid.addWidget(card, *divmod(at, columns))
        for column in range(4):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def set_theme(self, palette: Palette) -> None:
        """Draw signs and grounds in these colours."""
        for choice in self._choices:
            choice.set_theme(palette)
        for card in self.cards:
            card.set_theme(palette)

    def show_drop(self, on: bool) -> None:
        """Show that what is dragged over the window can be dropped."""
        self._middle.setProperty("drop", on)
        self._middle.style().unpolish(self._middle)
        self._middle.style().polish(self._middle)

    # ---- what lies there -----------------------------------------------------------------

    def _look(self) -> None:
        """Find out, off the main thread and one after the other, what lies at the recent paths: one may
        be on a drive that does not answer."""
        self._waiting = list(self.cards)
        self._look_on()

    def _look_on(self) -> None:
        session = self._session
        if session.library is not None or not self._waiting:
            return
        card = self._waiting.pop(0)
        last = None if self._waiting else tuple(self._found)

        def shown(seen: Seen) -> None:
            self._found.append(seen.work)
            card.show_seen(seen, session.palette)
            self._look_on()

        session.jobs.run(
            LOOKING,
            lambda _token, _progress: _seen(card.path, last),
            done=shown,
            failed=session.show_error,
            valid=lambda: session.library is None,
        )


def _seen(path: Path, others: Sequence[RecentWork] | None) -> Seen:
    """What lies at ``path``; with the ``others`` given, pictures of none of them are thrown away."""
    from annotator.core.storage.recent_work import keep_pictures_of, look_at, picture_of
    from viewer.video_decoder import image_of

    work = look_at(path)
    pixels = picture_of(work)
    if others is not None:
        keep_pictures_of((*others, work))
    return Seen(work, None if pixels is None else image_of(pixels))
