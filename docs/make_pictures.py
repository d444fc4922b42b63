"""Makes the pictures of the guide: the real window, off-screen, on a copy of the demo.

``python docs/make_pictures.py [FOLDER]`` writes PNG files into ``docs/pictures`` (or FOLDER) and
the table of keys into the guide.  Nothing of the user's settings or work is read or touched.
"""

# The environment must stand before Qt is imported.
# ruff: noqa: E402

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["QT_QPA_PLATFORM"] = "offscreen"

import main as entry

entry.prepare_environment()

from PIL import Image
from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QRect, Qt, QTimer, SignalInstance
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from annotator.core.model import Perspective
from annotator.description.describe_dialog import DescribeDialog
from annotator.export.export_dialog import ExportDialog
from annotator.faces.face_models_dialog import FaceModelsDialog
from annotator.session.session import Session
from annotator.session.settings import Settings
from annotator.window.command_palette import CommandPalette
from annotator.window.keys_dialog import KeysDialog
from annotator.window.window import StudioWindow
from docs.make_key_table import main as write_key_table
from viewer.core.files import atomic_write
from viewer.face_pane import SETTLE_MS, FacePane

SIZE = (1440, 900)
TALL = (1440, 1200)

_PATIENCE = 30_000
_QUIET = 6 * SETTLE_MS
"""Milliseconds without a new picture after which a face has had its smooth one."""


class Studio:
    """The window on the demo, and how to wait for it."""

    def __init__(self, app: QApplication, dataset: Path, theme: str) -> None:
        self._app = app
        self.window = StudioWindow(app, Settings(theme=theme, annotator="maria", muted=True))
        self.window.resize(*SIZE)
        self.window.show()
        self.session: Session = self.window.session
        self.parts = self.window.studio
        self.marks = self.parts.keyframes
        self._dataset = dataset

    def open(self, clip: str) -> None:
        """Open a clip of the demo and wait for its video and its faces."""
        opened = self.session.playback.video_opened
        self._after(opened, lambda: self.session.open_path(self._dataset, clip))
        self.settle()

    def generate(self) -> None:
        """Press Generate and wait for the take and its comparison."""
        self._after(
            self.parts.comparison.changed,
            self.window.actions_by_id["generate"].trigger,
            lambda found: found is not None,
        )
        self.settle()

    def settle(self, dismiss: bool = True) -> None:
        """Wait until the jobs are done and every face has been drawn smoothly; close messages, or not."""
        loop = QEventLoop()
        quiet = QTimer(singleShot=True, interval=_QUIET)
        limit = QTimer(singleShot=True, interval=_PATIENCE)

        def wait_on(*_values: object) -> None:
            quiet.start()

        def rested() -> None:
            # The first picture takes as long as VTK takes to load.
            if self.session.jobs.running or missing():
                quiet.start()
            else:
                loop.quit()

        def missing() -> bool:
            return any(face.isVisible() and face.picture() is None for face in faces)

        faces = self.window.findChildren(FacePane)
        for face in faces:
            face.shown.connect(wait_on)
        quiet.timeout.connect(rested)
        limit.timeout.connect(loop.quit)
        quiet.start()
        limit.start()
        loop.exec()
        for face in faces:
            face.shown.disconnect(wait_on)
        if missing():
            sys.exit("error: a face was not drawn – run the window by hand and look")
        if dismiss:
            self.window.banner.dismiss()
        self._app.processEvents()

    @staticmethod
    def _after(
        signal: SignalInstance, act: Callable[[], object], wanted: Callable[..., bool] = lambda *_: True
    ) -> None:
        """Do ``act`` and wait for a ``signal`` that is ``wanted``."""
        loop = QEventLoop()
        came: list[bool] = []

        def on_progress(*values: object) -> None:
            if wanted(*values):
                came.append(True)
                loop.quit()

        signal.connect(on_progress)
        limit = QTimer(singleShot=True, interval=_PATIENCE)
        limit.timeout.connect(loop.quit)
        limit.start()
        act()
        if not came:
            loop.exec()
        signal.disconnect(on_progress)
        if not came:
            sys.exit("error: the window did not answer – run it by hand and look")


