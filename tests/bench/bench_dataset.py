"""Opening a dataset of the paper's size, and what one edit costs while it is saved."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from annotator.core import edits
from annotator.core.document import Document
from annotator.core.model import ClipInfo, Keyframe
from annotator.core.storage.clip_files import Annotation, annotation_to_json, clip_to_json
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.json_files import encode_object
from annotator.core.storage.recovery import open_clip
from tests.bench.measuring import figure, measure

CLIPS = 2100


def make(root: Path) -> None:
    """A dataset of 2,100 clips with scripts and eight described keyframes each."""
    Dataset.create(root)
    script, background = "She reads the letter. " * 20, "A kitchen at night. " * 10
    words = ClipInfo("", script, background, "anxiety", "v.mp4", "t.csv")
    face = "The brows lift, the lips press."
    keyframes = tuple(Keyframe(f"k{n}", float(n), n * 30, face) for n in range(8))
    work = encode_object(annotation_to_json(Annotation("done", keyframes)))
    for number in range(CLIPS):
        folder = root / "clips" / f"clip_{number:04d}"
        (folder / "annotations").mkdir(parents=True)
        (folder / "clip.json").write_bytes(encode_object(clip_to_json(words)))
        (folder / "annotations" / "anna.json").write_bytes(work)


def read_bare(root: Path) -> int:
    """The same files read and decoded with nothing made of them."""
    count = 0
    for folder in os.scandir(root / "clips"):
        for name in ("clip.json", "annotations/anna.json"):
            count += len(msgspec.json.decode(Path(folder.path, name).read_bytes()))
    return count


def run(quick: bool = False) -> list[dict[str, Any]]:
    """Opening against reading and decoding the same files; an edit with its journal line against
    the edit alone."""
    state_folder = os.environ.get("KFSTUDIO_STATE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KFSTUDIO_STATE_DIR"] = f"{folder}/state"
        try:
            return _run(Path(folder) / "data", quick)
        finally:
            if state_folder is None:
                del os.environ["KFSTUDIO_STATE_DIR"]
            else:
                os.environ["KFSTUDIO_STATE_DIR"] = state_folder


def _run(root: Path, quick: bool) -> list[dict[str, Any]]:
    make(root)
    ready, bare = measure(
        lambda _: Dataset.open(root, "anna"), lambda _: read_bare(root), count=3 if quick else 7, warm=1
    )
    loaded = Dataset.open(root, "anna").load_clip("clip_0000")
    opened = open_clip(loaded)
    saved, alone = Document(loaded.state, "anna"), Document(loaded.state, "anna")
    saved.subscribe(lambda change: opened.saver.submit(saved.state, change.edit))
    times = iter(float(n) / 100 for n in range(100, 10_000))

    def move(document: Document) -> None:
        document.apply(edits.move_keyframe(document.state, "k7", 7.0 + next(times)))

    with_journal, without = measure(lambda _: move(saved), lambda _: move(alone), count=200)
    opened.saver.close()
    return [
        figure(
            f"dataset: {CLIPS:,} clips ready to work",
            ready,
            bare,
            clock="wall",
            against="reading and decoding the same files",
            at_most=1000.0,
        ),
        figure("edit with its journal line", with_journal, without, clock="wall", against="the edit alone"),
    ]
