"""Makes the pictures of the guide's page on agreement, from a made dataset that three people have annotated.

``python docs/make_agreement_pictures.py [FOLDER]`` writes PNG files into ``docs/pictures`` (or FOLDER).
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs.make_pictures import Studio, save  # first: it sets up the environment of Qt

# ruff: noqa: E402, I001
from PySide6.QtWidgets import QApplication

from annotator.agreement.agreement_dialog import AgreementDialog
from tests.bench.bench_agreement import make

CLIPS = 60
SIZE = (1060, 640)
PAGES = {0: "agreement", 6: "confusion", 7: "tolerance"}


def main(out: Path) -> None:
    """Open the view on the dataset and save its pages."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "study"
        make(root, CLIPS)
        studio = Studio(app, root, "dark")
        studio.session.open_path(root, "")
        studio.settle()
        studio.window.actions_by_id["agreement"].trigger()
        studio.settle()
        dialog = studio.window.findChildren(AgreementDialog)[-1]
        dialog.resize(*SIZE)
        for page, name in PAGES.items():
            dialog.tabs.setCurrentIndex(page)
            studio.settle()
            save(dialog.grab(), out / f"{name}.png")
    # Threads of the window are not waited for.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
