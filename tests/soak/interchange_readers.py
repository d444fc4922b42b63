"""Readers of other tools' annotations, each with the file that the studio itself exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from annotator.core.interchange.bringing import Wanted, bring_in_annotations
from annotator.core.interchange.choosing import parse_map
from annotator.core.interchange.exporting import export_annotations
from annotator.core.interchange.formats import FORMATS
from annotator.core.storage.dataset import Dataset
from tests.soak.reader import Files, Reader

_MAPPED = parse_map(["keyframes=*"])
_KINDS = {"boris": "json", "label-studio": "json", "csv": "cells", "tsv": "cells"}


def interchange_readers(folder: Path, dataset: Files) -> list[Reader]:
    """One for each format; ``dataset`` are the files of a dataset ``data`` with a clip ``c1``, which lies in
    ``folder``."""
    found = []
    for name, form in FORMATS.items():
        out = folder / f"exported {name}"
        written = export_annotations(Dataset.open(folder / "data", "anna"), out, name).files
        data = (out / written[0]).read_bytes()
        file = f"theirs{form.suffix}"
        files = {**dataset, file: data}
        found.append(
            Reader(f"annotations: {name}", files, file, _KINDS.get(name, "bytes"), _bringing(file, name))
        )
    return found


def _bringing(file: str, name: str) -> Callable[[Path], object]:
    def read(folder: Path) -> object:
        dataset = Dataset.open(folder / "data", "anna")
        for wanted in (
            Wanted("ben", clip="c1", format=name, mapping=_MAPPED),
            Wanted("anna", clip="c1", format=name, mapping=_MAPPED, how="merge"),
        ):
            brought = bring_in_annotations(dataset, folder / file, wanted)
            dataset.load_clip("c1", wanted.annotator)
        return brought

    return read
