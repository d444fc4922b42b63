"""Makes pictures of every workspace, panel and dialog, at four sizes, in both themes, to be looked at one
by one: of the demo with three takes, of the same clip with forty keyframes, of a video without a track,
and of a track with channels and frames that are missing.

``python docs/make_workspace_pictures.py [FOLDER] [dark|light] [WIDTHxHEIGHT] [window|dialogs]`` writes PNG
files into FOLDER (``out/pictures``): all of them, or those of the themes, sizes and kinds that are named.
Nothing of the user's settings or work is read or touched.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_pictures import Studio, save  # first: it sets up the environment of Qt

# ruff: noqa: E402, I001
from PySide6.QtCore import QDeadlineTimer, QPoint
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from annotator.capture.capture_dialog import CaptureDialog
from annotator.importing.import_dialog import ImportDialog
from annotator.session.messages import Message
from annotator.widgets.search_popup import SearchPopup
from annotator.window.go_to import GoToField
from annotator.window.parts import TABS
from annotator.window.window import StudioWindow
from tests.e2e.every_dialog import every_dialog
from tests.e2e.window_parts import PATIENCE, Person
from viewer.core.video import VideoFile

SIZES = ((1024, 720), (1440, 900), (1920, 1080), (2560, 1440))
THEMES = ("dark", "light")
KINDS = ("window", "dialogs")
CLIP, DENSE, NEW, GAPS = "02-letter", "dense", "no-track", "gaps"
MANY, PAIRS = 40, 200
WORDS = ("", "Her face crumples with grief.", "She holds back her tears behind a smile.")
"""Of the takes: none for the keyframes' own."""


class Patient(Person):
    """The tests' person, who waits without pytest-qt."""

    def __init__(self, window: StudioWindow) -> None:
        super().__init__(window, None)  # type: ignore[arg-type]

    def wait(self, until: Any) -> None:
        deadline = QDeadlineTimer(PATIENCE)
        while not until():
            QTest.qWait(10)
            if deadline.hasExpired():
                sys.exit("error: the window did not answer – run it by hand and look")


def dataset_at(folder: Path) -> Path:
    """A copy of the demo with three clips more: one with as many keyframes as an annotator of
    micro-expressions leaves, one without a track, one with holes in it."""
    shutil.copytree(ROOT / "resources" / "demo" / "dataset", folder)
    clip = folder / "clips" / DENSE
    shutil.copytree(folder / "clips" / CLIP, clip)
    file = clip / "annotations" / "maria.json"
    annotation = json.loads(file.read_bytes())
    with VideoFile.open(clip / "video.mp4") as video:
        times = video.times.tolist()
    frames = [round((k + 0.5) * len(times) / MANY) for k in range(MANY)]
    of_demo = annotation["keyframes"]
    annotation["keyframes"] = [
        {**of_demo[k % len(of_demo)], "id": f"k-{k}", "time": times[frame], "frame": frame}
        for k, frame in enumerate(frames)
    ]
    file.write_text(json.dumps(annotation), "utf-8")
    for name in (NEW, GAPS):
        shutil.copytree(folder / "clips" / CLIP, folder / "clips" / name)
    new = folder / "clips" / NEW
    (new / "track.csv").unlink()
    shutil.rmtree(new / "annotations")
    words = json.loads((new / "clip.json").read_bytes())
    (new / "clip.json").write_text(json.dumps({**words, "track": ""}), "utf-8")
    make_holes(folder / "clips" / GAPS / "track.csv")
    return folder


def make_holes(track: Path) -> None:
    """Take away one channel, two in the middle third, and all values of half a second."""
    head, *rows = (line.split(",") for line in track.read_text("utf-8").splitlines())
    for number, row in enumerate(rows):
        missing = ["MouthClose"]
        if len(rows) / 3 < number < 2 * len(rows) / 3:
            missing += ["JawOpen", "EyeBlinkLeft"]
        if 40 < number < 70:
            missing = head[2:]
        for name in missing:
            row[head.index(name)] = ""
    track.write_text("\n".join(map(",".join, [head, *rows])) + "\n", "utf-8")


