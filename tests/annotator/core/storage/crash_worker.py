"""Run as a program: edit a clip as fast as it goes, telling on stdout what was done.

Arguments: dataset folder, clip id, seed.  One line per edit, written after the edit was submitted."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from annotator.core import edits
from annotator.core.document import Document
from annotator.core.edit import Edit
from annotator.core.storage.dataset import Dataset
from annotator.core.storage.recovery import open_clip


def main() -> None:
    folder, id, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    loaded = Dataset.open(folder, "anna").load_clip(id)
    opened = open_clip(loaded, delay=0.01)
    document = Document(opened.loaded.state, "anna")
    document.subscribe(lambda change: opened.saver.submit(document.state, change.edit))
    chance = random.Random(seed)
    print("ready", flush=True)
    number = 0
    while True:
        state = document.state
        kind = chance.random()
        if kind < 0.5 or len(state.keyframes) < 3:
            edit: Edit = edits.add_keyframe(
                state, chance.random() * 1000, description=f"seed {seed} – number {number} 😀"
            )
        elif kind < 0.7:
            edit = edits.delete_keyframe(state, chance.choice(state.keyframes).id)
        elif kind < 0.9:
            edit = edits.move_keyframe(state, chance.choice(state.keyframes).id, chance.random() * 1000)
        else:
            edit = edits.change_clip(state, script=f"seed {seed} number {number}")
        document.apply(edit)
        for item in edit.items:
            gone = item.after is None
            what = item.after.script if item.kind == "clip" else ("" if gone else repr(item.after.time))
            print(f"{item.kind}\t{item.id}\t{what}", flush=True)
        number += 1


if __name__ == "__main__":
    main()
