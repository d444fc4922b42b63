"""Makes pictures of the whole window in every workspace, at four sizes, in both themes, to be looked at
one by one: on the demo with three takes, and on the same clip with forty keyframes.

``python docs/make_workspace_pictures.py FOLDER [dark|light] [WIDTHxHEIGHT]`` writes PNG files into
FOLDER, all of them or those of one theme and one size.  Nothing of the user's settings or work is read
or touched.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_pictures import Studio, save  # first: it sets up the environment of Qt

# ruff: noqa: E402, I001
from PySide6.QtWidgets import QApplication

from annotator.window.arrangement import TABS

SIZES = ((1024, 720), (1440, 900), (1920, 1080), (2560, 1440))
THEMES = ("dark", "light")
CLIP, DENSE, MANY = "02-letter", "dense", 40


def dataset_at(folder: Path) -> Path:
    """A copy of the demo with a clip more, which has as many keyframes as an annotator of micro-expressions
    leaves."""
    shutil.copytree(ROOT / "resources" / "demo" / "dataset", folder)
    shutil.copytree(folder / "clips" / CLIP, folder / "clips" / DENSE)
    file = folder / "clips" / DENSE / "annotations" / "maria.json"
    annotation = json.loads(file.read_bytes())
    frames = [round((k + 0.5) * 180 / MANY) for k in range(MANY)]
    of_demo = annotation["keyframes"]
    annotation["keyframes"] = [
        {**of_demo[k % len(of_demo)], "id": f"k-{k}", "time": frame / 30, "frame": frame}
        for k, frame in enumerate(frames)
    ]
    file.write_text(json.dumps(annotation), "utf-8")
    return folder


def states(studio: Studio) -> Iterator[str]:
    """Brings about what is to be seen, one after the other, and names it."""
    window, actions = studio.window, studio.window.actions_by_id
    actions["annotate"].trigger()
    for tab in TABS:
        window.show_tab(tab)
        yield f"annotate-{tab}"
    window.show_tab("keyframe")
    for id in ("clip_list", "mark_list"):
        actions[id].trigger()
        yield f"annotate-other-{id}"
        actions[id].trigger()
    for pane in ("video", "marks", "inspector", "lanes"):
        window.arrangement.maximise(pane)
        yield f"only-{pane}"
        window.arrangement.maximise(pane)
    for workspace in ("compare", "curves"):
        actions[workspace].trigger()
        yield workspace
    actions["choose_channels"].trigger()
    yield "curves-channels"
    actions["annotate"].trigger()
    yield "annotate-channels"
    actions["choose_channels"].trigger()


def make(studio: Studio, out: Path, theme: str, sizes: list[tuple[int, int]]) -> None:
    """Open both clips, and take all pictures of them."""
    for clip in (CLIP, DENSE):
        studio.open(clip)
        studio.marks.go("keyframe", 1)
        studio.marks.go("keyframe", 1)
        if clip == CLIP:
            for words in ("", "Her face crumples with grief.", "She holds back her tears behind a smile."):
                if words:
                    studio.window.generate_panel.show_rows([(words, 3.175, "")])
                studio.generate()
            while len(studio.parts.takes.visible) < 3:
                studio.parts.takes.add_visible()
        for width, height in sizes:
            studio.window.resize(width, height)
            for name in states(studio):
                studio.settle()
                save(studio.window.grab(), out / f"{name}-{clip}-{width}x{height}-{theme}.png")


def main() -> None:
    """Make those that were asked for."""
    out, asked = Path(sys.argv[1]), sys.argv[2:]
    out.mkdir(parents=True, exist_ok=True)
    sizes = [size for size in SIZES if f"{size[0]}x{size[1]}" in asked] or list(SIZES)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KFSTUDIO_{kind}_DIR"] = str(Path(folder) / kind.lower())
        app = QApplication([])
        for theme in [theme for theme in THEMES if theme in asked] or THEMES:
            studio = Studio(app, dataset_at(Path(folder) / theme), theme)
            try:
                make(studio, out, theme, sizes)
            finally:
                studio.window.close()


if __name__ == "__main__":
    main()