def recordings_at(folder: Path) -> Path:
    """So many pairs of a video and a track, and some files that are none, as somebody brings them home."""
    folder.mkdir(exist_ok=True)
    clip = ROOT / "resources" / "demo" / "dataset" / "clips" / CLIP
    for number in range(PAIRS):
        name = f"2026-03-14 subject {number % 20:02} take {number:03} close-up"
        for kind in ("video.mp4", "track.csv"):
            own = folder / f"{name}{Path(kind).suffix}"
            if not own.exists() and not (number % 50 == 7 and kind == "track.csv"):
                shutil.copyfile(clip / kind, own)
    (folder / "notes.txt").write_text("nothing to see", "utf-8")
    return folder


def panels(studio: Studio) -> Iterator[str]:
    """Brings about what is to be seen in *Annotate*, one after the other, and names it."""
    window, actions = studio.window, studio.window.actions_by_id
    actions["annotate"].trigger()
    for tab in TABS:
        window.show_tab(tab)
        yield f"annotate-{tab}"
    window.generate_panel.show_performance(True)
    window.show_tab("generate")
    yield "annotate-performance"
    window.generate_panel.show_performance(False)
    window.show_tab("keyframe")
    selected = studio.marks.selected_keyframe()
    studio.marks.go("span", 1)
    yield "annotate-span"
    if selected is not None:
        studio.session.select("keyframe", selected.id)
    for id in ("clip_list", "mark_list", "choose_channels"):
        actions[id].trigger()
        yield f"annotate-other-{id}"
        actions[id].trigger()
    for pane in ("video", "faces", "marks", "inspector", "lanes"):
        window.arrangement.maximise(pane)
        yield f"only-{pane}"
        window.arrangement.maximise(pane)


