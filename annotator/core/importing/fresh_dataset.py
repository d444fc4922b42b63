"""The dataset that an import makes for its clips: there with its first clip, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from annotator.core.storage.dataset import Dataset
from viewer.core.files import missing_folders, remove_empty


@contextlib.contextmanager
def fresh_dataset(root: Path, annotator_id: str = "annotator") -> Iterator[Dataset]:
    """A new dataset, to be filled in the block.  Where the block raises before there is a clip in it, what
    was made for it is removed again, so that the import can be repeated.

    Raises as :meth:`~annotator.core.storage.dataset.Dataset.create`.
    """
    folders = missing_folders(root)
    made = None
    try:
        made = Dataset.create(root, annotator_id=annotator_id)
        yield made
    except BaseException:
        if made is not None or root in folders:
            _take_back(root)
            remove_empty(folders)
        raise


def _take_back(root: Path) -> None:
    with contextlib.suppress(OSError):
        if os.path.lexists(root / "clips"):
            (root / "clips").rmdir()  # fails where there is a clip in it
        (root / "dataset.json").unlink()
