"""Makes the guide's pictures of models: the profiles, a whole dataset, and why a face is as it is.

``python docs/make_model_pictures.py [FOLDER]`` writes into ``docs/pictures`` (or FOLDER).  A model
server that answers at once stands in for a real one, so the figures in the pictures mean nothing.
"""

# The environment must stand before Qt is imported, which the other script sees to.
# ruff: noqa: E402

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import msgspec
from PySide6.QtWidgets import QApplication

from annotator.core.generation.facs.backend import FacsBackend
from annotator.core.generation.profiles import PRESETS
from annotator.core.generation.protocol import GenerationRequest
from annotator.generation.batch_dialog import BatchDialog
from annotator.generation.explanation_view import ExplanationDialog
from annotator.generation.profiles_dialog import ProfilesDialog
from docs.make_pictures import Studio, save
from tests.model_server import Handler, honest, model_server
from viewer.core.cancel import CancelToken

_PATIENCE = 30.0


def wait(until: Callable[[], object]) -> None:
    """Let the window work until ``until`` holds."""
    limit = time.monotonic() + _PATIENCE
    while not until():
        QApplication.processEvents()
        if time.monotonic() > limit:
            sys.exit("error: the window did not answer – run it by hand and look")


def profiles(studio: Studio, out: Path) -> None:
    """The profiles, with the KeyframeFace server in view."""
    studio.parts.models.choose(PRESETS[1].name)
    studio.window.generate_panel.model_chooser.edit_profiles()
    (dialog,) = studio.window.findChildren(ProfilesDialog)
    dialog.setFocus()
    studio.settle()
    save(dialog.grab(), out / "profiles.png")
    dialog.reject()


def batch(studio: Studio, out: Path) -> None:
    """A dataset with its estimate, half done."""

    def slowly(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(0.3)
        honest(handler, body)

    models = studio.parts.models
    with model_server(slowly, ["keyframeface"]) as server:
        profile = msgspec.structs.replace(
            PRESETS[1], url=server.url, takes=4, temperature=0.7, prompt_price=0.4, answer_price=1.6, jobs=2
        )
        models.keep(models.profiles.changed(profile), profile.name)
        studio.window.generation_commands.generate_dataset()
        (dialog,) = studio.window.findChildren(BatchDialog)
        wait(lambda: "clips" in dialog.count.text())
        dialog.estimate.click()
        wait(lambda: dialog.figures["Cost"].text() != "–")
        wait(lambda: not studio.parts.batch.running)
        dialog.go.click()
        wait(lambda: studio.parts.batch.latest[0] * 2 >= max(2, studio.parts.batch.latest[1]))
        save(dialog.grab(), out / "batch.png")
        studio.parts.batch.cancel()
        wait(lambda: not studio.parts.batch.running)
        dialog.close()


def explanation(studio: Studio, out: Path) -> None:
    """Why a keyframe looks as it does, with one row chosen."""
    words = (
        "Without furrowing her brow she smiles on the left, the gaze drops slightly and the lips "
        "press together; below lies the quadrille."
    )
    answer = FacsBackend().keyframe(GenerationRequest(descriptions=(words,)), 0, CancelToken())
    dialog = ExplanationDialog([answer], 0, studio.session.palette, True, studio.window)
    dialog.resize(760, 560)
    dialog.show()
    first = dialog.view.rows.topLevelItem(0)
    assert first is not None
    dialog.view.rows.setCurrentItem(first)
    studio.settle()
    save(dialog.grab(), out / "explanation.png")
    dialog.close()


def main() -> None:
    """Make all three."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("CONFIG", "STATE", "DATA"):
            os.environ[f"KFSTUDIO_{kind}_DIR"] = str(Path(folder) / kind.lower())
        dataset = Path(folder) / "demo"
        shutil.copytree(ROOT / "resources" / "demo" / "dataset", dataset)
        app = QApplication([])
        studio = Studio(app, dataset, "dark")
        try:
            studio.open("02-letter")
            profiles(studio, out)
            batch(studio, out)
            explanation(studio, out)
        finally:
            studio.window.close()


if __name__ == "__main__":
    main()