def workspaces(studio: Studio) -> Iterator[str]:
    """The same for the other two, and for messages, which stand in any."""
    window, actions = studio.window, studio.window.actions_by_id
    actions["compare"].trigger()
    yield "compare"
    actions["heatmap"].trigger()
    yield "compare-heatmap"
    actions["heatmap"].trigger()
    actions["curves"].trigger()
    yield "curves"
    actions["overlay_curves"].trigger()
    yield "curves-overlaid"
    lane = window.timeline.curves
    at = QPoint(round(lane.axis.x_of(2.0)), round(lane.scenePos().y()) + lane.height() // 2)
    QTest.mouseMove(window.timeline.graph.viewport(), at)
    yield "curves-overlaid-read"
    window.timeline.readout.stand(None)
    actions["overlay_curves"].trigger()
    actions["choose_channels"].trigger()
    yield "curves-channels"
    actions["choose_channels"].trigger()
    actions["annotate"].trigger()
    levels: tuple[Literal["warning", "error"], ...] = ("warning", "error")
    for level in levels:
        studio.session.show_message(Message(f"One {level} of two", "this says what to do next", level, level))
    yield "annotate-messages"


def step_bar(studio: Studio) -> Iterator[str]:
    """Putting the track in step, in the workspaces."""
    actions = studio.window.actions_by_id
    for workspace in ("annotate", "curves"):
        actions[workspace].trigger()
        actions["track_in_step"].trigger()
        yield f"{workspace}-step-bar"
        actions["track_in_step"].trigger()
    actions["annotate"].trigger()


def of_gaps(studio: Studio) -> Iterator[str]:
    """Where it is seen that something is missing."""
    actions = studio.window.actions_by_id
    actions["annotate"].trigger()
    studio.window.show_tab("channels")
    yield "annotate-channels"
    actions["curves"].trigger()
    yield "curves"
    actions["overlay_curves"].trigger()
    yield "curves-overlaid"
    actions["overlay_curves"].trigger()
    actions["annotate"].trigger()


def of_new(studio: Studio) -> Iterator[str]:
    """What can be done next."""
    for workspace in ("compare", "curves", "annotate"):
        studio.window.actions_by_id[workspace].trigger()
        yield workspace


def of_window(studio: Studio, out: Path, end: str, sizes: list[tuple[int, int]]) -> None:
    """The start page, then both clips in all states."""

    def shoot(name: str, size: tuple[int, int]) -> None:
        studio.settle(dismiss=False)
        if "messages" not in name:
            for _message in range(2):
                studio.window.banner.dismiss()
            QTest.qWait(50)
        save(studio.window.grab(), out / f"{name}-{size[0]}x{size[1]}-{end}.png")

    for size in sizes:
        studio.window.resize(*size)
        shoot("start", size)
    states = {
        CLIP: (panels, workspaces, step_bar),
        DENSE: (panels, workspaces),
        GAPS: (of_gaps,),
        NEW: (of_new,),
    }
    for clip, all_states in states.items():
        prepare(studio, clip)
        for size in sizes:
            studio.window.resize(*size)
            for each in all_states:
                for name in each(studio):
                    shoot(f"{clip}-{name}", size)


def prepare(studio: Studio, clip: str) -> None:
    """Open a clip with a keyframe selected where it has some, the demo's with three takes."""
    studio.open(clip)
    if clip == NEW:
        return
    studio.marks.go("keyframe", 1)
    studio.marks.go("keyframe", 1)
    if clip != CLIP or studio.parts.takes.visible:
        return
    for words in WORDS:
        if words:
            studio.window.generate_panel.show_rows([(words, 3.175, "")])
        studio.generate()
    while len(studio.parts.takes.visible) < len(WORDS):
        studio.parts.takes.add_visible()


def of_dialogs(studio: Studio, out: Path, end: str, sizes: list[tuple[int, int]]) -> None:
    """Every dialog where it stands over the window, and those again that look different when full."""
    window, person = studio.window, Patient(studio.window)
    with tempfile.TemporaryDirectory() as folder:
        recordings = recordings_at(Path(folder) / "recordings")
        for size in sizes:
            window.resize(*size)

            def shoot(shown: QWidget, name: str, size: tuple[int, int] = size) -> None:
                QTest.qWait(400)
                save(over(studio, shown), out / f"dialog-{name}-{size[0]}x{size[1]}-{end}.png")

            prepare(studio, CLIP)
            for dialog in every_dialog(person):
                shoot(dialog, type(dialog).__name__)
            window.actions_by_id["open_recent"].trigger()
            shoot(window.recent_menu, "recent")
            window.recent_menu.close()
            importing = ImportDialog(studio.session, studio.parts.importing, recordings, window)
            importing.open()
            for page, name in enumerate(("clips", "unpaired", "others")):
                person.wait(lambda: not studio.session.jobs.running)
                importing.tabs[page].click()
                shoot(importing, f"{PAIRS}-{name}")
            importing.reject()
            prepare(studio, NEW)
            capture = CaptureDialog(studio.session, studio.parts.capture, window)
            capture.open()
            shoot(capture, "capture-no-track")
            capture.close()


def over(studio: Studio, shown: QWidget) -> QPixmap:
    """A picture of the window, darkened, with a dialog in its middle, where window managers put it, or a
    popup where it places itself; what is larger than the window is cut."""
    picture = studio.window.grab()
    at = picture.rect().center() - shown.rect().center()
    painter = QPainter(picture)
    if isinstance(shown, QMenu | SearchPopup | GoToField):
        at = studio.window.mapFromGlobal(shown.pos())
    else:
        painter.fillRect(picture.rect(), QColor(0, 0, 0, 90))
    painter.drawPixmap(at, shown.grab())
    painter.end()
    return picture


def main() -> None:
    """Make those that were asked for."""
    known = {*THEMES, *KINDS, *(f"{w}x{h}" for w, h in SIZES)}
    asked = [word for word in sys.argv[1:] if word in known]
    folders = [word for word in sys.argv[1:] if word not in known]
    out = Path(folders[0]) if folders else ROOT / "out" / "pictures"
    out.mkdir(parents=True, exist_ok=True)
    sizes = [size for size in SIZES if f"{size[0]}x{size[1]}" in asked] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KFSTUDIO_{kind}_DIR"] = str(Path(folder) / kind.lower())
        app = QApplication([])
        for theme in [theme for theme in THEMES if theme in asked] or THEMES:
            dataset = dataset_at(Path(folder) / theme / "letters")
            studio = Studio(app, dataset, theme)
            try:
                for kind, make in zip(KINDS, (of_window, of_dialogs), strict=True):
                    if kind in asked or not set(KINDS) & set(asked):
                        make(studio, out, theme, sizes)
            finally:
                studio.window.close()


if __name__ == "__main__":
    main()