def save(picture: QPixmap, path: Path) -> None:
    """Write a PNG as small as it gets without loss."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    image = Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGB")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    atomic_write(path, out.getvalue())
    print(f"{path.name}: {out.tell() // 1024} KiB, {image.width}×{image.height}")


def crop(studio: Studio, *widgets: QWidget) -> QPixmap:
    """The part of the window that the widgets cover together."""
    area = QRect()
    for widget in widgets:
        area = area.united(QRect(widget.mapTo(studio.window, widget.rect().topLeft()), widget.size()))
    return studio.window.grab(area.intersected(studio.window.rect()))


def dark_pictures(studio: Studio, out: Path) -> None:
    """The annotator's and the researcher's walk, in the dark theme."""
    window, marks = studio.window, studio.marks
    inspector = window.tabs
    studio.open("02-letter")
    save(crop(studio, window.story_panel, inspector), out / "story.png")
    save(crop(studio, window.clips_panel), out / "clips.png")
    marks.go("keyframe", 1)
    marks.go("keyframe", 1)
    window.resize(*TALL)
    studio.parts.description.words_from_values()
    studio.settle()
    save(crop(studio, inspector), out / "keyframe.png")
    studio.session.undo()
    window.resize(*SIZE)
    studio.marks.correct("BrowInnerUp", 0.55, "picture")
    window.show_tab("channels")
    studio.settle()
    save(crop(studio, inspector), out / "channels.png")
    studio.session.undo()
    marks.go("span", -1)
    window.show_tab("keyframe")
    studio.settle()
    save(crop(studio, inspector), out / "span.png")
    studio.generate()
    marks.go("keyframe", 1)
    marks.go("keyframe", 1)
    window.resize(*TALL)
    studio.settle()
    save(crop(studio, inspector), out / "generate.png")
    window.resize(*SIZE)
    studio.settle()
    save(crop(studio, window.recorded_frame, window.take_frames[0]), out / "faces.png")
    heatmap = window.actions_by_id["heatmap"]
    heatmap.trigger()
    studio.settle()
    save(crop(studio, window.take_frames[0]), out / "heatmap.png")
    heatmap.trigger()
    studio.settle()
    save(crop(studio, window.transport, window.timeline), out / "timeline.png")
    window.show_tab("keyframe")
    studio.settle()
    save(window.grab(), out / "window.png")
    side_by_side(studio, out)
    dialogs(studio, out)
    describing(studio, out)


def side_by_side(studio: Studio, out: Path) -> None:
    """The recording and three takes of different words; one with the recording laid over it; and
    what can be changed of a take."""
    window, panel = studio.window, studio.window.generate_panel
    for words in ("Her face crumples with grief.", "She holds back her tears behind a polite smile."):
        panel.show_rows([(words, 3.175, "")])
        studio.generate()
    studio.session.playback.seek(3.175)
    while len(studio.parts.takes.visible) < 3:
        studio.parts.takes.add_visible()
    window.actions_by_id["compare"].trigger()
    studio.settle()
    save(crop(studio, window.faces), out / "four-faces.png")
    onion = window.actions_by_id["onion"]
    onion.trigger()
    studio.settle()
    save(crop(studio, window.take_frames[1]), out / "onion.png")
    onion.trigger()
    window.actions_by_id["annotate"].trigger()
    studio.parts.takes.activate(studio.parts.takes.visible[0].id)
    window.actions_by_id["show_performance"].trigger()
    studio.parts.performance.choose(1)
    window.resize(*TALL)
    studio.settle()
    save(crop(studio, window.tabs), out / "performance.png")
    window.resize(*SIZE)
    panel.show_performance(False)


def describing(studio: Studio, out: Path) -> None:
    """The perspectives of a keyframe, and the dialogs for many."""
    window, marks = studio.window, studio.marks
    studio.open("02-letter")
    for _ in range(4):
        marks.go("keyframe", 1)
    window.show_tab("keyframe")
    window.resize(*TALL)
    studio.parts.description.words_from_values()
    keyframe = marks.selected_keyframe()
    assert keyframe is not None
    # As a model would have answered; the pictures need no server.
    seen = Perspective(
        "The inner brows are raised and drawn together. The lip corners pull up slightly and the lips part.",
        model="a multimodal model",
        at=keyframe.time,
        analysis={"expression_category": "relief after grief"},
    )
    marks.change_keyframe(keyframe, perspectives={**keyframe.perspectives, "image": seen})
    studio.settle()
    save(crop(studio, window.tabs), out / "describe.png")
    window.resize(*SIZE)
    window.description_commands.describe_dataset()
    dialog = window.findChild(DescribeDialog)
    assert dialog is not None
    studio.settle()
    save(dialog.grab(), out / "describe-dataset.png")
    dialog.reject()
    window.export_commands.export()
    export = window.findChild(ExportDialog)
    assert export is not None
    export.format.setCurrentIndex(export.format.count() - 1)
    export.path.setText(str(Path("~") / "exports" / "training"))
    studio.settle()
    save(export.grab(), out / "training.png")
    export.reject()


def dialogs(studio: Studio, out: Path) -> None:
    """The dialogs and the command palette, each by itself."""
    window = studio.window
    window.faces_commands.choose_face()
    faces = window.findChild(FaceModelsDialog)
    assert faces is not None
    studio.settle()
    save(faces.grab(), out / "face-models.png")
    faces.reject()
    window.export_commands.export()
    export = window.findChild(ExportDialog)
    assert export is not None
    export.format.setCurrentIndex(export.format.findText("Film", Qt.MatchFlag.MatchStartsWith))
    # A picture must not show where this copy of the demo lies.
    export.path.setText(str(Path("~") / "exports" / Path(export.path.text()).name))
    export.adjustSize()
    studio.settle()
    save(export.grab(), out / "export.png")
    export.reject()
    library = studio.session.library
    keys = KeysDialog({}, library.vocabulary.keys if library is not None else {}, window)
    keys.show()
    studio.settle()
    save(keys.grab(), out / "keys.png")
    keys.reject()
    palette = CommandPalette(window.actions_by_id.values(), window)
    palette.open_over(window)
    search = palette.findChild(QLineEdit)
    assert search is not None
    search.setText("span")
    studio.settle()
    save(palette.grab(), out / "palette.png")
    palette.reject()


def light_picture(studio: Studio, out: Path) -> None:
    """The take of the dark pictures again, with its measures, in the light theme."""
    studio.open("02-letter")
    studio.marks.go("keyframe", 1)
    studio.window.show_tab("takes")
    studio.settle()
    save(studio.window.grab(), out / "window-light.png")


def main() -> None:
    """Make them all."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KFSTUDIO_{kind}_DIR"] = str(Path(folder) / kind.lower())
        dataset = Path(folder) / "demo"
        shutil.copytree(ROOT / "resources" / "demo" / "dataset", dataset)
        app = QApplication([])
        for theme, make in (("dark", dark_pictures), ("light", light_picture)):
            studio = Studio(app, dataset, theme)
            try:
                make(studio, out)
            finally:
                studio.window.close()
    write_key_table()


if __name__ == "__main__":
    main()
