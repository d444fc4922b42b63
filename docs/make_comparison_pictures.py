"""Makes the pictures of the guide's chapter on comparing, on a copy of the demo with three takes a
clip: described by the annotator, planned from the story, and planned and played at half strength.

``python docs/make_comparison_pictures.py [FOLDER]`` writes PNG files into ``docs/pictures`` (or
FOLDER).  The picture of the report is taken by Chromium, where it is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_pictures import Studio, crop, save  # first: it sets up the environment of Qt

# ruff: noqa: E402, I001
from PIL import Image
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from annotator.core.storage.take_file import take_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.generation.backends import model_of
from annotator.core.generation.profiles import PRESETS
from annotator.core.generation.protocol import GenerationRequest
from annotator.core.generation.run import generate
from annotator.core.generation.takes import take_info
from annotator.core.storage.json_files import encode_object
from annotator.core.performance import compose, derive
from annotator.comparison.vote_dialog import VoteDialog
from annotator.comparison.vote_setup import OPEN
from annotator.comparison.report import make_report
from viewer.core.channels import REGIONS
from viewer.core.files import atomic_write
from viewer.core.formats import read, write

DESCRIBED, PLANNED, GENTLE = "Described", "Planned", "Planned, half"
CLIP = "02-letter"


def add_takes(root: Path) -> None:
    """Three takes in every clip, as three profiles would make them."""
    dataset = Dataset.open(root, "maria")
    backend = model_of(PRESETS[0])
    for entry in dataset.clips:
        loaded = dataset.load_clip(entry.id)
        clip, keyframes = loaded.state.clip, loaded.state.keyframes
        assert loaded.track_path is not None
        duration = read(loaded.track_path).duration
        story = GenerationRequest(clip.background, clip.emotion, clip.script)
        told = replace(story, descriptions=tuple(k.description for k in keyframes))
        for profile, request in ((DESCRIBED, told), (PLANNED, story), (GENTLE, story)):
            result = generate(backend, request)
            times = [k.time for k in keyframes] if request is told else None
            performance = compose(result, times=times, duration=duration)
            if profile == GENTLE:
                performance = replace(performance, strength=dict.fromkeys(REGIONS, 0.5))
            info = take_info(result, performance, [], profile)
            loaded.place.takes_folder.mkdir(exist_ok=True)
            write(derive(performance), loaded.place.take_track(info.id), "livelink")
            atomic_write(loaded.place.take_file(info.id), encode_object(take_to_json(info)))


def wait(milliseconds: int, until: object = None) -> None:
    """Let the window work, until something is so or the time is over."""
    loop, limit, look = QEventLoop(), QTimer(singleShot=True), QTimer(interval=50)
    limit.timeout.connect(loop.quit)
    look.timeout.connect(lambda: loop.quit() if callable(until) and until() else None)
    limit.start(milliseconds)
    look.start()
    loop.exec()


def compare_picture(studio: Studio, out: Path) -> None:
    """Three takes on the faces, and where they differ most."""
    window, takes = studio.window, studio.parts.takes
    studio.open(CLIP)
    for take in takes.all():
        if take not in takes.visible:
            takes.toggle_visible(take.id)
    window.actions_by_id["compare"].trigger()
    window.show_tab("takes")
    window.comparison_panel.show_sheet("Channels")
    studio.parts.comparison.step_moment(1)
    studio.settle()
    save(crop(studio, window.faces, window.tabs), out / "compare.png")


def vote_picture(studio: Studio, out: Path) -> None:
    """A pair that is being judged."""
    window = studio.window
    window.resize(1100, 760)
    window.comparison_commands.vote()
    dialog = window.findChild(VoteDialog)
    assert dialog is not None
    setup = dialog.setup
    wait(20_000, setup.start_button.isEnabled)
    setup.scope.setCurrentText(OPEN)
    setup.seed_field.setValue(4)
    dialog.start()
    wait(20_000, lambda: dialog.booth.ready and not dialog.booth.stage.playing)
    wait(2_000)
    save(dialog.grab(), out / "vote.png")
    dialog.reject()


def report_picture(root: Path, folder: Path, out: Path) -> None:
    """The head of a report as a browser shows it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("report.png: left as it is, there is no Chromium")
        return
    page, shot = folder / "report.html", folder / "report.png"
    make_report(Dataset.open(root), page, picture_clips=3)
    subprocess.run(  # noqa: S603
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1060,1180",
            f"--screenshot={shot}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with Image.open(shot) as picture:
        picture.convert("RGB").quantize(64).save(out / "report.png", optimize=True)


def main() -> None:
    """Make them all."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KFSTUDIO_{kind}_DIR"] = str(Path(folder) / kind.lower())
        dataset = Path(folder) / "demo"
        shutil.copytree(ROOT / "resources" / "demo" / "dataset", dataset)
        add_takes(dataset)
        studio = Studio(QApplication([]), dataset, "dark")
        try:
            compare_picture(studio, out)
            vote_picture(studio, out)
        finally:
            studio.window.close()
        report_picture(dataset, Path(folder), out)


if __name__ == "__main__":
    main()
