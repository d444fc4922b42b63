"""Makes the pictures of the first tutorial: the real window, off-screen, on a video that has no track yet.

``python docs/make_first_hour_pictures.py [FOLDER]`` writes PNG files into ``docs/pictures`` (or FOLDER).  The
face is captured on the way, so MediaPipe is needed (``make capture``).  Nothing of the user's settings or
work is read or touched.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_pictures import Studio, crop, save  # first: it sets up the environment of Qt

# ruff: noqa: E402, I001
from PySide6.QtWidgets import QApplication

from annotator.capture.capture_dialog import CaptureDialog
from docs.make_workspace_pictures import Patient

SIZE = (1280, 800)
MOMENT, SPAN = 1.2, (0.6, 1.8)
SURPRISE = "5"
WORDS = "Her brows go up and her mouth opens."


def pictures(studio: Studio, video: Path, out: Path) -> None:
    """The way from the start page to a marked clip."""
    window, session = studio.window, studio.session
    person = Patient(window)
    window.resize(*SIZE)
    studio.settle()
    save(window.grab(), out / "hour-start.png")
    person.open(video)
    studio.settle()
    save(crop(studio, window.video_frame, window.recorded_frame), out / "hour-video.png")
    window.actions_by_id["capture"].trigger()
    dialog = window.findChild(CaptureDialog)
    assert dialog is not None
    save(dialog.grab(), out / "hour-capture.png")
    person.click(dialog.go)
    person.wait(lambda: session.current is not None and session.current.raw is not None)
    person.wait(lambda: not session.jobs.running)
    session.playback.seek(MOMENT)
    window.actions_by_id["landmarks"].trigger()
    person.wait(lambda: not session.jobs.running)
    studio.settle()
    save(crop(studio, window.video_frame, window.recorded_frame), out / "hour-captured.png")
    window.actions_by_id["landmarks"].trigger()
    window.actions_by_id["track_in_step"].trigger()
    studio.settle()
    save(crop(studio, window.step_bar, window.timeline), out / "hour-in-step.png")
    window.actions_by_id["track_in_step"].trigger()
    session.playback.seek(SPAN[0])
    person.press("E")
    session.playback.seek(SPAN[1])
    person.press("E", SURPRISE)
    session.playback.seek(MOMENT)
    person.press("M", "Return")
    person.type(WORDS)
    person.press("Escape", SURPRISE)
    person.wait_until_saved()
    studio.settle()
    save(window.grab(), out / "hour-marked.png")


def main() -> None:
    """Make them all."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KFSTUDIO_{kind}_DIR"] = str(Path(folder) / kind.lower())
        mine = Path(folder) / "My videos"
        mine.mkdir()
        clip = ROOT / "resources" / "demo" / "dataset" / "clips" / "03-birthday"
        video = Path(shutil.copyfile(clip / "video.mp4", mine / "face.mp4"))
        app = QApplication([])
        studio = Studio(app, mine, "dark")
        try:
            pictures(studio, video, out)
        finally:
            studio.window.close()


if __name__ == "__main__":
    main()
