"""Choosing the face: the models at hand, what each can do, and how to get a good free one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from annotator.faces.face_models import FaceModelsController, LoadedModel, Picture
from annotator.session.jobs import Job
from annotator.session.messages import explain
from annotator.widgets.plain_label import PlainLabel, plain_tip
from viewer.core.channels import SHAPE_COUNT

CLONE = "git clone https://github.com/ICT-VGL/ICT-FaceKit"
_PATH = Qt.ItemDataRole.UserRole
_THUMB = 56


class ModelFacts(QScrollArea):
    """A model's picture and what is known of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._picture = PlainLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._name = PlainLabel()
        self._name.setObjectName("PaneTitle")
        self._form = QFormLayout()
        self._form.setSpacing(8)
        self.lines: dict[str, QLabel] = {}
        for title in ("Vertices", "Shapes", "Missing", "Not used", "Eyes", "Notes", "File"):
            line = PlainLabel()
            line.setWordWrap(True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.lines[title] = line
            head = PlainLabel(title)
            head.setObjectName("Muted")
            head.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._form.addRow(head, line)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(12)
        column.addWidget(self._picture)
        column.addWidget(self._name)
        column.addLayout(self._form)
        column.addStretch(1)
        self.setWidget(inner)

    def show_model(self, found: LoadedModel) -> None:
        """Show the picture and the facts of a model; what it has nothing of is hidden."""
        model = found.model
        self._picture.setPixmap(_pixmap(found.picture))
        self._name.setText(model.name)
        told = {
            "Vertices": f"{len(model.vertices):,}",
            "Shapes": f"{len(model.shape_names)} of {SHAPE_COUNT}",
            "Missing": ", ".join(model.missing),
            "Not used": ", ".join(model.extra),
            "Eyes": "turn with the gaze" if model.eyes else "move by their shapes only",
            "Notes": "\n".join(model.notes),
            "File": found.path or "comes with the program",
        }
        for title, text in told.items():
            self.lines[title].setText(text)
            self._form.setRowVisible(self.lines[title], bool(text))


class FaceModelsDialog(QDialog):
    """A list of models beside the facts of the chosen one.  A model is read when it is chosen;
    ``model_chosen(path, model)`` comes with "Use this face", never for one that is broken."""

    model_chosen = Signal(str, object)

    def __init__(self, models: FaceModelsController, folder: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Face model")
        self.resize(840, 640)
        self._models, self._folder = models, folder
        self._job: Job | None = None
        self.loaded: LoadedModel | None = None
        self.list = QListWidget()
        self.list.setIconSize(QSize(_THUMB, _THUMB))
        self.list.setAccessibleName("Face models")
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.facts = ModelFacts()
        self.everywhere = QCheckBox("Also for datasets without a choice of their own")
        self.everywhere.setVisible(models.has_dataset)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.use = self.buttons.addButton("Use this face", QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setObjectName("Primary")
        self.pages = QStackedWidget()
        self._busy = self._make_busy_page()
        self._fault = self._make_fault_page()
        self._guide = self._make_guide_page()
        for page in (self.facts, self._busy, self._fault, self._guide):
            self.pages.addWidget(page)
        self._lay_out()
        self.buttons.accepted.connect(self._use)
        self.buttons.rejected.connect(self.reject)
        self.list.currentItemChanged.connect(lambda item, _old: self._item_chosen(item))
        self.list.itemClicked.connect(self._item_clicked)
        models.pictured.connect(self._show_thumbnail)
        for path in models.known:
            self._add(path)
        self.choose(models.wanted)
        models.draw_pictures()

    # ---- building ------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.list, 1)
        for title, act in (
            ("Open file…", self._open_file),
            ("Open OBJ folder…", self._open_folder),
            ("Use ICT-FaceKit…", self.show_guide),
        ):
            button = QPushButton(title)
            button.setAutoDefault(False)
            button.clicked.connect(act)
            left.addWidget(button)
        side = QWidget()
        side.setLayout(left)
        side.setFixedWidth(280)
        left.setContentsMargins(0, 0, 0, 0)
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addWidget(side)
        middle.addWidget(self.pages, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.everywhere)
        foot.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(16)
        column.addLayout(middle, 1)
        column.addLayout(foot)

    def _make_busy_page(self) -> QWidget:
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._doing = PlainLabel()
        self._doing.setObjectName("Muted")
        stop = QPushButton("Stop loading")
        stop.setAutoDefault(False)
        stop.clicked.connect(self._stop)
        return _page(self._doing, self._bar, stop)

    def _make_fault_page(self) -> QWidget:
        self._fault_title = PlainLabel()
        self._fault_title.setObjectName("PaneTitle")
        self.fault = PlainLabel()
        stays = PlainLabel("The current face stays.")
        stays.setObjectName("Muted")
        return _page(self._fault_title, self.fault, stays)

    def _make_guide_page(self) -> QWidget:
        title = PlainLabel("ICT-FaceKit, a free head with all the shapes")
        title.setObjectName("PaneTitle")
        line = QLineEdit(CLONE)
        line.setReadOnly(True)
        line.setCursorPosition(0)
        line.setAccessibleName("The command that fetches ICT-FaceKit")
        copy = QPushButton("Copy")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(CLONE))
        take = QPushButton("Choose the folder…")
        take.clicked.connect(self._open_folder)
        for button in (copy, take):
            button.setAutoDefault(False)
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.addWidget(line, 1)
        across.addWidget(copy)
        return _page(
            title,
            PlainLabel(
                "Made from scans at the USC Institute for Creative Technologies: 26,719 vertices, eyes, "
                "teeth and tongue. It is not part of this program; its licence comes with it."
            ),
            PlainLabel("1.  Fetch it once with this line in a terminal:"),
            row,
            PlainLabel(
                "2.  Then choose the folder ICT-FaceKit. Reading it the first time takes a while; "
                "after that it opens at once."
            ),
            take,
        )

    # ---- the list ------------------------------------------------------------------------

    def choose(self, path: str) -> None:
        """Select a model, adding it to the list where it is new, and read it."""
        for n in range(self.list.count()):
            if self.list.item(n).data(_PATH) == path:
                if self.list.currentRow() == n:
                    self._read(path)
                self.list.setCurrentRow(n)
                return
        self._add(path)
        self.list.setCurrentRow(self.list.count() - 1)

    def _add(self, path: str) -> None:
        place = Path(path)
        text = f"{place.name}\n{place.parent}" if path else "Default head\ncomes with the program"
        item = QListWidgetItem(text)
        item.setData(_PATH, path)
        item.setToolTip(plain_tip(path))
        item.setSizeHint(QSize(0, _THUMB + 12))
        blank = QPixmap(_THUMB, _THUMB)
        blank.fill(Qt.GlobalColor.transparent)
        item.setIcon(QIcon(blank))
        self.list.addItem(item)
        self._show_thumbnail(path)

    def _show_thumbnail(self, path: str) -> None:
        picture = self._models.picture(path)
        for n in range(self.list.count()):
            if picture is not None and self.list.item(n).data(_PATH) == path:
                icon = QIcon(_pixmap(picture))
                # Qt would tint the picture of the chosen one.
                icon.addPixmap(_pixmap(picture), QIcon.Mode.Selected)
                self.list.item(n).setIcon(icon)

    def _item_chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._read(str(item.data(_PATH)))

    def _item_clicked(self, item: QListWidgetItem) -> None:
        """Try one again that was stopped or could not be read."""
        if self._job is None and self.loaded is None:
            self._item_chosen(item)

    def _open_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Open a face model", self._folder, "Face models (*.glb *.gltf *.vrm *.npz);;All files (*)"
        )
        if chosen:
            self.choose(chosen)

    def _open_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Choose the folder of OBJ files", self._folder)
        if chosen:
            self.choose(chosen)

    def show_guide(self) -> None:
        """How to get ICT-FaceKit."""
        self._forget_job()
        self.list.setCurrentRow(-1)
        self.list.clearSelection()
        self.loaded = None
        self._show(self._guide)

    # ---- reading a model -----------------------------------------------------------------

    def _read(self, path: str) -> None:
        self._forget_job()
        self.loaded = None
        self._bar.setRange(0, 0)
        self._doing.setText(f"Loading {Path(path).name or 'the default head'}")
        self._show(self._busy)
        job = self._job = self._models.load(
            path, lambda found: self._read_done(job, found), lambda fault: self._read_failed(job, fault)
        )
        job.progress.connect(self._show_progress)

    def _read_done(self, job: Job, found: LoadedModel) -> None:
        if job is self._job:
            self._job = None
            self.loaded = found
            self.facts.show_model(found)
            self._show(self.facts)

    def _read_failed(self, job: Job, fault: Exception) -> None:
        if job is self._job:
            self._job = None
            message = explain(fault)
            self._fault_title.setText("This face cannot be used")
            self.fault.setText(f"{message.text}.\n\nWhat to do: {message.todo}.")
            self._show(self._fault)

    def _show_progress(self, done: int, total: int, what: str) -> None:
        if self._job is not None:
            self._bar.setRange(0, total)
            self._bar.setValue(done)
            self._doing.setText(what)

    def _stop(self) -> None:
        self._forget_job()
        self._fault_title.setText("Loading was stopped")
        self.fault.setText("Click the face again to load it.")
        self._show(self._fault)

    def _forget_job(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.cancel()

    def _show(self, page: QWidget) -> None:
        self.pages.setCurrentWidget(page)
        self.use.setEnabled(self.loaded is not None)

    def _use(self) -> None:
        if self.loaded is not None:
            path, model = self.loaded.path, self.loaded.model
            self._models.choose(path, self.everywhere.isChecked())
            self.model_chosen.emit(path, model)
            self.accept()

    def done(self, result: int) -> None:
        """What is still being read is given up."""
        self._forget_job()
        self._models.stop_drawing()
        self._models.pictured.disconnect(self._show_thumbnail)
        super().done(result)


def _page(*parts: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(8, 8, 8, 8)
    column.setSpacing(12)
    for part in parts:
        if isinstance(part, QLabel):
            part.setWordWrap(True)
        stays_small = isinstance(part, QPushButton)
        column.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft if stays_small else Qt.AlignmentFlag(0))
    column.addStretch(1)
    return page


def _pixmap(picture: Picture) -> QPixmap:
    height, width = picture.shape[:2]
    return QPixmap.fromImage(QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888))
